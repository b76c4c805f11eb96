"""The platform's session with the broker: paho inside the event loop, without a thread.

Enters: settings and one callback. Leaves: a `Delivery` per wake-up, acked when the receiver says so.
Never: acks on its own, keeps a message, or looks inside a payload.
"""

import asyncio
import contextlib
import logging
import random
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from gateway.downlink import Downlink, Outgoing
from gateway.failure_log import FailureLog
from gateway.frames import MAX_PACKET_BYTES, PACKET_IDS, MalformedPacket, Message, acks
from gateway.wire import BufferedClient, BufferedSocket

log = logging.getLogger(__name__)

FIRST_WAIT_S: Final = 0.1
"""Doubled with every connection that fails. Larger: a short break lasts longer. Smaller: see `backoff_cap_s`."""
LASTING_S: Final = 5.0
"""A connection that lasted so long was a good one. Larger: a broker that is restarted twice is waited for longer.
Smaller: two platforms under one client id throw each other out as fast as they can."""
TIMERS_S: Final = 1.0
"""Between two looks at paho's timers. Larger: a dead broker is noticed later. Smaller: wake-ups for nothing."""
PINGREQ: Final = b"\xc0\x00"


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How to reach the broker, and what to hear."""

    host: str
    port: int
    filters: Sequence[str]
    client_id: str = "yizhan-ingest"
    """Fixed: the broker keeps the session, and what arrives meanwhile, under this name."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    tls_ca: str | None = None
    keepalive_s: int = 30
    session_expiry_s: int = 7 * 86_400
    """How long the broker keeps the session of a platform that is away."""
    receive_maximum: int = 10_000
    """Messages that may be unacked. Smaller: throughput is this over the time to durable. Larger: memory, and a longer
    redelivery after a crash. The broker may allow less."""
    backoff_cap_s: float = 30.0
    """Larger: a long wait after a long outage. Smaller: a fleet of ingesters knocks a starting broker over."""


class Delivery(NamedTuple):
    """The messages of one wake-up, and the connection that they must be acked on."""

    connection: int
    messages: list[Message]


@dataclass(slots=True)
class Link:
    """What is known of the connection, for health checks."""

    is_up: bool = False
    since_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    detail: str = "not connected yet"
    connects: int = 0
    attempts: int = 0
    """Connections that failed or did not last, since the last one that did."""


