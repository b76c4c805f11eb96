"""Answers that many ask for are made once a cycle, as bytes, and shared: a spike of readers reaches no store.

Enters: what a handler answered, under the address that was asked. Leaves: the same bytes with a strong validator, plain
and compressed. Never: keeps an answer for longer than its cycle, an error, or more than its bound.
"""

import asyncio
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

KEPT_BYTES: Final = 64 * 1024 * 1024
"""Of all answers. Larger: memory. Smaller: the lists of a nation's provinces push each other out."""
GZIP_LEVEL: Final = 5
"""Larger: CPU for little. Smaller: a phone loads longer."""
WORTH_GZIP_BYTES: Final = 1_000
"""Below it a packet carries it anyway."""
IN_THREAD_BYTES: Final = 32_000
"""Above it compressing would hold up readings and requests (some 1 ms)."""


@dataclass(slots=True)
class SharedAnswer:
    """One answer as it goes out again and again."""

    made_ms: int
    body: bytes
    content_type: str
    headers: Mapping[str, str]
    tag: str
    """Of the bytes; the compressed form has another one, for they are other bytes."""
    compressed: bytes | None = None

    @property
    def size(self) -> int:
        """What keeping it costs."""
        return len(self.body) + len(self.compressed or b"") + 500

    async def gzipped(self) -> bytes | None:
        """Compressed once, when it is first asked for; None where that is not worth it."""
        if self.compressed is None and len(self.body) >= WORTH_GZIP_BYTES:
            if len(self.body) >= IN_THREAD_BYTES:
                self.compressed = await asyncio.to_thread(_compress, self.body)
            else:
                self.compressed = _compress(self.body)
        return self.compressed


Make = Callable[[], Awaitable[SharedAnswer]]


class SharedAnswers:
    """By address; whoever comes while one is being made waits for that one."""

    def __init__(self, cycle_ms: int, now_ms: Callable[[], int], most_bytes: int = KEPT_BYTES) -> None:
        """`cycle_ms` 0: nothing is kept, and whoever comes together still shares."""
        self._cycle_ms = cycle_ms
        self._now_ms = now_ms
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, SharedAnswer] = OrderedDict()
        self._bytes = 0
        self._making: dict[str, asyncio.Task[SharedAnswer]] = {}

    async def of(self, address: str, make: Make) -> SharedAnswer:
        """The answer at an address; raises what `make` raises, to everybody who waited for it."""
        known = self._kept.get(address)
        if known is not None:
            if 0 <= self._now_ms() - known.made_ms < self._cycle_ms:
                self._kept.move_to_end(address)
                return known
            self._drop(address)
        task = self._making.get(address)
        if task is None:
            task = self._making[address] = asyncio.ensure_future(self._made(address, make))
        # A reader who goes away must not take the answer from the others.
        return await asyncio.shield(task)

    async def _made(self, address: str, make: Make) -> SharedAnswer:
        try:
            answer = await make()
        finally:
            del self._making[address]
        if self._cycle_ms and answer.size <= self._most_bytes:
            self._kept[address] = answer
            self._bytes += answer.size
            while self._bytes > self._most_bytes:
                self._drop(next(iter(self._kept)))
        return answer

    def _drop(self, address: str) -> None:
        self._bytes -= self._kept.pop(address).size
        # What was compressed since it was counted is not in the sum; an empty shelf weighs nothing.
        self._bytes = max(0, self._bytes) if self._kept else 0


def tag_of(body: bytes) -> str:
    """A strong validator: other bytes, another tag."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def _compress(body: bytes) -> bytes:
    return gzip.compress(body, GZIP_LEVEL, mtime=0)
