"""Store or spool: what becomes of a batch while the store fails in each of its ways. The spool's files are real."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from ingest.model import Reading
from ingest.outlet import Drained, Outlet
from ingest.ports import RejectedByStore, StoreMisconfigured, TransientStoreError
from ingest.spool import Spool
from tests.ingest.test_spool import full_disk, opened, reading

PLENTY = 1 << 30


class FailingStore:
    """Keeps readings by name; fails as it is told to. Stands for a server that a test cannot make refuse one line."""

    def __init__(self) -> None:
        self.kept: dict[tuple[int, int], Reading] = {}
        self.failure: Exception | None = None
        self.refused_seqs: set[int] = set()
        self.tries = 0
        self.tried = asyncio.Event()

    async def open(self) -> None:
        """Nothing to open."""

    async def write(self, readings: Sequence[Reading], *, has_waited: bool = False) -> None:  # noqa: ARG002 - the port's
        """See the port."""
        self.tries += 1
        self.tried.set()
        if self.failure is not None:
            raise self.failure
        bad = [(one, "type conflict") for one in readings if one.body.seq in self.refused_seqs]
        self.kept |= {(one.body.boot, one.body.seq): one for one in readings if one.body.seq not in self.refused_seqs}
        if bad:
            raise RejectedByStore(bad)

    async def stored_since(self, _since_ms: int) -> AsyncIterator[Reading]:
        """Not asked here."""
        for one in self.kept.values():
            yield one

    async def of_station(self, *_asked: object) -> AsyncIterator[Reading]:
        """Not asked here."""
        for one in self.kept.values():
            yield one

    async def close(self) -> None:
        """Nothing to close."""


class World:
    """An outlet on a clock that only waiting moves."""

    def __init__(self, folder: Path, max_bytes: int = PLENTY) -> None:
        self.now_ms = 1_000_000
        self.store = FailingStore()
        self.drained: list[Drained] = []
        self.spool = Spool(folder, max_bytes)
        self.outlet = Outlet(self.store, self.spool, lambda: self.now_ms, sleep=self._sleep)

    async def _take(self, drained: Drained) -> None:
        self.drained.append(drained)

    async def _sleep(self, seconds: float) -> None:
        self.now_ms += int(seconds * 1000) + 1
        await asyncio.sleep(0)

    async def drain_until_empty(self) -> None:
        """Run the drain for as long as something waits."""
        task = asyncio.create_task(self.outlet.drain(self._take))
        async with asyncio.timeout(20):
            while not self.spool.is_empty or not self.outlet.check.ok or self.outlet.check.is_degraded:  # noqa: ASYNC110 - a thread works here
                await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    @property
    def seqs(self) -> list[int]:
        """What the store has."""
        return sorted(seq for _, seq in self.store.kept)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Open."""
    made = World(tmp_path / "spool")
    await made.outlet.open()
    yield made
    await made.outlet.close()


async def test_store_that_works_is_all_that_is_used(world: World) -> None:
    """No spool, no waiting."""
    kept = await world.outlet.keep([reading(1)])
    assert (kept.is_spooled, world.seqs, world.spool.readings) == (False, [1], 0)
    assert world.outlet.check.ok


async def test_short_failure_is_waited_for(world: World) -> None:
    """Within the set time the store is tried again, and the spool is not touched."""
    world.store.failure = TransientStoreError("503")
    task = asyncio.create_task(world.outlet.keep([reading(1)]))
    await world.store.tried.wait()
    world.store.failure = None
    assert (await task).is_spooled is False
    assert world.seqs == [1]


async def test_long_failure_goes_to_the_spool_at_once_from_then_on(world: World) -> None:
    """After the set time batches are on disk without asking the store; readiness says degraded, and how many wait."""
    world.store.failure = TransientStoreError("no connection")
    assert (await world.outlet.keep([reading(1)])).is_spooled
    tries = world.store.tries
    assert (await world.outlet.keep([reading(2)])).is_spooled
    assert world.store.tries == tries
    check = world.outlet.check
    assert (check.ok, check.is_degraded) == (True, True)
    assert "no connection" in check.detail


