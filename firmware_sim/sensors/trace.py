"""A recorded door: a file of `start,entered,left`, one row an interval, played again.

Enters: the file, a shift in whole days. Leaves: a crowd, and the sums that the file itself makes a day.
Never: chance. People of an interval are spread inside it, so that a reading still inside it shows every one.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from firmware_sim.local_time import DAY_MS, MINUTE_MS, day_start_ms, instant_ms, local_day, local_text

HEADER: Final = ["start", "entered", "left"]
_QUIET_MS: Final = 5 * MINUTE_MS
"""The end of an interval in which nobody comes. Larger: crowds are squeezed into less time, until they look
implausible. Smaller: a short reboot at the end of a day carries people over midnight."""


class BadTrace(ValueError):
    """The file is not a trace; the text names the line and what would be right."""


class Row(NamedTuple):
    """The people of one interval."""

    start_ms: int
    entered: int
    left: int


@dataclass(frozen=True, slots=True)
class Trace:
    """Rows in order of time, each `width_ms` long; a missing row is an interval of which nothing is known."""

    rows: Sequence[Row]
    width_ms: int

    @property
    def start_ms(self) -> int:
        """Where the first interval begins."""
        return self.rows[0].start_ms

    @property
    def end_ms(self) -> int:
        """Where the last interval ends."""
        return self.rows[-1].start_ms + self.width_ms

    def shifted(self, days: int) -> "Trace":
        """The same people, whole days later (or earlier, when negative)."""
        moved = [row._replace(start_ms=row.start_ms + days * DAY_MS) for row in self.rows]
        return replace(self, rows=moved)

    def ending_on(self, day: date) -> "Trace":
        """Shifted so that the last interval begins on that local day."""
        return self.shifted((day - local_day(self.rows[-1].start_ms)).days)

    def daily_sums(self) -> dict[date, int]:
        """Entered, by the local day on which each interval begins."""
        sums: dict[date, int] = {}
        for row in self.rows:
            day = local_day(row.start_ms)
            sums[day] = sums.get(day, 0) + row.entered
        return sums


class TraceCrowd:
    """The recorded people, for a station that reports every `interval_ms`; raises `BadTrace` if that is too seldom."""

    def __init__(self, trace: Trace, interval_ms: int) -> None:
        self._pieces = [_piece(row, trace.width_ms, interval_ms) for row in trace.rows]
        self._at = 0
        self._given = (0, 0)

    def crossings(self, until_ms: int) -> tuple[int, int]:
        """How many came in and went out since the last call, up to and including an instant."""
        came = went = 0
        while self._at < len(self._pieces):
            row, span_ms = self._pieces[self._at]
            passed_ms = min(span_ms, until_ms - row.start_ms)
            if passed_ms <= 0:
                break
            so_far = (row.entered * passed_ms // span_ms, row.left * passed_ms // span_ms)
            came += so_far[0] - self._given[0]
            went += so_far[1] - self._given[1]
            self._given = so_far
            if passed_ms < span_ms:
                break
            self._at += 1
            self._given = (0, 0)
        return came, went


def _piece(row: Row, width_ms: int, interval_ms: int) -> tuple[Row, int]:
    """A row and the ms from its start within which its people come, so that the next reading is still inside."""
    midnight_ms = day_start_ms(local_day(row.start_ms)) + DAY_MS
    # A row that reaches over midnight has less room: its people belong to the day on which it begins.
    room_ms = min(width_ms, midnight_ms - row.start_ms)
    span_ms = room_ms - max(interval_ms, min(_QUIET_MS, room_ms // 3))
    if span_ms <= 0 and (row.entered or row.left):
        raise BadTrace(
            f"the interval of {local_text(row.start_ms)} has no reading that could show its people; report more often"
        )
    return row, max(1, span_ms)


def read_trace(path: Path) -> Trace:
    """The trace in a file; raises `BadTrace`, or OSError."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return parse_trace(file)


def parse_trace(lines: Iterable[str]) -> Trace:
    """The trace in the lines of a CSV; raises `BadTrace`."""
    table = csv.reader(lines)
    if next(table, None) != HEADER:
        raise BadTrace(f"line 1 must be {','.join(HEADER)}")
    rows = [_row(fields, table.line_num) for fields in table if fields]
    if len(rows) < 2:  # noqa: PLR2004 - one row does not tell how long an interval is
        raise BadTrace("a trace has at least two rows")
    gaps = [after.start_ms - before.start_ms for before, after in pairwise(rows)]
    if min(gaps) <= 0:
        at = gaps.index(min(gaps)) + 1
        raise BadTrace(f"{local_text(rows[at].start_ms)} is not later than the row before it; sort the rows by start")
    return Trace(rows, min(gaps))


def _row(fields: list[str], line: int) -> Row:
    try:
        start, entered, left = fields
        row = Row(instant_ms(datetime.fromisoformat(start)), int(entered), int(left))
    except ValueError as error:
        raise BadTrace(f"line {line}: expected a local time and two whole numbers ({error})") from error
    if row.entered < 0 or row.left < 0:
        raise BadTrace(f"line {line}: counts cannot be negative")
    return row
