"""Many rows in few statements, on SQLite and PostgreSQL alike: plain inserts, and upserts by the primary key.

Enters: rows as tuples in the table's order of columns. Leaves: the rows written, by a statement made once.
Never: a transaction of its own, or a choice which of two rows wins (the table's module gives that as SQL).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.sql.base import ReadOnlyColumnCollection

Columns = ReadOnlyColumnCollection[str, Any]

SQLITE_ROWS: Final = (512, 64, 8, 1)
"""Rows in one statement, largest first. Python's sqlite3 lets go of the GIL at every step of a statement, and an insert
is one step whatever its number of rows: row by row, a busy event loop takes the GIL thousands of times in between.
Larger: past 32,766 parameters SQLite refuses (of 16 columns: 2,047 rows); smaller: that convoy again."""

POSTGRESQL_ROWS: Final = 5_000
"""Rows in one statement, which is the same for any number: a column is one parameter, an array. Row by row as in SQLite
it took 67 µs a row instead of 25. Larger: memory on both sides; smaller: more round trips."""


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
        self._columns = [column for column in table.columns if column is not table.autoincrement_column]
        # The statement of 512 rows takes some 90 ms to compile: once, by the first batch of that size.
        self.sqlite_sql: Final = cache(self._compile_for_sqlite)
        self.postgresql_sql: Final = cache(self._compile_for_postgresql)

    def write(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write all rows, without the columns that the database counts up itself.

        Of an upsert no two rows may have the same key: PostgreSQL refuses that within one statement.
        """
        if connection.dialect.name == "postgresql":
            for start in range(0, len(rows), POSTGRESQL_ROWS):
                arrays = map(list, zip(*rows[start : start + POSTGRESQL_ROWS], strict=True))
                connection.exec_driver_sql(self.postgresql_sql(), tuple(arrays))
            return
        start = 0
        for size in SQLITE_ROWS:
            while len(rows) - start >= size:
                values = tuple(chain.from_iterable(rows[start : start + size]))
                connection.exec_driver_sql(self.sqlite_sql(size), values)
                start += size

    def _compile_for_sqlite(self, size: int) -> str:
        rows = [
            {column.name: bindparam(f"{column.name}_{row}", type_=column.type) for column in self._columns}
            for row in range(size)
        ]
        insert = self._resolved(sqlite.insert(self._table).values(rows))
        return str(insert.compile(dialect=sqlite.dialect(paramstyle="qmark")))

    def _compile_for_postgresql(self) -> str:
        names = [column.name for column in self._columns]
        arrays = [bindparam(f"all_{column.name}", type_=postgresql.ARRAY(column.type)) for column in self._columns]
        offered = func.unnest(*arrays).table_valued(*names, name="offered").render_derived()
        insert = self._resolved(postgresql.insert(self._table).from_select(names, select(*offered.columns)))
        dialect = psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types
        return str(insert.compile(dialect=dialect))

    def _resolved(self, insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
        if self._resolve is None:
            return insert
        outcome = self._resolve(self._table.columns, insert.excluded)
        return insert.on_conflict_do_update(
            index_elements=list(self._table.primary_key), set_=outcome.values, where=outcome.moved
        )
