"""The path of a reading on real files, and a broker that sends again what was not acknowledged: for crashes.

Enters: a folder, the messages of some stations. Leaves: what is durable at the end.
Never: an ack that the platform did not give.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import select

from gateway.frames import Message
from gateway.session import Delivery
from ingest.batch import Batch
from ingest.database.database import Database
from ingest.database.tables import DEAD_LETTER, LEDGER
from ingest.keeper import StoreKeeper
from ingest.model import Kind, Reading
from ingest.outlet import Drained, Kept, Outlet
from ingest.pipeline import Pipeline
from ingest.ports import TransientStoreError
from ingest.restore import restore, restore_rest
from ingest.spool import Spool
from ingest.steps import Books
from ingest.store.sqlite import SqliteReadingStore
from tests.ingest.making import MINUTE_MS, NOW_MS, document, message
from tests.ingest.world import DAYS, Clock, RecordingEdge, make_books

STATIONS: Final = ("st-1", "st-2", "st-3")
DAY_MS: Final = 1440 * MINUTE_MS


class Crash(BaseException):
    """The process ends here: nothing that follows happens."""


Trap = Callable[[str], None]
"""Called at each point at which a process may end; ends it by raising `Crash`."""


def nowhere(_point: str) -> None:
    """No trap."""


class TrappedStore(SqliteReadingStore):
    """The real store, with a trap behind its write, and a link that can be cut."""

    trap: Trap
    is_away = False

    async def write(self, readings: Sequence[Reading], *, has_waited: bool = False) -> None:
        """See the port."""
        self._reach()
        # What waited is written by a task of its own, where a crash would not be the end of the others.
        trap = self.trap if not has_waited else nowhere
        trap("before the store")
        await super().write(readings, has_waited=has_waited)
        trap("after the store")

    async def stored_since(self, since_ms: int) -> AsyncIterator[Reading]:
        """See the port. It may go away between two readings."""
        self._reach()
        async for reading in super().stored_since(since_ms):
            self._reach()
            yield reading

    def _reach(self) -> None:
        if self.is_away:
            raise TransientStoreError("cut off")


class TrappedKeeper(StoreKeeper):
    """The real keeper, with a trap before the acks."""

    trap: Trap

    async def keep(self, batch: Batch) -> Kept:
        """See the pipeline."""
        kept = await super().keep(batch)
        self.trap("before the ack")
        return kept


class Platform(NamedTuple):
    """One life of the platform."""

    books: Books
    edge: RecordingEdge
    pipeline: Pipeline
    mended: int
    store: TrappedStore
    spool: Spool
    rest: asyncio.Task[int] | None
    """What takes in again what the start could not read; None where it could."""


@contextlib.asynccontextmanager
async def alive(folder: Path, clock: Clock, trap: Trap, *, is_away: bool = False) -> AsyncIterator[Platform]:
    """A platform on the files of this folder, restored; its files are closed at the end as a kill would close them.

    `is_away`: the store cannot be reached at the start.
    """
    database = Database(f"sqlite:///{folder}/yizhan.db")
    store = TrappedStore(folder / "readings.db")
    store.trap = trap
    await database.open()
    await store.open()
    try:
        store.is_away = is_away
        spool = Spool(folder / "spool", 1 << 30)
        books, outlet = make_books(STATIONS, clock.now_ms), Outlet(store, spool, clock, 0, _at_once)
        books.accounting.recover(await outlet.open())
        if is_away:
            outlet.begin_away(TransientStoreError("cut off"))
        readable = None if is_away else store
        restored = await restore(books, database, readable, outlet.waiting(), DAYS.of(clock()), clock(), MINUTE_MS)
        keeper = TrappedKeeper(outlet, database, lambda *_: None, clock)
        keeper.trap = trap
        edge = RecordingEdge()
        pipeline, since_ms = Pipeline(books, edge, keeper, clock), restored.unread_since_ms
        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(outlet.drain(_drained_into(keeper, pipeline)))]
        rest = None
        if since_ms is not None:
            taking = restore_rest(books, store, since_ms, pipeline.take_again, outlet.note_answer, _at_once)
            rest = asyncio.create_task(taking)
            tasks.append(rest)
        try:
            yield Platform(books, edge, pipeline, restored.readings, store, spool, rest)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        await outlet.close()
        await store.close()
        await database.close()


async def _at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


def _drained_into(keeper: StoreKeeper, pipeline: Pipeline) -> Callable[[Drained], Coroutine[Any, Any, None]]:
    async def on_drained(drained: Drained) -> None:
        await keeper.keep_letters(drained.letters)
        pipeline.drained(drained)

    return on_drained


async def feed(
    platform: Platform,
    clock: Clock,
    messages: Sequence[tuple[int, Message]],
    step: int,
    is_back_after: int | None = None,
) -> None:
    """Deliver messages, so many at a time, each chunk a second later, then stop; raises what the trap raises.

    After `is_back_after` chunks a store that was away is back, at the latest before the stop, and it ends when all of
    the past is taken in and stored. None: the store stays as it is.
    """
    task = asyncio.create_task(platform.pipeline.run())
    try:
        for turn, start in enumerate(range(0, len(messages), step)):
            if turn == is_back_after:
                platform.store.is_away = False
            clock.now_ms += 1000
            chunk = [one._replace(packet_id=(number + 1).to_bytes(2, "big")) for number, one in messages[start:][:step]]
            platform.pipeline.take(Delivery(1, chunk))
            wanted = len(platform.edge.acked_ids) + len(chunk)
            while len(platform.edge.acked_ids) < wanted and not task.done():  # noqa: ASYNC110 - no event tells of an ack
                await asyncio.sleep(0)
            if task.done():
                break
        clock.now_ms += 1000
        if is_back_after is not None and not task.done():
            platform.store.is_away = False
            if platform.rest is not None:
                await platform.rest
            while not platform.spool.is_empty:  # noqa: ASYNC110 - a thread empties it
                await asyncio.sleep(0)
        platform.pipeline.stop()
    finally:
        await asyncio.gather(task, return_exceptions=True)
    failure = task.exception()
    if failure is not None:
        raise failure


class Durable(NamedTuple):
    """What is on disk."""

    readings: list[tuple[str, Kind, Any, bytes]]
    rows: list[Any]
    letters: set[tuple[Any, ...]]
    """Topic, payload, reason. A set: a message that comes again after a crash is kept again."""


LETTERS: Final = select(DEAD_LETTER.c.topic, DEAD_LETTER.c.payload, DEAD_LETTER.c.reason)
ROWS: Final = select(*(column for column in LEDGER.columns if column.name != "updated_ms"))


async def durable(folder: Path) -> Durable:
    """Everything that counts, in an order of its own."""
    database, store = Database(f"sqlite:///{folder}/yizhan.db"), SqliteReadingStore(folder / "readings.db")
    await database.open()
    await store.open()
    readings = [
        (one.station, one.kind, one.body, one.payload)
        for station in STATIONS
        for kind in Kind
        async for one in store.of_station(station, kind, 0, 2**45)
    ]
    rows = await database.read(lambda c: [tuple(row) for row in c.execute(ROWS)])
    letters = await database.read(lambda c: c.execute(LETTERS).all())
    await store.close()
    await database.close()
    return Durable(
        sorted(readings, key=lambda one: (one[0], one[1], one[2].boot, one[2].seq)),
        sorted(rows),
        {tuple(letter) for letter in letters},
    )


class _Hardware:
    """One station's door, flash and memory, driven by chance."""

    def __init__(self, station: str, chance: random.Random) -> None:
        self.station = station
        self.chance = chance
        self.meter = {"boot": 1, "seq": 0, "entered": 0, "epoch": 1}
        self.held: list[dict[str, Any]] = []
        """Readings that it could not send."""

    def minute(self, ts_ms: int) -> Iterator[Message]:
        """What it sends in a minute."""
        yield from self._event(ts_ms)
        self.meter["seq"] += 1
        self.meter["entered"] += self.chance.choice([0, 0, 0, 1, 2])
        numbers: dict[str, Any] = dict(self.meter)
        fields = document(ts=ts_ms, left=0, **numbers)
        if self.chance.random() < 0.2:
            self.held.append({"kind": "occupancy", **fields})
            return
        if self.held and self.chance.random() < 0.5:
            yield message("backlog", {"readings": self.held}, self.station)
            self.held = []
        yield message(Kind.OCCUPANCY, fields, self.station)
        if self.chance.random() < 0.1:
            shelf = document(Kind.EXCHANGE, ts=ts_ms, boot=self.meter["boot"], seq=self.meter["seq"])
            yield message(Kind.EXCHANGE, shelf, self.station)

    def _event(self, ts_ms: int) -> Iterator[Message]:
        """Mostly none: a reboot, a new counter, a will, nonsense."""
        event = self.chance.random()
        if event < 0.05:
            self.meter |= {"boot": self.meter["boot"] + 1, "seq": 0}
            yield message("state", {"online": True, "boot": self.meter["boot"], "ts": ts_ms}, self.station)
        elif event < 0.08:
            self.meter |= {"epoch": self.meter["epoch"] + 1, "entered": 0}
        elif event < 0.12:
            yield message("state", {"online": False, "boot": self.meter["boot"]}, self.station)
        elif event < 0.15:
            yield message(Kind.OCCUPANCY, self.chance.choice([b"", b"{}", b"\xff"]), self.station)


def history(seed: int, minutes: int = 40) -> list[Message]:
    """What three stations send around a midnight: visits, reboots, new epochs, backlogs, births, wills, nonsense."""
    chance = random.Random(seed)
    stations = [_Hardware(station, chance) for station in STATIONS]
    begin_ms = DAYS.start_ms(date(2026, 11, 23)) - minutes // 2 * MINUTE_MS
    sent: list[Message] = []
    for minute in range(minutes):
        for station in stations:
            sent += station.minute(begin_ms + minute * MINUTE_MS)
            if sent and chance.random() < 0.1:  # the broker gives one again
                sent.append(chance.choice(sent))
    return sent


BEGIN_MS: Final = DAYS.start_ms(date(2026, 11, 23)) + 60 * MINUTE_MS
"""When the platform receives all this: behind the last of it, within the bounds of clocks."""

assert abs(BEGIN_MS - NOW_MS) < 30 * DAY_MS