async def test_misconfigured_store_is_not_waited_for(world: World) -> None:
    """A wrong token is no passing trouble: the first batch is spooled at once."""
    world.store.failure = StoreMisconfigured("the token is wrong")
    assert (await world.outlet.keep([reading(1)])).is_spooled
    assert world.store.tries == 1


async def test_spool_drains_oldest_first_and_is_told_of(world: World) -> None:
    """When the store is back all that waited is stored, told in order, and new batches go straight to the store."""
    world.store.failure = TransientStoreError("no connection")
    for seq in (1, 2, 3):
        await world.outlet.keep([reading(seq)])
    world.store.failure = None
    await world.drain_until_empty()
    assert world.seqs == [1, 2, 3]
    assert [one.body.seq for drained in world.drained for one in drained.stored] == [1, 2, 3]
    assert (await world.outlet.keep([reading(4)])).is_spooled is False
    assert (world.outlet.check.ok, world.outlet.check.is_degraded) == (True, False)


async def test_refused_point_becomes_a_letter_live_and_drained(world: World) -> None:
    """One bad point is told with its reason, and all others of its batch are stored, on both ways."""
    world.store.refused_seqs = {2, 5}
    kept = await world.outlet.keep([reading(1), reading(2)])
    assert [(letter.seq, letter.reason) for letter in kept.letters] == [(2, "rejected_by_store")]
    world.store.failure = TransientStoreError("no connection")
    await world.outlet.keep([reading(4), reading(5)])
    world.store.failure = None
    await world.drain_until_empty()
    assert world.seqs == [1, 4]
    assert [letter.seq for drained in world.drained for letter in drained.letters] == [5]


async def test_full_spool_waits_and_says_so(tmp_path: Path) -> None:
    """At the bound nothing is kept that is not durable: `keep` does not return until there is room or the store."""
    world = World(tmp_path / "spool", max_bytes=300)
    await world.outlet.open()
    world.store.failure = TransientStoreError("no connection")
    assert (await world.outlet.keep([reading(1)])).is_spooled
    blocked = asyncio.create_task(world.outlet.keep([reading(2), reading(3)]))
    async with asyncio.timeout(20):
        while "reading has stopped" not in world.outlet.check.detail:  # noqa: ASYNC110 - a thread works here
            await asyncio.sleep(0.001)
    assert (blocked.done(), world.outlet.check.ok) == (False, False)
    world.store.failure = None
    assert (await blocked).is_spooled is False
    await world.drain_until_empty()
    assert world.seqs == [1, 2, 3]
    await world.outlet.close()


async def test_full_disk_is_waited_for_without_a_spinning_loop(world: World) -> None:
    """No room at all and no store: tries grow with the waits, and nothing is said to be durable."""
    world.store.failure = TransientStoreError("no connection")
    with full_disk(10):
        blocked = asyncio.create_task(world.outlet.keep([reading(1)]))
        async with asyncio.timeout(20):
            while world.now_ms < 1_200_000:  # noqa: ASYNC110 - a thread works here
                await asyncio.sleep(0.001)
        assert not blocked.done()
        # 200 s at waits of up to 15 s: some thirty tries, not thousands.
        assert world.store.tries < 300
    world.store.failure = None
    await blocked
    await world.drain_until_empty()
    assert world.seqs == [1]


async def test_restart_finds_what_waited(world: World, tmp_path: Path) -> None:
    """The spool of an earlier process is drained by the next one."""
    world.store.failure = TransientStoreError("no connection")
    await world.outlet.keep([reading(1), reading(2)])
    next_one = World(tmp_path / "spool")
    await next_one.outlet.open()
    assert next_one.spool.readings == 2
    await next_one.drain_until_empty()
    assert next_one.seqs == [1, 2]
    await next_one.outlet.close()
    assert opened(tmp_path / "spool").is_empty
