"""The registry in memory."""

import gc
import tracemalloc
from dataclasses import replace
from itertools import islice
from random import Random

import pytest

from ingest.model import Station
from ingest.ports import Registry
from ingest.registry.catalogue import DEFAULT_CATALOGUE
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from ingest.registry.synth import synthetic_stations

TREE = load_regions()
STATIONS = list(synthetic_stations(3_000, seed=5))


@pytest.fixture
def registry() -> MemoryRegistry:
    """3,000 stations, given in no order."""
    return MemoryRegistry(TREE, Random(1).sample(STATIONS, len(STATIONS)), DEFAULT_CATALOGUE)


def test_registry_is_the_port(registry: MemoryRegistry) -> None:
    """It is what the API asks for, and finds what it was given."""
    port: Registry = registry
    assert port.station(STATIONS[7].id) == STATIONS[7]
    assert port.station("nobody") is None
    assert list(port.articles()) == list(DEFAULT_CATALOGUE)
    assert port.region("110105") == TREE.get("110105")
    assert len(port.regions()) == 34
    assert [region.code for region in port.regions("110000")][:2] == ["110101", "110102"]
    assert len(registry) == len(STATIONS)


def test_walk_is_in_order_of_id(registry: MemoryRegistry) -> None:
    """All stations come once, by id, whatever order they were given in."""
    assert list(registry.stations()) == STATIONS


@pytest.mark.parametrize("page", [1, 7, 1_000])
@pytest.mark.parametrize("region", [None, "440000", "440100", "110105", "441900"])
def test_pages_join_to_the_whole(registry: MemoryRegistry, region: str | None, page: int) -> None:
    """Walking on from the last id of each page gives every station of the region once."""
    wanted = [station for station in STATIONS if region in (None, station.province, station.city, station.district)]
    assert wanted
    seen: list[Station] = []
    while part := list(islice(registry.stations(seen[-1].id if seen else "", region), page)):
        seen += part
    assert seen == wanted


def test_cursor_need_not_be_a_station(registry: MemoryRegistry) -> None:
    """A cursor whose station is gone goes on behind its place; one behind all gives nothing."""
    assert next(registry.stations(after=STATIONS[9].id + "-x")) == STATIONS[10]
    assert list(registry.stations(after="zz")) == []
    assert list(registry.stations(region="999999")) == []
    assert list(registry.stations(after=STATIONS[9].id, region="999999")) == []


def test_path_has_only_the_levels_that_exist(registry: MemoryRegistry) -> None:
    """A station of a municipality has no city, one in Dongguan no district."""

    def names(region: str) -> list[str]:
        return [part.name for part in registry.path(next(registry.stations(region=region)))]

    assert names("110105") == ["北京市", "朝阳区"]
    assert names("441900") == ["广东省", "东莞市"]
    assert names("440106") == ["广东省", "广州市", "天河区"]


def test_reload_replaces_all_and_counts(registry: MemoryRegistry) -> None:
    """After a reload the new stations are there, the old ones are gone, and the version has grown."""
    before = registry.version
    moved = replace(STATIONS[0], name="新址")
    registry.reload([moved])
    assert registry.version > before
    assert list(registry.stations()) == [moved]
    assert registry.station(STATIONS[1].id) is None
    assert list(registry.articles()) == list(DEFAULT_CATALOGUE)
    registry.reload([moved], DEFAULT_CATALOGUE[:1])
    assert list(registry.articles()) == list(DEFAULT_CATALOGUE[:1])


def test_walk_under_way_ends_on_what_it_began_with(registry: MemoryRegistry) -> None:
    """A reload never tears a walk."""
    walk = registry.stations(region="440000")
    seen = [next(walk)]
    registry.reload(STATIONS[:1])
    seen += walk
    assert seen == [station for station in STATIONS if station.province == "440000"]


def test_failed_reload_changes_nothing(registry: MemoryRegistry) -> None:
    """Stations that fail to come leave the registry and its version as they were."""
    before = registry.version
    with pytest.raises(ZeroDivisionError):
        registry.reload(replace(station, capacity=1 // 0) for station in STATIONS)
    assert registry.version == before
    assert list(registry.stations()) == STATIONS


def test_station_is_small() -> None:
    """A station with its indexes takes at most 650 bytes, names and address included."""
    number = 20_000
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        registry = MemoryRegistry(TREE, synthetic_stations(number))
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(registry) == number
    assert (after - before) / number <= 650
