"""A terminal, and a platform's HTTP side for the commands that ask one.

Enters: nothing. Leaves: `terminal`, and `served`: the small world of the API's tests behind a real socket.
Never: a broker.
"""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from aiohttp import web

from api.app import make_app
from tests.api.world import World, small_world
from tests.terminal import Terminal

START_WITHIN_S = 20.0


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    """A place to type commands, in an empty folder."""
    return Terminal(monkeypatch, capsys, tmp_path)


class Served(NamedTuple):
    """A world and where it answers."""

    world: World
    url: str


@pytest.fixture
def served() -> Iterator[Served]:
    """On a thread of its own, because a command has an event loop of its own."""
    world, ports, loop = small_world(), list[int](), asyncio.new_event_loop()
    is_up, is_over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        runner = web.AppRunner(make_app(world.platform()), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ports.append(runner.addresses[0][1])
        is_up.set()
        await is_over.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert is_up.wait(START_WITHIN_S)
    yield Served(world, f"http://127.0.0.1:{ports[0]}")
    loop.call_soon_threadsafe(is_over.set)
    thread.join()
    loop.close()
