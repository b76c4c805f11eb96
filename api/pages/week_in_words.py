"""Opening hours of seven days, in words.

Enters: `api.hours.DayHours`, a wording. Leaves: a label and the hours of each day. Never: the syntax of OpenStreetMap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from api.hours import DayHours
from api.language import Wording


@dataclass(frozen=True, slots=True)
class DayInWords:
    """One day."""

    label: str
    hours: str
    is_today: bool


def week_in_words(say: Wording, days: Sequence[DayHours], today: date) -> list[DayInWords]:
    """Each day with its hours."""
    return [
        DayInWords(
            label=say("day_and_weekday", day=f"{one.day:%m-%d}", weekday=say(f"weekday.{one.day.isoweekday()}")),
            hours=_hours(say, one),
            is_today=one.day == today,
        )
        for one in days
    ]


def _hours(say: Wording, one: DayHours) -> str:
    if one.is_all_day:
        return say("all_day")
    if not one.spans:
        return say("closed_that_day")
    return say("comma").join(f"{start:%H:%M}–{_until(one.day, until)}" for start, until in one.spans)


def _until(day: date, until: datetime) -> str:
    """The end of a day is 24:00; after it hours go on, 26:00, as stations write it."""
    hours = (until.date() - day).days * 24 + until.hour
    return f"{hours:02d}:{until:%M}"
