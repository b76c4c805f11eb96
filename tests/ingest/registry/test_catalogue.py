"""The words that people see: services and the default medicine catalogue."""

import re

from ingest.registry.catalogue import DEFAULT_CATALOGUE
from ingest.registry.provinces import CHINA, PROVINCES, distance_km
from ingest.registry.regions import load_regions
from ingest.registry.services import SERVICES

CHINESE = re.compile(r"[\u4e00-\u9fff]")
CODES = (
    "rest toilet water meal_heating phone_charging reading battery_swap medicine aed meal_discount legal_advice "
    "volunteer haircut donation_shelf shower aircon wifi"
)


def test_services_are_those_of_the_vocabulary() -> None:
    """Every code of the vocabulary has a Chinese and an English name of its own."""
    assert list(SERVICES) == CODES.split()
    assert all(code == service.code for code, service in SERVICES.items())
    assert all(CHINESE.search(service.zh) and not CHINESE.search(service.en) for service in SERVICES.values())
    for language in ("zh", "en"):
        assert len({getattr(service, language) for service in SERVICES.values()}) == len(SERVICES)


def test_catalogue_is_a_sound_kit() -> None:
    """Skus are unique and lower-case, both names are there, and a refill brings an article above its minimum."""
    skus = [article.sku for article in DEFAULT_CATALOGUE]
    assert len(set(skus)) == len(skus)
    assert "hxzq-10ml" in skus
    for article in DEFAULT_CATALOGUE:
        assert re.fullmatch(r"[0-9a-z][0-9a-z-]{1,31}", article.sku)
        assert CHINESE.search(article.name)
        assert article.name_en
        assert not CHINESE.search(article.name_en)
        assert CHINESE.search(article.unit)
        assert 1 <= article.minimum <= article.par
    assert any(article.essential and not article.for_heat for article in DEFAULT_CATALOGUE)
    assert any(article.essential and article.for_heat for article in DEFAULT_CATALOGUE)


def test_provinces_cover_the_tree() -> None:
    """Every province has a capital inside China and inner land within its reach."""
    assert set(PROVINCES) == {region.code for region in load_regions().children()}
    for code, province in PROVINCES.items():
        assert CHINA.holds(province.lat, province.lon), code
        south, north, west, east = province.inland
        assert south < north, code
        assert west < east, code
        for lat, lon in ((south, west), (south, east), (north, west), (north, east)):
            assert distance_km(lat, lon, province.lat, province.lon) < province.reach_km, code


def test_distance_is_a_great_circle() -> None:
    """Beijing and Shanghai are 1,067 km apart, and a place is 0 km from itself."""
    assert round(distance_km(39.90, 116.41, 31.23, 121.47)) == 1067
    assert distance_km(39.90, 116.41, 39.90, 116.41) == 0
