"""Coarse facts of the provinces, known by heart and not surveyed: to doubt a position, to spread invented stations.

Enters: nothing. Leaves: capital, reach, inner land and residents by province code. Never: an outline of a border.
"""

from math import asin, cos, radians, sin, sqrt
from typing import Final, NamedTuple

EARTH_RADIUS_KM: Final = 6_371.0
METRES_PER_DEGREE: Final = 111_320.0
"""Of latitude; of longitude times the cosine of the latitude."""


class Bounds(NamedTuple):
    """A box in WGS-84 degrees."""

    south: float
    north: float
    west: float
    east: float

    def holds(self, lat: float, lon: float) -> bool:
        """Whether the position is in the box."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


CHINA: Final = Bounds(3.0, 54.0, 73.0, 136.0)
"""Generous: from Zengmu Ansha to Mohe, from the Pamir to the Ussuri, with neighbours' land inside.

Larger, and swapped or foreign positions pass; smaller, and a true station on the border is refused.
"""


class Province(NamedTuple):
    """One province; positions in WGS-84 degrees."""

    lat: float
    """Of the capital."""
    lon: float
    reach_km: int
    """No place of the province is farther from the capital, with a margin of a tenth or more.

    Larger, and a wrong region code goes unnoticed; smaller, and a true station is refused.
    """
    inland: Bounds
    """A box of land well inside the province."""
    residents: int
    """In ten thousands: Seventh National Population Census, 1 November 2020, communiqué no. 3."""


PROVINCES: Final[dict[str, Province]] = {
    "110000": Province(39.90, 116.41, 220, Bounds(39.75, 40.25, 116.15, 116.75), 2_189),
    "120000": Province(39.08, 117.20, 180, Bounds(38.85, 39.50, 117.00, 117.45), 1_387),
    "130000": Province(38.04, 114.51, 680, Bounds(37.00, 39.20, 114.50, 115.50), 7_461),
    "140000": Province(37.87, 112.55, 480, Bounds(35.80, 39.60, 111.60, 113.20), 3_492),
    "150000": Province(40.84, 111.75, 1_900, Bounds(40.60, 42.00, 107.50, 113.50), 2_405),
    "210000": Province(41.80, 123.43, 480, Bounds(41.00, 42.40, 121.60, 124.20), 4_259),
    "220000": Province(43.82, 125.32, 560, Bounds(42.80, 44.80, 124.60, 127.60), 2_407),
    "230000": Province(45.80, 126.53, 1_050, Bounds(45.60, 48.20, 124.40, 130.20), 3_185),
    "310000": Province(31.23, 121.47, 150, Bounds(30.98, 31.35, 121.20, 121.58), 2_487),
    "320000": Province(32.06, 118.80, 460, Bounds(31.90, 33.90, 118.90, 120.10), 8_475),
    "330000": Province(30.27, 120.16, 450, Bounds(28.20, 30.10, 119.00, 120.60), 6_457),
    "340000": Province(31.82, 117.23, 430, Bounds(30.60, 33.20, 116.20, 117.80), 6_103),
    "350000": Province(26.07, 119.30, 430, Bounds(25.20, 27.20, 117.00, 118.80), 4_154),
    "360000": Province(28.68, 115.86, 540, Bounds(25.60, 28.90, 114.60, 116.00), 4_519),
    "370000": Province(36.65, 117.12, 560, Bounds(35.20, 37.00, 116.30, 119.00), 10_153),
    "410000": Province(34.75, 113.63, 480, Bounds(32.60, 35.00, 112.20, 114.80), 9_937),
    "420000": Province(30.59, 114.31, 660, Bounds(30.20, 32.00, 110.80, 114.90), 5_775),
    "430000": Province(28.23, 112.94, 520, Bounds(26.40, 29.00, 110.40, 113.20), 6_644),
    "440000": Province(23.13, 113.26, 680, Bounds(23.00, 24.40, 112.00, 115.60), 12_601),
    "450000": Province(22.82, 108.37, 570, Bounds(22.60, 24.90, 107.60, 110.60), 5_013),
    "460000": Province(20.04, 110.32, 2_050, Bounds(18.85, 19.75, 109.20, 110.20), 1_008),
    "500000": Province(29.56, 106.55, 480, Bounds(29.20, 30.00, 106.20, 107.80), 3_205),
    "510000": Province(30.57, 104.07, 850, Bounds(29.80, 31.60, 103.40, 105.60), 8_367),
    "520000": Province(26.65, 106.63, 440, Bounds(25.60, 27.50, 105.40, 108.20), 3_856),
    "530000": Province(25.04, 102.71, 680, Bounds(23.60, 26.00, 99.60, 103.80), 4_721),
    "540000": Province(29.65, 91.14, 1_450, Bounds(29.00, 31.20, 88.50, 94.50), 365),
    "610000": Province(34.34, 108.94, 680, Bounds(33.20, 35.00, 107.20, 109.60), 3_953),
    "620000": Province(36.06, 103.83, 1_350, Bounds(34.40, 35.60, 103.60, 105.80), 2_502),
    "630000": Province(36.62, 101.78, 1_350, Bounds(35.60, 37.20, 97.00, 101.60), 592),
    "640000": Province(38.49, 106.23, 400, Bounds(36.40, 38.60, 105.60, 106.40), 720),
    "650000": Province(43.83, 87.62, 1_550, Bounds(41.50, 44.60, 81.00, 89.00), 2_585),
    "710000": Province(25.04, 121.56, 480, Bounds(23.20, 24.80, 120.60, 121.20), 0),
    "810000": Province(22.28, 114.16, 80, Bounds(22.32, 22.48, 114.02, 114.20), 0),
    "820000": Province(22.19, 113.54, 40, Bounds(22.15, 22.20, 113.54, 113.56), 0),
}
"""Residents of 71, 81 and 82 are 0: the union's stations stand in the other 31."""


def distance_km(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """The great circle between two positions (haversine), km."""
    across = sin(radians(to_lat - lat) / 2) ** 2
    along = sin(radians(to_lon - lon) / 2) ** 2 * cos(radians(lat)) * cos(radians(to_lat))
    return 2 * EARTH_RADIUS_KM * asin(sqrt(across + along))
