"""What a replay reads from a file: the truth by day, the shift to yesterday, how often to report, what is refused."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.replay_trace import PERSON_MS, Recording, make_recording, read_recording
from firmware_sim.local_time import day_start_ms
from firmware_sim.sensors.trace import BadTrace, TraceCrowd

YESTERDAY = date(2026, 3, 1)
CALIT2 = Path(__file__).parents[1] / "data" / "calit2.csv"


def recorded(*rows: str) -> Recording:
    """Rows of a file, its last day moved to `YESTERDAY`."""
    return make_recording(["start,entered,left", *rows], YESTERDAY)


def test_truth_is_added_up_by_day_and_shifted_by_whole_days() -> None:
    """The last day becomes the day asked for; hours stay, and days without rows stay empty."""
    it = recorded("2005-07-24T10:00,3,0", "2005-07-24T10:30,4,1", "2005-07-27T23:30,5,9")
    assert it.truth == {date(2026, 2, 26): 7, YESTERDAY: 5}
    assert (it.total, it.span_days, it.last_day) == (12, 4, YESTERDAY)
    assert it.trace.start_ms == day_start_ms(date(2026, 2, 26)) + 10 * 3_600_000
    assert it.end_ms == day_start_ms(YESTERDAY + timedelta(days=1))


def test_calit2_has_its_105_days() -> None:
    """The file in the repository: 19,597 people came in."""
    it = read_recording(CALIT2, YESTERDAY)
    assert (len(it.truth), it.span_days, it.total, it.interval_ms) == (105, 105, 19_597, 60_000)


def test_times_with_an_offset_are_of_the_local_day() -> None:
    """16:30 UTC is half past midnight in Beijing."""
    it = recorded("2005-07-24T15:30+00:00,3,0", "2005-07-24T16:30+00:00,4,0")
    assert it.truth == {YESTERDAY - timedelta(days=1): 3, YESTERDAY: 4}


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "at least two rows"),
        (["2005-07-24T10:30,1,0", "2005-07-24T10:00,1,0"], "10:00 is not later than the row before it; sort"),
        (["2005-07-24T10:00,1,0", "2005-07-24T10:00,1,0"], "10:00 is not later than the row before it"),
        (["2005-07-24T10:00,1,0", "2005-07-24T10:30,-1,0"], "line 3: counts cannot be negative"),
        (["2005-07-24T10:00,1,0", "2005-07-24T10:30,1"], "line 3: expected a local time and two whole numbers"),
        (["2005-07-24T10:00,1,0", "yesterday,1,0"], "line 3: expected a local time"),
        (["1995-07-24T10:00,1,0", "2005-07-24T10:00,1,0"], "at most 3600 can be replayed"),
        (["2005-07-24T10:00,1,0", "2005-07-24T10:05,2000,0"], "10:05: 2000 people in 300 s"),
        (["2005-07-24T10:00:00,1,0", "2005-07-24T10:00:10,1,0"], "has 10 s until the next one or midnight"),
    ],
)
def test_trace_that_cannot_be_replayed_is_refused_in_words(rows: list[str], why: str) -> None:
    """The text says where, and what would be right."""
    with pytest.raises(BadTrace, match=why):
        recorded(*rows)


def test_file_without_the_header_is_refused() -> None:
    """The first line names the columns."""
    with pytest.raises(BadTrace, match="line 1 must be start,entered,left"):
        make_recording(["2005-07-24T10:00,1,0", "2005-07-24T10:30,1,0"], YESTERDAY)


def test_long_traces_are_reported_less_often() -> None:
    """Two years by the hour come as 210,000 readings, two years by five minutes as often as these allow."""
    hours = [f"{date(2004, 1, 1) + timedelta(days=day)}T{hour:02}:00,1,1" for day in range(730) for hour in range(24)]
    assert recorded(*hours).interval_ms == 300_000
    short = [
        f"{date(2004, 1, 1) + timedelta(days=day)}T12:{minute:02}:00,1,1" for day in range(730) for minute in (0, 5)
    ]
    assert recorded(*short).interval_ms == 100_000


@given(
    minutes=st.sampled_from([5, 6, 7, 10, 11, 15, 20, 30, 45, 60, 90]),
    offset=st.integers(0, 59),
    people=st.lists(st.integers(0, 400), min_size=2, max_size=300),
)
def test_every_person_is_seen_on_the_day_of_their_row(minutes: int, offset: int, people: list[int]) -> None:
    """The last reading before each midnight shows all of the day, as fast as is believed; or a refusal."""
    start = datetime(2025, 1, 1, 20, offset)  # noqa: DTZ001 - local time, as in the files
    times = [start + timedelta(minutes=minutes * number) for number in range(len(people))]
    try:
        it = recorded(*(f"{at:%Y-%m-%dT%H:%M},{count},0" for at, count in zip(times, people, strict=True)))
    except BadTrace as refused:
        assert "is not believed" in str(refused) or "until the next one or midnight" in str(refused)  # noqa: PT017
        return
    crowd = TraceCrowd(it.trace, it.interval_ms)
    seen: dict[date, int] = dict.fromkeys(it.truth, 0)
    first_ms = -(-it.trace.start_ms // it.interval_ms) * it.interval_ms
    for now_ms in range(first_ms, it.end_ms + 1, it.interval_ms):
        came, _ = crowd.crossings(now_ms)
        assert (came - 1) * PERSON_MS <= it.interval_ms
        if came:
            seen[date.fromordinal(date(1970, 1, 1).toordinal() + (now_ms + 8 * 3_600_000) // 86_400_000)] += came
    assert seen == it.truth
