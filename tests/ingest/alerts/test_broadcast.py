"""Events reach every reader in order, and a slow reader only loses its own."""

import asyncio
from collections.abc import AsyncIterator

from ingest.alerts.broadcast import RESYNC, WAITING_MAX, Broadcast
from ingest.alerts.records import BoardEvent


async def started(broadcast: Broadcast) -> tuple[AsyncIterator[BoardEvent], asyncio.Future[BoardEvent]]:
    """A reader that waits for its first event."""
    reader = broadcast.follow()
    first = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)
    return reader, first


async def test_each_reader_has_all_events_in_order() -> None:
    """From the moment on at which it began to follow."""
    broadcast = Broadcast()
    broadcast.publish(BoardEvent("job", "before"))
    (one, first), (other, also_first) = await started(broadcast), await started(broadcast)
    broadcast.publish(BoardEvent("job", "st-1"))
    broadcast.publish(BoardEvent("alert", "st-2"))
    for reader, future in ((one, first), (other, also_first)):
        assert (await future).place == "st-1"
        assert (await anext(reader)).place == "st-2"


async def test_a_slow_reader_is_told_to_ask_anew_and_delays_nobody() -> None:
    """What it missed is gone, what follows is not; the other reader misses nothing."""
    broadcast = Broadcast()
    (slow, first), (quick, also_first) = await started(broadcast), await started(broadcast)
    broadcast.publish(BoardEvent("job", "first"))
    assert [(await first).place, (await also_first).place] == ["first", "first"]
    seen = []
    for number in range(WAITING_MAX + 2):
        broadcast.publish(BoardEvent("job", str(number)))
        seen.append((await anext(quick)).place)
    assert seen == [str(number) for number in range(WAITING_MAX + 2)]
    assert await anext(slow) == RESYNC
    assert (await anext(slow)).place == str(WAITING_MAX + 1)


async def test_closing_ends_all_who_follow() -> None:
    """A stop waits for no reader."""
    broadcast = Broadcast()
    reader, first = await started(broadcast)
    broadcast.close()
    try:
        await first
    except StopAsyncIteration:
        pass
    else:
        raise AssertionError("the reader should have ended")
    assert [event async for event in reader] == []
