"""What `yizhan audit` does: reads what is published, the ledger and the raw readings, and has differences mended.

Enters: settings, a range of days. Leaves: a report; with `mend`, a ledger that knows more, and counts published anew.
Never: takes anything from the ledger, or needs the platform to stop.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection

from assembly.platform import load_registry, make_store
from assembly.registry_commands import opened
from assembly.settings import Settings
from ingest.database import checkpoints, day_counts, latest, ledger, stations
from ingest.database.database import Database
from ingest.keeper import SNAPSHOT_MARK
from ingest.model import DayCount, Kind, LedgerRow
from ingest.ports import ReadingStore
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from ingest.visits.audit import Audited, Difference, Rebuilt, differences
from ingest.visits.local_day import LocalDays
from ingest.visits.publishing import MENDED_MARK, Moved, Why, publish, rows_to_count

STATIONS_AT_ONCE: Final = 100
"""Larger: a platform that publishes waits for longer. Smaller: more transactions."""
RECENT_MS: Final = 120_000
"""Readings received so shortly before the platform's last checkpoint are left for the next audit. Larger: it looks less
far. Smaller: a reading whose receipt the store knows to the minute is taken for a lost one."""
SETTLE_S: Final = 3.0
"""Before a second look at what differs. Larger: an audit that finds something takes longer. Smaller: what the platform
is publishing at this moment is taken for a difference."""

Sleep = Callable[[float], Awaitable[None]]
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Report:
    """What was found."""

    first: date
    last: date
    stations: int = 0
    readings: int = 0
    """Raw readings of occupancy that were compared."""
    found: list[Difference] = field(default_factory=list)
    left: list[Difference] = field(default_factory=list)
    """Of those found, what still differs: without `mend` all."""


async def audit(
    settings: Settings,
    first: date | None,
    last: date | None,
    *,
    mend: bool,
    on_progress: Progress = lambda _done, _all: None,
    sleep: Sleep = asyncio.sleep,
) -> Report:
    """Compare the days from `first` to `last`; None: today, and seven days up to `last`."""
    days = LocalDays(settings.platform.time_zone)
    last = last or days.of(_now_ms())
    first = first or last - timedelta(days=6)
    look_back = timedelta(days=settings.platform.clock_past_days + 1)
    async with opened(settings) as database, _store_of(settings, database, days) as store:
        auditor = _Auditor(database, store, days, look_back, first, last)
        found = await auditor.search(on_progress)
        if found:
            await sleep(SETTLE_S)
            found = await auditor.compare(sorted({one.station for one in found}))
        report = Report(first, last, auditor.stations, auditor.readings, found, found)
        if mend and found:
            await auditor.mend(found)
            report.left = await auditor.compare(sorted({one.station for one in found}))
        return report


class _Auditor:
    """One audit of some days."""

    def __init__(
        self, database: Database, store: ReadingStore, days: LocalDays, look_back: timedelta, first: date, last: date
    ) -> None:
        self._database = database
        self._store = store
        self._days = days
        self._look_back = look_back
        self._first = first
        self._last = last
        self._suspects: dict[str, Rebuilt] = {}
        self._until_ms = 0
        """Readings received from then on may not be in the ledger yet."""
        self.stations = 0
        self.readings = 0

    async def search(self, on_progress: Progress) -> list[Difference]:
        """All differences; of stations that have any, what their readings say is kept for `compare` and `mend`."""
        # Before anything is read: all that was received before the mark is in the ledger by now.
        marks = await self._database.read(partial(checkpoints.of_all, name=SNAPSHOT_MARK))
        # Of several processes the newest, since one that was taken out of service is past; the others are close behind.
        self._until_ms = max(map(int, marks), default=0) - RECENT_MS
        every = await self._database.read(_every_station)
        self.stations = len(every)
        found: list[Difference] = []
        for start in range(0, len(every), STATIONS_AT_ONCE):
            some = every[start : start + STATIONS_AT_ONCE]
            for station, earlier in await self._earlier(some):
                self._suspects[station] = await self._rebuild(station, earlier)
            differing = await self.compare(some)
            for station in set(some) - {one.station for one in differing}:
                del self._suspects[station]
            found += differing
            on_progress(start + len(some), len(every))
        return found

    async def compare(self, stations: Sequence[str]) -> list[Difference]:
        """What differs now between what is published, the ledger, and the readings as they were found."""
        found: list[Difference] = []
        today = self._days.of(_now_ms())
        for start in range(0, len(stations), STATIONS_AT_ONCE):
            some = stations[start : start + STATIONS_AT_ONCE]
            for audited in await self._database.read(partial(self._audited, stations=some)):
                rows = self._suspects[audited.station].rows
                found += differences(audited, rows, self._first, self._last, today)
        return found

    async def mend(self, found: Sequence[Difference]) -> None:
        """Merge what the readings say into the ledger, and publish the counts of these days anew."""
        moved: dict[str, Moved] = {}
        for one in sorted(found, key=lambda one: one.day, reverse=True):
            moved[one.station] = Moved(one.day, Why.AUDIT)
        stations = sorted(moved)
        for start in range(0, len(stations), STATIONS_AT_ONCE):
            some = {station: moved[station] for station in stations[start : start + STATIONS_AT_ONCE]}
            await self._database.run(partial(self._publish, moved=some))

    def _publish(self, connection: Connection, moved: Mapping[str, Moved]) -> None:
        now_ms = _now_ms()
        rows = [row for station in moved for row in self._suspects[station].rows.values()]
        ledger.merge_rows(connection, rows, now_ms)
        publish(connection, moved, self._days.of(now_ms), now_ms, self._look_back)
        checkpoints.write(connection, MENDED_MARK, str(now_ms))

    async def _earlier(self, stations: Sequence[str]) -> list[tuple[str, list[LedgerRow]]]:
        """Of each station the newest ledger rows before the first day."""
        rows = await self._database.read(partial(ledger.rows_of, stations=stations, from_day=self._first))
        before = [row for row in rows if row.day < self._first]
        return [(station, [row for row in before if row.station == station]) for station in stations]

    async def _rebuild(self, station: str, earlier: Sequence[LedgerRow]) -> Rebuilt:
        rebuilt = Rebuilt(station, self._days, earlier)
        from_ms, to_ms = self._days.start_ms(self._first), self._days.end_ms(self._last)
        async for reading in self._store.of_station(station, Kind.OCCUPANCY, from_ms, to_ms):
            if reading.received_ms < self._until_ms and self._first <= self._days.of(reading.body.ts) <= self._last:
                rebuilt.take(reading)
                self.readings += 1
        return rebuilt

    def _audited(self, connection: Connection, stations: Sequence[str]) -> list[Audited]:
        published: dict[str, dict[date, DayCount]] = {station: {} for station in stations}
        for one in day_counts.of_stations(connection, stations, self._first, self._last):
            published[one.day_count.station][one.day_count.day] = one.day_count
        to_count = rows_to_count(connection, stations, self._first, self._look_back)
        counted = {rows[0].station: (rows, since) for rows, since in to_count}
        return [Audited(station, *counted.get(station, ([], self._first)), published[station]) for station in stations]


def _every_station(connection: Connection) -> list[str]:
    """All that may have counted people: heard, in the ledger, or registered with sensors."""
    registered = (station.id for station in stations.load_all(connection) if station.smart)
    heard = latest.stations_with(connection, Kind.OCCUPANCY)
    return sorted({*heard, *ledger.every_station(connection), *registered})


@asynccontextmanager
async def _store_of(settings: Settings, database: Database, days: LocalDays) -> AsyncIterator[ReadingStore]:
    registry = MemoryRegistry(load_regions())
    await load_registry(registry, database)
    store = make_store(settings, registry, days)
    try:
        await store.open()
        yield store
    finally:
        await store.close()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
