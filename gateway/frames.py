"""MQTT 5 packets, as far as the path of a reading needs them: PUBLISH and PUBACK; all others are passed on whole.

Enters: bytes as they came from the socket. Leaves: messages, PUBACKs, the other packets for paho, what is incomplete.
Never: reads a socket, or decides anything about a message.
"""

from typing import Final, NamedTuple

PUBLISH: Final = 3
PUBACK_TYPE: Final = 4
PACKET_IDS: Final = 65_535
DUP: Final = 0x08
RETAIN: Final = 0x01
QOS_1: Final = 0x02
QOS_2: Final = 0x04
SHORTEST_PACKET: Final = 2
SHORTEST_PUBLISH: Final = 3
"""Bytes behind the fixed header: two for the length of the topic, one for that of the properties."""
MAX_PACKET_BYTES: Final = 4 * 1024 * 1024
"""What the broker may send us. Larger: a hostile message costs memory. Smaller: it is dropped at the broker, unseen."""
PUBACK: Final = b"\x40\x02"
"""Fixed header of a PUBACK without reason code, which MQTT 5 §3.4.2.1 reads as success; the packet id follows."""


class Message(NamedTuple):
    """One PUBLISH. `packet_id` is its two bytes as received, empty for QoS 0: an ack only has to send them back."""

    topic: str
    payload: bytes
    packet_id: bytes
    retained: bool


class MalformedPacket(Exception):
    """What the broker sent is not MQTT 5; only a new connection can help."""


class Split(NamedTuple):
    """A buffer taken apart."""

    messages: list[Message]
    pubacks: list[bytes]
    """Of what we published: packet id, and a reason code if there is one."""
    others: bytes
    """Complete packets of all other types."""
    rest: bytes
    """The beginning of a packet that is not complete."""


def split(buffer: bytes) -> Split:
    """Take a buffer apart; raises `MalformedPacket`.

    Indices instead of a reader object because it runs for every message: 1 µs here, where paho takes 8.
    """
    messages: list[Message] = []
    pubacks: list[bytes] = []
    others: list[bytes] = []
    at, end = 0, len(buffer)
    while end - at >= SHORTEST_PACKET:
        length, body = buffer[at + 1], at + 2
        if length & 0x80:
            size = _variable_length(buffer, at + 1, end)
            if size is None:
                break
            length, body = size
        stop = body + length
        if stop > end:
            break
        kind = buffer[at] >> 4
        if kind == PUBLISH:
            messages.append(_publish(buffer, buffer[at], body, stop))
        elif kind == PUBACK_TYPE:
            pubacks.append(buffer[body:stop])
        else:
            others.append(buffer[at:stop])
        at = stop
    return Split(messages, pubacks, b"".join(others), buffer[at:])


def _publish(buffer: bytes, flags: int, body: int, stop: int) -> Message:
    """The message between `body` and `stop` (MQTT 5 §3.3); its properties are stepped over."""
    if stop - body < SHORTEST_PUBLISH:
        raise MalformedPacket("a PUBLISH without topic and properties")
    start = body + 2 + (buffer[body] << 8 | buffer[body + 1])
    topic = buffer[body + 2 : start].decode("utf-8", "replace")
    packet_id = b""
    if flags & QOS_2:
        raise MalformedPacket("a message of a QoS above 1 on a subscription that asked for QoS 1")
    if flags & QOS_1:
        packet_id = buffer[start : start + 2]
        start += 2
    if start >= stop:
        raise MalformedPacket("a PUBLISH that is shorter than its own header says")
    properties = buffer[start]
    start += 1
    if properties:
        size = _variable_length(buffer, start - 1, stop)
        if size is None or sum(size) > stop:
            raise MalformedPacket("a PUBLISH whose properties are cut")
        start = sum(size)
    return Message(topic, buffer[start:stop], packet_id, flags & RETAIN == RETAIN)


def _variable_length(buffer: bytes, at: int, end: int) -> tuple[int, int] | None:
    """Value and next index of a variable byte integer (MQTT 5 §1.5.5), or None while it is incomplete."""
    value = 0
    for place in range(4):
        if at + place >= end:
            return None
        byte = buffer[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            return value, at + place + 1
    raise MalformedPacket("a length of more than four bytes")


def acks(packet_ids: list[bytes]) -> bytes:
    """The PUBACKs of these messages, in this order, as one piece; empty ids (QoS 0) must not be among them."""
    return PUBACK + PUBACK.join(packet_ids) if packet_ids else b""


def publish_packet(
    topic: str, payload: bytes, qos: int, retain: bool, packet_id: int, *, is_again: bool = False
) -> bytes:
    """A PUBLISH of ours without properties; `packet_id` counts for QoS 1 only."""
    name = topic.encode()
    flags = PUBLISH << 4 | (DUP if is_again else 0) | (QOS_1 if qos else 0) | (RETAIN if retain else 0)
    identifier = packet_id.to_bytes(2) if qos else b""
    body = b"%b%b%b\x00%b" % (len(name).to_bytes(2), name, identifier, payload)
    length, rest = len(body), bytearray((flags,))
    while length > 0x7F:  # noqa: PLR2004 - seven bits a byte (MQTT 5 §1.5.5)
        rest.append(length & 0x7F | 0x80)
        length >>= 7
    rest.append(length)
    return bytes(rest) + body
