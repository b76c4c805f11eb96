"""The book of visits: the `VisitBook` port, and the loop that publishes what the ledger holds.

Enters: which station's day moved, questions. Leaves: published counts and revisions, in the database before in memory.
Never: loses what was noted. After a crash it is found again in the ledger, by when its rows moved.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection

from gateway.failure_log import FailureLog
from ingest.database import checkpoints, day_counts, ledger, revisions
from ingest.database.database import Database
from ingest.model import DayCount, RegionDay, Revision
from ingest.ports import Registry, TransientStoreError
from ingest.visits.local_day import LocalDays
from ingest.visits.publishing import LOOK_BACK, Moved, Why, publish
from ingest.visits.region_book import RegionBook

log = logging.getLogger(__name__)

PAUSE_S: Final = 0.5
"""Between two rounds, in which further changes of a station gather. Larger: the public sees a visit later than after a
second. Smaller: each visit of a busy station is a transaction of its own."""
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 15.0
"""After an error that waiting may heal. Larger: counts lag after the database is back. Smaller: it is knocked at while
it starts."""
STATIONS_AT_ONCE: Final = 300
"""Stations of one transaction, some 0.1 s. Larger: at midnight, when all days turn, readings wait for it. Smaller: more
transactions, each with its own sync to the disk."""
MARGIN_MS: Final = 120_000
"""A row of the ledger bears the instant at which its write began, and is seen when that ends. Larger: more stations are
counted again after a restart. Smaller: one whose write waited may be missed after a crash."""

_DAY: Final = timedelta(days=1)

PUBLISHED_MARK: Final = "visits published"
"""Name of the checkpoint: all that moved in the ledger before this instant (ms) is published.
Each of several processes has its own."""

_FIRST_DAY: Final = date(1970, 1, 1)
"""No reading is older, since the first one of the platform."""


class PublishedVisits:
    """Implements `ingest.ports.VisitBook`. `restore` first; then `run`, beside whoever notes.

    `look_back`: a day more than the oldest reading that is taken. `process`: the name of this one where several ingest
    into one database, each of which publishes what it moved.
    """

    def __init__(
        self,
        database: Database,
        registry: Registry,
        days: LocalDays,
        now_ms: Callable[[], int],
        look_back: timedelta = LOOK_BACK,
        process: str | None = None,
    ) -> None:
        self._database = database
        self._days = days
        self._now_ms = now_ms
        self._look_back = look_back
        self.on_published: list[Callable[[Sequence[DayCount]], None]] = []
        """Told of counts as soon as they are published."""
        self._mark_name = checkpoints.name_of(PUBLISHED_MARK, process)
        self._regions = RegionBook(database, registry, days.of(now_ms()))
        self._moved: dict[str, Moved] = {}
        self._ahead: set[tuple[date, str]] = set()
        """Counts of days that have not begun, of stations whose clock is ahead: by day and station."""
        self._wake = asyncio.Event()
        self._one_round = asyncio.Lock()

    # ---- the VisitBook port ----

    async def of_stations(self, stations: Sequence[str], first: date, last: date) -> Sequence[DayCount]:
        """See the port."""
        found = await self._database.read(partial(day_counts.of_stations, stations=stations, first=first, last=last))
        return [published.day_count for published in found]

    async def of_region(self, region: str | None, first: date, last: date) -> Sequence[RegionDay]:
        """See the port; a day without a count in the region is left out."""
        return await self._regions.days(region, first, last)

    async def revisions(self, station: str, first: date, last: date) -> Sequence[Revision]:
        """See the port."""
        return await self._database.read(partial(revisions.of_station, station=station, first=first, last=last))

    def today(self, now_ms: int) -> date:
        """See the port."""
        return self._days.of(now_ms)

    # ---- around it ----

    def region_days(self, region: str | None) -> tuple[RegionDay, RegionDay]:
        """Today's and yesterday's visits of a region, from memory."""
        self._turn()
        return self._regions.today_and_yesterday(region)

    def note(self, station: str, day: date, why: Why = Why.LATE) -> None:
        """A day of a station moved in the ledger, durably: count it again soon. `why` stands in a revision, if any."""
        known = self._moved.get(station)
        if known is not None:
            day = min(day, known.day)
            why = known.why if why is Why.LATE else why
        self._moved[station] = Moved(day, why)
        self._wake.set()

    async def run(self) -> None:
        """Publish what is noted, about twice a second, until cancelled."""
        wait_s, failures = FIRST_WAIT_S, FailureLog(log, "visits")
        while True:
            await self._wake.wait()
            try:
                await self.flush()
            except TransientStoreError as error:
                failures.failed(f"not published, and kept in the ledger meanwhile: {error}")
                await asyncio.sleep(error.retry_after_s or wait_s)
                wait_s = min(LONGEST_WAIT_S, 2 * wait_s)
            else:
                failures.worked()
                wait_s = FIRST_WAIT_S
                await asyncio.sleep(PAUSE_S)

    async def flush(self) -> None:
        """Publish all that is noted by now; on an error the rest stays noted."""
        async with self._one_round:
            self._wake.clear()
            self._turn()
            began_ms = self._now_ms()
            waiting, self._moved = list(self._moved.items()), {}
            try:
                while waiting:
                    some = dict(waiting[:STATIONS_AT_ONCE])
                    await self._publish(some)
                    del waiting[:STATIONS_AT_ONCE]
                mark = partial(checkpoints.write, name=self._mark_name, value=str(began_ms))
                await self._database.run(mark)
            finally:
                for station, moved in waiting:
                    self.note(station, moved.day, moved.why)

    async def restore(self) -> None:
        """Begin with what was published, and note what moved since: what a crash cut off is counted again."""

        def find(connection: Connection) -> tuple[list[str], date, list[DayCount]]:
            mark = checkpoints.read(connection, self._mark_name)
            if mark is None:
                return ledger.stations_changed_since(connection, 0), _FIRST_DAY, []
            last_round = self._days.of(int(mark))
            stations = ledger.stations_changed_since(connection, int(mark) - MARGIN_MS)
            ahead = day_counts.of_days(connection, last_round + _DAY, self._today() + self._look_back)
            # Which of their days moved is not kept, but only days so far back can have.
            return stations, last_round - self._look_back, [published.day_count for published in ahead]

        await self._regions.load()
        stations, first, ahead = await self._database.read(find)
        for station in stations:
            self.note(station, first)
        self._ahead.update((count.day, count.station) for count in ahead)
        self._note_ahead()

    async def registry_changed(self) -> None:
        """To be called after each change of the registry: regions are summed anew from the published counts."""
        await self._regions.load()

    async def _publish(self, moved: dict[str, Moved]) -> None:
        now_ms = self._now_ms()
        today = self._days.of(now_ms)
        async with self._regions.still:
            changes = await self._database.run(
                partial(publish, moved=moved, today=today, now_ms=now_ms, look_back=self._look_back)
            )
            self._regions.apply(changes)
        for tell in self.on_published:
            tell([change.new for change in changes])
        self._ahead.update((change.new.day, change.new.station) for change in changes if change.new.day > today)
        if self._today() > today:  # it turned meanwhile
            self._note_ahead()

    def _turn(self) -> None:
        if self._regions.turn(self._today()):
            self._note_ahead()

    def _note_ahead(self) -> None:
        """The day has turned: of stations that were heard later than it, the day before is over."""
        today = self._today()
        for day, station in self._ahead:
            self.note(station, min(day, today))
        self._ahead = {(day, station) for day, station in self._ahead if day > today}

    def _today(self) -> date:
        return self._days.of(self._now_ms())
