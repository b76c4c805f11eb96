"""What a listener wants to hear of.

Enters: ids, regions, a box. Leaves: whether a station is meant. Never: a reading.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from api.positions import Box
from ingest.model import Station


@dataclass(frozen=True, slots=True)
class Interest:
    """Every part that is given must hold; none given: every station."""

    stations: frozenset[str] = frozenset()
    region: str | None = None
    """Of any level."""
    box: Box | None = None

    def takes(self, station: Station) -> bool:
        """Whether it is about this station."""
        if self.stations and station.id not in self.stations:
            return False
        if self.region is not None and self.region not in (station.province, station.city, station.district):
            return False
        return self.box is None or self.box.holds(station.lat, station.lon)

    def shelves(self) -> Iterable[str]:
        """Where the hub looks for it: by station, by region, or among those that are asked about every event."""
        if self.stations:
            return [f"station {one}" for one in self.stations]
        return ["all"] if self.region is None else [f"region {self.region}"]


def shelves_of(station: Station) -> list[str]:
    """Where those stand who may want to hear of a station."""
    codes = [code for code in (station.province, station.city, station.district) if code is not None]
    return [f"station {station.id}", *(f"region {code}" for code in codes), "all"]
