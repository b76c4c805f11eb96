"""Whether a station is open: opening hours in the syntax of OpenStreetMap, evaluated at an instant.

Enters: the registry's text, a zone, an instant. Leaves: `Opening`.
Never: raises for what an operator wrote; hours that cannot be read are unknown.
Known limit: the library's Chinese holidays have the statutory days only, no bridge days and no make-up working days.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State, validate

from ingest.model import Access, Station

_KEPT_EXPRESSIONS: Final = 4096
"""Parsed hours kept. Larger: memory, some kB each. Smaller: the same hours are parsed again for every answer."""

_HORIZON_DAYS: Final = 366
"""How far the next change is looked for. Larger: hours that never change cost long searches. Smaller: a seasonal
station's next opening is not found."""

_CHANGES_TRIED: Final = 8
"""A change may be one of the remark only (open, then open). Larger: odd hours cost more. Smaller: more of them are said
to never change."""

_WEEK_DAYS: Final = 7


class Door(StrEnum):
    """What the hours say."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Opening:
    """What the hours say at an instant, and until when."""

    door: Door
    until: datetime | None
    """In the zone asked for; None: not within a year, or not known."""


UNKNOWN: Final = Opening(Door.UNKNOWN, None)


def opening(station: Station, now: datetime, country: str) -> Opening:
    """What the registry's hours say at `now`, in its zone; `country` (ISO code) is whose holidays `PH` means."""
    hours = _hours(station, now, country)
    if hours is None:
        return UNKNOWN
    state = _door(hours, now)
    until = now
    for _ in range(_CHANGES_TRIED):
        change = hours.next_change(until)
        if change is None:
            return Opening(state, None)
        until = change
        if _door(hours, until) is not state:
            return Opening(state, until)
    return Opening(state, None)


def door(station: Station, now: datetime, country: str) -> Door:
    """The same without until when, which costs a fraction of it."""
    hours = _hours(station, now, country)
    return Door.UNKNOWN if hours is None else _door(hours, now)


def _hours(station: Station, now: datetime, country: str) -> OpeningHours | None:
    zone = now.tzinfo
    if not isinstance(zone, ZoneInfo):
        raise TypeError("the instant must be in the stations' ZoneInfo, because opening hours are local")
    expression = station.hours or ("24/7" if station.access is Access.ALL_DAY else "")
    return _parse(expression, zone, country)


@lru_cache(maxsize=_KEPT_EXPRESSIONS)
def _parse(expression: str, zone: ZoneInfo, country: str) -> OpeningHours | None:
    if not expression or not validate(expression):
        return None
    return OpeningHours(expression, timezone=zone, country=country, max_interval_days=_HORIZON_DAYS)


def _door(hours: OpeningHours, at: datetime) -> Door:
    if hours.is_unknown(at):
        return Door.UNKNOWN
    return Door.OPEN if hours.is_open(at) else Door.CLOSED


@dataclass(frozen=True, slots=True)
class DayHours:
    """When a station is open on one local day."""

    day: date
    spans: tuple[tuple[datetime, datetime], ...]
    """From, until; empty: closed all day. One that runs past midnight stands whole on the day on which it begins."""

    is_all_day: bool


def week(station: Station, now: datetime, country: str) -> list[DayHours]:
    """What the registry's hours say of today and the six days after it; empty where they are not known."""
    hours = _hours(station, now, country)
    if hours is None:
        return []
    return [_day_hours(hours, now.date() + timedelta(days=ahead), now.tzinfo) for ahead in range(_WEEK_DAYS)]


def _day_hours(hours: OpeningHours, day: date, zone: tzinfo | None) -> DayHours:
    before, begins, ends, after = (datetime.combine(day + timedelta(days=one), time(), zone) for one in (-1, 0, 1, 2))
    spans: list[tuple[datetime, datetime]] = []
    for start, until, state, _ in hours.intervals(before, after):
        if state is not State.OPEN or until <= begins or start >= ends:
            continue
        if start < begins:
            if before < start and until < ends:
                continue  # it is told whole on the day before
            start = begins  # noqa: PLW2901 - what of it is this day's
        # Past midnight it is told whole, unless it is the next day's, too, or both days are open all day.
        is_whole = until <= ends or (start > begins and until < after)
        spans.append((start, until if is_whole else ends))
    is_all_day = len(spans) == 1 and spans[0][0] == begins and spans[0][1] >= ends
    return DayHours(day, tuple(spans), is_all_day)
