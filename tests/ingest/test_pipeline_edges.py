"""The pipeline's edges: what a quiet reading costs the database, and what an error of our own does."""

import asyncio

import pytest

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
