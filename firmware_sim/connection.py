"""One MQTT connection, on paho, inside the event loop.

Enters: messages to publish. Leaves: messages received, and news: up, acknowledged, down.
Never: reconnects by itself or repeats a message; a new connection is a new object, as after a power loss.
"""

import asyncio
import contextlib
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from firmware_sim.broker_url import BrokerUrl
from firmware_sim.pace import Pace
from firmware_sim.wire import AT_LEAST_ONCE, Message

_KEEPALIVE_S: Final = 60
_ANSWER_S: Final = 10.0
"""How long a broker may take to answer CONNECT. Larger: a dead one is noticed late. Smaller: a busy one is given up."""


class ConnectError(Exception):
    """The broker cannot be reached or refused us; the text says which. Wait and try again."""


class Traffic:
    """What all connections of a run have under way."""

    def __init__(self) -> None:
        self.open: set[Connection] = set()
        self.waiting = 0
        """Messages handed over and without PUBACK."""
        self.acknowledged = 0
        self.connects = 0
        self.trouble = ""
        """Why the last try to connect failed, for people; empty when it did not."""


@dataclass(frozen=True, slots=True)
class Net:
    """What all connections of a run have in common."""

    broker: BrokerUrl
    traffic: Traffic
    pace: Pace
    window: int
    """Messages without PUBACK, a connection."""
    on_change: Callable[[], None]
    """Called when anything that somebody may wait for has happened."""
    on_news: Callable[[str], None]
    """Called with the id of a station that was told something, and so may be due at another time than it was."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who connects, and what the broker says when the connection dies."""

    client_id: str
    username: str | None
    password: str | None
    will: Message | None
    is_persistent: bool
    """The broker keeps the session, so that receipts of a cut are not lost."""


class Connection:
    """Callbacks run in the event loop: `on_message(topic, payload)`, and `on_down()` once if it was up."""

    def __init__(
        self,
        identity: Identity,
        net: Net,
        on_message: Callable[[str, bytes], None],
        on_down: Callable[[], None],
    ) -> None:
        self._broker = net.broker
        self._traffic = net.traffic
        self._window = net.window
        self._on_message = on_message
        self._on_change = net.on_change
        self._on_down = on_down
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._socket: Any = None
        """Registered with the loop; paho gives a plain or a TLS socket."""
        self._queue: deque[Message] = deque()
        self._in_flight = 0
        self._is_pumping = False
        self._has_fallen = False
        self.is_up = False
        self._client = self._new_client(identity)

    async def open(self, subscriptions: Sequence[str]) -> None:
        """Connect and subscribe; raises `ConnectError`."""
        try:
            await self._loop.run_in_executor(None, self._connect)
            self._attach()
            await asyncio.wait_for(self._opened, _ANSWER_S)
            if self._has_fallen:
                raise OSError("the broker closed the connection")  # noqa: TRY301 - same remedy as all others here
        except (OSError, ValueError, TimeoutError) as error:
            self._detach()
            raise ConnectError(f"no broker at {self._broker} ({error or 'no answer to CONNECT'})") from error
        except BaseException:
            self._detach()
            raise
        self.is_up = True
        self._traffic.connects += 1
        self._traffic.trouble = ""
        self._traffic.open.add(self)
        if subscriptions:
            self._client.subscribe([(topic, AT_LEAST_ONCE) for topic in subscriptions])

    def send(self, messages: Sequence[Message]) -> None:
        """Publish in this order; what is beyond the window waits here, not in paho."""
        if not self.is_up:
            return
        self._traffic.waiting += len(messages)
        self._queue.extend(messages)
        self._pump()

    def serve_timers(self) -> None:
        """Keep-alive; call it about once a second."""
        if self.is_up:
            self._client.loop_misc()

    def cut(self) -> None:
        """Die without a DISCONNECT, so that the broker publishes the will; what was handed over is written before."""
        if self.is_up:
            self._client.loop_write()
        self._fall()

    # ---- paho's side ----

    def _new_client(self, identity: Identity) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=identity.client_id, clean_session=not identity.is_persistent
        )
        client.max_inflight_messages_set(self._window)
        if identity.username:
            client.username_pw_set(identity.username, identity.password)
        if identity.will:
            client.will_set(identity.will.topic, identity.will.payload, identity.will.qos, identity.will.retain)
        if self._broker.tls:
            client.tls_set(ca_certs=self._broker.cafile)
        client.on_connect = self._handle_connect
        client.on_disconnect = lambda *_: self._fall()
        client.on_message = lambda _client, _userdata, message: self._on_message(message.topic, bytes(message.payload))
        client.on_publish = lambda *_: self._handle_ack()
        client.on_socket_register_write = lambda *_: self._want_write(True)
        client.on_socket_unregister_write = lambda *_: self._want_write(False)
        client.on_socket_close = lambda *_: self._detach_in_loop()
        return client

    def _connect(self) -> None:
        """In a thread, because paho's connect blocks; it queues CONNECT, which `_attach` lets out."""
        self._client.connect(self._broker.host, self._broker.port, _KEEPALIVE_S)

    def _attach(self) -> None:
        self._socket = self._client.socket()
        if self._socket is None:
            raise OSError("the connection was closed at once")
        # Otherwise each small packet waits, with Nagle's algorithm, for the acknowledgement of the one before: 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop.add_reader(self._socket, self._readable)
        self._want_write(self._client.want_write())

    def _detach(self) -> None:
        sock, self._socket = self._socket, None
        # Our callbacks must not be called by the garbage collector, which closes paho's sockets.
        self._client.on_socket_close = None
        self._client.on_disconnect = None
        if sock is None:
            return
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()

    def _detach_in_loop(self) -> None:
        """Paho is about to close the socket by itself. Before `_attach` there is nothing of ours to undo."""
        sock, self._socket = self._socket, None
        if sock is not None:
            self._loop.remove_reader(sock)
            self._loop.remove_writer(sock)

    def _fall(self) -> None:
        was_up, self.is_up = self.is_up, False
        self._has_fallen = True
        self._traffic.open.discard(self)
        self._detach()
        self._traffic.waiting -= len(self._queue) + self._in_flight
        self._queue.clear()
        self._in_flight = 0
        if not self._opened.done():
            self._opened.set_exception(OSError("the broker closed the connection"))
        if was_up:
            self._on_down()

    def _want_write(self, wanted: bool) -> None:
        if self._socket is None:
            return
        if wanted:
            self._loop.add_writer(self._socket, self._client.loop_write)
        else:
            self._loop.remove_writer(self._socket)

    def _readable(self) -> None:
        self._client.loop_read()
        # TLS may hold decrypted bytes that the socket's readiness knows nothing of.
        while isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            self._client.loop_read()

    def _handle_connect(self, _client: object, _userdata: object, _flags: object, reason: Any, _more: object) -> None:
        if self._opened.done():
            return
        if reason.is_failure:
            self._opened.set_exception(OSError(f"refused: {reason}"))
        else:
            self._opened.set_result(None)

    def _handle_ack(self) -> None:
        self._in_flight -= 1
        self._traffic.waiting -= 1
        self._traffic.acknowledged += 1
        if self._queue and not self._is_pumping:
            # Not from here: paho holds its lock while it tells of an ack.
            self._is_pumping = True
            self._loop.call_soon(self._pump)
        self._on_change()

    def _pump(self) -> None:
        self._is_pumping = False
        while self._queue and self._in_flight < self._window:
            message = self._queue.popleft()
            self._in_flight += 1
            self._client.publish(message.topic, message.payload, message.qos, message.retain)
