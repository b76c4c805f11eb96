"""The ledger of visits: one row for each (station, local day, epoch), merged by min and max inside the database.

Enters: rows of what was seen, in any order, any number of times, from any number of ingesters.
Leaves: rows of all that was ever seen. Never: counts visits.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, or_, select, tuple_

from ingest.database.bulk import BulkWriter, Columns, Outcome
from ingest.database.streaming import stream
from ingest.database.tables import LEDGER
from ingest.model import LedgerRow, Mark

STATIONS_AT_ONCE: Final = 500
"""Stations named in one query. Larger: SQLite refuses over 32,766 parameters; smaller: more queries for a region."""

_FIRST: Final = ("first_ts", "first_boot", "first_seq")
_LAST: Final = ("last_ts", "last_boot", "last_seq")


def _merge(kept: Columns, offered: Columns) -> Outcome:
    def at(row: Columns, mark: tuple[str, ...]) -> ColumnElement[Any]:
        return tuple_(*(row[name] for name in mark))

    lower = offered["lowest"] < kept["lowest"]
    higher = offered["highest"] > kept["highest"]
    earlier = at(offered, _FIRST) < at(kept, _FIRST)
    later = at(offered, _LAST) > at(kept, _LAST)
    taken_when = {
        "lowest": lower,
        "highest": higher,
        **dict.fromkeys(_FIRST, earlier),
        **dict.fromkeys(_LAST, later),
        "updated_ms": offered["updated_ms"] > kept["updated_ms"],
    }
    values: dict[str, ColumnElement[Any]] = {
        name: case((when, offered[name]), else_=kept[name]) for name, when in taken_when.items()
    }
    # A merge that moves nothing leaves `updated_ms` too, so that a repeat does not have the station counted again.
    return Outcome(values, moved=or_(lower, higher, earlier, later))


MERGE: Final = BulkWriter(LEDGER, _merge)

_ROW: Final = [column for column in LEDGER.columns if column.name != "updated_ms"]
_NAMED: Final = LEDGER.c.station.in_(bindparam("stations", expanding=True))
_FROM_DAY: Final = bindparam("from_day", type_=LEDGER.c.day.type)

_BEFORE: Final = (
    select(LEDGER.c.station, LEDGER.c.epoch, func.max(LEDGER.c.day).label("day"))
    .where(_NAMED, LEDGER.c.day < _FROM_DAY)
    .group_by(LEDGER.c.station, LEDGER.c.epoch)
    .subquery("before")
)
ROWS_OF: Final = (
    select(*_ROW)
    .where(_NAMED, LEDGER.c.day >= _FROM_DAY)
    .union_all(
        select(*_ROW).join(
            _BEFORE,
            and_(
                LEDGER.c.station == _BEFORE.c.station,
                LEDGER.c.epoch == _BEFORE.c.epoch,
                LEDGER.c.day == _BEFORE.c.day,
            ),
        )
    )
    .order_by("station", "day", "epoch")
)
# Not DISTINCT: for its sake SQLite walks the whole key, in order of station, instead of the index of `updated_ms`.
CHANGED_SINCE: Final = select(LEDGER.c.station).where(LEDGER.c.updated_ms >= bindparam("since_ms"))
EVERY_STATION: Final = select(LEDGER.c.station).distinct()


def merge_rows(connection: Connection, rows: Iterable[LedgerRow], now_ms: int) -> None:
    """Merge rows into the ledger; `now_ms` becomes the `updated_ms` of those that it moves."""
    merged: dict[tuple[str, date, int], LedgerRow] = {}
    for row in rows:
        key = row[:3]
        known = merged.get(key)
        merged[key] = row if known is None else _merged(known, row)
    # In order of the key, so that two ingesters that merge the same rows wait for each other instead of deadlocking.
    MERGE.write(
        connection,
        [
            (row.station, row.day.isoformat(), row.epoch, row.lowest, row.highest, *row.first, *row.last, now_ms)
            for _key, row in sorted(merged.items())
        ],
    )


def rows_of(connection: Connection, stations: Sequence[str], from_day: date) -> list[LedgerRow]:
    """The stations' rows from a day on, and of each (station, epoch) the nearest earlier row.

    By day and epoch within a station.
    """
    return [
        _ledger_row(row)
        for start in range(0, len(stations), STATIONS_AT_ONCE)
        for row in connection.execute(
            ROWS_OF, {"stations": stations[start : start + STATIONS_AT_ONCE], "from_day": from_day}
        )
    ]


def rows_on_days(
    connection: Connection, days: Sequence[date], own_id: Callable[[str], str] = str
) -> Iterator[LedgerRow]:
    """All stations' rows of these days, in no order, streamed; to be used up before the transaction ends.

    Rows of one day share its object, and those of a station the string that `own_id` gives for it: a fleet has two days
    and 186,100 stations, and each is in memory already.
    """
    # SQLite's driver gives a date as its text.
    own: dict[object, date] = {day.isoformat(): day for day in days} | {day: day for day in days}
    for station, day, *rest in stream(connection, select(*_ROW).where(LEDGER.c.day.in_(days))):
        yield _ledger_row((own_id(station), own[day], *rest))


def stations_changed_since(connection: Connection, since_ms: int) -> list[str]:
    """Stations with a row that a merge moved at `since_ms` or later, each once.

    A merge is seen when its transaction ends, which is later than its instant: ask from somewhat before the last time.
    """
    return sorted(set(connection.scalars(CHANGED_SINCE, {"since_ms": since_ms})))


def every_station(connection: Connection) -> list[str]:
    """Those of which any row was ever written, in no order."""
    return list(connection.scalars(EVERY_STATION))


def _merged(one: LedgerRow, other: LedgerRow) -> LedgerRow:
    return one._replace(
        lowest=min(one.lowest, other.lowest),
        highest=max(one.highest, other.highest),
        first=min(one.first, other.first),
        last=max(one.last, other.last),
    )


def _ledger_row(row: Sequence[Any]) -> LedgerRow:
    station, day, epoch, lowest, highest, first_ts, first_boot, first_seq, last_ts, last_boot, last_seq = row
    first, last = Mark(first_ts, first_boot, first_seq), Mark(last_ts, last_boot, last_seq)
    return LedgerRow(station, day, epoch, lowest, highest, first, last)
