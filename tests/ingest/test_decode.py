"""Decoding: the golden messages come out as the protocol says, and whatever else arrives is refused by name."""

import json
from typing import Any

import pytest
from hypothesis import example as explicit
from hypothesis import given
from hypothesis import strategies as st

from gateway.frames import Message
from gateway.payloads import BACKLOG_MAX_BYTES, BACKLOG_MAX_READINGS, READING_MAX_BYTES
from gateway.topics import DOWNLINK, Channel
from ingest.decode import Backlog, ClockBounds, Ignored, Reason, Refused, StateChange, dead_letter, decode
from ingest.model import Kind, Reading
from tests.golden.examples import REFUSED, TAKEN, Example

NOW_MS = 1_795_330_801_000
BOUNDS = ClockBounds()
UPLINK = ("occupancy", "battery", "medicine", "exchange", "state", "backlog")
GOOD = {"ts": NOW_MS - 1000, "boot": 7, "seq": 1, "present": 1, "entered": 1, "left": 0, "epoch": 1}


def message(channel: str, payload: bytes, topic: str | None = None) -> Message:
    """A message of a station."""
    return Message(f"yizhan/v1/st-1/{channel}" if topic is None else topic, payload, b"\x00\x01", retained=False)


def refusal(channel: str, payload: bytes) -> Refused:
    """How a message is refused."""
    with pytest.raises(Refused) as caught:
        decode(message(channel, payload), NOW_MS, BOUNDS)
    return caught.value


def written(document: Any) -> bytes:
    """As JSON."""
    return json.dumps(document).encode()


def backlog_of(*readings: Any) -> Backlog:
    """A backlog, decoded."""
    arrived = decode(message("backlog", written({"readings": list(readings)})), NOW_MS, BOUNDS)
    assert isinstance(arrived, Backlog)
    return arrived


# ---- the golden messages ----


@pytest.mark.parametrize("golden", [one for one in TAKEN if one.channel in UPLINK], ids=str)
def test_golden_message_is_taken(golden: Example) -> None:
    """Every valid message comes out as what its channel carries, with its payload as it was sent."""
    arrived = decode(message(golden.channel, golden.payload), golden.received_ms, BOUNDS)
    match arrived:
        case Reading(station, kind, _, payload, received_ms):
            assert (station, kind.value, payload, received_ms) == (
                "st-1",
                golden.channel,
                golden.payload,
                golden.received_ms,
            )
        case StateChange(station):
            assert (station, golden.channel) == ("st-1", "state")
        case Backlog(station, readings, refused):
            assert (station, len(readings)) == ("st-1", golden.taken)
            assert tuple(str(letter.reason) for letter in refused) == golden.refused
        case _:
            pytest.fail(f"not taken: {arrived}")


@pytest.mark.parametrize("golden", [one for one in REFUSED if one.channel in UPLINK], ids=str)
def test_golden_message_that_is_wrong_is_refused(golden: Example) -> None:
    """Every wrong message is refused with its reason, and the words begin with the field that is wrong."""
    with pytest.raises(Refused) as caught:
        decode(message(golden.channel, golden.payload), golden.received_ms, BOUNDS)
    assert caught.value.reason == golden.reason
    assert caught.value.station == "st-1"
    if golden.at is not None:
        assert caught.value.detail.startswith(f"{golden.at}:")


# ---- the list of bad input, line by line ----