class Session:
    """One persistent MQTT 5 session. `run` keeps it connected until cancelled; all else is called from the loop."""

    def __init__(self, settings: SessionSettings, on_delivery: Callable[[Delivery], None]) -> None:
        self._settings = settings
        self._on_delivery = on_delivery
        self._client = self._make_client()
        self._socket: BufferedSocket | None = None
        self._downlink = Downlink()
        self._connection = 0
        self._lost = asyncio.Event()
        self._reading = asyncio.Event()
        self._reading.set()
        self._is_stopped = False
        self._up_since_s: float | None = None
        self._flush_is_due = False
        self._loop: asyncio.AbstractEventLoop
        self._failures = FailureLog(log, "broker")
        self.link = Link()
        self.subscribed = asyncio.Event()

    def _make_client(self) -> BufferedClient:
        settings = self._settings
        client = BufferedClient(
            CallbackAPIVersion.VERSION2, client_id=settings.client_id, protocol=paho.MQTTv5, manual_ack=True
        )
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password)
        if settings.tls:
            client.tls_set_context(ssl.create_default_context(cafile=settings.tls_ca))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_socket_register_write = self._on_want_write
        # paho closes a socket by itself when the broker says goodbye. The loop has to let go of it before that: else it
        # takes the next socket of the same number for one that it watches already, and never reads it.
        client.on_socket_close = lambda *_: self._detach()
        return client

    # ---- life ----

    async def run(self) -> None:
        """Connect, serve, and after a loss connect again with a random, growing, capped delay."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                # In a pause nobody would read what the broker answers.
                await self._reading.wait()
                if await self._connect():
                    await self._serve()
                self.link.attempts = 1 if self._has_lasted() else self.link.attempts + 1
                ceiling_s = min(self._settings.backoff_cap_s, FIRST_WAIT_S * 2.0 ** min(self.link.attempts, 20))
                await asyncio.sleep(random.uniform(0, ceiling_s))  # noqa: S311 - spreads reconnects, guards nothing
        finally:
            self._is_stopped = True
            if self._client.buffered is not None:
                self._client.buffered.close()
            self._mark_down("stopped")

    async def _connect(self) -> bool:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
        properties.SessionExpiryInterval = self._settings.session_expiry_s
        properties.ReceiveMaximum = self._settings.receive_maximum
        properties.MaximumPacketSize = MAX_PACKET_BYTES
        self._lost.clear()
        self._up_since_s = None

        def connect() -> None:
            # Resolves names and shakes hands, both of which block.
            self._client.connect(
                self._settings.host,
                self._settings.port,
                self._settings.keepalive_s,
                clean_start=False,
                properties=properties,
            )
            # A thread cannot be cancelled: it may finish when nobody waits for it any more.
            if self._is_stopped and self._client.buffered is not None:
                self._client.buffered.close()

        try:
            await self._loop.run_in_executor(None, connect)
        except (OSError, ValueError) as error:
            self._down(f"cannot connect to {self._settings.host}:{self._settings.port}: {error}")
            return False
        return True

    async def _serve(self) -> None:
        sock = self._client.buffered
        if sock is None or sock.fileno() < 0:
            return
        self._socket = sock
        self._connection += 1
        if self._reading.is_set():
            self._loop.add_reader(sock.fileno(), self._readable)
        self._flush()
        try:
            await self._keep_alive()
        finally:
            if not self._lost.is_set():  # we are being stopped
                self._mark_down("stopped")
                self._client.disconnect()
                self._client.loop_write()
            self._detach()

    async def _keep_alive(self) -> None:
        """Until the connection is lost: paho's timers, which send pings and notice a broker that answers none."""
        was_reading, pinged_s = True, self._loop.time()
        while not self._lost.is_set():
            is_reading = self._reading.is_set()
            if is_reading and was_reading:
                self._client.loop_misc()
            elif self._loop.time() - pinged_s >= self._client.keepalive / 2:
                # In a pause an answer would not be read, and paho would take the broker for dead.
                pinged_s = self._loop.time()
                self._send(PINGREQ)
            was_reading = is_reading
            # Not `wait_for`: before Python 3.12 it swallows a cancellation that comes together with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TIMERS_S):
                    await self._lost.wait()

    def _has_lasted(self) -> bool:
        return self._up_since_s is not None and self._loop.time() - self._up_since_s >= LASTING_S

    def _detach(self) -> None:
        sock, self._socket = self._socket, None
        if sock is None:
            return
        self.subscribed.clear()
        self._downlink.disconnected()
        self._loop.remove_reader(sock.fileno())
        self._loop.remove_writer(sock.fileno())
        sock.close()

    def _down(self, detail: str) -> None:
        self._failures.failed(detail)
        if self.link.is_up or self.link.detail != detail:
            self._mark_down(detail)

    def _mark_down(self, detail: str) -> None:
        self.link.is_up, self.link.detail = False, detail
        self.link.since_ms = time.time_ns() // 1_000_000

    # ---- the path of a reading ----

    def _readable(self) -> None:
        sock = self._socket
        if sock is None:
            return
        try:
            messages, pubacks = sock.receive()
        except (OSError, MalformedPacket) as error:
            self._fail(error)
            return
        while sock.has_control and not self._client.loop_read():
            pass
        for puback in pubacks:
            self._downlink.settle(puback)
        if messages:
            self._on_delivery(Delivery(self._connection, messages))
        self._flush()

    def ack(self, connection: int, packet_ids: list[bytes]) -> bool:
        """Acknowledge, in the order of arrival. False when that connection is gone: the broker will send them again."""
        if connection != self._connection or self._socket is None:
            return False
        self._send(acks(packet_ids))
        return True

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Send to a station. QoS 1 waits in memory for a connection, QoS 0 is dropped without one."""
        self._offer(Outgoing(topic, payload, qos, retain))

    async def deliver(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send at QoS 1, and return when the broker has it. Raises OSError with the reason when it will not take it."""
        settled: asyncio.Future[str] = self._loop.create_future()

        def settle(trouble: str) -> None:
            if not settled.done():  # whoever waited may have gone
                settled.set_result(trouble)

        self._offer(Outgoing(topic, payload, 1, retain, settle))
        trouble = await settled
        if trouble:
            raise OSError(trouble)

    def _offer(self, message: Outgoing) -> None:
        self._downlink.offer(message)
        if self._socket is not None and not self._flush_is_due:
            self._flush_is_due = True
            self._loop.call_soon(self._flush)

    def pause(self) -> None:
        """Stop reading: the kernel's buffers fill and the broker holds the rest."""
        self._reading.clear()
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())

    def resume(self) -> None:
        """Read again."""
        self._reading.set()
        if self._socket is not None:
            self._loop.add_reader(self._socket.fileno(), self._readable)

    # ---- writing ----

    def _on_want_write(self, *_: Any) -> None:
        # Called by paho from connect's thread too; there the session flushes by itself once it is attached.
        if self._socket is not None and not self._flush_is_due:
            self._flush_is_due = True
            self._loop.call_soon_threadsafe(self._flush)

    def _send(self, packets: bytes) -> None:
        if self._socket is not None:
            self._socket.queue(packets)
            self._flush()

    def _flush(self) -> None:
        self._flush_is_due = False
        sock = self._socket
        if sock is None:
            return
        if self._client.want_write():
            self._client.loop_write()
        sock.queue(self._downlink.due())
        try:
            is_done = sock.flush()
        except OSError as error:
            self._fail(error)
            return
        if is_done:
            self._loop.remove_writer(sock.fileno())
        else:
            self._loop.add_writer(sock.fileno(), self._flush)

    def _fail(self, error: Exception) -> None:
        self._down(f"connection lost: {error}")
        self._lost.set()

    # ---- paho's callbacks ----

    def _on_connect(self, _client: Any, _userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._down(f"refused by the broker: {reason}; check user name, password and client id")
            return
        self.link.connects += 1
        self._downlink.connected(getattr(properties, "ReceiveMaximum", PACKET_IDS))
        log.info("broker: connected, session %s", "resumed" if flags.session_present else "new")
        # Every time: a broker that lost its state has also lost our subscriptions. No-local, because the tree we
        # listen to for wrong topics holds our own receipts too; MQTT 5 §3.8.3.1 forbids it on a shared subscription.
        self._client.subscribe(
            [
                (wanted, SubscribeOptions(qos=1, noLocal=not wanted.startswith("$share/")))
                for wanted in self._settings.filters
            ]
        )

    def _on_subscribe(self, _client: Any, _userdata: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self._down(f"the broker refused a subscription: {', '.join(refused)}; check its access rules")
            self._lost.set()
            return
        self._up_since_s = self._loop.time()
        self._failures.worked()
        self.link.is_up, self.link.detail = True, "connected"
        self.link.since_ms = time.time_ns() // 1_000_000
        self.subscribed.set()

    def _on_disconnect(self, _client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if self.link.is_up:
            self._down(f"disconnected: {reason}")
        self._lost.set()
