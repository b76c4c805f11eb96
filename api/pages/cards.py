"""What the pages show of a station, in words.

Enters: a station, its status and counts, a wording. Leaves: texts with a tone and an icon each.
Never: HTML; and never an old value as if it were now: a stale one becomes "unknown since 14:02".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from api.hours import Door, Opening
from api.instants import local
from api.language import Language, Wording
from api.offer import Stock
from api.pages.frame import station_address
from api.pages.map_links import amap, geo
from api.station_view import Viewpoint
from ingest.model import Access, DayCount, Presence, Quality, Region, Station, StationStatus
from ingest.registry.services import SERVICES

_SAID_IN_METRES: Final = 995
_SAID_WITH_TENTHS_KM: Final = 9.95


class Tone(StrEnum):
    """What a fact means for somebody who wants to go there; shown by colour and icon beside the words."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what is to be said under it."""

    icon: str
    label: str
    value: str
    tone: Tone
    note: str = ""
    at: str = ""
    """When that was true; empty where the value says it itself, or is true of a day."""


@dataclass(frozen=True, slots=True)
class Card:
    """One station."""

    id: str
    name: str
    place: str
    address: str
    opening: Fact
    facts: tuple[Fact, ...]
    services: tuple[tuple[str, str], ...]
    """Code and name, in the order in which people are shown them."""
    heard: str
    """When it was heard last, or why nothing live is said of it."""
    heard_tone: Tone
    page: str
    amap: str
    geo: str
    distance: str = ""
    """From the place that was asked for."""


def card(
    view: Viewpoint, say: Wording, station: Station, count: DayCount | None, distance_m: float | None = None
) -> Card:
    """A station as people see it; `count` is that of today."""
    status = view.status(station)
    offer = view.offer(station, status)
    facts = [
        _stock(view, say, "seat", say("seats"), offer.seats_free, most=station.capacity),
        _stock(view, say, "battery", say("batteries"), offer.batteries_charged),
        _stock(view, say, "medicine", say("heat_medicine"), offer.heat_medicine),
    ]
    if count is not None:
        facts.append(visits_fact(say, say("visits_today"), count.visits, count.quality))
    path = view.platform.registry.path(station)
    name = say.station(station)
    heard, heard_tone = _heard(view, say, station, status)
    return Card(
        id=station.id,
        name=name,
        place=_place(say, path, station.address),
        address=station.address,
        opening=_opening(say, view.opening(station), view.now, station.access),
        facts=tuple(fact for fact in facts if fact is not None),
        services=services_in_words(say, station.services),
        heard=heard,
        heard_tone=heard_tone,
        page=station_address(station.id).text(say.language),
        amap=amap(name, station.lat, station.lon),
        geo=geo(name, station.lat, station.lon),
        distance="" if distance_m is None else say_distance(say, distance_m),
    )


def _place(say: Wording, path: Sequence[Region], address: str) -> str:
    """City and district, where the address beside it does not say the same already."""
    if say.language is Language.ZH and path and path[-1].name in address:
        return ""
    return " · ".join(say.region(region) for region in path[-2:])


def _stock(
    view: Viewpoint, say: Wording, icon: str, label: str, stock: Stock | None, most: int | None = None
) -> Fact | None:
    if stock is None:
        return None
    as_of = say.time(local(stock.as_of_ms, view.platform.settings.zone), view.now)
    if stock.seen.is_stale:
        return Fact(icon, label, say("unknown_since", time=as_of), Tone.UNKNOWN)
    value = say("none") if stock.count == 0 else say(f"{icon}_n", n=stock.count)
    note = "" if most is None else say("of_capacity", n=most)
    return Fact(icon, label, value, Tone.GOOD if stock.count else Tone.BAD, note, as_of)


def _opening(say: Wording, opening: Opening, now: datetime, access: Access) -> Fact:
    until = None if opening.until is None else say.time(opening.until, now)
    match opening.door:
        case Door.OPEN if until is None:
            return Fact("open", say("door"), say("open"), Tone.GOOD, say("open_all_day"))
        case Door.OPEN:
            return Fact("open", say("door"), say("open"), Tone.GOOD, say("open_until", time=until))
        case Door.CLOSED:
            note = say("opens_at", time=until) if until else ""
            return Fact("closed", say("door"), say("closed"), Tone.BAD, note)
        case Door.UNKNOWN:
            return Fact("unknown", say("door"), say("hours_unknown"), Tone.UNKNOWN, say(f"access.{access}"))


def _heard(view: Viewpoint, say: Wording, station: Station, status: StationStatus) -> tuple[str, Tone]:
    if status.heard_ms is None or status.presence is Presence.NEVER_SEEN:
        return (say("not_heard_yet"), Tone.UNKNOWN) if station.smart else (say("no_live_data"), Tone.PLAIN)
    heard = say.time(local(status.heard_ms, view.platform.settings.zone), view.now)
    if status.presence is Presence.ONLINE:
        return say("heard_at", time=heard), Tone.GOOD
    return say("dark_since", time=heard), Tone.UNKNOWN


def services_in_words(say: Wording, codes: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Code and name, in the order of the vocabulary; those that it does not know come last."""
    order = {code: place for place, code in enumerate(SERVICES)}
    return tuple(
        (code, say.service(code)) for code in sorted(codes, key=lambda code: (order.get(code, len(order)), code))
    )


def say_distance(say: Wording, metres: float) -> str:
    """`320 m`, `1.4 km`, `12 km`: as exact as it helps who walks."""
    if metres < _SAID_IN_METRES:
        return say("metres", n=max(10, round(metres / 10) * 10))
    kilometres = metres / 1000
    return say("kilometres", n=f"{kilometres:.1f}" if kilometres < _SAID_WITH_TENTHS_KM else f"{kilometres:.0f}")


def visits_fact(say: Wording, label: str, visits: int, quality: Quality) -> Fact:
    """A count with its unit, and in words how good it is."""
    number = say("visits_at_least" if quality is Quality.AT_LEAST else "visits_n", n=visits)
    return Fact("people", label, number, Tone.PLAIN, say(f"quality.{quality}"))
