"""What is the consequence of what: platform, province, city, district, station, part.

Enters: stations that go dark and are heard again, which alerts fire. Leaves: how much of a region went dark together,
and the cause above an alert. Never: resolves an alert; a cause only explains it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from ingest.alerts.model import PLATFORM_PLACE, Alert, AlertKey, AlertState, Scope, Severity

REGION_DARK: Final = "region_dark"
STATION_DARK: Final = "dark"
PLATFORM_BLIND: Final = "platform_blind"

BLIND_KEY: Final = AlertKey(Scope.PLATFORM, PLATFORM_PLACE, PLATFORM_BLIND)

InhibitedBy = Callable[[Alert], AlertKey | None]
PathOf = Callable[[Scope, str], Sequence[str]]
"""Codes of the regions above a place, the province first; of a region its own is the last."""


class Darkness(NamedTuple):
    """How dark a region is."""

    heard: int
    """Stations there that were ever heard."""
    dark: int
    """Of those, how many are dark now."""
    together: int
    """Of the dark ones, the most that fell silent within one window that ends with the last."""


class DarkRegions:
    """Which stations of which region are dark. Each event costs as much as there are levels above a station."""

    def __init__(self, path_of: PathOf) -> None:
        self._path_of = path_of
        self._path: dict[str, Sequence[str]] = {}
        """Of dark stations: the regions in which they are counted, so that a station that moves is not left behind."""
        self._dark: dict[str, dict[str, int]] = {}
        """By region: since when which station is dark."""
        self._heard: dict[str, int] = {}
        self._touched: set[str] = set()

    def known(self, heard: Mapping[str, int]) -> None:
        """How many stations of each region were ever heard, counted anew."""
        self._heard = dict(heard)

    def went_dark(self, station: str, since_ms: int) -> None:
        """It fell silent, or is known to be silent since then."""
        if station in self._path and all(self._dark[code].get(station) == since_ms for code in self._path[station]):
            return
        self.heard(station)
        path = self._path[station] = tuple(self._path_of(Scope.STATION, station))
        for code in path:
            self._dark.setdefault(code, {})[station] = since_ms
        self._touched.update(path)

    def heard(self, station: str) -> None:
        """It is there again."""
        path = self._path.pop(station, ())
        for code in path:
            there = self._dark[code]
            del there[station]
            if not there:
                del self._dark[code]
        self._touched.update(path)

    def touched(self) -> set[str]:
        """Regions of which a station came or went since this was asked last."""
        touched, self._touched = self._touched, set()
        return touched

    def of(self, region: str, within_ms: int) -> Darkness:
        """How dark it is now."""
        there = self._dark.get(region, {})
        last_ms = max(there.values(), default=0)
        together = sum(since_ms >= last_ms - within_ms for since_ms in there.values())
        return Darkness(max(self._heard.get(region, 0), len(there)), len(there), together)


class Causes:
    """What explains an alert, by the alerts that fire."""

    def __init__(self, path_of: PathOf) -> None:
        self._path_of = path_of
        self._standing: set[AlertKey] = set()

    def note(self, alerts: Iterable[Alert]) -> None:
        """These alerts changed."""
        for alert in alerts:
            if alert.key.rule not in {REGION_DARK, STATION_DARK, PLATFORM_BLIND}:
                continue
            # A dark station explains its parts before anybody is told of it; all else explains once it is told of.
            is_seen = any(since is not None for since in alert.reached_since_ms)
            if (alert.key.rule == STATION_DARK and is_seen) or alert.state in {AlertState.FIRING, AlertState.UNKNOWN}:
                self._standing.add(alert.key)
            else:
                self._standing.discard(alert.key)

    def forget(self, key: AlertKey) -> None:
        """This alert is no more."""
        self._standing.discard(key)

    def of(self, key: AlertKey) -> AlertKey | None:
        """The highest cause above it; None: it stands for itself."""
        if key == BLIND_KEY:
            return None
        if BLIND_KEY in self._standing:
            return BLIND_KEY
        if key.scope is Scope.PLATFORM:
            return None
        for code in self._path_of(key.scope, key.place):
            cause = AlertKey(Scope.REGION, code, REGION_DARK)
            if cause == key:
                return None
            if cause in self._standing and self._is_of_darkness(key):
                return cause
        dark = AlertKey(Scope.STATION, key.place, STATION_DARK)
        return dark if key.scope is Scope.STATION and key != dark and dark in self._standing else None

    def _is_of_darkness(self, key: AlertKey) -> bool:
        """Whether a dark region explains it: what is dark there does; a station that is heard speaks for itself."""
        is_dark = AlertKey(Scope.STATION, key.place, STATION_DARK) in self._standing
        return key.scope is Scope.REGION or key.rule == STATION_DARK or is_dark


def cause_of(alert: Alert, inhibited_by: InhibitedBy) -> AlertKey | None:
    """What explains an alert, so that nobody is told of it; None: it stands for itself.

    Nothing explains an emergency, nor a critical fault of a part that was seen before the station fell silent: a
    cabinet that burns down is dark, too.
    """
    if alert.severity is Severity.EMERGENCY:
        return None
    cause = inhibited_by(alert)
    if cause is None or not alert.key.part or alert.severity is not Severity.CRITICAL:
        return cause
    was_seen = cause.scope is Scope.STATION or alert.state is AlertState.UNKNOWN
    return None if was_seen else cause
