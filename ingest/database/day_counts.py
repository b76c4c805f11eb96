"""The published counts: visits of a station on a local day, with how good the number is.

Enters: counts as the visit rules give them. Leaves: the same, by station or by day. Never: decides a count or a label.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, select

from ingest.database.bulk import BulkWriter, last_wins
from ingest.database.ledger import STATIONS_AT_ONCE
from ingest.database.tables import DAY_COUNT
from ingest.model import DayCount, Quality


class Published(NamedTuple):
    """A count as the public was given it."""

    day_count: DayCount
    is_complete: bool
    """The day was over when it was published: from then on a change leaves a revision."""
    published_ms: int


PUBLISH: Final = BulkWriter(DAY_COUNT, last_wins)

_FIRST: Final = bindparam("first", type_=DAY_COUNT.c.day.type)
_LAST: Final = bindparam("last", type_=DAY_COUNT.c.day.type)
OF_STATIONS: Final = (
    select(DAY_COUNT)
    .where(
        DAY_COUNT.c.station.in_(bindparam("stations", expanding=True)),
        DAY_COUNT.c.day.between(_FIRST, _LAST),
    )
    .order_by(DAY_COUNT.c.station, DAY_COUNT.c.day)
)
OF_DAYS: Final = select(DAY_COUNT).where(DAY_COUNT.c.day.between(_FIRST, _LAST)).order_by(DAY_COUNT.c.day)
PUBLISHED_SINCE: Final = select(DAY_COUNT).where(
    DAY_COUNT.c.day == bindparam("of_day", type_=DAY_COUNT.c.day.type),
    DAY_COUNT.c.published_ms >= bindparam("since_ms"),
)


def upsert(connection: Connection, published: Iterable[Published]) -> None:
    """Publish counts; of several for one (station, day) the last one stays."""
    rows = {
        (count.station, count.day): (
            count.station,
            count.day.isoformat(),
            count.visits,
            count.carried,
            count.quality.value,
            is_complete,
            published_ms,
        )
        for count, is_complete, published_ms in published
    }
    PUBLISH.write(connection, [row for _key, row in sorted(rows.items())])


def of_stations(connection: Connection, stations: Sequence[str], first: date, last: date) -> list[Published]:
    """The stations' counts from `first` to `last`, both included, by station and day; unpublished days left out."""
    return [
        _published(row)
        for start in range(0, len(stations), STATIONS_AT_ONCE)
        for row in connection.execute(
            OF_STATIONS, {"stations": stations[start : start + STATIONS_AT_ONCE], "first": first, "last": last}
        )
    ]


def of_days(connection: Connection, first: date, last: date) -> list[Published]:
    """All stations' counts from `first` to `last`, both included, by day: up to 186,100 a day, so ask for few days."""
    return [_published(row) for row in connection.execute(OF_DAYS, {"first": first, "last": last})]


def published_since(connection: Connection, day: date, since_ms: int) -> list[DayCount]:
    """A day's counts that were published at this instant or later."""
    rows = connection.execute(PUBLISHED_SINCE, {"of_day": day, "since_ms": since_ms})
    return [_published(row).day_count for row in rows]


def _published(row: Sequence[Any]) -> Published:
    station, day, visits, carried, quality, is_complete, published_ms = row
    return Published(DayCount(station, day, visits, carried, Quality(quality)), is_complete, published_ms)
