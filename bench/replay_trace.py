"""A recorded door, made ready to be replayed: read, shifted to yesterday, held to what can be replayed exactly.

Enters: the lines of a CSV `start,entered,left`, local time. Leaves: the trace for the simulated station, and the truth:
people by day, added up from the file's own text. Never: takes the truth from the simulator that is to be checked.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from firmware_sim.sensors.trace import BadTrace, Row, Trace, parse_trace

ZONE: Final = ZoneInfo("Asia/Shanghai")

DAY_MS: Final = 86_400_000
DAYS_MAX: Final = 3_600
"""The platform can be told to take readings that are 3,650 days old, no older ones."""
PERSON_MS: Final = 200
"""The platform believes one person each so many ms, by the rule of docs/visits.md."""

INTERVALS_S: Final = (300, 240, 180, 120, 100, 60, 30, 20, 15, 10, 5)
"""Between two readings; each divides eight hours, so that one is taken at local midnight."""
INTERVAL_S: Final = 60
READINGS_AIM: Final = 200_000
"""More make the interval longer, up to the longest. Larger: two years take long. Smaller: fewer readings to disturb."""
READINGS_A_ROW: Final = 3
"""The interval is at most this part of the time in which a row's people must be seen. Larger: rows that end at midnight
need readings every few seconds. Smaller: no reading is left that shows the last of them before midnight."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A trace whose last day is a day of our choice."""

    trace: Trace
    truth: Mapping[date, int]
    """People who came in, by local day, for each day that the file has."""
    interval_ms: int
    """Between two readings of the station."""

    @property
    def total(self) -> int:
        """All people who came in."""
        return sum(self.truth.values())

    @property
    def last_day(self) -> date:
        """The day that the closing reading closes."""
        return max(self.truth)

    @property
    def span_days(self) -> int:
        """From the first day to the last, days without rows included."""
        return (self.last_day - min(self.truth)).days + 1

    @property
    def end_ms(self) -> int:
        """Midnight after the last day: nobody comes from then on."""
        return midnight_after_ms(self.trace.rows[-1].start_ms)

    @property
    def readings(self) -> int:
        """How many the station takes if it is never without power."""
        return (self.end_ms - self.trace.start_ms) // self.interval_ms + 1


def read_recording(path: Path, last_day: date) -> Recording:
    """The recording in a file; raises `BadTrace` with what is wrong and where, or OSError."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return make_recording(file.read().splitlines(), last_day)


def make_recording(lines: Iterable[str], last_day: date) -> Recording:
    """The recording in the lines of a CSV, its last day moved to `last_day`; raises `BadTrace`."""
    lines = list(lines)
    trace = parse_trace(lines)
    truth = _sums_by_day(lines)
    shift = last_day - max(truth)
    trace = trace.shifted(shift.days)
    interval_ms = 1_000 * _interval_s(trace)
    recording = Recording(trace, {day + shift: people for day, people in truth.items()}, interval_ms)
    if recording.span_days > DAYS_MAX:
        raise BadTrace(f"the trace spans {recording.span_days} days; at most {DAYS_MAX} can be replayed")
    for row in (row for row in trace.rows if row.entered):
        _refuse_crowd(row, room_ms(row, trace.width_ms), interval_ms, shift)
    return recording


def midnight_after_ms(instant_ms: int) -> int:
    """The end of the local day of an instant."""
    day = _local(instant_ms).date() + timedelta(days=1)
    return round(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp() * 1_000)


def room_ms(row: Row, width_ms: int) -> int:
    """How long a row's people have to be seen on the row's own day."""
    return min(width_ms, midnight_after_ms(row.start_ms) - row.start_ms)


def _sums_by_day(lines: list[str]) -> dict[date, int]:
    sums: Counter[date] = Counter()
    for row in csv.DictReader(lines):
        sums[_day_of(row["start"])] += int(row["entered"])
    return dict(sums)


def _day_of(start: str) -> date:
    at = datetime.fromisoformat(start)
    return at.date() if at.tzinfo is None else at.astimezone(ZONE).date()


def _interval_s(trace: Trace) -> int:
    """The longest interval that is needed, and that still shows every row's people on their day."""

    def room_of(row: Row) -> int:
        return room_ms(row, trace.width_ms)

    tightest = min((row for row in trace.rows if row.entered or row.left), key=room_of, default=trace.rows[0])
    tightest_s = room_of(tightest) / READINGS_A_ROW / 1_000
    span_s = (trace.end_ms - trace.start_ms) / 1_000
    longest_s = min(tightest_s, max(INTERVAL_S, span_s / READINGS_AIM))
    for interval_s in INTERVALS_S:
        if interval_s <= longest_s:
            return interval_s
    raise BadTrace(
        f"a row at {_local(tightest.start_ms):%H:%M:%S} has {room_of(tightest) / 1_000:g} s until the "
        f"next one or midnight, at least {READINGS_A_ROW * INTERVALS_S[-1]} s are needed; join rows"
    )


def _refuse_crowd(row: Row, room: int, interval_ms: int, shift: timedelta) -> None:
    """People are spread over two thirds of their row at least; no more than the platform believes may stand there."""
    at_most = (room - max(interval_ms, room // READINGS_A_ROW)) // PERSON_MS
    if row.entered > at_most:
        start = _local(row.start_ms) - shift
        raise BadTrace(
            f"{start:%Y-%m-%d %H:%M}: {row.entered} people in {room // 1_000} s; a door that lets in more than "
            f"{at_most} in that time is not believed (one each {PERSON_MS} ms, docs/visits.md)"
        )


def _local(instant_ms: int) -> datetime:
    return datetime.fromtimestamp(instant_ms / 1_000, ZONE)
