"""The visit ledger: what was seen of each meter on each local day, and its hot part in memory.

Enters: occupancy readings in any order, any number of times. Leaves: rows to be written, and what is not believed.
Never: reads a database (a row that is not in memory is begun anew and merged there), asks the time, or counts visits.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable
from datetime import date
from typing import Any, Final, NamedTuple

from ingest.model import LedgerRow, Mark, Occupancy
from ingest.ports import LATE_MS
from ingest.visits.hot_row import HotRow
from ingest.visits.local_day import LocalDays
from ingest.visits.plausible import PERSON_MS, has_gone_back, is_jump, neighbours

OLDER_ROWS_MAX: Final = 50_000
"""Rows beside each station's current one, some 450 bytes each. Larger: memory. Smaller: when many stations send their
backlog at once, rows are forgotten between two readings, and each reading writes its row again."""


def row_of(station: str, day: date, occupancy: Occupancy) -> LedgerRow:
    """The row that one reading alone makes."""
    mark = Mark(occupancy.ts, occupancy.boot, occupancy.seq)
    return LedgerRow(station, day, occupancy.epoch, occupancy.entered, occupancy.entered, mark, mark)


def merge(a: LedgerRow, b: LedgerRow) -> LedgerRow:
    """Both rows as one; ValueError when they are not of one (station, day, epoch)."""
    if a[:3] != b[:3]:
        raise ValueError(f"rows of two meters or days: {a[:3]} and {b[:3]}")
    return LedgerRow(
        a.station,
        a.day,
        a.epoch,
        min(a.lowest, b.lowest),
        max(a.highest, b.highest),
        min(a.first, b.first),
        max(a.last, b.last),
    )


class Taken(NamedTuple):
    """What a reading did to the ledger."""

    rows: tuple[LedgerRow, ...] = ()
    """To be durable before the reading is acknowledged: a number or the first reading moved, a day or an epoch ended,
    or the reading is late. Mostly empty: then only the day's last reading moved, and a checkpoint is soon enough."""
    went_back: bool = False
    """The meter showed less than before, in a later reading: left out of the ledger, a matter of data quality."""
    refused: str = ""
    """Why the reading is implausible, for a firmware author: a dead letter. Empty when it was taken."""


QUIET: Final = Taken()
WENT_BACK: Final = Taken(went_back=True)


