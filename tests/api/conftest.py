"""A real server of the API on a free port, asked through its TCP socket."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import ClientSession, web

from api.app import make_app
from tests.api.world import World, small_world

ClientOf = Callable[[web.Application], Awaitable[ClientSession]]


@pytest.fixture
def world() -> World:
    """The small world, fresh for each test."""
    return small_world()


@pytest.fixture
async def app(world: World) -> web.Application:
    """The application over that world."""
    return make_app(world.platform())


@pytest.fixture
async def client_of() -> AsyncIterator[ClientOf]:
    """Starts an application on a free port and gives a client of it; paths are relative to the server."""
    async with AsyncExitStack() as stack:

        async def start(app: web.Application) -> ClientSession:
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            return await stack.enter_async_context(ClientSession(f"http://{host}:{port}"))

        yield start


@pytest.fixture
async def client(app: web.Application, client_of: ClientOf) -> ClientSession:
    """A client of the server that runs the application."""
    return await client_of(app)
