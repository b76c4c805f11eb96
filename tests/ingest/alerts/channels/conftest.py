"""Fake services on free loopback ports, and senders that know only their addresses."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import ClientSession, web

from ingest.alerts.channels.registry import sender_of
from ingest.alerts.channels.sender import Sender, Surroundings
from ingest.alerts.work import ChannelKind, ChannelSetting
from tests.ingest.alerts.channels.fakes import FakeService
from tests.ingest.alerts.messages import NOW_MS, channel

Open = Callable[[ChannelKind], Awaitable[tuple[FakeService, ChannelSetting]]]


@pytest.fixture
async def surroundings() -> AsyncIterator[Surroundings]:
    """The world of senders, with a clock that stands still."""
    async with ClientSession() as http:
        yield Surroundings(http, now_ms=lambda: NOW_MS, timeout_s=5.0)


@pytest.fixture
async def service() -> AsyncIterator[Open]:
    """Starts a fake service; gives it and the setting of a channel that reaches it."""
    async with AsyncExitStack() as stack:

        async def start(kind: ChannelKind) -> tuple[FakeService, ChannelSetting]:
            fake = FakeService(kind)
            runner = web.AppRunner(fake.app(), access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            stack.callback(fake.release)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            return fake, channel(kind, f"http://{host}:{port}")

        yield start


@pytest.fixture
def make(surroundings: Surroundings) -> Callable[[ChannelSetting], Sender]:
    """The sender of a setting, by the registry."""
    return lambda setting: sender_of(setting, surroundings)
