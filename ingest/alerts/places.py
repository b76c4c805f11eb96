"""Where alerts stand: the regions above a place, and what a place is called.

Enters: the registry, a scope and a place. Leaves: codes from the province down, names in both languages.
Never: keeps what the registry says, which may change at any time.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from ingest.alerts.model import PLATFORM_PLACE, Scope
from ingest.model import Region
from ingest.ports import Registry

PLATFORM_NAME: Final = ("平台", "The platform")


class PlaceName(NamedTuple):
    """What people call a place."""

    zh: str
    en: str
    address: str = ""
    lat: float | None = None
    """WGS-84, degrees; None where a place is no point."""
    lon: float | None = None


class Places:
    """Looks places up in the registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def path(self, scope: Scope, place: str) -> Sequence[str]:
        """Codes of the regions that hold it, the province first; of a region its own is the last. Empty: unknown."""
        return [region.code for region in self.regions(scope, place)]

    def regions(self, scope: Scope, place: str) -> Sequence[Region]:
        """As `path`, the regions themselves."""
        if scope is Scope.STATION:
            station = self._registry.station(place)
            return self._registry.path(station) if station is not None else ()
        found: list[Region] = []
        code: str | None = place if scope is Scope.REGION else None
        while code is not None and (region := self._registry.region(code)) is not None:
            found.append(region)
            code = region.parent
        return found[::-1]

    def scope_of(self, place: str) -> Scope:
        """Of a place as jobs name it."""
        if place == PLATFORM_PLACE:
            return Scope.PLATFORM
        is_station = self._registry.station(place) is not None or self._registry.region(place) is None
        return Scope.STATION if is_station else Scope.REGION

    def name(self, place: str) -> PlaceName:
        """What it is called; its own id where the registry does not know it (any more)."""
        match self.scope_of(place):
            case Scope.PLATFORM:
                return PlaceName(*PLATFORM_NAME)
            case Scope.REGION:
                regions = self.regions(Scope.REGION, place)
                zh = "".join(region.name for region in regions)
                return PlaceName(zh, ", ".join(region.name_en or region.name for region in reversed(regions)))
            case Scope.STATION:
                station = self._registry.station(place)
                if station is None:
                    return PlaceName(place, place)
                return PlaceName(
                    station.name, station.name_en or station.name, station.address, station.lat, station.lon
                )
