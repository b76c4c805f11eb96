"""WGS-84 to GCJ-02, the datum of map apps in China: a position shifted by 100 to 700 m.

Enters: WGS-84 degrees. Leaves: GCJ-02 degrees. Never: the way back, which nobody here needs.
Source: the formula published by its users since 2010 (evil-transform and its successors): a series of sines over the
Krasovsky 1940 ellipsoid. It holds to about a metre; the official one is not public.
"""

from math import cos, pi, radians, sin, sqrt
from typing import Final

_AXIS_M: Final = 6_378_245.0
"""Semi-major axis of Krasovsky 1940."""
_ECCENTRICITY_2: Final = 0.00669342162296594323
"""Its first eccentricity, squared."""
_MIDDLE_LON: Final = 105.0
_MIDDLE_LAT: Final = 35.0

_SOUTH, _NORTH, _WEST, _EAST = 0.8293, 55.8271, 72.004, 137.8347
"""Outside of this box the formula shifts nothing."""


def gcj02(lat: float, lon: float) -> tuple[float, float]:
    """Latitude and longitude as Amap and Tencent take them, 6 decimals; outside of China the same as given."""
    if not (_SOUTH <= lat <= _NORTH and _WEST <= lon <= _EAST):
        return lat, lon
    east, north = lon - _MIDDLE_LON, lat - _MIDDLE_LAT
    phi = radians(lat)
    magic = 1 - _ECCENTRICITY_2 * sin(phi) ** 2
    metres_per_radian_lat = _AXIS_M * (1 - _ECCENTRICITY_2) / (magic * sqrt(magic))
    metres_per_radian_lon = _AXIS_M / sqrt(magic) * cos(phi)
    shifted_lat = lat + _north_m(east, north) * 180 / (metres_per_radian_lat * pi)
    shifted_lon = lon + _east_m(east, north) * 180 / (metres_per_radian_lon * pi)
    return round(shifted_lat, 6), round(shifted_lon, 6)


def _waves(x: float) -> float:
    return (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3


def _north_m(x: float, y: float) -> float:
    shift = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + _waves(x)
    shift += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    return shift + (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3


def _east_m(x: float, y: float) -> float:
    shift = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + _waves(x)
    shift += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    return shift + (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
