"""A clock that jumps from one awaited instant to the next, once nothing is left to do before it.

Enters: coroutines that sleep by it. Leaves: time, as far as a test lets it go. Never: a real wait.
"""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

TURNS = 30
"""Turns of the loop after which nothing happens any more without time passing, where nobody waits for a thread."""


class Clockwork:
    """`clock` and `sleep` for what is under test; `until` for the test."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def clock(self) -> int:
        """The time."""
        return self.now_ms

    async def sleep(self, seconds: float) -> None:
        """Until that much time has gone by."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now_ms + round(seconds * 1000), next(self._numbers), woken))
        await woken

    async def settle(self) -> None:
        """Let everything happen that can happen now."""
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def until(self, is_so: Callable[[], bool] = lambda: False, *, within_ms: int) -> bool:
        """Let time pass until something is so, or for so long; whether it is so."""
        end_ms = self.now_ms + within_ms
        while True:
            await self.settle()
            if is_so():
                return True
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)
            if not self._sleepers or self._sleepers[0][0] > end_ms:
                self.now_ms = end_ms
                return is_so()
            at_ms, _, woken = heapq.heappop(self._sleepers)
            self.now_ms = max(self.now_ms, at_ms)
            woken.set_result(None)
