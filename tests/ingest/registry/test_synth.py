"""Invented stations: the published numbers, and a believable demonstration."""

from collections import Counter

import opening_hours
import pytest

from gateway.topics import STATION_ID
from ingest.model import Access, Level, Station
from ingest.registry.beijing import DISTRICTS
from ingest.registry.demo import demo_stations
from ingest.registry.provinces import CHINA, PROVINCES, distance_km
from ingest.registry.regions import load_regions
from ingest.registry.services import SERVICES
from ingest.registry.synth import NATION, apportioned, synthetic_stations

TREE = load_regions()


def is_sound(station: Station) -> bool:
    """Whether everything about a station is what the registry promises."""
    leaf = station.district or station.city or station.province
    path = {region.level: region.code for region in TREE.path_of(leaf)}
    province = PROVINCES[station.province]
    round_the_clock = str(opening_hours.OpeningHours(station.hours).normalize()) == "24/7"
    return (
        STATION_ID.fullmatch(station.id) is not None
        and (station.province, station.city, station.district) == tuple(path.get(level) for level in Level)
        and CHINA.holds(station.lat, station.lon)
        and distance_km(station.lat, station.lon, province.lat, province.lon) < province.reach_km
        and station.services <= SERVICES.keys()
        and round_the_clock == (station.access is Access.ALL_DAY)
        and bool(station.name and station.name_en and station.address)
        and station.capacity > 0
    )


def test_nation_has_the_published_numbers() -> None:
    """186,100 stations have exactly the published numbers of everything, in all 31 provinces of the union."""
    offered: Counter[str] = Counter()
    access: Counter[Access] = Counter()
    smart = model = number = 0
    provinces: Counter[str] = Counter()
    last = ""
    service_sets: set[int] = set()
    for station in synthetic_stations(NATION):
        number += 1
        assert station.id > last
        last = station.id
        offered.update(station.services)
        access[station.access] += 1
        smart += station.smart
        model += station.model
        provinces[station.province] += 1
        service_sets.add(id(station.services))
    assert number == NATION == 186_100
    assert (smart, model) == (11_800, 34_500)
    assert access == {Access.ALL_DAY: 12_100, Access.EXTENDED: 20_300, Access.BUSINESS: 153_700}
    published = {"medicine": 110_000, "volunteer": 40_000, "legal_advice": 20_000, "haircut": 5_000}
    published |= {"meal_discount": 2_400, "donation_shelf": 2_800}
    assert {code: offered[code] for code in published} == published
    assert offered["battery_swap"] > 2_000
    assert len(provinces) == 31
    assert provinces.most_common(1)[0][0] == "440000"
    assert len(service_sets) < 1_000


def test_few_stations_keep_the_proportions() -> None:
    """With a hundredth of the stations there is a hundredth of everything, and every station is sound."""
    stations = list(synthetic_stations(1_861))
    assert all(is_sound(station) for station in stations)
    assert sum(station.smart for station in stations) == 118
    assert sum("medicine" in station.services for station in stations) == 1_100
    assert all(station.smart for station in stations if station.services & {"battery_swap", "donation_shelf"})


def test_same_seed_same_stations() -> None:
    """Stations are the same for the same seed and others for another."""
    first = list(synthetic_stations(200, seed=3))
    assert first == list(synthetic_stations(200, seed=3))
    assert first != list(synthetic_stations(200, seed=4))
    assert list(synthetic_stations(0)) == []


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [(10, [1, 1, 1], [4, 3, 3]), (0, [1, 2], [0, 0]), (7, [5, 0, 2], [5, 0, 2]), (1, [1, 3], [0, 1])],
)
def test_shares_are_whole_and_add_up(total: int, weights: list[int], shares: list[int]) -> None:
    """The largest remainders get what whole numbers leave over."""
    assert apportioned(total, weights) == shares


def test_shares_want_a_weight() -> None:
    """Nothing can be shared among nobody."""
    with pytest.raises(ValueError, match="above 0"):
        apportioned(3, [0, 0])


def test_demonstration_is_believable() -> None:
    """60 stations stand in all 16 districts of Beijing, in both languages, with everything that the pages show."""
    stations = demo_stations()
    assert len({station.id for station in stations}) == len({station.name for station in stations}) == 60
    assert all(is_sound(station) and station.smart for station in stations)
    assert {station.district for station in stations} == {region.code for region in TREE.children("110000")}
    assert stations[0].id == "bj-chaoyang-01"
    assert {code for station in stations for code in station.services} == set(SERVICES)
    assert {station.access for station in stations} == set(Access)
    for code in ("battery_swap", "medicine", "donation_shelf"):
        assert 10 <= sum(code in station.services for station in stations) < 60


def test_demonstration_grows_without_repeating() -> None:
    """More stations than places stand beside them, some hundred metres apart, and fewer are the first of the same."""
    many = demo_stations(500)
    assert len({station.id for station in many}) == len({station.name for station in many}) == 500
    assert len({(station.lat, station.lon) for station in many}) == 500
    assert all(is_sound(station) for station in many)
    assert demo_stations(16) == many[:16]
    assert len({station.district for station in many[:16]}) == 16


def test_districts_have_their_true_names() -> None:
    """The names of the demonstration's districts are those of their codes."""
    assert {district.code: district.name for district in DISTRICTS} == {
        region.code: region.name for region in TREE.children("110000")
    }
