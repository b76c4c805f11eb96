"""A session under test: what it delivers, and a way to send to the same broker.

Enters: a port. Leaves: a connected session and its inbox. Never: waits longer than for what it waits for.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gateway.child_server import LOOPBACK
from gateway.frames import Message
from gateway.session import Delivery, Session, SessionSettings

WAIT_S = 20.0
"""For what takes milliseconds; longer than it ever takes on a busy machine."""

Sent = tuple[str, bytes]


class Inbox:
    """What a session delivered."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self._changed = asyncio.Event()

    def __call__(self, delivery: Delivery) -> None:
        """Called by the session."""
        self.deliveries.append(delivery)
        self._changed.set()

    @property
    def messages(self) -> list[Message]:
        """All, in order of arrival."""
        return [message for delivery in self.deliveries for message in delivery.messages]

    @property
    def payloads(self) -> list[bytes]:
        """Of all messages."""
        return [message.payload for message in self.messages]

    async def until(self, is_enough: Callable[["Inbox"], bool]) -> None:
        """Wait for what is delivered to be enough."""
        async with asyncio.timeout(WAIT_S):
            while not is_enough(self):
                self._changed.clear()
                await self._changed.wait()

    async def count(self, number: int) -> list[Message]:
        """Wait for so many messages."""
        await self.until(lambda inbox: len(inbox.messages) >= number)
        return self.messages

    def clear(self) -> None:
        """Forget what came."""
        self.deliveries.clear()


def settings_for(port: int, **changes: Any) -> SessionSettings:
    """Settings of a session on loopback that hears everything of the platform's tree."""
    known: dict[str, Any] = {"filters": ("yizhan/v1/#",), "backoff_cap_s": 0.2}
    return SessionSettings(LOOPBACK, port, **(known | changes))


@contextlib.asynccontextmanager
async def listening(inbox: Inbox, settings: SessionSettings, *, subscribed: bool = True) -> AsyncIterator[Session]:
    """A session that runs, and is subscribed unless told otherwise; stopped at the end."""
    session = Session(settings, inbox)
    running = asyncio.create_task(session.run(), name="session")
    try:
        if subscribed:
            async with asyncio.timeout(WAIT_S):
                await session.subscribed.wait()
        yield session
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def eventually(is_so: Callable[[], bool]) -> None:
    """Wait for something that tells nobody when it changes, such as the state of a link."""
    async with asyncio.timeout(WAIT_S):
        while not is_so():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)


def ack_all(session: Session, inbox: Inbox) -> bool:
    """Acknowledge all that came, each on its own connection."""
    taken = [
        session.ack(delivery.connection, [message.packet_id for message in delivery.messages if message.packet_id])
        for delivery in inbox.deliveries
    ]
    return all(taken)


async def settled(session: Session, port: int) -> None:
    """Return when the broker has read all that the session sent: a message behind it came out at somebody else's.

    Mosquitto forgets what it has not read of a connection when the same client connects again.
    """
    inbox, topic = Inbox(), "outside/of/the/tree"
    async with listening(inbox, settings_for(port, client_id="witness", filters=(topic,), session_expiry_s=0)):
        session.publish(topic, b"all that came before", qos=1)
        await inbox.count(1)


async def send(port: int, messages: Sequence[Sent], *, qos: int = 1, retain: bool = False, **how: Any) -> None:
    """Publish with a client of its own, and return when the broker has acknowledged."""
    await asyncio.to_thread(_send, port, messages, qos, retain, how)


def _send(port: int, messages: Sequence[Sent], qos: int, retain: bool, how: dict[str, Any]) -> None:
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=how.pop("client_id", "st-1"), protocol=MQTTProtocolVersion.MQTTv5
    )
    if "tls" in how:
        client.tls_set_context(how.pop("tls"))
    ready = threading.Event()
    client.on_connect = lambda *_: ready.set()
    client.connect(LOOPBACK, port)
    client.loop_start()
    try:
        assert ready.wait(WAIT_S)
        for info in [client.publish(topic, payload, qos, retain) for topic, payload in messages]:
            info.wait_for_publish(WAIT_S)
            assert info.is_published()
    finally:
        client.disconnect()
        client.loop_stop()
