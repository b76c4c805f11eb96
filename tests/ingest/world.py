"""The path of a reading put together for tests: real books, with a clock, an edge and a keeper that the test holds.

Enters: messages of stations. Leaves: what was kept, acknowledged and published, in the order in which it happened.
Never: a broker or a database; those tests put the real ones in place of these.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from typing import Any, Final

from gateway.frames import Message
from gateway.payloads import Receipt, Rejected
from gateway.session import Delivery
from ingest.accounting import Accounting
from ingest.batch import Batch
from ingest.checkpoint import Checkpoint
from ingest.decode import ClockBounds
from ingest.live.picture import LivePicture
from ingest.model import DeadLetter, Kind, Quality, RegionDay, Station
from ingest.outlet import Kept
from ingest.pipeline import Pipeline
from ingest.quality import QualityBook
from ingest.receipts import Receipts
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from ingest.steps import Books
from ingest.visits.ledger import Ledger
from ingest.visits.local_day import LocalDays
from tests.ingest.making import MINUTE_MS, NOW_MS

REGIONS: Final = load_regions()
DAYS: Final = LocalDays("Asia/Shanghai")
WAIT_S: Final = 10.0


class Clock:
    """The platform's clock, moved by hand."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        """The time."""
        return self.now_ms


def no_visits(_region: str | None) -> tuple[RegionDay, RegionDay]:
    """For summaries that nobody asks for."""
    day = RegionDay(date(2026, 11, 22), 0, 0, Quality.PROVISIONAL, {})
    return day, day


def make_books(stations: Sequence[str] = ("st-1", "st-2", "st-3"), now_ms: int = NOW_MS) -> Books:
    """Empty books of a platform that has these stations in its registry."""
    entries = [Station(station, "驿站", 39.9, 116.4, "110000", None, "110105") for station in stations]
    return Books(
        ClockBounds(),
        LivePicture(MemoryRegistry(REGIONS, entries), MINUTE_MS, no_visits),
        Ledger(DAYS),
        QualityBook(),
        Receipts(),
        Checkpoint(now_ms),
        Accounting(),
    )


class RecordingEdge:
    """Stands for the session: notes what it is told."""

    def __init__(self) -> None:
        self.connection = 1
        self.acked: list[tuple[int, list[bytes]]] = []
        self.published: list[tuple[str, bytes, int]] = []
        self.is_reading = True
        self.pauses = 0

    def ack(self, connection: int, packet_ids: list[bytes]) -> bool:
        """Only of the connection that stands."""
        if connection != self.connection:
            return False
        self.acked.append((connection, packet_ids))
        return True

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Note it."""
        assert not retain
        self.published.append((topic, payload, qos))

    def pause(self) -> None:
        """Note it."""
        assert self.is_reading
        self.is_reading = False
        self.pauses += 1

    def resume(self) -> None:
        """Note it."""
        assert not self.is_reading
        self.is_reading = True

    @property
    def acked_ids(self) -> list[int]:
        """All packet ids, in the order in which they were acknowledged."""
        return [int.from_bytes(packet_id, "big") for _, ids in self.acked for packet_id in ids]

    def receipts(self, station: str = "st-1") -> list[Receipt]:
        """What a station was told that it may trim."""
        topic = f"yizhan/v1/{station}/receipt"
        return [Receipt.model_validate_json(payload, strict=False) for to, payload, _ in self.published if to == topic]

    def rejections(self, station: str = "st-1") -> list[Rejected]:
        """What a station was told that is wrong."""
        topic = f"yizhan/v1/{station}/rejected"
        return [Rejected.model_validate_json(payload) for to, payload, _ in self.published if to == topic]


class GatedKeeper:
    """Keeps batches in memory, each when the test lets it."""

    def __init__(self) -> None:
        self.begun: list[Batch] = []
        """What was handed over, the one that is waiting included."""
        self.kept: list[Batch] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.refuse: Callable[[Batch], Sequence[DeadLetter]] = lambda _batch: ()
        self._changed = asyncio.Event()

    async def keep(self, batch: Batch) -> Kept:
        """Return when the gate is open."""
        self.begun.append(batch)
        self._changed.set()
        await self.gate.wait()
        added = self.refuse(batch)
        self.kept.append(batch)
        self._changed.set()
        return Kept(letters=added)

    async def has_begun(self, count: int) -> None:
        """Wait for so many batches to have been handed over."""
        async with asyncio.timeout(WAIT_S):
            while len(self.begun) < count:
                self._changed.clear()
                await self._changed.wait()


class World:
    """A pipeline that runs, and all that stands around it."""

    def __init__(self, books: Books | None = None) -> None:
        self.clock = Clock()
        self.books = books or make_books()
        self.edge = RecordingEdge()
        self.keeper = GatedKeeper()
        self.pipeline = Pipeline(self.books, self.edge, self.keeper, self.clock)

    def take(self, *messages: Message, connection: int = 1) -> None:
        """One wake-up of the session."""
        self.pipeline.take(Delivery(connection, list(messages)))

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Let the pipeline run until something is so."""
        async with asyncio.timeout(WAIT_S):
            while not is_so():  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0)

    async def idle(self) -> None:
        """Return when everything that was taken is kept."""
        await self.until(lambda: not self.books.accounting.in_flight)
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def running(world: World) -> AsyncIterator[World]:
    """Let the pipeline run inside the block; stopped in order behind it."""
    task = asyncio.create_task(world.pipeline.run())
    try:
        yield world
        world.keeper.gate.set()
        world.pipeline.stop()
        await asyncio.wait_for(task, WAIT_S)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def kept_names(batches: Sequence[Batch]) -> list[tuple[str, Kind, Any, Any]]:
    """The readings of batches, by name and in order."""
    return [(one.station, one.kind, one.body.boot, one.body.seq) for batch in batches for one in batch.readings]
