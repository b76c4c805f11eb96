"""What the page shows, in words: cards of stations and the numbers on top.

Enters: stations, their status and counts, a summary, a wording. Leaves: texts with a tone and an icon each.
Never: HTML; and never an old value as if it were now: a stale one becomes "unknown since 14:02".
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.hours import Door, Opening
from api.instants import local
from api.language import Wording
from api.offer import Stock
from api.station_view import Viewpoint
from ingest.model import Access, DayCount, Presence, Quality, RegionDay, Station, StationStatus, Summary


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


@dataclass(frozen=True, slots=True)
class Card:
    """One station."""

    id: str
    name: str
    place: str
    address: str
    opening: Fact
    facts: tuple[Fact, ...]
    services: tuple[str, ...]
    heard: str
    """When it was heard last, or why nothing live is said of it."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One number of the summary."""

    label: str
    value: str
    note: str = ""


def card(view: Viewpoint, say: Wording, station: Station, count: DayCount | None) -> Card:
    """A station as people see it; `count` is that of today."""
    status = view.status(station)
    offer = view.offer(station, status)
    facts = [
        _stock(view, say, "seat", say("seats"), offer.seats_free, most=station.capacity),
        _stock(view, say, "battery", say("batteries"), offer.batteries_charged),
        _stock(view, say, "medicine", say("heat_medicine"), offer.heat_medicine),
    ]
    if count is not None:
        visits = _visits(say, count.visits, count.quality)
        facts.append(Fact("people", say("visits_today"), visits.value, Tone.PLAIN, visits.note))
    path = view.platform.registry.path(station)
    return Card(
        id=station.id,
        name=(station.name_en if say.language == "en" else "") or station.name,
        place=" · ".join(say.region(region) for region in path[-2:]),
        address=station.address,
        opening=_opening(say, view.opening(station), view.now, station.access),
        facts=tuple(fact for fact in facts if fact is not None),
        services=tuple(say.service(code) for code in sorted(station.services)),
        heard=_heard(view, say, station, status),
    )


def first_tiles(say: Wording, summary: Summary) -> tuple[Tile, ...]:
    """The numbers that everybody asks for."""
    present = say("people_n", n=summary.people_present) if summary.people_from else say("unknown")
    return (
        Tile(say("stations"), say("stations_n", n=summary.stations), say("of_them_online", n=summary.online)),
        Tile(say("people_present"), present, say("from_stations", n=summary.people_from)),
        _day(say, say("visits_today"), summary.today),
        _day(say, say("visits_yesterday"), summary.yesterday),
    )


def more_tiles(say: Wording, summary: Summary) -> tuple[Tile, ...]:
    """The rest of the table."""
    numbers = {
        "smart": summary.smart,
        "online": summary.online,
        "dark": summary.dark,
        "never_seen": summary.never_seen,
        "all_day": summary.all_day,
        "extended": summary.extended,
        "model": summary.model,
        "donated": summary.donated,
        "claimed": summary.claimed,
    }
    services = sorted(summary.services.items(), key=lambda item: (-item[1], item[0]))
    return (
        *(Tile(say(key), say("count", n=number)) for key, number in numbers.items()),
        *(Tile(say("with_service", service=say.service(code)), say("count", n=number)) for code, number in services),
    )


def _stock(
    view: Viewpoint, say: Wording, icon: str, label: str, stock: Stock | None, most: int | None = None
) -> Fact | None:
    if stock is None:
        return None
    if stock.seen.is_stale:
        since = say.time(local(stock.as_of_ms, view.platform.settings.zone), view.now)
        return Fact(icon, label, say("unknown_since", time=since), Tone.UNKNOWN)
    value = say("none") if stock.count == 0 else say(f"{icon}_n", n=stock.count)
    note = "" if most is None else say("of_capacity", n=most)
    return Fact(icon, label, value, Tone.GOOD if stock.count else Tone.BAD, note)


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


def _heard(view: Viewpoint, say: Wording, station: Station, status: StationStatus) -> str:
    if status.heard_ms is None or status.presence is Presence.NEVER_SEEN:
        return say("not_heard_yet") if station.smart else say("no_live_data")
    heard = say.time(local(status.heard_ms, view.platform.settings.zone), view.now)
    return say("heard_at", time=heard) if status.presence is Presence.ONLINE else say("dark_since", time=heard)


def _day(say: Wording, label: str, day: RegionDay) -> Tile:
    if not day.stations:
        return Tile(label, say("unknown"), say("no_station_counts"))
    visits = _visits(say, day.visits, day.quality)
    return Tile(label, visits.value, visits.note)


def _visits(say: Wording, visits: int, quality: Quality) -> Tile:
    number = say("visits_at_least" if quality is Quality.AT_LEAST else "visits_n", n=visits)
    return Tile("", number, say(f"quality.{quality}"))
