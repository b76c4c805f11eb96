"""The pipeline's edges: what a quiet reading costs the database, and what an error of our own does."""

import asyncio

import pytest

from ingest.decode import ClockBounds, Reason, Refused, dead_letter
from ingest.model import Kind
from tests.ingest.making import NOW_MS, document, message
from tests.ingest.world import World, make_books, running


async def test_quiet_readings_write_no_ledger_row_outside_a_sweep() -> None:
    """A reading that moves no meter costs the database nothing until the checkpoint sweeps, and then only one row."""
    world = World(make_books(["st-1"]))
    async with running(world):
        for seq in range(1, 6):
            world.clock.now_ms += 10
            world.take(message(Kind.OCCUPANCY, document(seq=seq, ts=NOW_MS + seq), station="st-1"))
            await world.idle()
        assert [len(batch.rows) for batch in world.keeper.kept if batch.readings] == [1, 0, 0, 0, 0]
        assert not any(batch.ends for batch in world.keeper.kept)
        world.clock.now_ms += 60_000
        world.take(message(Kind.EXCHANGE, document(Kind.EXCHANGE), station="st-1"))
        await world.idle()
    ends = [row.last.seq for batch in world.keeper.kept for row in batch.ends]
    assert ends == [5]


async def test_error_of_our_own_ends_the_pipeline_before_anything_is_kept() -> None:
    """A bug in a step keeps nothing more and acknowledges nothing more: all of it comes again to the next process."""
    world = World(make_books(["st-1"]))
    task = asyncio.create_task(world.pipeline.run())
    world.take(message(Kind.OCCUPANCY, document(seq=1), station="st-1"))
    await world.idle()
    kept, acked = len(world.keeper.kept), list(world.edge.acked_ids)
    world.books.quality = None  # type: ignore[assignment]  # as a bug would have it
    world.take(message(Kind.OCCUPANCY, document(seq=2), station="st-1"))
    world.take(message(Kind.OCCUPANCY, document(seq=3), station="st-1"))
    with pytest.raises(AttributeError):
        await task
    assert (len(world.keeper.kept), list(world.edge.acked_ids)) == (kept, acked)
    assert not world.edge.is_reading


async def test_error_of_our_own_just_before_a_stop_keeps_nothing_either() -> None:
    """The store is slow, a step fails, then comes the stop: half a reading must not look like one that was taken."""
    world = World(make_books(["st-1"]))
    task = asyncio.create_task(world.pipeline.run())
    world.keeper.gate.clear()
    world.take(message(Kind.OCCUPANCY, document(seq=1), station="st-1"))
    await world.keeper.has_begun(1)
    quality, world.books.quality = world.books.quality, None  # type: ignore[assignment]  # as a bug would have it
    world.take(message(Kind.OCCUPANCY, document(seq=2), station="st-1"))
    world.books.quality = quality
    world.pipeline.stop()
    world.keeper.gate.set()
    with pytest.raises(AttributeError):
        await task
    assert [len(batch.readings) for batch in world.keeper.kept] == [1]


async def test_a_replay_that_fails_ends_the_pipeline_too() -> None:
    """It holds the same books."""
    world = World(make_books(["st-1"]))
    task = asyncio.create_task(world.pipeline.run())
    world.books.quality = None  # type: ignore[assignment]  # as a bug would have it
    sent = message(Kind.OCCUPANCY, document(seq=1))
    letter = dead_letter(Refused(Reason.TOO_MANY_UNREGISTERED, "once", "st-1"), sent.topic, sent.payload, NOW_MS)
    with pytest.raises(AttributeError):
        await world.pipeline.replay(letter, ClockBounds())
    with pytest.raises(AttributeError):
        await task


async def test_acks_of_connections_that_are_gone_do_not_pile_up() -> None:
    """Behind a store that is away, each reconnect brings the same messages under new numbers: only the last can go."""
    async with running(World()) as world:
        world.keeper.gate.clear()
        world.take(message(Kind.OCCUPANCY, document(seq=1), station="st-1"), connection=1)
        await world.keeper.has_begun(1)
        for connection in range(2, 30):
            world.edge.connection = connection
            again = (message(Kind.OCCUPANCY, document(seq=seq), station="st-1", packet_id=seq) for seq in (1, 2))
            world.take(*again, connection=connection)
        assert sum(len(ids) for ids in world.pipeline._steps.batch.acks.values()) == 2
        world.keeper.gate.set()
        await world.idle()
    assert world.edge.acked[-1] == (29, [b"\x00\x01", b"\x00\x02"])
    assert world.books.accounting.balance == 0
