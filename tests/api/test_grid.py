"""What is near and what is in a box, against looking at every station."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.grid import Grid, cells_of
from api.positions import Box, Circle, Position, metres_between
from ingest.model import Station
from tests.api.world import station

lats = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 0.0, 39.95, 89.99, 90.0]))
lons = st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, -179.99, 0.0, 116.4, 179.99, 180.0]))
close_lats, close_lons = st.floats(39.8, 40.2), st.floats(116.2, 116.8)
positions = st.one_of(st.tuples(lats, lons), st.tuples(close_lats, close_lons))
radii = st.one_of(st.integers(1, 50_000), st.sampled_from([1_000_000, 10_000_000, 20_100_000]))


def _stations(places: list[tuple[float, float]]) -> list[Station]:
    return [station(number, lat=lat, lon=lon) for number, (lat, lon) in enumerate(places)]


def _grid(stations: list[Station]) -> Grid:
    grid = Grid()
    for one in stations:
        grid.add(one)
    return grid


@given(places=st.lists(positions, max_size=60), middle=positions, radius_m=radii)
def test_near_finds_what_looking_at_all_finds(
    places: list[tuple[float, float]], middle: tuple[float, float], radius_m: int
) -> None:
    """Every station within the radius is found, once, with its distance; also over a pole and the 180th meridian."""
    stations, here = _stations(places), Position(*middle)
    wanted = sorted(
        (metres, one.id) for one in stations if (metres := metres_between(here, one.lat, one.lon)) <= radius_m
    )
    found = _grid(stations).near(Circle(here, radius_m))
    assert sorted((metres, one.id) for metres, one in found) == wanted


@given(places=st.lists(positions, max_size=60), corner=positions, other=positions)
def test_a_box_finds_what_looking_at_all_finds(
    places: list[tuple[float, float]], corner: tuple[float, float], other: tuple[float, float]
) -> None:
    """Every station of a box is found, once; with west greater than east it goes around the other way."""
    south, north = sorted((corner[0], other[0]))
    box = Box(corner[1], south, other[1], north)
    stations = _stations(places)
    wanted = sorted(one.id for one in stations if box.holds(one.lat, one.lon))
    assert sorted(one.id for one in _grid(stations).within(box)) == wanted


@pytest.mark.parametrize(
    ("lat", "lon", "metres"),
    [(39.9042, 116.4074, 0), (31.2304, 121.4737, 1_067_300), (39.9042, -63.5926, 11_141_000)],
)
def test_distances_are_those_of_the_globe(lat: float, lon: float, metres: int) -> None:
    """Beijing to itself, to Shanghai, and over the pole."""
    assert metres_between(Position(39.9042, 116.4074), lat, lon) == pytest.approx(metres, rel=0.005)


def test_a_box_over_the_meridian_is_as_wide_as_it_looks() -> None:
    """The cells of a box are counted the short way."""
    assert cells_of(Box(179.0, 0.0, -179.0, 1.0)) == cells_of(Box(116.0, 0.0, 118.0, 1.0))
