"""A broker that does what a test tells it, also what no real one would do.

Enters: the bytes of one client at a time. Leaves: what the client sent, packet by packet, and what the test sends back.
Never: routes a message.
"""

import asyncio
from types import TracebackType
from typing import Self

from gateway.child_server import LOOPBACK
from tests.gateway.mqtt_packets import CONNACK, suback

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 4, 8, 12, 14


class ScriptedBroker:
    """Answers CONNECT and SUBSCRIBE unless told otherwise; keeps all packets of all connections in `packets`."""

    def __init__(self) -> None:
        self.connack = CONNACK
        self.subscribe_reason = 1
        self.is_reading = asyncio.Event()
        """Cleared: nothing is read, so that the client's writes fill the kernel's buffers."""
        self.is_reading.set()
        self.greeting = b""
        """Sent with every CONNACK, in one piece."""
        self.packets: list[bytes] = []
        self.connections = 0
        self._changed = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    def send(self, data: bytes) -> None:
        """To the client that connected last."""
        assert self._writer is not None
        self._writer.write(data)

    def hang_up(self) -> None:
        """Close the connection without a word."""
        assert self._writer is not None
        self._writer.close()

    def kinds(self) -> list[int]:
        """Of the packets that came."""
        return [packet[0] >> 4 for packet in self.packets]

    async def until(self, kind: int, count: int = 1) -> None:
        """Wait for so many packets of a kind."""
        async with asyncio.timeout(20):
            while self.kinds().count(kind) < count:
                self._changed.clear()
                await self._changed.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        self._writer = writer
        self.connections += 1
        try:
            while True:
                await self.is_reading.wait()
                await self._answer(await _packet(reader), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self._links.discard(task)

    async def _answer(self, packet: bytes, writer: asyncio.StreamWriter) -> None:
        self.packets.append(packet)
        match packet[0] >> 4:
            case 1:
                writer.write(self.connack + self.greeting)
            case 8:
                length_bytes = 2 if packet[1] & 0x80 else 1
                number = int.from_bytes(packet[1 + length_bytes : 3 + length_bytes], "big")
                filters = packet.count(b"yizhan/")
                writer.write(suback(number, *[self.subscribe_reason] * filters))
            case 12:
                writer.write(b"\xd0\x00")
            case _:
                pass
        self._changed.set()


async def _packet(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(1)
    length, shift = 0, 0
    while True:
        byte = await reader.readexactly(1)
        head += byte
        length |= (byte[0] & 0x7F) << shift
        shift += 7
        if not byte[0] & 0x80:
            return head + await reader.readexactly(length)
