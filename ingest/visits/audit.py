"""What an audit finds: published counts against the ledger, and the ledger against the raw readings.

Enters: a station's readings, ledger rows and published counts. Leaves: the days that differ, and rows that mend them.
Never: takes a ledger that knows more than the readings for wrong (they may have been deleted), or asks a database.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from ingest.model import DayCount, LedgerRow, Occupancy, Reading
from ingest.ports import LATE_MS
from ingest.visits.counting import count_days
from ingest.visits.ledger import Ledger, merge
from ingest.visits.local_day import LocalDays

Place = tuple[date, int]
"""Day and epoch."""


class Difference(NamedTuple):
    """A day of a station on which not all three say the same."""

    station: str
    day: date
    published: DayCount | None
    """As the public was told; None: nothing was published."""
    by_ledger: DayCount | None
    """What the rows of the ledger count."""
    by_readings: DayCount | None
    """What they count together with the raw readings."""
    lacks: tuple[str, ...]
    """What the ledger does not know of the readings, for a person: `epoch 1: highest 12, read 14`."""


class Audited(NamedTuple):
    """What is known of one station; `rows` and `since` as `count_days` wants them."""

    station: str
    rows: Sequence[LedgerRow]
    since: date
    published: Mapping[date, DayCount]


class Rebuilt:
    """The ledger rows of a station's raw readings alone, by the rules that held when they came.

    `earlier`: the station's rows of the days before, which tell a jump from a visit.
    """

    def __init__(self, station: str, days: LocalDays, earlier: Iterable[LedgerRow]) -> None:
        self._station = station
        self._ledger = Ledger(days)
        self._ledger.restore(earlier)
        self.rows: dict[Place, LedgerRow] = {}

    def take(self, reading: Reading) -> None:
        """The next one in order of sampling; only those of occupancy count."""
        if not isinstance(reading.body, Occupancy):
            return
        # As late as can be, because of a late reading the ledger gives every row that it moves.
        taken = self._ledger.take(self._station, reading.body, reading.body.ts + LATE_MS + 1)
        for row in taken.rows:
            place = row.day, row.epoch
            known = self.rows.get(place)
            self.rows[place] = row if known is None else merge(known, row)


def differences(
    audited: Audited, rebuilt: Mapping[Place, LedgerRow], first: date, last: date, today: date
) -> list[Difference]:
    """The days from `first` to `last` on which published count, ledger and readings differ."""
    rows = {(row.day, row.epoch): row for row in audited.rows}
    lacking = {place: lack for place, row in rebuilt.items() if (lack := _lack(rows.get(place), row))}
    whole = {**rows, **{place: merge(rows[place], row) if place in rows else row for place, row in rebuilt.items()}}
    by_ledger = _counts(rows.values(), today, audited.since)
    by_readings = by_ledger if not lacking else _counts(whole.values(), today, audited.since)
    found = []
    for day in sorted(by_readings.keys() | audited.published.keys()):
        lacks = tuple(f"epoch {epoch}: {lack}" for (of_day, epoch), lack in sorted(lacking.items()) if of_day == day)
        three = (audited.published.get(day), by_ledger.get(day), by_readings.get(day))
        if first <= day <= last and (lacks or len(set(three)) > 1):
            found.append(Difference(audited.station, day, *three, lacks))
    return found


def _counts(rows: Iterable[LedgerRow], today: date, since: date) -> dict[date, DayCount]:
    return {count.day: count for count in count_days(list(rows), today, since)}


def _lack(row: LedgerRow | None, read: LedgerRow) -> str:
    """What a row does not know; empty where it knows all that was read."""
    if row is None:
        return f"no row, read {read.lowest} to {read.highest}"
    parts = []
    if read.lowest < row.lowest:
        parts.append(f"lowest {row.lowest}, read {read.lowest}")
    if read.highest > row.highest:
        parts.append(f"highest {row.highest}, read {read.highest}")
    if read.first < row.first:
        parts.append(f"first reading {tuple(row.first)}, read {tuple(read.first)}")
    if read.last > row.last:
        parts.append(f"last reading {tuple(row.last)}, read {tuple(read.last)}")
    return "; ".join(parts)