def nested(depth: int) -> bytes:
    """A field that v1 does not know, so deep."""
    return written(GOOD)[:-1] + b',"deep":' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize(
    ("channel", "payload", "reason"),
    [
        pytest.param("occupancy", b"", Reason.EMPTY, id="empty"),
        pytest.param("occupancy", b"x" * 1_000_000, Reason.TOO_LARGE, id="1 MB"),
        pytest.param("state", b"x" * 1_000_000, Reason.TOO_LARGE, id="1 MB of state"),
        pytest.param("backlog", b"x" * 1_000_000, Reason.TOO_LARGE, id="1 MB of backlog"),
        pytest.param("occupancy", b"\xff\xfe", Reason.NOT_UTF8, id="not UTF-8"),
        pytest.param("occupancy", b'{"ts":NaN}', Reason.WRONG_TYPE, id="NaN for a whole number"),
        pytest.param("medicine", b'{"ts":1,"boot":1,"seq":1,"items":[],"temp":NaN}', Reason.OUT_OF_RANGE, id="NaN"),
        pytest.param("occupancy", written({**GOOD, "present": 10**400}), Reason.OUT_OF_RANGE, id="10**400"),
        pytest.param("occupancy", b'{"ts":' + b"9" * 16_000 + b"}", Reason.NOT_JSON, id="16,000 digits"),
        pytest.param("medicine", b'{"ts":1,"boot":1,"seq":1,"items":[],"temp":1e400}', Reason.OUT_OF_RANGE, id="1e400"),
        pytest.param("occupancy", nested(5_000), Reason.NOT_JSON, id="nested 5,000 deep"),
        pytest.param("backlog", b"[" * 10_000, Reason.NOT_JSON, id="nested 10,000 deep"),
        pytest.param("occupancy", written({**GOOD, "boot": "7"}), Reason.WRONG_TYPE, id="wrong type"),
        pytest.param("occupancy", b'{"boot":7}', Reason.MISSING_FIELD, id="missing field"),
        pytest.param("occupancy", written({**GOOD, "ts": 0}), Reason.CLOCK_PAST, id="clock in 1970"),
        pytest.param("occupancy", written({**GOOD, "ts": 4_102_444_800_000}), Reason.CLOCK_FUTURE, id="clock in 2100"),
    ],
)
def test_bad_input_has_its_reason(channel: str, payload: bytes, reason: Reason) -> None:
    """Each kind of bad message is refused under its own reason, in words of a length that can be sent."""
    refused = refusal(channel, payload)
    assert refused.reason is reason
    assert 0 < len(refused.detail) < 1_000
    assert refused.station == "st-1"


@pytest.mark.parametrize("number", ["9" * 4_300, "-" + "9" * 4_300, "1" + "0" * 400, "1e308", "1e309", "-1e-400"])
@pytest.mark.parametrize("field", ["ts", "boot", "seq", "present", "entered", "new_field"])
def test_number_of_any_size_is_taken_or_refused(field: str, number: str) -> None:
    """A number too large is a refusal like any other; in a field that v1 does not know it does no harm."""
    payload = written({**GOOD, field: "HERE"}).replace(b'"HERE"', number.encode())
    if field == "new_field":
        assert isinstance(decode(message("occupancy", payload), NOW_MS, BOUNDS), Reading)
    else:
        assert refusal("occupancy", payload).reason in {Reason.OUT_OF_RANGE, Reason.WRONG_TYPE}
    item = b'{"readings":[' + payload[:-1] + b',"kind":"occupancy"}]}'
    arrived = decode(message("backlog", item), NOW_MS, BOUNDS)
    assert isinstance(arrived, Backlog)
    assert len(arrived.readings) + len(arrived.refused) == 1


@pytest.mark.parametrize(
    "kind",
    ['""', '"Occupancy"', "5", "1" + "0" * 4_000, "null", "true", '["occupancy"]', '{"a":1}', f'"{"x" * 100_000}"'],
    ids=lambda kind: kind[:12],
)
def test_kind_that_does_not_exist_is_refused_alone(kind: str) -> None:
    """A reading of an unknown kind in a backlog is refused, and those around it are taken."""
    good = {"kind": "occupancy", **GOOD}
    text = json.dumps({"readings": [good, {**good, "kind": "HERE"}, {**good, "seq": 2}]})
    arrived = decode(message("backlog", text.replace('"HERE"', kind).encode()), NOW_MS, BOUNDS)
    assert isinstance(arrived, Backlog)
    assert [reading.body.seq for reading in arrived.readings] == [1, 2]
    [letter] = arrived.refused
    assert letter.detail.startswith("readings[1].kind:")
    assert len(letter.detail) < 1_000
    assert letter.topic == "yizhan/v1/st-1/backlog"


# ---- limits ----


def padded(document: dict[str, Any], size: int) -> bytes:
    """The same document with white space up to a size."""
    return written(document).ljust(size)


def test_reading_of_just_the_limit_is_taken() -> None:
    """16 KiB are taken, and one byte more is not."""
    assert isinstance(decode(message("occupancy", padded(GOOD, READING_MAX_BYTES)), NOW_MS, BOUNDS), Reading)
    assert refusal("occupancy", padded(GOOD, READING_MAX_BYTES + 1)).reason is Reason.TOO_LARGE


