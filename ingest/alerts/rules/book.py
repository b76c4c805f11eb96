"""Which settings hold for a station: the defaults, what the operator changed for all, and what he changed for some.

Enters: `AlertSettings`, a `Station`. Leaves: `StationRules`, one object for all stations that are set alike.
Never: copies a rule for a station.
"""

from collections.abc import Iterator
from typing import Final

from ingest.alerts.model import RuleSetting
from ingest.alerts.rules.catalogue import DEFAULT_RULES, RULES
from ingest.alerts.rules.rule import StationRules
from ingest.alerts.rules.settings import AlertSettings, Override
from ingest.model import Level, Station
from ingest.ports import Registry

_Rank = tuple[bool, bool, int, int]

_Likeness = tuple[str, str | None, str | None, frozenset[str], str | None]

LIKENESSES_MAX: Final = 250_000
"""Sets of region and services (or single stations) whose rules are remembered; there are not more than stations.
Larger: memory for regions that are abolished. Smaller: overrides are matched anew at each reading, some 10 µs."""
COMBINATIONS_MAX: Final = 10_000
"""Sets of overrides that are remembered resolved. Larger: an override for each of many single stations costs memory.
Smaller: their rules are put together again and again, some 0.1 ms."""


class RuleBook:
    """Resolves the rules of stations.

    Where several overrides fit, the more specific one has the last word, field by field: one for a station over one
    for a service, that over one for a district, a city, a province; of two alike, the later in the file.
    """

    def __init__(self, settings: AlertSettings | None = None) -> None:
        settings = settings or AlertSettings()
        self._settings: dict[str, RuleSetting] = {
            code: settings.rules[code].changed(rule.setting) if code in settings.rules else rule.setting
            for code, rule in RULES.items()
        }
        self.everywhere = self._rules(self._settings) if settings.rules else DEFAULT_RULES
        """Of stations without an override; also of regions and the platform."""
        self._overrides = settings.overrides
        self._wide = [place for place, override in enumerate(settings.overrides) if override.station is None]
        self._single: dict[str, list[int]] = {}
        for place, override in enumerate(settings.overrides):
            if override.station is not None:
                self._single.setdefault(override.station, []).append(place)
        self._alike: dict[_Likeness, StationRules] = {}
        self._resolved: dict[tuple[int, ...], StationRules] = {}

    def of(self, station: Station) -> StationRules:
        """The rules of a station; the same object for stations to which the same overrides apply."""
        if not self._overrides:
            return self.everywhere
        alone = station.id if station.id in self._single else None
        likeness = (station.province, station.city, station.district, station.services, alone)
        rules = self._alike.get(likeness)
        if rules is None:
            if len(self._alike) >= LIKENESSES_MAX:
                self._alike.clear()
            rules = self._alike[likeness] = self._combined(station)
        return rules

    def _combined(self, station: Station) -> StationRules:
        places = tuple(rank[-1] for rank in sorted(self._fitting(station)))
        if not places:
            return self.everywhere
        rules = self._resolved.get(places)
        if rules is None:
            if len(self._resolved) >= COMBINATIONS_MAX:
                self._resolved.clear()
            rules = self._resolved[places] = self._resolve(places)
        return rules

    def _fitting(self, station: Station) -> Iterator[_Rank]:
        for place in (*self._wide, *self._single.get(station.id, ())):
            override = self._overrides[place]
            depth = _depth(override, station)
            if depth is not None and (override.service is None or override.service in station.services):
                yield override.station is not None, override.service is not None, depth, place

    def _resolve(self, places: tuple[int, ...]) -> StationRules:
        settings = dict(self._settings)
        for place in places:
            override = self._overrides[place]
            settings[override.rule] = override.changed(settings[override.rule])
        return self._rules(settings)

    @staticmethod
    def _rules(settings: dict[str, RuleSetting]) -> StationRules:
        return StationRules({code: (RULES[code].bad, setting) for code, setting in settings.items()})


def unknown_places(settings: AlertSettings, registry: Registry) -> Iterator[str]:
    """A line for each override that fits no station, because the registry does not know its region or station.

    No error: a station may be imported later.
    """
    for place, override in enumerate(settings.overrides):
        for name in ("province", "region"):
            code = getattr(override, name)
            if code is not None and registry.region(code) is None:
                yield f"alerts.overrides.{place}.{name}: no division has the code {code}"
        if override.province is not None:
            region = registry.region(override.province)
            if region is not None and region.level is not Level.PROVINCE:
                yield f"alerts.overrides.{place}.province: {override.province} {region.name} is none: write region"
        if override.station is not None and registry.station(override.station) is None:
            yield f"alerts.overrides.{place}.station: {override.station} is not in the registry"


def _depth(override: Override, station: Station) -> int | None:
    """How far down the tree of regions an override points: 0 for none, 3 for a district; None where it does not fit."""
    if override.province is not None and override.province != station.province:
        return None
    if override.region is None:
        return 0 if override.province is None else 1
    levels = (station.province, station.city, station.district)
    return levels.index(override.region) + 1 if override.region in levels else None
