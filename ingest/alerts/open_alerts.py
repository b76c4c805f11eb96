"""The alerts that are held: those that are open or may open again, their timers, and what happened to them.

Enters: what a step of a life came to. Leaves: alerts by place, those whose time has come, changes in order.
Never: decides what an alert becomes.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ingest.alerts.causes import BLIND_KEY, Causes
from ingest.alerts.life import Lived, shifted
from ingest.alerts.model import Alert, AlertKey, Change, Scope

Fault = tuple[str, str]
"""Rule and part."""
NOTHING: Final[Mapping[Fault, Alert]] = MappingProxyType({})


class OpenAlerts:
    """By place, then by rule and part. A place where nothing is held costs nothing."""

    def __init__(self, due_ms: Callable[[Alert], int | None], causes: Causes) -> None:
        self._due_ms = due_ms
        self._causes = causes
        self._by_place: dict[str, dict[Fault, Alert]] = {}
        self._by_id: dict[str, AlertKey] = {}
        self._wide: set[AlertKey] = set()
        self._timers: list[tuple[int, AlertKey]] = []
        self._due: dict[AlertKey, int] = {}
        self._changes: list[Change] = []

    def __iter__(self) -> Iterator[Alert]:
        return (alert for alerts in self._by_place.values() for alert in alerts.values())

    def at(self, place: str) -> Mapping[Fault, Alert]:
        """What is held of a place."""
        return self._by_place.get(place, NOTHING)

    def get(self, key: AlertKey) -> Alert | None:
        """The alert of a fault."""
        return self.at(key.place).get((key.rule, key.part))

    def of_id(self, alert_id: str) -> Alert | None:
        """The alert of an id."""
        key = self._by_id.get(alert_id)
        return None if key is None else self.get(key)

    def wide(self) -> Iterable[AlertKey]:
        """Those of regions and of the platform: few, where a storm holds alerts of every station."""
        return self._wide

    def places(self) -> list[str]:
        """Where something is held."""
        return list(self._by_place)

    def restore(self, alerts: Iterable[Alert]) -> None:
        """As they were."""
        for alert in alerts:
            self.put(alert)

    def shift(self, by_ms: int) -> None:
        """As if so long had not passed, but for what tells that the platform was blind."""
        for alert in list(self):
            if alert.key != BLIND_KEY:
                self.put(shifted(alert, by_ms))

    def live(self, key: AlertKey, lived: Lived) -> None:
        """A step was taken."""
        self._changes.extend(lived.changes)
        if lived.alert is None:
            self._drop(key)
        else:
            self.put(lived.alert)

    def put(self, alert: Alert) -> None:
        """Hold it as it is now."""
        key = alert.key
        self._by_place.setdefault(key.place, {})[key.rule, key.part] = alert
        self._by_id[alert.id] = key
        if key.scope is not Scope.STATION:
            self._wide.add(key)
        self._causes.note((alert,))
        due_ms = self._due_ms(alert)
        if due_ms is None:
            self._due.pop(key, None)
        elif self._due.get(key) != due_ms:
            self._due[key] = due_ms
            heapq.heappush(self._timers, (due_ms, key))

    def _drop(self, key: AlertKey) -> None:
        alerts = self._by_place.get(key.place)
        alert = alerts.pop((key.rule, key.part), None) if alerts is not None else None
        if alert is None:
            return
        del self._by_id[alert.id]
        self._wide.discard(key)
        if not alerts:
            del self._by_place[key.place]
        self._due.pop(key, None)
        self._causes.forget(key)

    def next_due_ms(self) -> int | None:
        """When the next timer runs out."""
        self._skip_stale()
        return self._timers[0][0] if self._timers else None

    def take_due(self, now_ms: int) -> list[Alert]:
        """Those whose time has come, each once."""
        found: list[Alert] = []
        while self._timers and self._timers[0][0] <= now_ms:
            due_ms, key = heapq.heappop(self._timers)
            alert = self.get(key)
            if self._due.get(key) == due_ms and alert is not None:
                del self._due[key]
                found.append(alert)
        return found

    def take_changes(self, most: int | None = None) -> list[Change]:
        """What happened since this was asked last, in order; at most so much, and the rest the next time."""
        if most is None or len(self._changes) <= most:
            changes, self._changes = self._changes, []
        else:
            changes, self._changes = self._changes[:most], self._changes[most:]
        return changes

    @property
    def has_changes(self) -> bool:
        """Whether anything happened since."""
        return bool(self._changes)

    def _skip_stale(self) -> None:
        while self._timers and self._due.get(self._timers[0][1]) != self._timers[0][0]:
            heapq.heappop(self._timers)
