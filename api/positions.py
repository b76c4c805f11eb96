"""Positions on the earth: how far apart two are, and whether one is in a box.

Enters: WGS-84 degrees. Leaves: metres. Never: another datum (see `api.gcj02`), or a plane where the earth is round.
"""

from math import asin, cos, degrees, radians, sin, sqrt
from typing import Final, NamedTuple

EARTH_RADIUS_M: Final = 6_371_008.8
"""Mean radius of the WGS-84 ellipsoid (IUGG): against the ellipsoid a distance is off by 0.5 % at most."""


class Position(NamedTuple):
    """A point, WGS-84 degrees."""

    lat: float
    lon: float


class Box(NamedTuple):
    """West to east, south to north, ends included; with west greater than east, over the 180th meridian (RFC 7946)."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lat: float, lon: float) -> bool:
        """Whether a position is in it."""
        if not self.south <= lat <= self.north:
            return False
        return self.west <= lon <= self.east if self.west <= self.east else lon >= self.west or lon <= self.east


class Circle(NamedTuple):
    """All positions within a radius of a point."""

    middle: Position
    radius_m: float

    def reach(self) -> tuple[float, float]:
        """How many degrees of latitude and of longitude it spans at most to each side; 180 where it holds a pole."""
        angle = min(self.radius_m / EARTH_RADIUS_M * 1.000_001, radians(180))
        lat_reach = degrees(angle)
        if abs(self.middle.lat) + lat_reach >= 90:  # noqa: PLR2004 - the pole
            return lat_reach, 180.0
        # The widest place of a circle is nearer to the pole than its middle is.
        return lat_reach, degrees(asin(min(1.0, sin(angle) / cos(radians(self.middle.lat)))))


def metres_between(here: Position, lat: float, lon: float) -> float:
    """The great circle (haversine); the same two positions give the same float every time, as cursors need."""
    across = sin(radians(lat - here.lat) / 2) ** 2
    along = sin(radians(lon - here.lon) / 2) ** 2 * cos(radians(here.lat)) * cos(radians(lat))
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(across + along)))
