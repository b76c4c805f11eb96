"""What is known of stations beyond their newest readings, gathered cheaply: silence, clock, losses, connects, visits.

Enters: live stations, their quality records, births. Leaves: `StationFacts`. Never: a judgement of its own.
"""

from typing import Any, Final

from pydantic_core import from_json, to_json

from gateway.topics import Kind
from ingest.alerts.rules.facts import StationFacts
from ingest.alerts.rules.recent import CONNECTS_MS, HOUR_MS, LastVisits, Losses, RecentCounts, clock_off_ms
from ingest.live.station import MISSED_INTERVALS, LiveStation, Track
from ingest.model import Access, Occupancy, Presence, Station
from ingest.quality import QualityBook

CLOCK_REASONS: Final = ("clock_future", "clock_past")


class StationWatch:
    """Rolling counts of all stations; memory only of those where something happened."""

    def __init__(self, quality: QualityBook, now_ms: int) -> None:
        self._quality = quality
        self.seeing_since_ms = now_ms
        """Since when the platform sees: what was not heard before that says nothing."""
        self._saw_until_ms = now_ms
        """When it last saw before that."""
        self._connects = RecentCounts(CONNECTS_MS)
        self._clock_refused = RecentCounts(HOUR_MS)
        self._went_back = RecentCounts(HOUR_MS)
        self._losses = Losses()
        self._visits = LastVisits()
        self._totals: dict[str, tuple[int, int]] = {}
        """Of stations with such a record: readings refused for their clock, meters that went back."""

    def begin(self, live: LiveStation, now_ms: int) -> None:
        """As it was when the process started: old faults are not new ones."""
        self._losses.begin(live, now_ms)
        self._note_totals(live.id, now_ms, is_first=True)

    def saw_nothing(self, since_ms: int, until_ms: int) -> None:
        """The platform was away, or blind."""
        self._saw_until_ms, self.seeing_since_ms = since_ms, until_ms

    def connected(self, station: str, now_ms: int) -> None:
        """A birth, as it was sent."""
        self._connects.note(station, now_ms)

    def silent_since_ms(self, live: LiveStation, now_ms: int) -> int | None:
        """When it fell silent; None while it is heard, or as long as the platform could not have heard it."""
        if live.will is not None:
            return live.will.received_ms
        heard_ms = max(live.heard_ms, self.seeing_since_ms)
        return live.heard_ms if now_ms - heard_ms > MISSED_INTERVALS * live.interval_ms else None

    def is_undecided(self, live: LiveStation, now_ms: int) -> bool:
        """Whether its silence may be ours: long by its last word, and not yet by what we could have heard."""
        if live.will is not None or not live.heard_ms:
            return False
        patience_ms = MISSED_INTERVALS * live.interval_ms
        return now_ms - live.heard_ms > patience_ms >= now_ms - max(live.heard_ms, self.seeing_since_ms)

    def is_trusted(self, live: LiveStation, track: Track | None, now_ms: int) -> bool:
        """Whether the newest reading of a kind may be called the present, by our own clock."""
        if track is None or live.will is not None:
            return False
        patience_ms = MISSED_INTERVALS * live.interval_ms
        # What was stale before the platform was away is not made present by that.
        was_trusted = track.received_ms >= min(self._saw_until_ms - patience_ms, self.seeing_since_ms)
        return was_trusted and now_ms - max(track.received_ms, self.seeing_since_ms) <= patience_ms

    def facts(self, station: Station, live: LiveStation | None, now_ms: int) -> StationFacts:
        """All that the rules want to know."""
        has_cabinet = "battery_swap" in station.services
        if live is None or (not live.heard_ms and live.will is None):
            return StationFacts(
                now_ms, Presence.NEVER_SEEN, is_smart=station.smart, has_cabinet=has_cabinet, access=station.access
            )
        silent_since_ms = self.silent_since_ms(live, now_ms)
        self._note_totals(live.id, now_ms)
        numbered, missing = self._losses.note(live, now_ms)
        return StationFacts(
            now_ms,
            Presence.ONLINE if silent_since_ms is None else Presence.DARK,
            silent_since_ms=silent_since_ms,
            is_smart=station.smart,
            has_cabinet=has_cabinet or live.battery is not None,
            has_counter=live.occupancy is not None,
            access=station.access,
            clock_off_ms=clock_off_ms(live, now_ms),
            clock_refused=self._clock_refused.of(live.id, now_ms),
            numbered=numbered,
            missing=missing,
            connects=self._connects.of(live.id, now_ms),
            meter_went_back=self._went_back.of(live.id, now_ms),
            last_visit_ms=self._last_visit_ms(station, live, now_ms),
        )

    def _last_visit_ms(self, station: Station, live: LiveStation, now_ms: int) -> int | None:
        if station.access is not Access.ALL_DAY:
            return None
        body = live.body(Kind.OCCUPANCY)
        return self._visits.note(station.id, body, now_ms) if isinstance(body, Occupancy) else None

    def _note_totals(self, station: str, now_ms: int, *, is_first: bool = False) -> None:
        record = self._quality.records.get(station)
        if record is None:
            return
        refused = sum(record.refused[reason] for reason in CLOCK_REASONS)
        before = self._totals.get(station, (0, 0))
        self._totals[station] = (refused, record.meter_went_back)
        if not is_first:
            self._clock_refused.note(station, now_ms, refused - before[0])
            self._went_back.note(station, now_ms, record.meter_went_back - before[1])

    def dump(self) -> str:
        """What a restart wants to know, as JSON: when which meter moved last."""
        return to_json(self._visits.dump()).decode()

    def load(self, dumped: str) -> None:
        """Take over what `dump` gave."""
        known: dict[str, Any] = from_json(dumped)
        self._visits.load(known)
