"""Every statement of the package: it compiles for both databases, and none reads a large table whole for a few rows."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import ClauseElement, Connection, Executable, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from ingest.database import checkpoints, day_counts, dead_letters, latest, ledger, quality, revisions, tokens
from ingest.database.bulk import SQLITE_ROWS, BulkWriter
from ingest.database.database import Database
from ingest.operating import LetterFilter

DAY = date(2026, 11, 22)
MODULES: list[ModuleType] = [checkpoints, day_counts, dead_letters, latest, ledger, quality, revisions, tokens]


def of_type(kind: type) -> list[Any]:
    """What the modules name in capitals and is of a type."""
    return [
        pytest.param(value, id=f"{module.__name__.rpartition('.')[2]}.{name}")
        for module in MODULES
        for name, value in vars(module).items()
        if isinstance(value, kind) and name[0].isupper()
    ]


@pytest.mark.parametrize("statement", of_type(Executable))
def test_statement_compiles_for_both(statement: ClauseElement) -> None:
    """No construct that only one of the two knows."""
    for dialect in (sqlite.dialect(), psycopg.dialect()):  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types
        assert str(statement.compile(dialect=dialect))


@pytest.mark.parametrize("writer", of_type(BulkWriter))
def test_bulk_statement_keeps_to_the_limits_of_both(writer: BulkWriter) -> None:
    """On SQLite a parameter for each value, no more than it takes; on PostgreSQL one for each column."""
    columns = writer.sqlite_sql(1).count("?")
    assert columns >= 2
    assert writer.sqlite_sql(SQLITE_ROWS[0]).count("?") == columns * SQLITE_ROWS[0] <= 32_766
    assert writer.postgresql_sql().count("%s::") == columns


SEARCHES: dict[str, Callable[[Connection], object]] = {
    "ledger.rows_of": partial(ledger.rows_of, stations=["yz-a"], from_day=DAY),
    "ledger.rows_on_days": lambda c: list(ledger.rows_on_days(c, days=[DAY])),
    "ledger.stations_changed_since": partial(ledger.stations_changed_since, since_ms=1),
    "day_counts.of_stations": partial(day_counts.of_stations, stations=["yz-a"], first=DAY, last=DAY),
    "day_counts.of_days": partial(day_counts.of_days, first=DAY, last=DAY),
    "revisions.of_station": partial(revisions.of_station, station="yz-a", first=DAY, last=DAY),
    "dead_letters.page by reason": partial(dead_letters.page, wanted=LetterFilter(reason="late"), before_id=9),
    "dead_letters.page by station": partial(dead_letters.page, wanted=LetterFilter(station="yz-a"), before_id=9),
    "dead_letters.page by region": partial(
        dead_letters.page, wanted=LetterFilter(reason="late", regions=frozenset({"110000"}))
    ),
    "dead_letters.drop": partial(dead_letters.drop, ids=[1, 2]),
    "dead_letters.prune": partial(dead_letters.prune, older_than_ms=1, max_bytes=1),
    "checkpoints.read": partial(checkpoints.read, name="name"),
    "quality.of_station": partial(quality.of_station, station="yz-a"),
}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES.keys())
async def test_search_goes_through_an_index(tmp_path: Path, search: Callable[[Connection], object]) -> None:
    """SQLite's plan names an index for every table that grows with stations and days."""
    database = Database(f"sqlite:///{tmp_path}/yizhan.db")
    await database.open()

    def plan(connection: Connection) -> list[str]:
        asked: list[tuple[str, Any]] = []

        def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, _many: bool) -> None:
            asked.append((sql, parameters))

        event.listen(connection, "before_cursor_execute", note)
        search(connection)
        event.remove(connection, "before_cursor_execute", note)
        return [
            step[3] for sql, values in asked for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
        ]

    steps = await database.run(plan)
    await database.close()
    assert any(step.startswith("SEARCH") for step in steps)
    whole = [step for step in steps if step.startswith("SCAN") and step != "SCAN before" and " INDEX " not in step]
    assert whole == []
