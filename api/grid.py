"""A grid over the earth: which stations are near a point or in a box, among all of them.

Enters: stations, one after the other. Leaves: those of a circle or of a box. Never: filters by anything but position.
"""

from collections.abc import Iterator
from math import ceil, floor
from typing import Final

from api.positions import Box, Circle, metres_between
from ingest.model import Station

_CELLS_A_DEGREE: Final = 20
"""A cell is 5.6 km high. Fewer: a circle of some kilometres looks at many stations outside of it. More: a wide box
visits more cells than it finds stations."""
_COLUMNS: Final = 360 * _CELLS_A_DEGREE


class Grid:
    """Stations by the cell that they stand in."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[int, list[Station]]] = {}

    def add(self, station: Station) -> None:
        """One more station."""
        row = self._rows.setdefault(_row(station.lat), {})
        row.setdefault(_column(station.lon), []).append(station)

    def near(self, circle: Circle) -> list[tuple[float, Station]]:
        """The stations of a circle with their distance from its middle in metres, in no order."""
        lat_reach, lon_reach = circle.reach()
        lat, lon = circle.middle
        box = Box(lon - lon_reach, lat - lat_reach, lon + lon_reach, lat + lat_reach)
        found = []
        for cell in self._cells(box, is_whole_turn=lon_reach >= 180):  # noqa: PLR2004 - degrees
            for station in cell:
                distance_m = metres_between(circle.middle, station.lat, station.lon)
                if distance_m <= circle.radius_m:
                    found.append((distance_m, station))
        return found

    def within(self, box: Box) -> Iterator[Station]:
        """The stations of a box, in no order."""
        unrolled = box if box.west <= box.east else box._replace(east=box.east + 360)
        for cell in self._cells(unrolled, is_whole_turn=False):
            for station in cell:
                if box.holds(station.lat, station.lon):
                    yield station

    def _cells(self, box: Box, *, is_whole_turn: bool) -> Iterator[list[Station]]:
        """Every cell that the box touches, once; `box` may reach beyond 180 degrees."""
        first, last = floor(box.west * _CELLS_A_DEGREE), floor(box.east * _CELLS_A_DEGREE)
        every = is_whole_turn or last - first >= _COLUMNS - 1
        for number in range(_row(box.south), _row(box.north) + 1):
            row = self._rows.get(number)
            if row is None:
                continue
            if every or last - first >= len(row):
                wanted = (column for column in row if every or (column - first) % _COLUMNS <= last - first)
            else:
                wanted = (column % _COLUMNS for column in range(first, last + 1))
            for column in wanted:
                cell = row.get(column)
                if cell is not None:
                    yield cell


def cells_of(box: Box) -> int:
    """How many cells a box touches at most, whether stations stand in them or not."""
    width = box.east - box.west if box.west <= box.east else box.east - box.west + 360
    return (ceil(width * _CELLS_A_DEGREE) + 1) * (ceil((box.north - box.south) * _CELLS_A_DEGREE) + 1)


def _row(lat: float) -> int:
    return floor(lat * _CELLS_A_DEGREE)


def _column(lon: float) -> int:
    return floor(lon * _CELLS_A_DEGREE) % _COLUMNS
