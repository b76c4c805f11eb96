"""A server that is struck comes back by itself, and only if it was struck by us."""

import asyncio
import signal
from random import Random

import pytest

from bench.watched_server import WatchedServer
from gateway.broker import EmbeddedBroker

pytestmark = pytest.mark.broker


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_struck_server_serves_again(embedded_broker: EmbeddedBroker, how: signal.Signals) -> None:
    """Another process on the same ports; while it is away it cannot be struck."""
    watched = WatchedServer(embedded_broker, Random(1))
    keeping = asyncio.create_task(watched.keep_up())
    before = embedded_broker.pid
    assert watched.strike(how)
    assert not watched.strike(how)
    await watched.up()
    assert embedded_broker.pid not in {None, before}
    assert embedded_broker.answers()
    keeping.cancel()


async def test_server_struck_while_it_starts_is_started_again(embedded_broker: EmbeddedBroker) -> None:
    """A blow in the middle of a start is not taken for a server that cannot start."""
    watched = WatchedServer(embedded_broker, Random(1))
    keeping = asyncio.create_task(watched.keep_up())
    assert watched.strike(signal.SIGKILL)
    while not watched.strike(signal.SIGKILL):  # noqa: ASYNC110 - the instant at which its process is there has no event
        await asyncio.sleep(0.001)
    await watched.up()
    assert embedded_broker.answers()
    keeping.cancel()


async def test_server_that_cannot_start_is_told(embedded_broker: EmbeddedBroker) -> None:
    """What is not our doing ends the watch with the server's own words."""
    watched = WatchedServer(embedded_broker, Random(1))
    keeping = asyncio.create_task(watched.keep_up())
    embedded_broker.port = 70_000  # there is no such port
    assert watched.strike(signal.SIGKILL)
    with pytest.raises(RuntimeError, match="embedded broker"):
        await keeping
