"""What will be empty before somebody comes: learns from readings, and is asked in the sweep.

Enters: the newest readings of boxes and cabinets. Leaves: findings of the two forecasts, and what a restart wants to
know. Never: foretells from a reading that may not be called the present.
"""

from collections.abc import Iterator, Mapping
from typing import Final, cast

from pydantic_core import from_json, to_json

from gateway.payloads import Battery, Medicine, ReadingBody
from gateway.topics import Kind
from ingest.alerts.model import Finding
from ingest.alerts.rules import forecast
from ingest.alerts.rules.charging import Charging
from ingest.alerts.rules.consumption import Consumption
from ingest.alerts.rules.readings import ReadingRules
from ingest.alerts.rules.rule import Known, StationRules
from ingest.alerts.taking_over import taken_over
from ingest.visits.local_day import LocalDays

RULE_OF: Final = {Kind.MEDICINE: "stock_out_soon", Kind.BATTERY: "battery_out_soon"}

NOTES_EVERY_MS: Final = 600_000
"""Between two writings of what was learnt. Larger: a crash forgets more of what was taken. Smaller: 110,000 boxes are
written for each piece."""


class Foresight:
    """Of all stations."""

    def __init__(self, readings: ReadingRules, days: LocalDays, now_ms: int) -> None:
        self._readings = readings
        self._days = days
        self._consumption = Consumption()
        self._charging = Charging()
        self._noted_ms = now_ms

    def learn(self, station: str, kind: Kind, body: ReadingBody) -> None:
        """A reading became the newest of its kind."""
        if kind is Kind.MEDICINE:
            self._consumption.note(station, cast("Medicine", body), self._readings.shelf())
        elif kind is Kind.BATTERY:
            self._charging.note(station, cast("Battery", body))

    def kinds(self, station: str, known: Known) -> Iterator[Kind]:
        """Of which kinds there is something to foretell, or an alert that wants to be looked at."""
        rules = {rule for rule, _ in known}
        if self._consumption.is_used(station) or RULE_OF[Kind.MEDICINE] in rules:
            yield Kind.MEDICINE
        if self._charging.is_known(station) or RULE_OF[Kind.BATTERY] in rules:
            yield Kind.BATTERY

    def look(
        self, station: str, kind: Kind, body: ReadingBody | None, rules: StationRules, known: Known, now_ms: int
    ) -> Iterator[Finding]:
        """What is foretold of one kind; `body` None: nothing that may be called the present, so all is unknown."""
        if body is None:
            yield from (Finding(rule, part, None, None) for rule, part in known if rule == RULE_OF[kind])
        elif kind is Kind.MEDICINE:
            today = self._days.of(now_ms)
            box = cast("Medicine", body)
            yield from forecast.medicine(station, box, rules, self._consumption, today, now_ms, known)
        else:
            yield from forecast.battery(station, cast("Battery", body), rules, self._charging, now_ms)

    def take_notes(self, now_ms: int, *, is_last: bool = False) -> dict[str, str | None]:
        """What a restart wants to know, by kind and station, every now and then."""
        if not is_last and now_ms - self._noted_ms < NOTES_EVERY_MS:
            return {}
        self._noted_ms = now_ms
        learnt = {Kind.MEDICINE: self._consumption.take_dirty(), Kind.BATTERY: self._charging.take_dirty()}
        return {f"{kind}/{station}": to_json(one).decode() for kind, many in learnt.items() for station, one in many}

    def restore(self, notes: Mapping[str, str]) -> None:
        """Take over what `take_notes` gave."""

        def take(name: str, written: str) -> None:
            kind, _, station = name.partition("/")
            book = self._consumption if kind == Kind.MEDICINE else self._charging
            book.load(station, from_json(written))

        taken_over(notes, take, "use")