class Ledger:
    """One row in memory for each station, the newest; and a bounded number of older ones, for backlogs."""

    def __init__(self, days: LocalDays, older_rows_max: int = OLDER_ROWS_MAX) -> None:
        self._days = days
        self._current: dict[str, HotRow] = {}
        self._older: OrderedDict[str, list[HotRow]] = OrderedDict()
        """By station, the longest untouched first; of a station, the row that was read into last stands last."""
        self._older_rows = 0
        self._older_rows_max = older_rows_max
        self._dirty: deque[tuple[int, HotRow]] = deque()
        """Rows with their `dirty_ms` of then; written with a batch since where that is another one now."""

    def take(self, station: str, occupancy: Occupancy, received_ms: int) -> Taken:
        """Merge a reading; in a quiet minute, when only the day's last reading moves, in about 0.4 µs."""
        # One lookup in place of five: pydantic makes the attributes of its models slow to reach.
        body = occupancy.__dict__
        ts_ms: int = body["ts"]
        row = self._current.get(station)
        if (
            row is not None
            and body["entered"] == row.highest
            and self._follows(row, body)
            and received_ms - ts_ms <= LATE_MS
        ):
            row.last_ts = ts_ms
            row.last_seq = body["seq"]
            if not row.dirty_ms:
                row.dirty_ms = received_ms
                self._dirty.append((received_ms, row))
            return QUIET
        return self._weigh(station, occupancy, received_ms)

    def take_dirty(self, limit: int, before_ms: int | None = None) -> list[LedgerRow]:
        """Up to `limit` rows of which only the last reading moved since they were written, longest waiting first.

        With `before_ms`, only those that wait since a reading received before that instant. They count as written from
        here on: who takes them must write them.
        """
        rows: list[LedgerRow] = []
        while self._dirty and len(rows) < limit and (before_ms is None or self._dirty[0][0] < before_ms):
            dirty_ms, row = self._dirty.popleft()
            if row.dirty_ms == dirty_ms:
                rows.append(row.snapshot())
        return rows

    def restore(self, rows: Iterable[LedgerRow]) -> None:
        """Begin with what is durable: of each station at least the newest row, in any order."""
        for row in rows:
            self._keep(HotRow(row))

    def _follows(self, row: HotRow, body: dict[str, Any]) -> bool:
        """The reading was taken after the row's last one, on the same day, of the same start and epoch."""
        return (
            body["seq"] > row.last_seq
            and body["ts"] >= row.last_ts
            and body["boot"] == row.last_boot
            and body["epoch"] == row.epoch
            and self._days.of(body["ts"]) == row.day
        )

    def _weigh(self, station: str, occupancy: Occupancy, received_ms: int) -> Taken:
        """The whole rule, with the shortest ways first."""
        body = occupancy.__dict__
        current = self._current.get(station)
        if current is not None:
            station = current.station  # one string object for each station
            people = occupancy.entered - current.highest
            # No people where the reading is late: else `take` had it.
            if people >= 0 and self._follows(current, body) and not is_jump(people, body["ts"] - current.last_ts):
                current.highest = body["entered"]
                current.last_ts = body["ts"]
                current.last_seq = body["seq"]
                return Taken((current.snapshot(),))
        older = self._older.get(station)
        # A backlog: thousands of readings, each the next one of the same old day.
        if older and body["entered"] == older[-1].highest and self._follows(older[-1], body):
            older[-1].last_ts = body["ts"]
            older[-1].last_seq = body["seq"]
            self._older.move_to_end(station)
            return Taken((older[-1].snapshot(),))
        return self._compare(station, occupancy, received_ms)

    def _compare(self, station: str, occupancy: Occupancy, received_ms: int) -> Taken:
        """A reading that has to be compared with all that is known of its station."""
        current = self._current.get(station)
        reading = row_of(station, self._days.of(occupancy.ts), occupancy)
        known = [*self._older.get(station, ()), *(() if current is None else (current,))]
        before, after = neighbours(reading, known)
        people = 0 if before is None else occupancy.entered - before[1]
        if before is not None and is_jump(people, occupancy.ts - before[0].ts_ms):
            return Taken(
                refused=f"entered: {people} people within {occupancy.ts - before[0].ts_ms} ms of an earlier reading, "
                f"at most one every {PERSON_MS} ms is believed; if the counter was set, begin a new epoch from zero"
            )
        if has_gone_back(reading.first, occupancy.entered, before, after):
            return WENT_BACK
        for row in known:
            if row.place == (reading.day, reading.epoch):
                return self._move(row, reading, received_ms, is_current=row is current)
        self._keep(HotRow(reading))
        if current is not None and current.dirty_ms and self._current[station] is not current:
            # The old day's end must be known when the new day begins, or the old day would look torn.
            return Taken((current.snapshot(), reading))
        return Taken((reading,))

    def _move(self, row: HotRow, reading: LedgerRow, received_ms: int, *, is_current: bool) -> Taken:
        has_moved = row.move(reading.first, reading.lowest)
        has_extended = row.extend(reading.first)
        if not is_current:
            rows = self._older[row.station]
            rows.remove(row)
            rows.append(row)
            self._older.move_to_end(row.station)
        is_late = received_ms - reading.first.ts_ms > LATE_MS
        # The end of an earlier day is part of a published number; on that of the current one nothing depends yet.
        if has_moved or (has_extended and (is_late or not is_current)):
            return Taken((row.snapshot(),))
        if has_extended and not row.dirty_ms:
            row.dirty_ms = received_ms
            self._dirty.append((received_ms, row))
        return QUIET

    def _keep(self, row: HotRow) -> None:
        current = self._current.get(row.station)
        if current is None:
            self._current[row.station] = row
            return
        if row.place > current.place:
            self._current[row.station], row = row, current
        self._older.setdefault(row.station, []).append(row)
        self._older.move_to_end(row.station)
        self._older_rows += 1
        while self._older_rows > self._older_rows_max:
            _, forgotten = self._older.popitem(last=False)
            self._older_rows -= len(forgotten)
