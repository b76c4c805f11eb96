"""The registry in memory: 186,100 stations, found by id, walked by id and region.

Enters: stations, articles, the tree of regions. Leaves: what `ingest.ports.Registry` promises.
Never: writes, or changes under a walk that is under way: `reload` puts a whole new table in place of the old one.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from ingest.model import Article, Region, Station
from ingest.registry.regions import RegionTree


class _Table:
    """The stations of one version, in order of id, and each region's as places in that order.

    The maker of the stations lets them share their codes, hours and service sets (ingest/database/stations.py does).
    """

    def __init__(self, stations: Iterable[Station]) -> None:
        self.by_id = {station.id: station for station in sorted(stations, key=attrgetter("id"))}
        self.stations = tuple(self.by_id.values())
        self.ids = tuple(self.by_id)
        self.places: dict[str, array[int]] = {}
        for place, station in enumerate(self.stations):
            for code in (station.province, station.city, station.district):
                if code is not None:
                    self.places.setdefault(code, array("I")).append(place)


class MemoryRegistry:
    """Implements `ingest.ports.Registry`."""

    def __init__(self, regions: RegionTree, stations: Iterable[Station] = (), articles: Iterable[Article] = ()) -> None:
        self._regions = regions
        self._table = _Table(stations)
        self._articles = tuple(articles)
        self.version = 1
        """Grows with every reload: what was computed from the registry under another version is out of date."""

    def __len__(self) -> int:
        return len(self._table.stations)

    def reload(self, stations: Iterable[Station], articles: Iterable[Article] | None = None) -> None:
        """Replace all stations, and the catalogue where given. A walk under way ends on what it began with."""
        table = _Table(stations)
        if articles is not None:
            self._articles = tuple(articles)
        self._table = table
        self.version += 1

    def station(self, station_id: str) -> Station | None:
        """The entry, or None."""
        return self._table.by_id.get(station_id)

    def stations(self, after: str = "", region: str | None = None) -> Iterator[Station]:
        """In order of id, those behind `after`, in the region (any level) if given; none in an unknown region."""
        table = self._table
        first = bisect_right(table.ids, after)
        places: Sequence[int]
        if region is None:
            places = range(first, len(table.stations))
        else:
            of_region = table.places.get(region, array("I"))
            places = of_region[bisect_right(of_region, first - 1) :] if first else of_region
        return (table.stations[place] for place in places)

    def region(self, code: str) -> Region | None:
        """The division, or None."""
        return self._regions.get(code)

    def regions(self, parent: str | None = None) -> Sequence[Region]:
        """The provinces, or the divisions directly below `parent`."""
        return self._regions.children(parent)

    def path(self, station: Station) -> Sequence[Region]:
        """Province, city, district: those that exist, from the top."""
        codes = (station.province, station.city, station.district)
        return tuple(region for code in codes if code is not None and (region := self._regions.get(code)) is not None)

    def articles(self) -> Sequence[Article]:
        """The medicine catalogue."""
        return self._articles
