"""Local days in every kind of zone, around every kind of change of clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.visits.local_day import LocalDays

ZONES = (
    "Asia/Shanghai",
    "Asia/Kathmandu",  # 45 minutes past the hour
    "Australia/Lord_Howe",  # summer time of half an hour
    "America/Havana",  # clocks put back over midnight
    "America/Santiago",  # clocks put forward at midnight
    "America/St_Johns",  # clocks changed at one minute past midnight, until 2011
    "Pacific/Apia",  # left out 30 December 2011
    "UTC",
)


def at_ms(text: str) -> int:
    """An instant in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@given(st.sampled_from(ZONES), st.integers(at_ms("1975-01-01"), at_ms("2040-01-01")))
@example("America/St_Johns", at_ms("2010-11-07T02:31:00"))
@example("America/St_Johns", at_ms("2010-11-07T02:30:59.999"))
@example("Pacific/Apia", at_ms("2011-12-30T10:00:00"))
def test_day_is_the_calendars_and_lies_between_its_ends(zone: str, ts_ms: int) -> None:
    """The day of an instant is what a calendar in the zone says, asked once or again, and the instant lies in it."""
    days = LocalDays(zone)
    day = days.of(ts_ms)
    assert day == datetime.fromtimestamp(ts_ms // 1000, ZoneInfo(zone)).date()
    for neighbour_ms in (ts_ms - 1, ts_ms + 1, ts_ms):
        assert days.of(neighbour_ms) == LocalDays(zone).of(neighbour_ms)
    assert days.start_ms(day) <= ts_ms < days.end_ms(day)


@given(st.sampled_from(ZONES), st.dates(date(1975, 1, 1), date(2040, 1, 1)))
@example("America/Santiago", date(2026, 9, 6))
@example("America/Havana", date(2026, 11, 1))
@example("America/St_Johns", date(2010, 11, 6))
@example("Pacific/Apia", date(2011, 12, 29))
@example("Pacific/Apia", date(2011, 12, 30))
def test_a_day_begins_and_ends_once(zone: str, day: date) -> None:
    """At its start it is the day and was none before; at its end it is over, and a millisecond earlier it was not."""
    days = LocalDays(zone)
    if zone == "Pacific/Apia" and day == date(2011, 12, 30):
        assert days.start_ms(day) == days.start_ms(day + timedelta(days=1))
        return
    assert days.of(days.start_ms(day)) == day
    assert days.of(days.start_ms(day) - 1) < day
    assert days.of(days.end_ms(day)) > day
    assert days.of(days.end_ms(day) - 1) == day
    assert days.is_over(day, days.end_ms(day))
    assert not days.is_over(day, days.end_ms(day) - 1)


def test_shanghai_turns_at_sixteen_utc() -> None:
    """The default zone is eight hours ahead, all year."""
    days = LocalDays("Asia/Shanghai")
    assert days.start_ms(date(2026, 11, 22)) == at_ms("2026-11-21T16:00:00")
    assert days.of(at_ms("2026-11-21T15:59:59.999")) == date(2026, 11, 21)
    assert days.of(at_ms("2026-11-21T16:00:00")) == date(2026, 11, 22)


def test_a_day_of_changed_clocks_has_another_length() -> None:
    """25 hours when the clocks are put back, 23 when they are put forward."""
    days = LocalDays("America/Havana")
    hour_ms = 3_600_000
    assert days.end_ms(date(2026, 11, 1)) - days.start_ms(date(2026, 11, 1)) == 25 * hour_ms
    assert days.end_ms(date(2026, 3, 8)) - days.start_ms(date(2026, 3, 8)) == 23 * hour_ms


def test_memory_is_bounded() -> None:
    """Instants from all over history do not pile up."""
    days = LocalDays("Asia/Shanghai")
    for quarter in range(20_000):
        days.of(quarter * 15 * 60_000)
    assert len(days._days) <= 8_192


@pytest.mark.parametrize("zone", ["Asia/Peking-Duck", "", "../etc/passwd", "Asia"])
def test_unknown_zone_says_what_to_give(zone: str) -> None:
    """A wrong setting is told with an example of a right one."""
    with pytest.raises(ValueError, match="give an IANA name such as Asia/Shanghai"):
        LocalDays(zone)
