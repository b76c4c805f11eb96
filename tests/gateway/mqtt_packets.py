"""MQTT 5 packets as a broker writes them, straight from the standard: the other side of `gateway.frames`.

Enters: what a packet says. Leaves: its bytes. Never: shares a line with the code under test.
"""

from dataclasses import dataclass


def length_of(value: int) -> bytes:
    """A variable byte integer (MQTT 5 §1.5.5)."""
    digits: list[int] = []
    while True:
        value, digit = divmod(value, 128)
        if not value:
            return bytes([*digits, digit])
        digits.append(digit | 0x80)


def text(value: str) -> bytes:
    """A UTF-8 string behind its length (§1.5.4)."""
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


def packet(first_byte: int, body: bytes) -> bytes:
    """Any control packet (§2.1)."""
    return bytes([first_byte]) + length_of(len(body)) + body


def user_properties(pairs: list[tuple[str, str]]) -> bytes:
    """Properties of a PUBLISH (§3.3.2.3): an expiry, then user properties, which may fill any length."""
    expiry = b"\x02\x00\x00\x0e\x10" if pairs else b""
    return expiry + b"".join(b"\x26" + text(name) + text(value) for name, value in pairs)


@dataclass(frozen=True, slots=True)
class Publish:
    """A PUBLISH (§3.3)."""

    topic: str
    payload: bytes
    packet_id: int | None = None
    """None for QoS 0."""
    retained: bool = False
    dup: bool = False
    properties: tuple[tuple[str, str], ...] = ()

    def encode(self) -> bytes:
        """Its bytes."""
        qos = 0 if self.packet_id is None else 1
        name = b"" if self.packet_id is None else self.packet_id.to_bytes(2, "big")
        properties = user_properties(list(self.properties))
        body = text(self.topic) + name + length_of(len(properties)) + properties + self.payload
        return packet(0x30 | self.dup << 3 | qos << 1 | self.retained, body)


CONNACK = packet(0x20, b"\x00\x00\x00")
"""A new session, accepted, no properties (§3.2)."""


def suback(packet_id: int, *reasons: int) -> bytes:
    """The answer to a SUBSCRIBE (§3.9)."""
    return packet(0x90, packet_id.to_bytes(2, "big") + b"\x00" + bytes(reasons))


def disconnect(reason: int) -> bytes:
    """The broker's goodbye (§3.14)."""
    return packet(0xE0, bytes([reason, 0]))
