"""The live picture of all stations: the `Picture` port.

Enters: what the pipeline accepted, and what a checkpoint kept. Leaves: status of one, summaries of many.
Never: asks a store. A spike of readers costs memory reads only.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from ingest.live.news import LiveNews
from ingest.live.regions import Days, RegionSums, Summaries
from ingest.live.station import LiveStation
from ingest.model import Presence, StationStatus, Summary
from ingest.ports import Registry

CYCLE_S: Final = 5.0
"""Age of a summary. Smaller: CPU (186,100 stations take about 0.2 s). Larger: the nation's numbers lag."""


class LivePicture:
    """Every station that was ever heard, by id."""

    def __init__(self, registry: Registry, default_interval_ms: int, days: Days) -> None:
        self._registry = registry
        self._default_interval_ms = default_interval_ms
        self._days = days
        self._sums = RegionSums(registry)
        self._summaries: Summaries = {}
        self.stations: dict[str, LiveStation] = {}
        self.strangers: dict[str, LiveStation] = {}
        """Those of `stations` that were not in the registry when they were first heard."""
        self.news = LiveNews()

    def station(self, station_id: str) -> LiveStation:
        """Made at the first word from it."""
        live = self.stations.get(station_id)
        return live if live is not None else self.adopt(LiveStation(self.own_id(station_id), self._default_interval_ms))

    def own_id(self, station_id: str) -> str:
        """The registry's string object for an id, so that it is in memory once; the given one for a stranger."""
        entry = self._registry.station(station_id)
        return entry.id if entry is not None else station_id

    def adopt(self, live: LiveStation) -> LiveStation:
        """Take in a station that was made elsewhere, such as from a snapshot."""
        self.stations[live.id] = live
        if not self.is_registered(live.id):
            self.strangers[live.id] = live
        return live

    def is_registered(self, station_id: str) -> bool:
        """Whether the registry knows it."""
        return self._registry.station(station_id) is not None

    # ---- the Picture port ----

    def status(self, station_id: str, now_ms: int) -> StationStatus:
        """See the port."""
        live = self.stations.get(station_id)
        if live is None:
            return StationStatus(station_id, Presence.NEVER_SEEN, None, None, None)
        return live.status(now_ms)

    def summary(self, region: str | None = None) -> Summary | None:
        """See the port."""
        return self._summaries.get(region)

    def unregistered(self) -> Sequence[str]:
        """See the port."""
        for station_id in [known for known in self.strangers if self.is_registered(known)]:
            del self.strangers[station_id]
        return sorted(self.strangers)

    # ---- the cycle ----

    async def summarise(self, now_ms: int) -> None:
        """Make all summaries anew, without holding the event loop for long."""
        for summaries in self._sums.steps(self.stations, now_ms, self._days):
            if summaries is not None:
                self._summaries = summaries
            await asyncio.sleep(0)

    async def run(self, now_ms: Callable[[], int]) -> None:
        """Summarise once a cycle until cancelled."""
        while True:
            await self.summarise(now_ms())
            await asyncio.sleep(CYCLE_S)
