"""What has just changed, for whoever shows it: stations that were heard, counts that were published.

Enters: notes, from the way of a reading and from the book of visits. Leaves: all that was noted since the last time.
Never: holds up who notes; while nobody watches nothing is noted.
"""

import asyncio
from collections.abc import Iterable

from ingest.model import DayCount
from ingest.ports import Happened


class LiveNews:
    """Implements `ingest.ports.News`. Bounded by the number of stations: each is noted once until it is taken."""

    def __init__(self) -> None:
        self.is_watched = False
        self._stations: dict[str, None] = {}
        self._counts: dict[tuple[str, str], DayCount] = {}
        self._some = asyncio.Event()

    def heard(self, station: str) -> None:
        """Something new is known of the station."""
        if self.is_watched:
            self._stations[station] = None
            self._some.set()

    def counted(self, counts: Iterable[DayCount]) -> None:
        """These counts are published."""
        if self.is_watched:
            self._counts.update({(count.station, count.day.isoformat()): count for count in counts})
            self._some.set()

    # ---- the News port ----

    def watch(self, is_watched: bool) -> None:
        """See the port."""
        self.is_watched = is_watched
        if not is_watched:
            self.take()

    async def wait(self) -> None:
        """See the port."""
        await self._some.wait()

    def take(self) -> Happened:
        """See the port."""
        taken = Happened(tuple(self._stations), tuple(self._counts.values()))
        self._stations, self._counts = {}, {}
        self._some.clear()
        return taken
