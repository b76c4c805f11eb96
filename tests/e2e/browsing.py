"""A real browser and a served site, for the tests of the pages.

Enters: an application. Leaves: an address, served from a thread of its own; Debian's chromium, driven by Playwright.
Never: a browser that is fetched from elsewhere, or that reaches another host.
"""

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import pytest
from aiohttp import web
from playwright.sync_api import Browser, sync_playwright

from api.app import make_app
from tests.api.world import World, small_world

WAIT_S: Final = 20.0
"""For what takes milliseconds; longer than it ever takes on a busy machine."""
SCREENSHOTS: Final = Path(__file__).parents[2] / "screenshots"
"""Left there to be looked at; git ignores it."""

_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; a test that wants it is skipped where it is not installed."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed; scripts/test installs it where it may")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*_FLAGS])
        try:
            yield browser
        finally:
            browser.close()


class Site:
    """An application, served on a free port by a thread until it is closed."""

    def __init__(self, make: Callable[[], web.Application]) -> None:
        self._make = make
        self._loop = asyncio.new_event_loop()
        self._runner: web.AppRunner | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="site")
        self.address = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self.address = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(WAIT_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_S)
        self._loop.close()

    def stop(self) -> None:
        """Be gone from the network, as a phone sees it that has none."""
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(WAIT_S)
            self._runner = None

    async def _start(self) -> str:
        self._runner = web.AppRunner(self._make(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"


@contextmanager
def served(world: World | None = None) -> Iterator[Site]:
    """The pages over a world; the small one unless told otherwise."""
    shown = world or small_world()
    with Site(lambda: make_app(shown.platform())) as site:
        yield site
