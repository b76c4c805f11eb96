"""One transaction of publishing: from the ledger of some stations to their counts and revisions.

Enters: a connection in a transaction, the stations whose days moved, today, now. Leaves: what changed.
Never: touches what the event loop may be reading: it is run in the database's thread.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ingest.database import checkpoints, day_counts, ledger, revisions
from ingest.model import DayCount, LedgerRow, Quality, Revision
from ingest.visits.counting import count_days

LOOK_BACK: Final = timedelta(days=31)
"""Days read before the one that moved: as far back as a reading may be dated, and one. A station whose clock was wrong
has put a high number there. Larger: more rows to read for each visit. Smaller: after such a clock is put right, its
visits are counted twice."""

MENDED_MARK: Final = "visits mended"
"""Name of the checkpoint: when an audit last published (ms). What a platform holds of regions is older, if it ran."""
PUBLISHER: Final = "visits publisher"
"""Name of a checkpoint that nobody reads: to write it is to wait for the other process that publishes."""


class Why(StrEnum):
    """Why a complete count changes."""

    LATE = "late readings"
    AUDIT = "mended by audit"


class Moved(NamedTuple):
    """What is to be counted again."""

    day: date
    """The earliest day of the station that moved."""
    why: Why


class Change(NamedTuple):
    """A count as it was published before, and as it is now."""

    old: DayCount | None
    new: DayCount


def publish(
    connection: Connection, moved: Mapping[str, Moved], today: date, now_ms: int, look_back: timedelta = LOOK_BACK
) -> list[Change]:
    """Count the stations again from the day before the one that moved, and publish what differs."""
    # PostgreSQL would let another publisher read the ledger before, and write its older counts after us.
    checkpoints.write(connection, PUBLISHER, str(now_ms))
    counts: list[DayCount] = []
    by_day = sorted(moved, key=lambda station: moved[station].day)
    for day, stations in groupby(by_day, key=lambda station: moved[station].day):
        counts += _counts(connection, list(stations), day, today, look_back)
    if not counts:
        return []
    known = {
        (one.day_count.station, one.day_count.day): one
        for one in day_counts.of_stations(
            connection, list(moved), min(count.day for count in counts), max(count.day for count in counts)
        )
    }
    changes: list[Change] = []
    published: list[day_counts.Published] = []
    revised: list[Revision] = []
    for count in counts:
        old = known.get((count.station, count.day))
        if old is not None and old.day_count == count:
            continue
        # Once told as complete, a count stays so, even if our own clock is set back over midnight.
        is_complete = count.quality is not Quality.PROVISIONAL or (old is not None and old.is_complete)
        published.append(day_counts.Published(count, is_complete, now_ms))
        changes.append(Change(None if old is None else old.day_count, count))
        if old is not None and old.is_complete and old.day_count.visits != count.visits:
            why = moved[count.station].why
            revised.append(Revision(count.station, count.day, old.day_count.visits, count.visits, why, now_ms))
    day_counts.upsert(connection, published)
    revisions.add(connection, revised)
    return changes


def _counts(
    connection: Connection, stations: Sequence[str], day: date, today: date, look_back: timedelta
) -> list[DayCount]:
    counts: list[DayCount] = []
    for rows, since in rows_to_count(connection, stations, day, look_back):
        counts += count_days(rows, today, since)
    return counts


def rows_to_count(
    connection: Connection, stations: Sequence[str], day: date, look_back: timedelta
) -> Iterator[tuple[list[LedgerRow], date]]:
    """By station, what `count_days` needs for the counts from the day on, and since when it gives true ones.

    That is the last day before it with a row, whose label hangs on what follows. A station without rows is left out.
    """
    found = ledger.rows_of(connection, stations, day - look_back)
    for station, of_station in groupby(found, key=_station_of):
        rows = list(of_station)
        since = max((row.day for row in rows if row.day < day), default=day)
        if since < day - look_back:  # silent for so long: what lies before `since` has not been read
            rows = ledger.rows_of(connection, [station], since - look_back)
        yield rows, since


def _station_of(row: LedgerRow) -> str:
    return row.station
