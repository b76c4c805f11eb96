"""What is known of stations beyond their newest readings, gathered where it happens and told as `StationFacts`.

Enters: births, the live picture's stations, the quality records, `now`. Leaves: facts of one station at one instant.
Never: takes what was so before a restart for news.
"""

from collections.abc import Iterable
from typing import Any, cast

from ingest.alerts.rules.facts import StationFacts
from ingest.alerts.rules.recent import CONNECTS_MS, HOUR_MS, LastVisits, Losses, RecentCounts, clock_off_ms
from ingest.decode import Reason
from ingest.live.station import LiveStation
from ingest.model import Access, Kind, Occupancy, Presence, Station
from ingest.quality import QualityBook, StationQuality

CABINET_SERVICE = "battery_swap"


class StationWatch:
    """Gathers; `begin` once after a restart, then `facts` of each station in each sweep."""

    def __init__(self, quality: QualityBook) -> None:
        self._quality = quality
        self._connects = RecentCounts(CONNECTS_MS)
        self._backs = RecentCounts(HOUR_MS)
        self._clocks = RecentCounts(HOUR_MS)
        self._losses = Losses()
        self._visits = LastVisits()
        self._counted: dict[str, tuple[int, int]] = {}
        """By station with a quality record: meters gone back and readings refused for their clock, counted so far."""

    def begin(self, stations: Iterable[LiveStation], now_ms: int) -> None:
        """What was missing, went back or was refused by now is no news."""
        for live in stations:
            self._losses.begin(live, now_ms)
        for station, record in self._quality.records.items():
            self._counted[station] = _counts(record)

    def connected(self, station: str, now_ms: int) -> None:
        """To be called at each birth that the broker did not have in store."""
        self._connects.note(station, now_ms)

    def facts(self, station: Station, live: LiveStation | None, now_ms: int) -> StationFacts:
        """Of a station of the registry; `live` None: the picture has no such station."""
        has_cabinet = CABINET_SERVICE in station.services
        if live is None:
            return StationFacts(now_ms, Presence.NEVER_SEEN, is_smart=station.smart, has_cabinet=has_cabinet)
        presence = live.presence(now_ms)
        record = self._quality.records.get(live.id)
        if record is not None:
            self._count(live.id, record, now_ms)
        numbered, missing = self._losses.note(live, now_ms)
        last_visit_ms = None
        if station.access is Access.ALL_DAY and live.occupancy is not None:
            body = live.body(Kind.OCCUPANCY)
            last_visit_ms = None if body is None else self._visits.note(live.id, cast("Occupancy", body), now_ms)
        return StationFacts(
            now_ms,
            presence,
            None if presence is Presence.ONLINE else live.dark_since_ms(now_ms),
            station.smart,
            has_cabinet or live.battery is not None,
            live.occupancy is not None,
            station.access,
            clock_off_ms(live, now_ms),
            self._clocks.of(live.id, now_ms),
            numbered,
            missing,
            self._connects.of(live.id, now_ms),
            self._backs.of(live.id, now_ms),
            last_visit_ms,
        )

    def _count(self, station: str, record: StationQuality, now_ms: int) -> None:
        backs, clocks = counted = _counts(record)
        backs_before, clocks_before = self._counted.get(station, (0, 0))
        if counted != (backs_before, clocks_before):
            self._backs.note(station, now_ms, backs - backs_before)
            self._clocks.note(station, now_ms, clocks - clocks_before)
            self._counted[station] = counted

    # ---- what is kept: a day without a visit is longer than a platform runs; the rest is of minutes ----

    def dump(self) -> dict[str, Any]:
        """As JSON has it; `load` is the reverse."""
        return self._visits.dump()

    def load(self, dumped: dict[str, Any]) -> None:
        """Take over what `dump` gave."""
        self._visits.load(dumped)


def _counts(record: StationQuality) -> tuple[int, int]:
    refused = record.refused
    return record.meter_went_back, refused[Reason.CLOCK_FUTURE] + refused[Reason.CLOCK_PAST]
