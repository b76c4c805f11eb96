"""The replay of a recorded door."""

from datetime import date, timedelta
from importlib import util
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.local_time import DAY_MS, MINUTE_MS, SECOND_MS, day_start_ms, local_day
from firmware_sim.sensors.door import Door
from firmware_sim.sensors.trace import BadTrace, Row, Trace, TraceCrowd, parse_trace, read_trace
from firmware_sim.station import Station, StationSettings
from firmware_sim.truth import Truth

CALIT2 = Path(__file__).parents[1] / "data" / "calit2.csv"
CONVERTER = Path(__file__).parents[2] / "scripts" / "calit2_to_trace.py"


def replayed(trace: Trace, interval_ms: int, phase_ms: int = 0) -> dict[date, int]:
    """The truth that a station with the trace's door makes, from the trace's begin to two readings after its end."""
    truth = Truth()
    door = Door(TraceCrowd(trace, interval_ms), Random(0))
    station = Station(
        "cal-001",
        [door],
        StationSettings(interval_ms, phase_ms, ring_capacity=1),
        trace.start_ms,
        witness=truth.station("cal-001").note,
    )
    while station.next_due_ms < trace.end_ms + 2 * interval_ms:
        station.tick(station.next_due_ms)
    return truth.days("cal-001")


@pytest.mark.parametrize(("interval_s", "phase_s"), [(60, 0), (300, 299), (1_700, 850)])
def test_every_day_of_calit2_equals_the_files_own_sum(interval_s: int, phase_s: int) -> None:
    """All 105 days of readings add up to the daily sums of the file, and nobody comes after it."""
    trace = read_trace(CALIT2)
    days = replayed(trace, interval_s * SECOND_MS, phase_s * SECOND_MS)
    after = days.pop(date(2005, 11, 6))
    assert len(days) == 105
    assert days == trace.daily_sums()
    assert sum(days.values()) == 19_597
    assert after == 0


def test_calit2_is_what_its_source_says() -> None:
    """105 days of half hours, 19,597 people in and 18,837 out."""
    trace = read_trace(CALIT2)
    assert (len(trace.rows), trace.width_ms) == (105 * 48, 30 * MINUTE_MS)
    assert sum(row.entered for row in trace.rows) == 19_597
    assert sum(row.left for row in trace.rows) == 18_837
    assert local_day(trace.start_ms) == date(2005, 7, 24)


ROWS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=2, max_size=60)


@given(
    ROWS,
    st.sampled_from([2, 7, 15, 30, 60, 240, 1_440]),
    st.integers(0, 1_439),
    st.integers(2, 60),
    st.floats(0, 1),
)
@settings(deadline=None)
def test_any_trace_is_shown_on_its_own_days(
    people: list[tuple[int, int]], width_min: int, offset_min: int, readings: int, phase: float
) -> None:
    """Whatever the width, the start and the grid of readings: each day shows its sum, or the trace is refused."""
    first_ms = day_start_ms(date(2026, 7, 1)) + offset_min * MINUTE_MS
    width_ms = width_min * MINUTE_MS
    # Down to 3/4 of an interval between two readings, which is too seldom for an interval that midnight cuts.
    interval_ms = width_ms * 3 // 2 // readings
    rows = [Row(first_ms + number * width_ms, *counts) for number, counts in enumerate(people)]
    trace = Trace(rows, width_ms)
    try:
        days = replayed(trace, interval_ms, int(phase * (interval_ms - 1)))
    except BadTrace:
        # Only where some interval is too short, before midnight, to hold a reading for sure.
        shortest_ms = min(
            min(width_ms, day_start_ms(local_day(row.start_ms)) + DAY_MS - row.start_ms) for row in trace.rows
        )
        assert interval_ms >= shortest_ms or shortest_ms <= 5 * MINUTE_MS
        return
    sums = trace.daily_sums()
    assert {day: visits for day, visits in days.items() if visits} == {day: v for day, v in sums.items() if v}


