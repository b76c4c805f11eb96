"""Large tables read below SQLAlchemy's rows, which would cost more than the reading: restarts read whole tables.

Enters: a select and its parameters. Leaves: the driver's own tuples, a page in memory at a time.
Never: converts a value: a date comes as the driver gives it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select

ROWS_AT_ONCE: Final = 5_000
"""Rows fetched in one go. Larger: they stand in memory beside what is made of them. Smaller: more fetches."""


def stream(connection: Connection, statement: Select[Any]) -> Iterator[Sequence[Any]]:
    """All rows; to be used up before the transaction ends. Values in the statement are written out into it."""
    text = str(statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    # Pages, not the cursor itself: psycopg's server-side cursor has its first row taken before we could see it.
    with connection.exec_driver_sql(text, execution_options={"stream_results": True}) as result:
        for rows in result.partitions(ROWS_AT_ONCE):
            yield from rows
