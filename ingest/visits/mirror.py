"""Published counts beside the readings, in the store of readings: for whoever looks at them there, as a dashboard does.

Enters: counts as they are published. Leaves: the newest of each station and day in the store. Never: what the public is
told, which the operational database alone knows; waits for nobody, and nobody waits for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Final, TypeVar

from gateway.failure_log import FailureLog
from ingest.database import checkpoints, day_counts
from ingest.database.database import Database
from ingest.model import DayCount
from ingest.outlet import FIRST_WAIT_S, Sleep, next_wait
from ingest.ports import CountsSink, StoreMisconfigured, TransientStoreError
from ingest.visits.local_day import LocalDays

log = logging.getLogger(__name__)

T = TypeVar("T")

PAUSE_S: Final = 10.0
"""Between two rounds. Larger: a dashboard is behind the page for longer. Smaller: a count that moves with every reading
is written over and over."""
AT_ONCE: Final = 5_000
"""Counts of one write. Larger: readings wait for it in the same server. Smaller: more requests."""
MARGIN_MS: Final = 120_000
"""A count bears the instant at which its publishing began, and is noted when that ends: as for rows of the ledger."""
MIRRORED_MARK: Final = "counts mirrored"
"""Name of the checkpoint: all that was published before this instant (ms) is in the store of readings."""


class CountsMirror:
    """`note` what is published; `run` writes it, and first what an earlier process had not written yet.

    `look_back`: the oldest day that is looked at then, before the day of the checkpoint, or before today without one.
    """

    def __init__(
        self,
        sink: CountsSink,
        database: Database,
        days: LocalDays,
        now_ms: Callable[[], int],
        look_back: timedelta,
        process: str | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._sink = sink
        self._database = database
        self._days = days
        self._now_ms = now_ms
        self._look_back = look_back
        self._mark_name = checkpoints.name_of(MIRRORED_MARK, process)
        self._sleep = sleep
        self._waiting: dict[tuple[str, date], DayCount] = {}
        self._wake = asyncio.Event()
        self._failures = FailureLog(log, "counts beside the readings")

    @property
    def waiting(self) -> int:
        """Counts that are newer here than in the store."""
        return len(self._waiting)

    def note(self, counts: Sequence[DayCount]) -> None:
        """These were published."""
        for count in counts:
            self._waiting[count.station, count.day] = count
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled; however long the store is away, the newest count of each station and day waits for it."""
        await self._catch_up()
        while True:
            await self._wake.wait()
            self._wake.clear()
            began_ms = self._now_ms()
            counts, self._waiting = list(self._waiting.values()), {}
            await self._write(counts)
            await self._tried(lambda: self._set_mark(began_ms))  # noqa: B023 - awaited at once
            await self._sleep(PAUSE_S)

    async def _catch_up(self) -> None:
        mark = await self._tried(lambda: self._database.read(partial(checkpoints.read, name=self._mark_name)))
        since_ms = 0 if mark is None else int(mark) - MARGIN_MS
        day = self._days.of(self._now_ms() if mark is None else since_ms) - self._look_back
        # A station's clock may be ahead by a day.
        while day <= self._days.of(self._now_ms()) + timedelta(days=1):
            find = partial(day_counts.published_since, day=day, since_ms=since_ms)
            await self._write(await self._tried(lambda: self._database.read(find)))  # noqa: B023 - awaited at once
            day += timedelta(days=1)

    async def _write(self, counts: Sequence[DayCount]) -> None:
        for start in range(0, len(counts), AT_ONCE):
            some = counts[start : start + AT_ONCE]
            await self._tried(lambda: self._sink.write_counts(some))  # noqa: B023 - awaited at once

    async def _set_mark(self, began_ms: int) -> None:
        await self._database.run(partial(checkpoints.write, name=self._mark_name, value=str(began_ms)))

    async def _tried(self, do: Callable[[], Awaitable[T]]) -> T:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                done = await do()
            except (TransientStoreError, StoreMisconfigured) as error:
                self._failures.failed(f"{error}; counts wait, what is told to the public is not touched by it")
                wait_s = await next_wait(self._sleep, wait_s, error)
            else:
                self._failures.worked()
                return done
