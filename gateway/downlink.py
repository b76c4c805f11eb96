"""What the platform sends to stations: QoS 1 within the broker's window, and once more after a lost connection.

Enters: topics and payloads; the broker's PUBACKs. Leaves: PUBLISH packets that may go out now.
Never: touches a socket. Exists because paho takes 27 µs for a receipt and its PUBACK, and this takes 3: there is a
receipt for every few readings.
"""

import logging
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from gateway.frames import PACKET_IDS, publish_packet

log = logging.getLogger(__name__)

MOST_WAITING: Final = 50_000
"""Messages held while the broker is away or slow. Larger: memory. Smaller: receipts are dropped, and stations send
again what is stored."""
REFUSED: Final = 0x80
"""Reason codes from here on are refusals (MQTT 5 §3.4.2.1)."""


class Outgoing(NamedTuple):
    """One message on its way."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    on_settled: Callable[[str], None] | None = None
    """Told once, at QoS 1: an empty text when the broker has it, else why it never will."""

    @property
    def packet(self) -> tuple[str, bytes, int, bool]:
        """What goes over the wire."""
        return self.topic, self.payload, self.qos, self.retain

    def settled(self, trouble: str = "") -> None:
        """It is over."""
        if self.on_settled is not None:
            self.on_settled(trouble)


class Downlink:
    """A queue and a window. `connected` opens it; until then QoS 0 is dropped and QoS 1 waits."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._waiting: deque[Outgoing] = deque()
        self._unacked: dict[int, Outgoing] = {}
        self._again: dict[int, Outgoing] = {}
        """Of a lost connection, to be sent again under the same id before anything else."""
        self._last_id = 0
        self._window = 0
        self.dropped = 0
        """Messages given up because too many waited: the oldest first, since a later receipt says all they said."""

    def offer(self, message: Outgoing) -> None:
        """Send it when the window allows."""
        if message.qos == 0 and not self._window:
            return
        self._waiting.append(message)
        if len(self._waiting) > self._most_waiting:
            self.dropped += 1
            self._waiting.popleft().settled("too many messages wait for the broker")

    def connected(self, window: int) -> None:
        """A new connection, on which so many QoS 1 messages may be unacknowledged."""
        self._window = window
        self._again, self._unacked = {**self._again, **self._unacked}, {}

    def disconnected(self) -> None:
        """Nothing can be sent; what was at QoS 0 is gone."""
        self._window = 0
        self._waiting = deque(message for message in self._waiting if message.qos)

    def due(self) -> bytes:
        """The packets that may go out now, as one piece."""
        packets: list[bytes] = []
        while self._again and len(self._unacked) < self._window:
            packet_id = next(iter(self._again))
            message = self._again.pop(packet_id)
            self._unacked[packet_id] = message
            packets.append(publish_packet(*message.packet, packet_id, is_again=True))
        while self._waiting and self._window and len(self._unacked) + len(self._again) < self._window:
            message = self._waiting.popleft()
            packet_id = 0
            if message.qos:
                packet_id = self._free_id()
                self._unacked[packet_id] = message
            packets.append(publish_packet(*message.packet, packet_id))
        return b"".join(packets)

    def settle(self, puback: bytes) -> None:
        """A PUBACK's variable header: the packet id, and a reason code if it is not plain success."""
        message = self._unacked.pop(int.from_bytes(puback[:2]), None)
        if message is None:
            return
        if len(puback) > 2 and puback[2] >= REFUSED:  # noqa: PLR2004 - the length of an id
            trouble = (
                f"the broker refused our message to {message.topic} (reason {puback[2]:#x}); check its access rules"
            )
            log.warning("%s", trouble)
            message.settled(trouble)
        else:
            message.settled()

    def _free_id(self) -> int:
        while True:
            self._last_id = self._last_id % PACKET_IDS + 1
            if self._last_id not in self._unacked and self._last_id not in self._again:
                return self._last_id