def test_backlog_of_just_the_limits_is_taken() -> None:
    """500 readings in 256 KiB are taken; a reading or a byte more is not."""
    readings = [{"kind": "occupancy", **GOOD, "seq": seq} for seq in range(1, BACKLOG_MAX_READINGS + 1)]
    full = padded({"readings": readings}, BACKLOG_MAX_BYTES)
    arrived = decode(message("backlog", full), NOW_MS, BOUNDS)
    assert isinstance(arrived, Backlog)
    assert len(arrived.readings) == BACKLOG_MAX_READINGS
    assert refusal("backlog", full + b" ").reason is Reason.TOO_LARGE
    many = refusal("backlog", written({"readings": [*readings, readings[0]]}))
    assert many.reason is Reason.TOO_LARGE
    assert "501" in many.detail


def test_reading_too_large_is_refused_alone_in_a_backlog() -> None:
    """A backlog may be larger than a reading, but none of its readings may."""
    large = {"kind": "occupancy", **GOOD, "note": "x" * READING_MAX_BYTES}
    arrived = backlog_of(large, {"kind": "occupancy", **GOOD, "seq": 2})
    assert [reading.body.seq for reading in arrived.readings] == [2]
    assert [letter.reason for letter in arrived.refused] == [Reason.TOO_LARGE]


@pytest.mark.parametrize("bound_ms", [0, 60_000])
def test_clock_bounds_are_settings(bound_ms: int) -> None:
    """The bounds are inclusive, on both sides."""
    bounds = ClockBounds(bound_ms, bound_ms)
    for off_ms, reason in ((bound_ms, Reason.CLOCK_FUTURE), (-bound_ms, Reason.CLOCK_PAST)):
        at_bound = written({**GOOD, "ts": NOW_MS + off_ms})
        assert isinstance(decode(message("occupancy", at_bound), NOW_MS, bounds), Reading)
        beyond = written({**GOOD, "ts": NOW_MS + off_ms + (1 if off_ms > 0 or reason == "clock_future" else -1)})
        with pytest.raises(Refused) as caught:
            decode(message("occupancy", beyond), NOW_MS, bounds)
        assert caught.value.reason is reason


# ---- what is not a reading ----


@pytest.mark.parametrize("channel", [*DOWNLINK, Channel.REPLY])
def test_downlink_and_replies_are_let_pass(channel: Channel) -> None:
    """Our own receipts, where a broker echoes them, and replies that nobody waits for are no faults."""
    assert decode(message(channel, b"whatever"), NOW_MS, BOUNDS) == Ignored("st-1")


@pytest.mark.parametrize("is_retained", [True, False])
def test_state_says_whether_the_broker_had_kept_it(is_retained: bool) -> None:
    """A birth that the broker kept is told from one that is said now."""
    kept = message("state", b'{"online":true,"boot":1}')._replace(retained=is_retained)
    arrived = decode(kept, NOW_MS, BOUNDS)
    assert isinstance(arrived, StateChange)
    assert arrived.is_retained is is_retained


def test_cleared_state_is_let_pass() -> None:
    """An empty retained state clears it at the broker; it says nothing."""
    assert decode(message("state", b""), NOW_MS, BOUNDS) == Ignored("st-1")


@pytest.mark.parametrize(
    ("topic", "station"), [("yizhan/v1/st-1/presence", "st-1"), ("yizhan/v1/ST-1/state", None), ("", None)]
)
def test_wrong_topic_is_refused_before_its_payload(topic: str, station: str | None) -> None:
    """A message on a wrong topic is refused whatever it carries; it can be answered where the station is known."""
    with pytest.raises(Refused) as caught:
        decode(message("", written(GOOD), topic), NOW_MS, BOUNDS)
    assert (caught.value.reason, caught.value.station) == (Reason.WRONG_TOPIC, station)


# ---- dead letters ----


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        (b'{"boot":7,"seq":4711,"present":-1}', (7, 4711)),
        (b'{"boot":7,"seq":4711,"present":NaN}', (7, 4711)),
        (b'{"boot":7}', (None, None)),
        (b'{"boot":"7","seq":4711}', (None, None)),
        (b'{"boot":true,"seq":4711}', (None, None)),
        (b'{"boot":0,"seq":4711}', (None, None)),
        (b'{"boot":7,"seq":18446744073709551616}', (None, None)),
        (b'{"boot":7,"seq":4711', (None, None)),
        (b"[7,4711]", (None, None)),
        (b"\xff", (None, None)),
        (b"", (None, None)),
        (b"x" * 1_000_000, (None, None)),
    ],
)
def test_dead_letter_keeps_the_message_whole_and_names_it_where_it_can(
    payload: bytes, name: tuple[int | None, int | None]
) -> None:
    """A refused message is kept byte for byte; (boot, seq) is given where both can be read."""
    letter = dead_letter(Refused(Reason.OUT_OF_RANGE, "why", "st-1"), "yizhan/v1/st-1/occupancy", payload, NOW_MS)
    assert letter.payload == payload
    assert (letter.boot, letter.seq) == name


