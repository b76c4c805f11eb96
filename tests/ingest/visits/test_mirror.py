"""The mirror of published counts: behind a store that fails, over restarts, and never older than what it wrote."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from functools import partial

import pytest

from ingest.database import checkpoints, day_counts
from ingest.database.database import Database
from ingest.database.day_counts import Published
from ingest.model import DayCount, Quality
from ingest.ports import StoreMisconfigured, TransientStoreError
from ingest.visits.mirror import MARGIN_MS, MIRRORED_MARK, CountsMirror
from tests.ingest.visits.conftest import DAYS, TODAY, Clock

LOOK_BACK = timedelta(days=3)


class Sink:
    """Keeps counts by station and day; fails by a script first."""

    def __init__(self, *failures: Exception) -> None:
        self.counts: dict[tuple[str, date], int] = {}
        self.written = 0
        self.changed = asyncio.Event()
        self.rested = asyncio.Event()
        """A round is over, its mark set."""
        self._failures = list(failures)

    async def write_counts(self, counts: Sequence[DayCount]) -> None:
        """See the port."""
        if self._failures:
            raise self._failures.pop(0)
        self.written += len(counts)
        self.counts |= {(count.station, count.day): count.visits for count in counts}
        self.changed.set()


def count(visits: int, station: str = "bj-1", day: date = TODAY) -> DayCount:
    """Visits of a day."""
    return DayCount(station, day, visits, 0, Quality.PROVISIONAL)


@contextlib.asynccontextmanager
async def running(sink: Sink, database: Database, clock: Clock) -> AsyncIterator[CountsMirror]:
    """A mirror at work that rests for no longer than one turn of the loop, and says so to the sink."""

    async def rest(_seconds: float) -> None:
        sink.rested.set()
        await asyncio.sleep(0)

    mirror = CountsMirror(sink, database, DAYS, clock, LOOK_BACK, sleep=rest)
    work = asyncio.create_task(mirror.run())
    try:
        yield mirror
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


async def has(sink: Sink, counts: dict[tuple[str, date], int]) -> None:
    """Wait until the sink holds this."""
    async with asyncio.timeout(10):
        while sink.counts != counts:
            sink.changed.clear()
            await sink.changed.wait()


async def publish(database: Database, clock: Clock, *counts: DayCount) -> None:
    """As the book of visits does."""
    found = [Published(one, is_complete=False, published_ms=clock()) for one in counts]
    await database.run(lambda connection: day_counts.upsert(connection, found))


async def test_the_newest_count_is_written(database: Database, clock: Clock) -> None:
    """Of a count that moves three times between two rounds only the last is written."""
    sink = Sink()
    async with running(sink, database, clock) as mirror:
        for visits in (1, 2, 3):
            mirror.note([count(visits)])
        mirror.note([count(7, "bj-2")])
        await has(sink, {("bj-1", TODAY): 3, ("bj-2", TODAY): 7})
        assert mirror.waiting == 0
    assert sink.written == 2


@pytest.mark.parametrize("error", [TransientStoreError("away"), StoreMisconfigured("no such bucket")])
async def test_a_store_that_fails_is_waited_for(
    database: Database, clock: Clock, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """However often: told once, and written in the end."""
    sink = Sink(*[error] * 5)
    async with running(sink, database, clock) as mirror:
        mirror.note([count(3)])
        await has(sink, {("bj-1", TODAY): 3})
    assert caplog.text.count(str(error)) == 1


async def test_what_a_crash_left_unwritten_is_written_by_the_next_process(database: Database, clock: Clock) -> None:
    """What was published since the last round, also of earlier days; what was written long before is left alone."""
    first, second = Sink(), Sink()
    yesterday = TODAY - timedelta(days=1)
    await publish(database, clock, count(4, "old"))
    async with running(first, database, clock) as mirror:
        await has(first, {("old", TODAY): 4})
        clock.now_ms += 2 * MARGIN_MS
        mirror.note([count(1)])
        await has(first, {("old", TODAY): 4, ("bj-1", TODAY): 1})
        await first.rested.wait()
    assert await database.read(partial(checkpoints.read, name=MIRRORED_MARK)) == str(clock())
    await publish(database, clock, count(2), count(9, "bj-2", yesterday))
    async with running(second, database, clock):
        await has(second, {("bj-1", TODAY): 2, ("bj-2", yesterday): 9})
