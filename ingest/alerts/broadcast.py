"""What happens on the board, to everyone who watches: each reader has a queue of its own, and none holds up another.

Enters: events. Leaves: the same, to each reader in order. Never: waits for a reader; one that is too slow is told
`resync` in place of what it missed.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from ingest.alerts.records import BoardEvent

WAITING_MAX: Final = 256
"""Events that may wait for one reader. Larger: memory for each phone that sleeps. Smaller: a storm of a province makes
every reader ask anew."""

RESYNC: Final = BoardEvent("resync", "")


class Broadcast:
    """`publish` never waits; `follow` ends when its reader does, or with `close`."""

    def __init__(self) -> None:
        self._readers: set[_Reader] = set()
        self._is_closed = False

    def publish(self, event: BoardEvent) -> None:
        """To all who follow now."""
        for reader in self._readers:
            reader.put(event)

    async def follow(self) -> AsyncIterator[BoardEvent]:
        """What happens from now on."""
        reader = _Reader()
        self._readers.add(reader)
        try:
            while not self._is_closed:
                await reader.has_some.wait()
                while reader.waiting:
                    yield reader.waiting.popleft()
                reader.has_some.clear()
        finally:
            self._readers.discard(reader)

    def close(self) -> None:
        """End all that follow, so that a stop waits for nobody."""
        self._is_closed = True
        for reader in self._readers:
            reader.has_some.set()


class _Reader:
    def __init__(self) -> None:
        self.waiting: deque[BoardEvent] = deque()
        self.has_some = asyncio.Event()

    def put(self, event: BoardEvent) -> None:
        if len(self.waiting) >= WAITING_MAX:
            self.waiting.clear()
            event = RESYNC
        self.waiting.append(event)
        self.has_some.set()
