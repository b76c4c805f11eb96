"""Many rows in few statements, on SQLite and PostgreSQL alike: plain inserts, and upserts by the primary key.

Enters: rows as tuples in the table's order of columns. Leaves: one SQL statement for every 512, 64, 8 or 1 of them.
Never: a transaction of its own, or a choice which of two rows wins (the table's module gives that as SQL).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Dialect, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.sql.base import ReadOnlyColumnCollection

Columns = ReadOnlyColumnCollection[str, Any]

CHUNKS: Final = (512, 64, 8, 1)
"""Rows in one statement, largest first. Python's sqlite3 lets go of the GIL at every step of a statement, and an insert
is one step whatever its number of rows: row by row, a busy event loop takes the GIL thousands of times in between.
Larger: PostgreSQL refuses over 65,535 parameters (of 12 columns: 5,461 rows); smaller: that convoy again."""

_INSERT: Final[dict[str, Callable[[Table], sqlite.Insert | postgresql.Insert]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
_POSITIONAL: Final[dict[str, Dialect]] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "postgresql": psycopg.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an upsert leaves when the key is there already."""

    values: dict[str, ColumnElement[Any]]
    """By column: its new value."""
    moved: ColumnElement[bool] | None = None
    """Where given and false, the kept row is not written at all."""


Resolve = Callable[[Columns, Columns], Outcome]
"""(kept row, offered row) -> outcome."""


def last_wins(_kept: Columns, offered: Columns) -> Outcome:
    """Every column as offered."""
    return Outcome({column.name: column for column in offered if not column.primary_key})


class BulkWriter:
    """The statements of one table: an upsert with `resolve`, else an insert."""

    def __init__(self, table: Table, resolve: Resolve | None = None) -> None:
        self._table = table
        self._resolve = resolve
        self._sql: dict[tuple[str, int], str] = {}

    def write(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write all rows, without the columns that the database counts up itself.

        Of an upsert no two rows may have the same key: PostgreSQL refuses that within one statement.
        """
        start = 0
        for size in CHUNKS:
            while len(rows) - start >= size:
                values: Iterable[Any] = chain.from_iterable(rows[start : start + size])
                connection.exec_driver_sql(self.sql(connection.dialect.name, size), tuple(values))
                start += size

    def sql(self, dialect: str, size: int) -> str:
        """The statement for `size` rows with positional parameters, for "sqlite" or "postgresql"; compiled once."""
        key = (dialect, size)
        if key not in self._sql:
            self._sql[key] = self._compiled(dialect, size)
        return self._sql[key]

    def _compiled(self, dialect: str, size: int) -> str:
        columns = [column for column in self._table.columns if column is not self._table.autoincrement_column]
        rows = [
            {column.name: bindparam(f"{column.name}_{row}", type_=column.type) for column in columns}
            for row in range(size)
        ]
        insert = _INSERT[dialect](self._table).values(rows)
        if self._resolve is not None:
            outcome = self._resolve(self._table.columns, insert.excluded)
            insert = insert.on_conflict_do_update(
                index_elements=list(self._table.primary_key), set_=outcome.values, where=outcome.moved
            )
        return str(insert.compile(dialect=_POSITIONAL[dialect]))
