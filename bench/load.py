"""A load of QoS 1 readings as fast as a broker takes them: packets made beforehand, one plain socket.

Enters: a broker's port and the shape of a fleet. Leaves: how many were acknowledged by the broker.
Never: leaves loopback, runs without end, or shares code with the gateway that is measured.
"""

import random
import selectors
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from typing import Final

LOOPBACK: Final = "127.0.0.1"
WINDOW: Final = 4_000
"""Unacked messages. Larger: the broker's memory. Smaller: the sender waits for every turn of the broker."""
CHUNK: Final = 200
"""Packets handed to the socket at once."""
PUBACK_BYTES: Final = 4

# Of 186,100 stations 110,000 have medicine, over 2,000 a battery-swap cabinet and 2,800 a donation shelf (the union's
# figures for 2024); all count people. Each sends what it has once a round.
MEDICINE_SHARE: Final = 110_000 / 186_100
BATTERY_SHARE: Final = 2_000 / 186_100
EXCHANGE_SHARE: Final = 2_800 / 186_100
VISITS_A_READING: Final = 12.4 / 1440
"""12.4 visits a day, a reading a minute."""


def station_ids(stations: int) -> list[str]:
    """The ids of a load of stations that no registry knows."""
    return [f"load-{number:06d}" for number in range(stations)]


def readings(ids: Sequence[str], messages: int, boot: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """Topic and payload of so many readings, round by round over the fleet, sampled as they are made."""
    rng = random.Random(seed)
    entered = [rng.randrange(20_000) for _ in ids]
    kinds = [_kinds_of(rng) for _ in ids]
    sent = 0
    for seq in range(1, messages + 1):
        for number, station in enumerate(ids):
            if rng.random() < VISITS_A_READING:
                entered[number] += 1
            for kind in kinds[number]:
                if sent == messages:
                    return
                sent += 1
                name = b'"ts":%d,"boot":%d,"seq":%d' % (time.time_ns() // 1_000_000, boot, seq)
                topic = f"yizhan/v1/{station}/{kind}"
                yield topic, b"{%s,%s}" % (name, body(kind, entered[number], rng))


def _kinds_of(rng: random.Random) -> list[str]:
    shares = (("medicine", MEDICINE_SHARE), ("battery", BATTERY_SHARE), ("exchange", EXCHANGE_SHARE))
    return ["occupancy", *(kind for kind, share in shares if rng.random() < share)]


def body(kind: str, entered: int, rng: random.Random) -> bytes:
    """A reading without its name, as JSON between the braces."""
    if kind == "occupancy":
        return b'"present":%d,"entered":%d,"left":%d,"epoch":1' % (rng.randrange(12), entered, max(0, entered - 4))
    if kind == "medicine":
        return b'"items":[%s],"door":"closed","temp":22.5,"humidity":48' % b",".join(
            b'{"sku":"%s","lot":"2405A","qty":%d,"expires":"2027-03-31"}' % (sku, rng.randrange(1, 12))
            for sku in (b"hxzq-10ml", b"suxiao-40", b"band-aid", b"iodine-swab", b"cooling-oil", b"ice-pack")
        )
    if kind == "battery":
        return b'"slots":[%s],"swaps":812,"epoch":1,"cabinet_temp":31.5,"smoke":false,"mains":true' % b",".join(
            b'{"slot":%d,"state":"ready","soc":%d,"soh":93,"cell_temp":29.5,"battery":"BT%06d","door":"closed"}'
            % (slot, rng.randrange(90, 100), slot)
            for slot in range(1, 13)
        )
    return b'"on_shelf":%d,"donated":120,"claimed":101,"epoch":1' % rng.randrange(20)


def packets(load: Iterator[tuple[str, bytes]]) -> list[bytes]:
    """MQTT 3.1.1 PUBLISH packets, QoS 1, packet ids in turn."""
    made = []
    for number, (topic, payload) in enumerate(load):
        encoded = topic.encode()
        body = struct.pack(">H", len(encoded)) + encoded + struct.pack(">H", number % 65_535 + 1) + payload
        made.append(b"\x32" + _remaining_length(len(body)) + body)
    return made


def _remaining_length(length: int) -> bytes:
    digits = bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(digits)


def blast(port: int, publishes: list[bytes], per_second: float | None = None) -> int:
    """Send all, at a rate if one is given; gives the number acknowledged. Raises ConnectionError when cut off."""
    acked = sent = 0
    with _connect(port) as sock, selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
        out, partial, started = b"", b"", time.monotonic()
        while acked < len(publishes):
            due = len(publishes) if per_second is None else int((time.monotonic() - started) * per_second) + 1
            may_send = min(len(publishes), acked + WINDOW, due)
            if not out and sent < may_send:
                chunk = publishes[sent : min(sent + CHUNK, may_send)]
                out, sent = b"".join(chunk), sent + len(chunk)
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if out else 0)
            selector.modify(sock, wanted)
            for _, events in selector.select(timeout=0.005):
                if events & selectors.EVENT_READ:
                    partial += _received(sock)
                    acked += len(partial) // PUBACK_BYTES
                    partial = partial[len(partial) // PUBACK_BYTES * PUBACK_BYTES :]
                if events & selectors.EVENT_WRITE and out:
                    out = out[sock.send(out) :]
    return acked


def _connect(port: int) -> socket.socket:
    sock = socket.create_connection((LOOPBACK, port))
    client = b"load-%d" % time.time_ns()
    head = b"\x00\x04MQTT\x04\x02\x00\x00" + struct.pack(">H", len(client)) + client
    sock.sendall(b"\x10" + _remaining_length(len(head)) + head)
    if sock.recv(4)[3:4] != b"\x00":
        raise ConnectionError("the broker refused the load's connection")
    sock.setblocking(False)
    return sock


def _received(sock: socket.socket) -> bytes:
    data = sock.recv(65_536)
    if not data:
        raise ConnectionError("the broker cut the load off")
    return data
