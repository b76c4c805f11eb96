"""A station's days and hours, in words and numbers, for its charts and for the tables beside them.

Enters: published counts, the hours of today, a wording. Leaves: rows with a bar each. Never: HTML.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from api.language import Wording
from api.pages.charts import Bar, bars, middles
from api.pages.hourly import Hour
from ingest.model import DayCount, Quality


@dataclass(frozen=True, slots=True)
class Row:
    """A bar and what it says; `bar` None: nothing is known of that day or hour."""

    label: str
    """In full: the day with its weekday, or the hour."""
    tick: str
    """Below the bar; empty where there is no room."""
    value: str
    """With its unit."""
    figure: str
    """Above the bar, without one."""
    note: str
    """How good the number is."""
    kind: str
    """How the bar is drawn."""
    middle: float
    """Of the bar's place."""
    bar: Bar | None


def day_rows(say: Wording, counts: Sequence[DayCount], first: date, days: int) -> list[Row]:
    """The days from `first` on, oldest first."""
    by_day = {count.day: count for count in counts}
    every = [first + timedelta(days=number) for number in range(days)]
    drawn = bars([by_day[day].visits if day in by_day else None for day in every])
    places = zip(every, middles(days), drawn, strict=True)
    return [_day(say, day, by_day.get(day), middle, bar) for day, middle, bar in places]


def _day(say: Wording, day: date, count: DayCount | None, middle: float, bar: Bar | None) -> Row:
    label = say("day_and_weekday", day=f"{day:%m-%d}", weekday=say(f"weekday.{day.isoweekday()}"))
    tick = f"{day.day}"
    if count is None:
        return Row(label, tick, say("nothing_read"), "", "", "none", middle, None)
    at_least = count.quality is Quality.AT_LEAST
    value = say("visits_at_least" if at_least else "visits_n", n=count.visits)
    figure = f"≥{count.visits}" if at_least else f"{count.visits}"
    return Row(label, tick, value, figure, say(f"quality.{count.quality}"), count.quality.value, middle, bar)


_HOURS: Final = 24
_TICKS_EVERY: Final = 3


def hour_rows(say: Wording, hours: Sequence[Hour]) -> list[Row]:
    """The hours of a day, from midnight on; those still to come are empty."""
    by_hour = {hour.began.hour: hour for hour in hours}
    drawn = bars([by_hour[hour].highest if hour in by_hour else None for hour in range(_HOURS)])
    places = zip(range(_HOURS), middles(_HOURS), drawn, strict=True)
    return [_hour(say, hour, by_hour.get(hour), middle, bar) for hour, middle, bar in places]


def _hour(say: Wording, hour: int, told: Hour | None, middle: float, bar: Bar | None) -> Row:
    label = f"{hour:02d}:00"
    tick = label[:2] if hour % _TICKS_EVERY == 0 else ""
    if told is None:
        return Row(label, tick, say("nothing_read"), "", "", "none", middle, None)
    value = say("people_at_most", n=told.highest)
    note = say("people_on_average", n=f"{told.mean:.1f}")
    return Row(label, tick, value, f"{told.highest}", note, Quality.EXACT.value, middle, bar)
