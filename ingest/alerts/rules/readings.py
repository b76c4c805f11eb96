"""The rules about readings behind one door: is there anything to say of this one, and what.

Enters: a reading, its station in the registry, what is known from earlier looks. Leaves: findings.
Never: remembers a reading.
"""

from collections.abc import Iterable
from typing import cast

from ingest.alerts.model import Finding
from ingest.alerts.rules import cabinet, medicine, occupancy
from ingest.alerts.rules.book import RuleBook
from ingest.alerts.rules.medicine import Shelf
from ingest.alerts.rules.rule import NOTHING_KNOWN, Known
from ingest.model import Battery, Kind, Medicine, Occupancy, Reading, Station
from ingest.visits.local_day import LocalDays


class ReadingRules:
    """Which rules look at a reading of a kind, and with what beside it."""

    def __init__(self, book: RuleBook, shelf: Shelf, days: LocalDays) -> None:
        self.book = book
        self.shelf = shelf
        """To be replaced when the catalogue changes."""
        self._days = days

    def is_quiet(self, station: Station, reading: Reading) -> bool:
        """Whether `look` would find everything known, good and clear.

        Then it need not be called, unless something is known of the station and kind, be it but a memory.
        """
        rules, kind = self.book.of(station), reading.kind
        if kind is Kind.OCCUPANCY:
            return occupancy.is_quiet(cast("Occupancy", reading.body), rules, station.capacity)
        if kind is Kind.MEDICINE:
            today = self._days.of(reading.received_ms)
            return medicine.is_quiet(cast("Medicine", reading.body), rules, self.shelf, today)
        if kind is Kind.BATTERY:
            return cabinet.is_quiet(cast("Battery", reading.body), rules)
        return True

    def look(self, station: Station, reading: Reading, known: Known = NOTHING_KNOWN) -> Iterable[Finding]:
        """What all rules about its kind say.

        `known`: every alert of the station and kind that is pending or not resolved, and every `Finding.memory` of the
        look before, also of findings that were good or unknown. What is not known may be left out where it is good.
        """
        rules, body = self.book.of(station), reading.body
        match reading.kind:
            case Kind.OCCUPANCY:
                return occupancy.look(cast("Occupancy", body), rules, station.capacity)
            case Kind.MEDICINE:
                today = self._days.of(reading.received_ms)
                return medicine.look(cast("Medicine", body), rules, self.shelf, today, known)
            case Kind.BATTERY:
                return cabinet.look(cast("Battery", body), rules, reading.received_ms, known)
            case Kind.EXCHANGE:
                return ()
