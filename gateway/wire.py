"""The socket that paho is given: reads come from a buffer, writes are collected until the end of the turn.

Enters: a connected TCP or TLS socket. Leaves: one large recv and one send per wake-up of the event loop.
Never: blocks, and never hands a PUBLISH to paho: `receive` takes those apart itself, which is four times as fast.
"""

import ssl
from typing import Any, Final

import paho.mqtt.client as paho

from gateway.frames import MAX_PACKET_BYTES, MalformedPacket, Message, split

RECV_BYTES: Final = 256 * 1024
"""Larger: a turn of the loop grows long and the API waits. Smaller: more system calls for the same messages."""


class BufferedSocket:
    """Looks like a socket to paho (`recv`, `send`, `close`, …) and like a mailbox to the session."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._partial = b""
        self._control = bytearray()
        self._outgoing = bytearray()

    # ---- what the session calls, from the event loop ----

    def receive(self) -> tuple[list[Message], list[bytes]]:
        """Read what has arrived. Messages and PUBACKs are returned; other packets wait for paho, see `has_control`.

        Raises ConnectionError when the broker closed, `MalformedPacket` when it does not speak MQTT 5.
        """
        chunks = [self._partial] if self._partial else []
        try:
            chunk = self._sock.recv(RECV_BYTES)
            if not chunk:
                raise ConnectionResetError("the broker closed the connection")
            chunks.append(chunk)
            # TLS keeps decrypted bytes that no selector can see.
            while isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
                chunks.append(self._sock.recv(self._sock.pending()))
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        messages, pubacks, control, self._partial = split(chunks[0] if len(chunks) == 1 else b"".join(chunks))
        if len(self._partial) >= MAX_PACKET_BYTES:
            raise MalformedPacket(f"a packet of more than the {MAX_PACKET_BYTES} bytes that were agreed")
        self._control += control
        return messages, pubacks

    @property
    def has_control(self) -> bool:
        """Whether paho has packets to read."""
        return bool(self._control)

    def queue(self, packets: bytes) -> None:
        """Send whole packets of our own with the next `flush`. Paho's are never cut: `send` takes all it is given."""
        self._outgoing += packets

    def flush(self) -> bool:
        """Send what is collected; False when the kernel's buffer is full and the rest waits for writability."""
        while self._outgoing:
            try:
                sent = self._sock.send(self._outgoing)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return False
            del self._outgoing[:sent]
        return True

    # ---- what paho calls ----

    def recv(self, size: int) -> bytes:
        """Bytes of a control packet."""
        if not self._control:
            raise BlockingIOError
        data = bytes(self._control[:size])
        del self._control[:size]
        return data

    def send(self, data: bytes) -> int:
        """Collect; reports all as sent."""
        self._outgoing += data
        return len(data)

    def close(self) -> None:
        """Send what fits, so that a DISCONNECT gets out, and close."""
        try:
            self.flush()
        except OSError:
            # The peer may be gone already; there is nobody left to say goodbye to.
            pass
        finally:
            self._sock.close()

    def setblocking(self, flag: bool) -> None:
        """Passed through."""
        self._sock.setblocking(flag)

    def fileno(self) -> int:
        """Of the real socket."""
        return int(self._sock.fileno())


class BufferedClient(paho.Client):
    """A paho client on a `BufferedSocket`. Overrides the one method that makes the socket (paho 2.1-2.2)."""

    buffered: BufferedSocket | None = None

    def _create_socket(self) -> BufferedSocket:  # type: ignore[override]  # paho's type names sockets only
        self.buffered = BufferedSocket(super()._create_socket())
        return self.buffered