def test_bad_one_of_a_backlog_can_be_replayed_alone() -> None:
    """A letter of a backlog carries the topic and the payload that the reading would have had if sent alone."""
    arrived = backlog_of({"kind": "occupancy", **GOOD, "present": -1})
    [letter] = arrived.refused
    assert (letter.topic, json.loads(letter.payload)) == ("yizhan/v1/st-1/occupancy", {**GOOD, "present": -1})
    assert (letter.boot, letter.seq, letter.station) == (7, 1, "st-1")


def test_reading_of_a_backlog_is_as_if_sent_alone() -> None:
    """A reading kept while offline is decoded to the same body as one sent alone, its unknown fields included."""
    document = {**GOOD, "lux": 17.5, "note": "热"}
    alone = decode(message("occupancy", written(document)), NOW_MS, BOUNDS)
    [kept] = backlog_of({"kind": "occupancy", **document}).readings
    assert isinstance(alone, Reading)
    assert (kept.body, kept.kind, kept.station) == (alone.body, alone.kind, alone.station)
    assert json.loads(kept.payload) == document


# ---- whatever arrives ----

HUGE = "stands for a number of 4,000 digits"
words = st.text(max_size=12)
scalars = (
    st.none() | st.booleans() | st.integers() | st.integers(-(10**30), 10**30) | st.floats() | words | st.just(HUGE)
)
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*GOOD, "slots", "items", "readings", "kind"]) | words, inner, max_size=8)
    ),
    max_leaves=25,
)
near_readings = st.fixed_dictionaries(
    {"ts": st.just(NOW_MS) | documents, "boot": st.just(1) | documents, "seq": st.just(1) | documents},
    optional={
        name: st.integers(0, 3) | st.sampled_from(["ready", "closed"]) | documents
        for name in ("present", "entered", "left", "epoch", "slots", "items", "swaps", "door", "kind", "on_shelf")
    },
)
backlogs = st.fixed_dictionaries({"readings": st.lists(near_readings | documents, max_size=4) | documents})


def spelled(document: object) -> bytes:
    """As JSON."""
    return json.dumps(document).replace(f'"{HUGE}"', "9" * 4_000).encode()


payloads = st.binary(max_size=60) | st.builds(spelled, documents | near_readings | backlogs)
topics = st.text(max_size=30) | st.sampled_from(list(Channel)).map(lambda channel: f"yizhan/v1/st-1/{channel}")


@given(topics, payloads)
@explicit("yizhan/v1/st-1/backlog", b'{"readings":[{"kind":' + b"9" * 5_000 + b"}]}")
@explicit("yizhan/v1/st-1/backlog", b'{"readings":[' + b"9" * 5_000 + b"]}")
@explicit("yizhan/v1/st-1/occupancy", b'"' + b"\\ud800" + b'"')
@explicit("yizhan/v1/st-1/medicine", b'{"ts":1,"boot":1,"seq":1,"items":[{"sku":"\\udfff","qty":1}]}')
def test_anything_is_decoded_or_refused(topic: str, payload: bytes) -> None:
    """Whatever is published, decode gives something or raises its own error; and the refusal can be kept and told."""
    try:
        arrived = decode(message("", payload, topic), NOW_MS, BOUNDS)
    except Refused as refused:
        letter = dead_letter(refused, topic, payload, NOW_MS)
        letter.detail.encode()
        return
    if isinstance(arrived, Reading):
        assert arrived.payload == payload
        assert arrived.kind in Kind
    elif isinstance(arrived, Backlog):
        assert len(arrived.readings) + len(arrived.refused) == len(json.loads(payload)["readings"])


@given(st.lists(near_readings | documents, max_size=6))
def test_good_readings_survive_the_bad_ones_around_them(others: list[Any]) -> None:
    """Whatever stands beside them in a backlog, good readings are taken, in order."""
    readings: list[Any] = []
    for place, other in enumerate(others, start=1):
        readings += [{**GOOD, "kind": "occupancy", "seq": place, "mark": "good"}, other]
    arrived = decode(message("backlog", spelled({"readings": readings})), NOW_MS, BOUNDS)
    assert isinstance(arrived, Backlog)
    kept = [reading.body.seq for reading in arrived.readings if b'"mark":"good"' in reading.payload]
    assert kept == list(range(1, len(others) + 1))
