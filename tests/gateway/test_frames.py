"""Taking apart what a broker sends, against packets that were put together from the standard alone."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import paho.mqtt.client as paho
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gateway.frames import MalformedPacket, Message, Split, acks, publish_packet, split
from tests.gateway.mqtt_packets import CONNACK, Publish, disconnect, length_of, packet, suback, text

# No surrogates: they have no UTF-8, so that no broker can send one as such.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
topics = words | st.just("yizhan/v1/st-1/occupancy") | st.just("t" * 70)
properties = st.lists(st.tuples(words, words), max_size=3).map(tuple)
publishes = st.builds(
    Publish,
    topic=topics,
    payload=st.binary(max_size=300) | st.just(b"x" * 20_000),
    packet_id=st.none() | st.integers(1, 65_535),
    retained=st.booleans(),
    dup=st.booleans(),
    properties=properties,
)
others = st.sampled_from([CONNACK, suback(1, 1, 1), packet(0xD0, b""), disconnect(0x8B)])
PUBACKS = {packet(0x40, body): body for body in (b"\x00\x07", b"\x12\x34", b"\x00\x08\x87", b"\x00\x09\x87\x00")}
pubacks = st.sampled_from(sorted(PUBACKS))


def expected(publish: Publish) -> Message:
    """What a PUBLISH must come out as."""
    name = b"" if publish.packet_id is None else publish.packet_id.to_bytes(2, "big")
    return Message(publish.topic, publish.payload, name, publish.retained)


def split_in_chunks(stream: bytes, cuts: Sequence[int]) -> Split:
    """As the socket does it: what is incomplete is put in front of what comes next."""
    whole = Split([], [], b"", b"")
    for start, stop in pairwise(sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})):
        more = split(whole.rest + stream[start:stop])
        whole = Split(
            whole.messages + more.messages, whole.pubacks + more.pubacks, whole.others + more.others, more.rest
        )
    return whole


@given(st.lists(publishes | others | pubacks, max_size=8), st.lists(st.integers(0), max_size=12))
def test_packets_come_out_whole_and_in_order(packets: list[Publish | bytes], cuts: list[int]) -> None:
    """Messages and other packets come out as they were sent, wherever the stream is cut."""
    stream = b"".join(one if isinstance(one, bytes) else one.encode() for one in packets)
    whole = split_in_chunks(stream, cuts)
    assert whole.messages == [expected(one) for one in packets if isinstance(one, Publish)]
    assert whole.pubacks == [PUBACKS[one] for one in packets if isinstance(one, bytes) and one in PUBACKS]
    assert whole.others == b"".join(one for one in packets if isinstance(one, bytes) and one not in PUBACKS)
    assert whole.rest == b""


@given(publishes | others, publishes, st.integers(1))
def test_what_is_incomplete_is_kept(first: Publish | bytes, second: Publish, cut: int) -> None:
    """The beginning of a packet stays behind untouched, and what came before it is already given."""
    whole = first if isinstance(first, bytes) else first.encode()
    part = second.encode()[: cut % len(second.encode())]
    messages, _, control, rest = split(whole + part)
    assert rest == part
    assert (messages, control) == ([], first) if isinstance(first, bytes) else ([expected(first)], b"")


@given(
    st.binary(max_size=200) | st.builds(lambda head, tail: bytes([0x32, len(tail)]) + head + tail, *[st.binary()] * 2)
)
@example(b"\x30\x00")
@example(b"\x30\x01\x00")
@example(b"\x32\x02\x00\x00")
@example(b"\x32\x03\x00\x00\x00\x30")
@example(b"\x30\x03\x00\x00\xff")
@example(b"\x20\xff\xff\xff\xff\xff")
def test_garbage_is_malformed_or_incomplete_and_nothing_else(garbage: bytes) -> None:
    """Whatever bytes come, they are taken apart, kept or called malformed."""
    try:
        _, _, control, rest = split(garbage)
    except MalformedPacket:
        return
    assert len(control) + len(rest) <= len(garbage)
    assert garbage.endswith(rest)


@pytest.mark.parametrize(
    ("first_byte", "body"),
    [
        pytest.param(0x34, text("t") + b"\x00\x01\x00x", id="QoS 2"),
        pytest.param(0x36, text("t") + b"\x00\x01\x00x", id="QoS 3, which does not exist"),
        pytest.param(0x30, b"", id="nothing"),
        pytest.param(0x30, b"\x00\x05t", id="topic cut"),
        pytest.param(0x32, text("t") + b"\x00", id="packet id cut"),
        pytest.param(0x30, text("t"), id="no properties"),
        pytest.param(0x30, text("t") + b"\x05\x01", id="properties cut"),
        pytest.param(0x30, text("t") + b"\x80", id="length of the properties cut"),
    ],
)
def test_publish_that_breaks_the_standard_is_malformed(first_byte: int, body: bytes) -> None:
    """A PUBLISH that contradicts its own header is not guessed at, also where the next packet would fill the gap."""
    with pytest.raises(MalformedPacket):
        split(packet(first_byte, body) + CONNACK * 20)


def test_length_of_five_bytes_is_malformed() -> None:
    """A length may have four bytes; a fifth means that this is not MQTT."""
    assert split(b"\x30\xff\xff\xff") == ([], [], b"", b"\x30\xff\xff\xff")
    with pytest.raises(MalformedPacket):
        split(b"\x30\xff\xff\xff\xff")


@given(st.integers(0, 268_435_455))
def test_length_of_a_packet_is_read_as_the_standard_writes_it(length: int) -> None:
    """Every length up to the largest is waited for: a packet is incomplete until its last byte."""
    head = b"\xd0" + length_of(length)
    messages, _, control, rest = split(head)
    assert messages == []
    assert control + rest == head
    assert bool(control) == (length == 0)


def test_topic_that_is_not_utf8_is_given_with_marks_in_place() -> None:
    """A topic of wrong bytes reaches decode, which refuses it by name, and the next message arrives."""
    wrong = packet(0x30, b"\x00\x02\xff\xfe\x00body")
    messages, *_ = split(wrong + Publish("t", b"next").encode())
    assert [message.payload for message in messages] == [b"body", b"next"]
    assert messages[0].topic == "��"


@given(st.lists(st.integers(1, 65_535).map(lambda number: number.to_bytes(2, "big"))))
def test_acks_are_one_puback_for_each_message_in_order(names: list[bytes]) -> None:
    """The acks of a batch are whole PUBACK packets, one after the other."""
    assert acks(names) == b"".join(packet(0x40, name) for name in names)


class Recorder:
    """A socket that swallows what paho sends."""

    def __init__(self) -> None:
        self.sent = b""

    def send(self, data: bytes) -> int:
        """Note it."""
        self.sent += data
        return len(data)

    def close(self) -> None:
        """Nothing to close."""

    def setblocking(self, flag: bool) -> None:
        """It never blocks."""


class RecordedClient(paho.Client):
    """paho, connected to a recorder."""

    def __init__(self) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id="st-1", protocol=paho.MQTTv5)
        self.recorder = Recorder()

    def _create_socket(self) -> Any:
        return self.recorder


@pytest.mark.parametrize("size", [0, 1, 100, 127, 128, 16_383, 16_384, 300_000])
@pytest.mark.parametrize("qos", [0, 1])
def test_publish_of_paho_is_read_as_it_was_meant(qos: int, size: int) -> None:
    """What paho itself writes for a message comes out as that message."""
    client = RecordedClient()
    client.connect("nowhere")
    client.recorder.sent = b""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's
    properties.UserProperty = [("firmware", "1.4.2")]
    sent = client.publish("yizhan/v1/st-1/battery", b"x" * size, qos, retain=True, properties=properties)
    messages, _, control, rest = split(client.recorder.sent)
    name = sent.mid.to_bytes(2, "big") if qos else b""
    assert messages == [Message("yizhan/v1/st-1/battery", b"x" * size, name, retained=True)]
    assert control == rest == b""


@given(publishes, st.integers(1, 65_535))
def test_our_own_publish_is_read_as_it_was_meant(publish: Publish, packet_id: int) -> None:
    """What we write for a message comes out as that message, by the reader that is held to paho."""
    for qos in (0, 1):
        written = publish_packet(publish.topic, publish.payload, qos, publish.retained, packet_id)
        name = packet_id.to_bytes(2, "big") if qos else b""
        assert split(written) == ([Message(publish.topic, publish.payload, name, publish.retained)], [], b"", b"")