def test_people_of_an_interval_come_one_by_one() -> None:
    """They are spread, not a crowd at once, and the end of the interval is quiet."""
    trace = Trace([Row(0, 25, 50), Row(30 * MINUTE_MS, 0, 0)], 30 * MINUTE_MS)
    crowd = TraceCrowd(trace, MINUTE_MS)
    steps = [crowd.crossings(minute * MINUTE_MS) for minute in range(31)]
    assert steps[1:26] == [(1, 2)] * 25
    assert steps[0] == (0, 0)
    assert steps[26:] == [(0, 0)] * 5


def test_crowd_asked_once_gives_everybody() -> None:
    """A station that was off for days counts all who passed meanwhile: the door counts by itself."""
    trace = read_trace(CALIT2)
    assert TraceCrowd(trace, MINUTE_MS).crossings(trace.end_ms) == (19_597, 18_837)


def test_shift_keeps_the_hours() -> None:
    """Shifted by whole days, the same people come at the same local time of other days."""
    trace = read_trace(CALIT2)
    moved = trace.ending_on(date(2026, 7, 31))
    assert local_day(moved.rows[-1].start_ms) == date(2026, 7, 31)
    assert (moved.start_ms - trace.start_ms) % DAY_MS == 0
    offset = date(2026, 7, 31) - date(2005, 11, 5)
    assert moved.daily_sums() == {day + offset: visits for day, visits in trace.daily_sums().items()}
    assert trace.shifted(-1).start_ms == trace.start_ms - timedelta(days=1) // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1"),
        ("start,in,out\n", "start,entered,left"),
        ("start,entered,left\n2026-01-01T00:00,1,1\n", "two rows"),
        ("start,entered,left\n2026-01-01T00:00,1,1\n2026-01-01T00:00,1,1\n", "not later"),
        ("start,entered,left\n2026-01-01T00:30,1,1\n2026-01-01T00:00,1,1\n", "not later"),
        ("start,entered,left\n2026-01-01T00:00,-1,1\n2026-01-01T01:00,1,1\n", "line 2"),
        ("start,entered,left\nnoon,1,1\n2026-01-01T01:00,1,1\n", "line 2"),
        ("start,entered,left\n2026-01-01T00:00,1\n", "line 2"),
    ],
)
def test_bad_trace_names_the_line(text: str, words: str) -> None:
    """What is wrong with a file is said where it is wrong."""
    with pytest.raises(BadTrace, match=words):
        parse_trace(text.splitlines())


def test_trace_with_a_missing_row_leaves_that_interval_empty() -> None:
    """A gap is an interval of which nothing is known: nobody is invented for it."""
    lines = ["start,entered,left", "2026-01-01T00:00,1,0", "2026-01-01T00:30,1,0", "2026-01-01T02:00,1,0"]
    trace = parse_trace(lines)
    assert trace.width_ms == 30 * MINUTE_MS
    assert replayed(trace, MINUTE_MS) == {date(2026, 1, 1): 3}


def test_reporting_too_seldom_is_refused() -> None:
    """An interval that might pass without a reading cannot be replayed exactly, so it is not."""
    with pytest.raises(BadTrace, match="report more often"):
        TraceCrowd(read_trace(CALIT2), 30 * MINUTE_MS)


def test_converter_joins_the_two_flows() -> None:
    """Flow 9 is in, flow 7 is out, and a half hour that lacks one of them is an error."""
    spec = util.spec_from_file_location("calit2_to_trace", CONVERTER)
    assert spec is not None
    assert spec.loader is not None
    converter = util.module_from_spec(spec)
    spec.loader.exec_module(converter)
    lines = ["7,07/24/05,00:30:00,1", "9,07/24/05,00:30:00,4", "9,07/24/05,00:00:00,2", "7,07/24/05,00:00:00,3"]
    assert list(converter.trace_rows(lines)) == [("2005-07-24T00:00", 2, 3), ("2005-07-24T00:30", 4, 1)]
    with pytest.raises(ValueError, match="2005-07-24T00:30"):
        list(converter.trace_rows(lines[:1]))
