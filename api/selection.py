"""Which stations an answer is about: those that pass a filter, from a place in the order of ids or of distances.

Enters: what is asked for, and the platform at one instant. Leaves: a list.
Never: keeps the event loop for longer than one turn's worth, or lists a station twice over the pages of one list.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter, itemgetter
from typing import Final, NamedTuple

from api.grid import cells_of
from api.hours import Door, door
from api.positions import Box, Circle
from api.problems import wrong_parameter
from api.station_view import Viewpoint
from api.wishes import Wish, is_granted
from ingest.model import Region, Station
from ingest.ports import Registry

_EXAMINED_A_TURN: Final = 2000
"""Stations looked at before others get a turn. Larger: readings and requests wait while a rare service is sought among
186,100 stations. Smaller: the search itself takes longer."""

_WISHED_A_TURN: Final = 100
"""The same where opening hours or live readings are looked at, which costs twenty times as much."""

_CELLS_OF_BOX_MAX: Final = 1600
"""A box of two degrees. Larger: all stations of a wide box are gathered and sorted for each of its pages. Smaller: for
a small box all stations of the country are walked."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter; None, False or nothing: any."""

    region: str | None = None
    services: frozenset[str] = frozenset()
    """All of them."""
    circle: Circle | None = None
    box: Box | None = None
    is_open: bool = False
    """By its hours, now."""
    wishes: tuple[Wish, ...] = ()
    """All of them, now."""
    text: str = ""
    """Part of a name or of an address, in either language, in capitals or not."""
    by_distance: bool = False
    """In order of distance from the middle of `circle`, which there must be; else in order of id."""

    @property
    def asks_for_now(self) -> bool:
        """Whether the clock or the live picture has a say."""
        return self.is_open or bool(self.wishes)


class Found(NamedTuple):
    """A station that passed."""

    station: Station
    distance_m: float | None
    """From the middle of the circle; None without one."""


class Place(NamedTuple):
    """Where a page begins: behind this entry. The first page begins behind `START`."""

    distance_m: float
    """Only looked at in an order of distances."""
    id: str


START: Final = Place(-1.0, "")


async def select(view: Viewpoint, wanted: Wanted, after: Place, most: int) -> list[Found]:
    """At most `most` stations behind a place."""
    found: list[Found] = []
    async for turn in _candidates(view, wanted, after.id) if not wanted.by_distance else _nearest(view, wanted, after):
        found.extend(one for one in turn if _takes(view, wanted, one.station))
        if len(found) >= most:
            return found[:most]
        await asyncio.sleep(0)
    return found


def place_of(found: Found) -> Place:
    """The place behind a station."""
    return Place(found.distance_m or 0.0, found.station.id)


def known_region(registry: Registry, parameter: str, code: str) -> Region:
    """The region of a parameter; raises `Problem` (400) for a code that does not exist."""
    region = registry.region(code)
    if region is None:
        raise wrong_parameter(parameter, "is not the code of a region", "a code from /v1/regions, for example 110000")
    return region


async def _nearest(view: Viewpoint, wanted: Wanted, after: Place) -> AsyncIterator[list[Found]]:
    if wanted.circle is None:
        raise ValueError("distances are from the middle of a circle, and there is none")
    grid = await view.platform.places.of(view.platform.registry)
    order = sorted((distance_m, station.id, station) for distance_m, station in grid.near(wanted.circle))
    behind = (Found(station, distance_m) for distance_m, key, station in order if (distance_m, key) > after)
    for turn in _turns(behind, wanted):
        yield turn


async def _candidates(view: Viewpoint, wanted: Wanted, after: str) -> AsyncIterator[list[Found]]:
    """Behind an id, in order of id; what a grid or the registry can leave out is left out."""
    registry = view.platform.registry
    if wanted.circle is not None:
        grid = await view.platform.places.of(registry)
        around = sorted(((one.id, metres, one) for metres, one in grid.near(wanted.circle)), key=itemgetter(0))
        for turn in _turns((Found(one, metres) for key, metres, one in around if key > after), wanted):
            yield turn
    elif wanted.box is not None and cells_of(wanted.box) <= _CELLS_OF_BOX_MAX:
        grid = await view.platform.places.of(registry)
        inside = sorted(grid.within(wanted.box), key=attrgetter("id"))
        for turn in _turns((Found(one, None) for one in inside if one.id > after), wanted):
            yield turn
    else:
        size = _turn_size(wanted)
        # Asked anew each turn: the registry may be replaced in between, and an iterator of the old one would go stale.
        while examined := list(islice(registry.stations(after, wanted.region), size)):
            yield [Found(station, None) for station in examined]
            if len(examined) < size:
                return
            after = examined[-1].id


def _turns(found: Iterable[Found], wanted: Wanted) -> Iterable[list[Found]]:
    rest = iter(found)
    while turn := list(islice(rest, _turn_size(wanted))):
        yield turn


def _turn_size(wanted: Wanted) -> int:
    return _WISHED_A_TURN if wanted.asks_for_now else _EXAMINED_A_TURN


def _takes(view: Viewpoint, wanted: Wanted, station: Station) -> bool:
    """Whether a candidate passes; the cheap questions first."""
    if not wanted.services <= station.services or (wanted.text and not _is_named(station, wanted.text.casefold())):
        return False
    if wanted.region is not None and wanted.region not in (station.province, station.city, station.district):
        return False
    if wanted.box is not None and not wanted.box.holds(station.lat, station.lon):
        return False
    if wanted.is_open and door(station, view.now, view.platform.settings.holidays) is not Door.OPEN:
        return False
    if not wanted.wishes:
        return True
    status = view.status(station)
    offer = view.offer(station, status)
    return all(is_granted(wish, offer, status, view.today) for wish in wanted.wishes)


def _is_named(station: Station, text: str) -> bool:
    if text.upper() == text:  # Chinese, or numbers: nothing to fold, which takes five times as long
        return text in station.name or text in station.address or text in station.name_en
    return text in f"{station.name}\n{station.name_en}\n{station.address}".casefold()
