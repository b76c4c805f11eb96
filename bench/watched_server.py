"""A server that is killed and comes back by itself, as a service manager would bring it back.

Enters: anything with `start`, `stop` and `pid`; blows at any moment, also while it is starting. Leaves: it runs again.
Never: forgives an end that was not our doing.
"""

import asyncio
import os
import signal
from random import Random
from typing import Any, Final, Protocol

AWAY_S: Final = 1.5
"""A server stays away for a random time up to this. Larger: long replays. Smaller: nothing is missed meanwhile."""


class Server(Protocol):
    """What is watched."""

    @property
    def pid(self) -> int | None:
        """Of the process; None, or RuntimeError, while there is none."""

    def start(self) -> Any:
        """Return when it serves; raises RuntimeError when it ended meanwhile."""

    def stop(self) -> None:
        """Ask it to end and wait for that; harmless when it is gone."""


class WatchedServer:
    """Call `strike` from the event loop; `keep_up` runs beside it."""

    def __init__(self, server: Server, rng: Random) -> None:
        self._server = server
        self._rng = rng
        self._struck = asyncio.Event()
        self._is_up = asyncio.Event()
        self._is_up.set()
        self._may_be_struck = True
        """Up, or starting: there is a process that nobody has ended yet."""

    def strike(self, how: signal.Signals) -> bool:
        """End the process now; False when there is none to end."""
        if not self._may_be_struck:
            return False
        try:
            pid = self._server.pid
            if pid is None:
                return False
            os.kill(pid, how)
        except (RuntimeError, ProcessLookupError):
            return False
        self._may_be_struck = False
        self._is_up.clear()
        self._struck.set()
        return True

    async def keep_up(self) -> None:
        """Start it again after each blow, until cancelled."""
        while True:
            await self._struck.wait()
            # It has been told to end already; this waits until it has.
            await asyncio.to_thread(self._server.stop)
            await asyncio.sleep(self._rng.uniform(0, AWAY_S))
            self._struck.clear()
            self._may_be_struck = True
            try:
                await asyncio.to_thread(self._server.start)
            except RuntimeError:
                if not self._struck.is_set():
                    raise
            else:
                if not self._struck.is_set():
                    self._is_up.set()

    async def up(self) -> None:
        """Until it serves."""
        await self._is_up.wait()
