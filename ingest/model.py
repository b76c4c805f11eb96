"""The nouns of the house: what the rooms hand to each other, and nothing else.

Enters: nothing. Leaves: frozen types. Never: behaviour beyond a derived property, or a library of a server.
Instants are integers, ms since the Unix epoch, UTC (`_ms`); local days are `datetime.date` in the platform's zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from gateway.payloads import Battery, Exchange, Medicine, Occupancy, ReadingBody, State
from gateway.topics import Kind

__all__ = [
    "Access",
    "Article",
    "Battery",
    "DayCount",
    "DeadLetter",
    "Exchange",
    "HistoryPoint",
    "Kind",
    "LedgerRow",
    "Level",
    "Mark",
    "Medicine",
    "Occupancy",
    "Presence",
    "Quality",
    "Reading",
    "ReadingBody",
    "Region",
    "RegionDay",
    "Revision",
    "Seen",
    "Spread",
    "State",
    "Station",
    "StationStatus",
    "Summary",
]


# ---- readings ----


class Reading(NamedTuple):
    """One accepted reading. (station, kind, body.boot, body.seq) names it for ever."""

    station: str
    kind: Kind
    body: ReadingBody
    payload: bytes
    """The JSON object as the station sent it: what the store keeps."""
    received_ms: int


class Spread(NamedTuple):
    """A figure over a span of time, from the readings that told it."""

    mean: float
    lowest: float
    highest: float
    last: float


class HistoryPoint(NamedTuple):
    """One station's readings of one kind in [start_ms, start_ms + span)."""

    start_ms: int
    readings: int
    values: Mapping[str, Spread]
    """By figure (`ingest.store.figures`); one that no reading told is left out."""


class DeadLetter(NamedTuple):
    """A message that was refused, kept whole."""

    received_ms: int
    topic: str
    payload: bytes
    reason: str
    """A `gateway`-independent code, one of `ingest.decode.Reason`."""
    detail: str
    station: str | None
    boot: int | None = None
    seq: int | None = None


# ---- visits (docs/visits.md) ----


class Mark(NamedTuple):
    """Where a reading stands in a station's time; compared in this order."""

    ts_ms: int
    boot: int
    seq: int


class LedgerRow(NamedTuple):
    """All that is kept of one meter on one local day. Merging is min / max of each, so order never matters."""

    station: str
    day: date
    epoch: int
    lowest: int
    highest: int
    first: Mark
    last: Mark


class Quality(StrEnum):
    """How good a published count is; from best to weakest."""

    EXACT = "exact"
    PROVISIONAL = "provisional"
    AT_LEAST = "at_least"

    @property
    def rank(self) -> int:
        """0 for the best; a region's quality is that of its highest rank."""
        return list(Quality).index(self)


class DayCount(NamedTuple):
    """One station's visits on one local day."""

    station: str
    day: date
    visits: int
    carried: int
    """Of `visits`, those that may belong to an earlier day: nothing was read around the midnight between."""
    quality: Quality


class RegionDay(NamedTuple):
    """A region's visits on one local day, and how many stations stand behind each label."""

    day: date
    visits: int
    carried: int
    quality: Quality
    stations: Mapping[Quality, int]


class Revision(NamedTuple):
    """A published count that changed after its day had been complete."""

    station: str
    day: date
    old: int
    new: int
    why: str
    at_ms: int


# ---- the registry ----


class Level(StrEnum):
    """The levels of the administrative tree."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"


@dataclass(frozen=True, slots=True)
class Region:
    """An administrative division; `parent` is read from the table and never computed from digits."""

    code: str
    name: str
    level: Level
    parent: str | None
    name_en: str | None = None


class Access(StrEnum):
    """When a station may be entered."""

    ALL_DAY = "24h"
    EXTENDED = "extended"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True)
class Station:
    """What the registry knows of a station. Codes are None where that level does not exist (standards: Dongguan)."""

    id: str
    name: str
    lat: float
    """WGS-84, degrees."""
    lon: float
    province: str
    city: str | None
    district: str | None
    address: str = ""
    name_en: str = ""
    capacity: int = 0
    """Seats; 0 when unknown."""
    services: frozenset[str] = frozenset()
    """Codes of `ingest.registry.services.SERVICES`."""
    hours: str = ""
    """Opening hours in OSM syntax; empty when unknown."""
    access: Access = Access.BUSINESS
    smart: bool = True
    model: bool = False
    """Named a model station by the union."""


@dataclass(frozen=True, slots=True)
class Article:
    """An entry of the medicine catalogue."""

    sku: str
    name: str
    name_en: str
    unit: str
    par: int
    minimum: int
    essential: bool
    for_heat: bool = False
    """Helps against heat stroke: what the public asks for in summer."""


# ---- live ----


class Presence(StrEnum):
    """Whether a station is heard."""

    ONLINE = "online"
    DARK = "dark"
    NEVER_SEEN = "never_seen"


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest reading of one kind."""

    body: ReadingBody
    received_ms: int
    is_stale: bool
    """Older than three report intervals, or the station is dark: true once, not known to be true now."""


@dataclass(frozen=True, slots=True)
class StationStatus:
    """The live picture of one station at one instant."""

    station: str
    presence: Presence
    heard_ms: int | None
    """When anything was last received from it; None when never."""
    dark_since_ms: int | None
    birth: State | None
    seen: Mapping[Kind, Seen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Summary:
    """A region's numbers, made once a cycle. Unregistered stations are in none of them."""

    region: str | None
    """None for the nation."""
    made_ms: int
    stations: int
    smart: int
    all_day: int
    extended: int
    model: int
    online: int
    dark: int
    never_seen: int
    services: Mapping[str, int]
    people_present: int
    """Sum over stations whose occupancy is not stale."""
    people_from: int
    """How many stations that sum speaks for."""
    donated: int
    claimed: int
    today: RegionDay
    yesterday: RegionDay
