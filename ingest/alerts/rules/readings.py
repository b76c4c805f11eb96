"""The rules about readings behind one door: is there anything to say of this one, and what.

Enters: a reading's body, its station and the station's rules, what is known from earlier looks. Leaves: findings.
Never: remembers a reading.
"""

from collections.abc import Iterator
from typing import cast

from ingest.alerts.model import Finding
from ingest.alerts.rules import cabinet, medicine, occupancy
from ingest.alerts.rules.medicine import Shelf
from ingest.alerts.rules.rule import NOTHING_KNOWN, Known, StationRules
from ingest.model import Battery, Kind, Medicine, Occupancy, ReadingBody, Station
from ingest.ports import Registry
from ingest.visits.local_day import LocalDays


class ReadingRules:
    """Which rules look at a reading of a kind, and with what beside it."""

    def __init__(self, registry: Registry, days: LocalDays) -> None:
        self._registry = registry
        self._days = days
        self._shelf = Shelf(())
        self._shelf_version = -1

    def is_quiet(self, station: Station, rules: StationRules, kind: Kind, body: ReadingBody, now_ms: int) -> bool:
        """Whether `look` would find everything known, good and clear.

        Then it need not be called, unless something is known of the station and kind, be it but a memory.
        """
        if kind is Kind.OCCUPANCY:
            return occupancy.is_quiet(cast("Occupancy", body), rules, station.capacity)
        if kind is Kind.MEDICINE:
            return medicine.is_quiet(cast("Medicine", body), rules, self.shelf(), self._days.of(now_ms))
        return kind is not Kind.BATTERY or cabinet.is_quiet(cast("Battery", body), rules)

    def look(
        self,
        station: Station,
        rules: StationRules,
        kind: Kind,
        body: ReadingBody,
        at_ms: int,
        now_ms: int,
        known: Known = NOTHING_KNOWN,
    ) -> Iterator[Finding]:
        """What all rules about its kind say; `at_ms` is when it was received.

        `known`: every alert of the station and kind that is pending or not resolved, and every `Finding.memory` of the
        look before, also of findings that were good or unknown. What is not known may be left out where it is good.
        """
        match kind:
            case Kind.OCCUPANCY:
                return occupancy.look(cast("Occupancy", body), rules, station.capacity)
            case Kind.MEDICINE:
                return medicine.look(cast("Medicine", body), rules, self.shelf(), self._days.of(now_ms), known)
            case Kind.BATTERY:
                return cabinet.look(cast("Battery", body), rules, at_ms, known)
            case Kind.EXCHANGE:
                return iter(())

    def shelf(self) -> Shelf:
        """The catalogue, as it is now."""
        if self._shelf_version != self._registry.version:
            self._shelf_version = self._registry.version
            self._shelf = Shelf(self._registry.articles())
        return self._shelf
