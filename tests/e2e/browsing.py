"""A real browser and a served site, for the tests of the pages.

Enters: an application. Leaves: an address, served from a thread of its own; Debian's chromium, driven by Playwright.
Never: a browser that is fetched from elsewhere, or that reaches another host.
"""

import asyncio
import shutil
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import pytest
from aiohttp import web
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api.app import make_app
from ingest.operating import Role
from tests.api.ops_world import MINTED
from tests.api.world import World, small_world

_T = TypeVar("_T")

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
        self.address = self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_S)
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """What `work` gives, done in the loop of the site: the world's events belong to it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    def stop(self) -> None:
        """Be gone from the network, as a phone sees it that has none."""
        if self._runner is not None:
            self.run(self._runner.cleanup())
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


def sign_in(page: Page, role: Role = Role.OPERATOR) -> None:
    """Fill in the form that is shown, with the token of a role."""
    page.locator("#token").fill(MINTED[role].text)
    page.keyboard.press("Enter")
    expect(page.locator(".tabs")).to_be_visible()
