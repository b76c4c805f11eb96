"""The picture of all stations: who is in it, and who is a stranger."""

from datetime import date

from ingest.live.picture import LivePicture
from ingest.live.station import LiveStation
from ingest.model import Presence, Quality, RegionDay, Station
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from tests.ingest.making import MINUTE_MS, NOW_MS, state

TREE = load_regions()


def entry(station: str) -> Station:
    """Somewhere in Beijing."""
    return Station(station, "驿站", 39.9, 116.4, "110000", "110100", "110105")


def no_visits(_region: str | None) -> tuple[RegionDay, RegionDay]:
    """Nobody came."""
    day = RegionDay(date(2026, 11, 22), 0, 0, Quality.PROVISIONAL, {})
    return day, day


def picture_of(*stations: str) -> tuple[LivePicture, MemoryRegistry]:
    """A picture with these in the registry."""
    registry = MemoryRegistry(TREE, map(entry, stations))
    return LivePicture(registry, MINUTE_MS, no_visits), registry


def test_unknown_station_was_never_seen() -> None:
    """Asking for a station does not make it."""
    picture, _ = picture_of()
    assert picture.status("st-9", NOW_MS).presence is Presence.NEVER_SEEN
    assert picture.stations == {}


def test_station_is_made_once() -> None:
    """All that a station says goes to one place, whose id is the registry's own string."""
    picture, registry = picture_of("st-1")
    live = picture.station(b"st-1".decode())
    live.take_state(state(), NOW_MS)
    assert picture.station("st-1") is live
    known = registry.station("st-1")
    assert known is not None
    assert live.id is known.id
    assert picture.status("st-1", NOW_MS).presence is Presence.ONLINE


def test_strangers_are_listed_until_they_are_registered() -> None:
    """A station that publishes and is not in the registry is listed; an import takes it off, live or restored."""
    picture, registry = picture_of("st-1")
    picture.station("st-1")
    picture.station("st-3")
    picture.adopt(LiveStation("st-2", MINUTE_MS))
    assert picture.unregistered() == ["st-2", "st-3"]
    registry.reload([entry("st-1"), entry("st-2")])
    assert picture.unregistered() == ["st-3"]
