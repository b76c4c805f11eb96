"""Filters and paging of the list of stations, against looking at every station."""

from dataclasses import dataclass

import pytest
from aiohttp import ClientSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.positions import Box, Circle, Position, metres_between
from api.selection import START, Found, Wanted, place_of, select
from api.station_view import Viewpoint
from api.wishes import Good, Wish
from ingest.model import Presence, Station
from tests.api.error_shape import assert_problem
from tests.api.stillness import NOW_MS
from tests.api.world import MemoryPicture, MemoryRegistry, MemoryVisits, World, battery, live, medicine, station
from tests.api.world import occupancy as people

HOURS = ("24/7", "Mo-Su 06:00-12:00", "Mo-Su 06:00-22:00", "nonsense", "")
SERVICES = ("rest", "water", "aed")
BOX = Box(116.3, 39.8, 116.5, 40.0)
HERE = Position(39.9, 116.4)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Stations around one place, some of them live."""
    world = World(MemoryRegistry({}), MemoryPicture(), MemoryVisits())
    spots = st.sampled_from([(39.9, 116.4), (39.9, 116.41), (40.0, 116.5), (23.0, 113.7)])
    places = draw(st.lists(st.one_of(spots, st.tuples(st.floats(39.7, 40.1), st.floats(116.2, 116.6))), max_size=25))
    for number, (lat, lon) in enumerate(places):
        one = station(
            number,
            lat=lat,
            lon=lon,
            hours=draw(st.sampled_from(HOURS)),
            services=draw(st.frozensets(st.sampled_from(SERVICES))),
            district=draw(st.sampled_from(["110101", "110102"])),
        )
        bodies = (
            people(draw(st.integers(15, 22)), NOW_MS - 25_000),
            battery(draw(st.integers(0, 2)), NOW_MS - 25_000),
            medicine(draw(st.integers(0, 1)), NOW_MS - 25_000),
        )
        status = live(one.id, *draw(st.lists(st.sampled_from(bodies), unique_by=type)))
        world.add(one, status if draw(st.booleans()) else None)
    return world


wishes = st.sampled_from(
    [Wish(Good.SEAT), Wish(Good.BATTERY), Wish(Good.MEDICINE), Wish(Good.MEDICINE, "hxzq-10ml"), Wish(Good.BATTERY)]
)
filters = st.builds(
    Wanted,
    region=st.sampled_from([None, "110000", "110101", "440000"]),
    services=st.frozensets(st.sampled_from(SERVICES), max_size=2),
    circle=st.one_of(st.none(), st.builds(Circle, st.just(HERE), st.sampled_from([1, 500, 10_000, 50_000]))),
    box=st.sampled_from([None, BOX, Box(73.0, 3.0, 136.0, 54.0), Box(170.0, 3.0, 116.4, 54.0)]),
    is_open=st.booleans(),
    wishes=st.lists(wishes, max_size=2).map(tuple),
)


@dataclass
class _Brute:
    """The same question, answered by looking at every station in the plainest way."""

    world: World
    wanted: Wanted

    def ids(self, *, by_distance: bool) -> list[str]:
        found = [one for one in self.world.registry.known.values() if self.passes(one)]
        if by_distance:
            return [one.id for one in sorted(found, key=lambda one: (self.metres(one), one.id))]
        return sorted(one.id for one in found)

    def metres(self, one: Station) -> float:
        return metres_between(HERE, one.lat, one.lon)

    def passes(self, one: Station) -> bool:
        wanted, box, circle = self.wanted, self.wanted.box, self.wanted.circle
        east_of_west = box is not None and (box.west <= one.lon <= box.east)
        if box is not None and box.west > box.east:
            east_of_west = one.lon >= box.west or one.lon <= box.east
        return (
            wanted.region in {None, one.province, one.district}
            and all(service in one.services for service in wanted.services)
            and (circle is None or self.metres(one) <= circle.radius_m)
            and (box is None or (east_of_west and box.south <= one.lat <= box.north))
            and (not wanted.is_open or one.hours in {"24/7", "Mo-Su 06:00-22:00"})
            and all(self.has(one, wish) for wish in wanted.wishes)
        )

    def has(self, one: Station, wish: Wish) -> bool:
        status = self.world.picture.status(one.id, NOW_MS)
        bodies = {type(seen.body).__name__: seen.body for seen in status.seen.values()}
        match wish.good:
            case Good.SEAT:
                body = bodies.get("Occupancy")
                return body is not None and one.capacity > body.present  # type: ignore[attr-defined] # by its name
            case Good.BATTERY:
                body = bodies.get("Battery")
                return body is not None and body.slots[0].state == "ready"  # type: ignore[attr-defined]
            case Good.MEDICINE:
                body = bodies.get("Medicine")
                return body is not None and body.items[0].qty > 0  # type: ignore[attr-defined]


async def _walk(world: World, wanted: Wanted, page: int) -> list[Found]:
    """All pages, one after the other."""
    walked: list[Found] = []
    view = Viewpoint.at(world.platform(), NOW_MS)
    place = START
    while True:
        found = await select(view, wanted, place, page)
        walked += found
        if len(found) < page:
            return walked
        place = place_of(found[-1])


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(world=worlds(), wanted=filters, page=st.integers(1, 7))
async def test_pages_hold_what_looking_at_all_finds(world: World, wanted: Wanted, page: int) -> None:
    """Whatever the filters and the size of a page, no station is met twice and none is missed, in order of id."""
    found = await _walk(world, wanted, page)
    assert [one.station.id for one in found] == _Brute(world, wanted).ids(by_distance=False)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(world=worlds(), wanted=filters.filter(lambda wanted: wanted.circle is not None), page=st.integers(1, 7))
async def test_pages_by_distance_hold_them_in_that_order(world: World, wanted: Wanted, page: int) -> None:
    """The same in order of distance, where many stations are equally far."""
    nearest = Wanted(**{name: getattr(wanted, name) for name in Wanted.__slots__} | {"by_distance": True})
    found = await _walk(world, nearest, page)
    brute = _Brute(world, wanted)
    assert [one.station.id for one in found] == brute.ids(by_distance=True)
    assert [one.distance_m for one in found] == [brute.metres(one.station) for one in found]


async def test_what_is_stale_is_not_there(world: World) -> None:
    """A station that had free seats when it fell silent is not listed among those that have."""
    view = Viewpoint.at(world.platform(), NOW_MS)
    found = await select(view, Wanted(wishes=(Wish(Good.SEAT),)), START, 10)
    assert [one.station.id for one in found] == ["bj-0001", "gd-0001"]
    assert world.picture.status("bj-0003", NOW_MS).presence is Presence.DARK


async def test_the_grid_follows_the_registry(world: World) -> None:
    """A station that was imported since is found near."""
    platform = world.platform()
    wanted = Wanted(circle=Circle(Position(30.0, 110.0), 1000))
    assert not await select(Viewpoint.at(platform, NOW_MS), wanted, START, 10)
    world.add(station(77, lat=30.0, lon=110.0))
    world.registry.version += 1
    [found] = await select(Viewpoint.at(platform, NOW_MS), wanted, START, 10)
    assert found.station.id == "bj-0077"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("?near=39.9", "near"),
        ("?near=116.4,39.9", "near"),
        ("?near=91,0", "near"),
        ("?near=nan,0", "near"),
        ("?near=39.9,116.4&radius=0", "radius"),
        ("?near=39.9,116.4&radius=50001", "radius"),
        ("?radius=100", "radius"),
        ("?sort=distance", "sort"),
        ("?sort=name", "sort"),
        ("?bbox=1,2,3", "bbox"),
        ("?bbox=116,41,117,40", "bbox"),
        ("?open_now=yes", "open_now"),
        ("?has=roof", "has"),
        ("?has=seat:one", "has"),
        ("?has=medicine:", "has"),
        ("?service=rest&service=spa", "service"),
        ("?fields=id,salary", "fields"),
        ("?fields=", "fields"),
        ("?crs=bd09", "crs"),
        ("?near=39.9,116.4&sort=distance&cursor=czE6YmotMDAwMQ", "cursor"),
        ("?near=39.9,116.4&sort=distance&cursor=bjE6eCBiai0wMDAx", "cursor"),
        ("?cursor=bjE6MS4wIGJqLTAwMDE", "cursor"),
    ],
)
async def test_a_wrong_filter_is_named(client: ClientSession, query: str, parameter: str) -> None:
    """A filter that cannot be meant is a 400 that names it and says what would be right."""
    async with client.get(f"/v1/stations{query}") as response:
        await assert_problem(response, 400, parameter=parameter)


async def test_what_is_near_says_how_far_and_where_on_chinese_maps(client: ClientSession) -> None:
    """Distances are metres from `near`; positions in GCJ-02 are given where they were asked for."""
    query = "?near=39.95,116.43&sort=distance&service=rest&service=water&has=seat&open_now=1&crs=gcj02&limit=1"
    async with client.get(f"/v1/stations{query}") as response:
        [one] = (await response.json())["data"]["stations"]
    assert one["id"] == "bj-0001"
    assert one["distance_m"] == pytest.approx(1_112, abs=2)
    assert one["lat_gcj02"] == pytest.approx(39.9413, abs=0.001)
    assert one["lon_gcj02"] == pytest.approx(116.4361, abs=0.001)


async def test_only_the_fields_that_were_asked_for_are_given(client: ClientSession) -> None:
    """`fields` leaves the id and what it names, and the envelope stays."""
    async with client.get("/v1/stations?fields=name,open&limit=1") as response:
        answer = await response.json()
    assert answer["data"]["stations"][0].keys() == {"id", "name", "open"}
    assert answer["data"]["next_cursor"]
