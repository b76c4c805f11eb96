"""Whether a station is open: opening hours in the syntax of OpenStreetMap, evaluated at an instant.

Enters: the registry's text, a zone, an instant. Leaves: `Opening`.
Never: raises for what an operator wrote; hours that cannot be read are unknown.
Known limit: the library's Chinese holidays have the statutory days only, no bridge days and no make-up working days.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, validate

from ingest.model import Access, Station

_KEPT_EXPRESSIONS: Final = 4096
"""Parsed hours kept. Larger: memory, some kB each. Smaller: the same hours are parsed again for every answer."""

_HORIZON_DAYS: Final = 366
"""How far the next change is looked for. Larger: hours that never change cost long searches. Smaller: a seasonal
station's next opening is not found."""

_CHANGES_TRIED: Final = 8
"""A change may be one of the remark only (open, then open). Larger: odd hours cost more. Smaller: more of them are said
to never change."""


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
