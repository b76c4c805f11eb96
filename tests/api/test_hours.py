"""Opening hours, evaluated in the stations' zone."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.hours import Door, Opening, opening, week
from ingest.model import Access
from tests.api.stillness import ZONE
from tests.api.world import station


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("hours", "now", "door", "until"),
    [
        ("Mo-Su 06:00-22:00", "2026-11-22 15:30", Door.OPEN, "2026-11-22 22:00"),
        ("Mo-Su 06:00-22:00", "2026-11-22 22:00", Door.CLOSED, "2026-11-23 06:00"),
        ("Mo-Fr 08:30-18:00", "2026-11-22 09:00", Door.CLOSED, "2026-11-23 08:30"),
        ("05:00-26:00", "2026-11-23 01:30", Door.OPEN, "2026-11-23 02:00"),
        ("24/7", "2026-11-22 03:00", Door.OPEN, None),
        ("24/7 closed", "2026-11-22 03:00", Door.CLOSED, None),
        ("Mo-Su 06:00-22:00; PH off", "2026-10-01 09:00", Door.CLOSED, "2026-10-02 06:00"),
        ('08:00-12:00 open "A", 12:00-20:00 open "B"', "2026-11-22 09:00", Door.OPEN, "2026-11-22 20:00"),
        ("unknown", "2026-11-22 09:00", Door.UNKNOWN, None),
        ("ab 8 Uhr", "2026-11-22 09:00", Door.UNKNOWN, None),
    ],
)
def test_hours_are_open_until(hours: str, now: str, door: Door, until: str | None) -> None:
    """The door's state changes exactly when the hours say, over midnight, holidays and remarks."""
    wanted = Opening(door, None if until is None else _at(until))
    assert opening(station(1, hours=hours), _at(now), "CN") == wanted


def test_the_zone_is_that_of_the_station_and_not_of_the_server() -> None:
    """06:30 in Beijing is open although it is the evening before in UTC."""
    now = datetime(2026, 11, 21, 22, 30, tzinfo=UTC).astimezone(ZONE)
    assert opening(station(1, hours="06:00-22:00"), now, "CN").door is Door.OPEN
    with pytest.raises(TypeError, match="ZoneInfo"):
        opening(station(1), datetime(2026, 11, 21, 22, 30, tzinfo=UTC), "CN")


@pytest.mark.parametrize(("access", "door"), [(Access.ALL_DAY, Door.OPEN), (Access.BUSINESS, Door.UNKNOWN)])
def test_without_hours_only_24h_is_known(access: Access, door: Door) -> None:
    """A station registered as 24h is open; business hours without hours are unknown, not closed."""
    assert opening(station(1, hours="", access=access), _at("2026-11-22 03:00"), "CN") == Opening(door, None)


@pytest.mark.parametrize(
    ("day", "at_noon"),
    [(13, Door.OPEN), (14, Door.CLOSED), (16, Door.CLOSED), (23, Door.CLOSED), (24, Door.OPEN), (28, Door.OPEN)],
)
def test_single_days_in_the_registry_are_exceptions(day: int, at_noon: Door) -> None:
    """As docs/registry.md writes them: a long holiday, and the Saturday that makes up for it."""
    hours = "Mo-Fr 08:00-20:00; 2026 Feb 15-23 off; 2026 Feb 28 08:00-20:00"
    assert hours in (Path(__file__).parents[2] / "docs" / "registry.md").read_text(encoding="utf-8")
    now = _at(f"2026-02-{day} 12:00")
    assert opening(station(1, hours=hours), now, "CN").door is at_noon


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ("Mo-Fr 00:00-24:00; Sa 00:00-18:00", {"Fr": "00:00-00:00", "Sa": "00:00-18:00", "Su": ""}),
        ("24/7; Su 00:00-12:00", {"Sa": "00:00-00:00", "Su": "00:00-12:00", "Mo": "00:00-00:00"}),
        (
            "Fr 20:00-24:00; Sa 00:00-24:00; Su 00:00-06:00",
            {"Fr": "20:00-00:00", "Sa": "00:00-00:00", "Su": "00:00-06:00"},
        ),
        ("Mo 18:00-26:00", {"Mo": "18:00-02:00", "Tu": ""}),
        ("Fr 00:00-26:00", {"Fr": "00:00-00:00", "Sa": "00:00-02:00"}),
        ("Mo-Su 06:00-22:00", {"Mo": "06:00-22:00", "Su": "06:00-22:00"}),
        ("Mo-Su 22:00-06:00", {"Mo": "22:00-06:00", "Tu": "22:00-06:00"}),
    ],
)
def test_the_table_of_the_week_says_what_the_door_says(hours: str, told: dict[str, str]) -> None:
    """Each open minute stands in it once: on the day on which it begins, or on its own where that day is full."""
    now = _at("2026-11-23 12:00")  # a Monday
    table = week(replace(station(1), hours=hours), now, "CN")
    days = dict(zip(("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"), table, strict=True))
    shown = {
        name: ", ".join(f"{start:%H:%M}-{until:%H:%M}" for start, until in one.spans) for name, one in days.items()
    }
    assert {name: shown[name] for name in told} == told
    assert [name for name in told if days[name].is_all_day] == [
        name for name, one in told.items() if one == "00:00-00:00"
    ]
