"""The stations of the demonstration: in real Beijing districts, with a bit of everything.

Enters: how many. Leaves: the same stations every time. Never: a claim that a union's station stands there.
"""

from collections.abc import Iterator
from itertools import count as counting
from itertools import islice
from math import cos, pi, radians, sin
from typing import Final

from ingest.model import Access, Station
from ingest.registry.beijing import DISTRICTS, District, Place
from ingest.registry.provinces import METRES_PER_DEGREE

PROVINCE: Final = "110000"
APART_M: Final = 350.0
"""Between the stations of one place. Larger: they leave the district; smaller: they are one dot on a map."""

_HOURS: Final = (
    ("24/7", Access.ALL_DAY),
    ("Mo-Su 07:00-22:00", Access.EXTENDED),
    ("Mo-Su 08:30-18:00", Access.BUSINESS),
    ("Mo-Su 06:30-22:30", Access.EXTENDED),
    ("Mo-Su 08:00-20:00", Access.BUSINESS),
    ("Mo-Fr 08:30-18:00; Sa 09:00-17:00", Access.BUSINESS),
)
_SERVICES: Final = {
    "rest": (1, {0}),
    "water": (1, {0}),
    "phone_charging": (1, {0}),
    "aircon": (1, {0}),
    "toilet": (4, {0, 1, 3}),
    "meal_heating": (3, {0, 2}),
    "wifi": (2, {1}),
    "reading": (3, {2}),
    "medicine": (5, {0, 1, 2, 4}),
    "battery_swap": (3, {0}),
    "donation_shelf": (4, {1}),
    "volunteer": (3, {1}),
    "aed": (6, {0}),
    "legal_advice": (7, {2}),
    "meal_discount": (9, {4}),
    "haircut": (10, {7}),
    "shower": (11, {5}),
}
"""Station number n offers what has n modulo the first in the second: every combination that the pages show occurs."""
_CIRCLED: Final = 6
"""Further stations of a place stand around it at as many angles, then farther out."""


def demo_stations(count: int = 60) -> list[Station]:
    """`count` stations by turns of the 16 districts, all smart, with ids like bj-chaoyang-01."""
    return [_station(number, *where) for number, where in enumerate(islice(_turns(), count))]


def _turns() -> Iterator[tuple[District, Place, int, int]]:
    """District, place, the station's number in the district and in the place (both from 1), without end."""
    taken = dict.fromkeys(DISTRICTS, 0)
    most = max(len(district.places) for district in DISTRICTS)
    for in_place in counting(1):
        for rank in range(most):
            for district in DISTRICTS:
                if rank < len(district.places):
                    taken[district] += 1
                    yield district, district.places[rank], taken[district], in_place


def _station(number: int, district: District, place: Place, in_district: int, in_place: int) -> Station:
    hours, access = _HOURS[number % len(_HOURS)]
    lat, lon = _beside(place, in_place - 1)
    first = in_place == 1
    return Station(
        id=f"bj-{district.slug}-{in_district:02d}",
        name=f"{place.name}户外劳动者驿站" if first else f"{place.name}第{in_place}户外劳动者驿站",
        name_en=f"{place.name_en} Rest Station" if first else f"{place.name_en} Rest Station {in_place}",
        lat=lat,
        lon=lon,
        province=PROVINCE,
        city=None,
        district=district.code,
        address=f"北京市{district.name}{place.road}{7 + number * 5 % 60}号",
        capacity=8 + number * 7 % 25,
        services=frozenset(code for code, (of, having) in _SERVICES.items() if number % of in having),
        hours=hours,
        access=access,
        smart=True,
        model=number % 5 == 0,
    )


def _beside(place: Place, further: int) -> tuple[float, float]:
    """The place itself for 0, then positions around it, `APART_M` apart."""
    ring, at = divmod(further + _CIRCLED - 1, _CIRCLED)
    away_m = APART_M * ring
    angle = 2 * pi * at / _CIRCLED
    lat = place.lat + away_m * cos(angle) / METRES_PER_DEGREE
    lon = place.lon + away_m * sin(angle) / (METRES_PER_DEGREE * cos(radians(place.lat)))
    return round(lat, 6), round(lon, 6)
