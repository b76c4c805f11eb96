"""A loopback TCP link in front of a server, whose answers come late, in drops, or never.

Enters: a server's port, how the link is to behave. Leaves: a port of its own that leads there.
Never: changes a byte, or holds back a request: what is asked is done, and only the asker does not know it.
"""

import asyncio
import contextlib
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

from gateway.child_server import LOOPBACK

CHUNK_BYTES: Final = 65_536
DROP_BYTES: Final = 16
"""What passes at once while answers trickle."""


class Behaviour(StrEnum):
    """Of the answers."""

    PROMPT = "prompt"
    LATE = "late"
    """Whole, after `delay_s`."""
    TRICKLING = "trickling"
    """A few bytes each `delay_s`."""
    CUT = "cut"
    """Not at all: the connection ends when the answer comes."""


class SlowLink:
    """Set `behaviour` and `delay_s` at any time; what is under way changes with its next piece."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self.behaviour = Behaviour.PROMPT
        self.delay_s = 0.0
        self.disturbed = 0
        """Pieces of answers that did not come promptly."""
        self.has_disturbed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where the server is reached through this link, as HTTP."""
        return f"http://{LOOPBACK}:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, LOOPBACK, 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, asker: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError):  # either end may be gone: the other then sees its link end
            try:
                server, requests = await asyncio.open_connection(LOOPBACK, self._server_port)
                try:
                    # Either direction's end is the link's.
                    ways = {
                        asyncio.ensure_future(_pass(asker, requests)),
                        asyncio.ensure_future(self._answer(server, answers)),
                    }
                    _, others = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                    for other in others:
                        other.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)
                finally:
                    requests.close()
            finally:
                answers.close()

    async def _answer(self, server: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        while data := await server.read(CHUNK_BYTES):
            if self.behaviour is not Behaviour.PROMPT:
                self.disturbed += 1
                self.has_disturbed.set()
            if self.behaviour is Behaviour.CUT:
                return
            if self.behaviour is Behaviour.LATE:
                await asyncio.sleep(self.delay_s)
            while data and self.behaviour is Behaviour.TRICKLING:
                answers.write(data[:DROP_BYTES])
                data = data[DROP_BYTES:]
                await asyncio.sleep(self.delay_s)
            answers.write(data)
            await answers.drain()


async def _pass(asker: asyncio.StreamReader, requests: asyncio.StreamWriter) -> None:
    while data := await asker.read(CHUNK_BYTES):
        requests.write(data)
        await requests.drain()
