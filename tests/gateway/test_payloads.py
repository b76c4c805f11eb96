"""The payload models against the golden messages, and the few rules that are not a field's type or range."""

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.payloads import (
    ADAPTERS,
    BODIES,
    READING_MAX_BYTES,
    STATE,
    Payload,
    Receipt,
    Rejected,
    State,
    StoredUpTo,
    unknown_fields,
)
from gateway.topics import Channel, Kind
from tests.golden.examples import REFUSED, TAKEN, Example

MODELS: dict[str, TypeAdapter[Payload]] = {
    **{kind.value: TypeAdapter(body) for kind, body in BODIES.items()},
    "state": TypeAdapter(State),
    "receipt": TypeAdapter(Receipt),
    "rejected": TypeAdapter(Rejected),
}
CLOCK = ("clock_past", "clock_future")
"""A matter of when it is received: a payload alone cannot be wrong about it."""


@pytest.mark.parametrize("example", [one for one in TAKEN if one.channel in MODELS], ids=str)
def test_golden_message_is_taken(example: Example) -> None:
    """Every valid message is read, and the fields that v1 does not know are named."""
    body = MODELS[example.channel].validate_json(example.payload)
    assert tuple(unknown_fields(body)) == example.unknown


@pytest.mark.parametrize(
    "example", [one for one in REFUSED if one.channel in MODELS and one.reason not in CLOCK], ids=str
)
def test_golden_message_that_is_wrong_is_refused(example: Example) -> None:
    """Every wrong message is refused, at the field that is wrong."""
    with pytest.raises(ValidationError) as caught:
        MODELS[example.channel].validate_json(example.payload)
    [first, *_] = caught.value.errors()
    if example.at is not None and example.at != "payload":
        assert ".".join(str(part) for part in first["loc"]) == example.at


def test_every_channel_that_carries_something_to_us_has_golden_messages() -> None:
    """Nobody adds a kind of reading without examples that hold the simulator and the gateway to it."""
    silent = {Channel.REPLY, Channel.COMMAND, Channel.CONFIG}
    assert {one.channel for one in TAKEN} == {channel.value for channel in Channel if channel not in silent}
    assert set(ADAPTERS) == set(Kind)


@pytest.mark.parametrize("example", [one for one in TAKEN if one.channel in ADAPTERS], ids=str)
def test_reading_cannot_be_changed(example: Example) -> None:
    """A reading is shared between the picture, the batch and the store, so nobody may write into it."""
    body = ADAPTERS[Kind(example.channel)].validate_json(example.payload)
    with pytest.raises(ValidationError, match="frozen"):
        body.seq = 1  # type: ignore[misc]  # that is the point


def test_largest_cabinet_and_box_fit_into_a_message() -> None:
    """64 slots or 64 items with everything that v1 knows of them stay under the limit of a reading."""
    slot = (
        '{"slot":64,"state":"reserved","soc":100.0,"soh":100.0,"cell_temp":-12.5,"battery":"B48-00317-2026-11-22",'
        '"door":"closed","faults":["cell_over_temperature"]}'
    )
    item = '{"sku":"huoxiangzhengqi-koufuye-10ml","lot":"2405A-0001","qty":100000,"expires":"2027-03-31"}'
    head = '"ts":1795330800000,"boot":9007199254740992,"seq":9007199254740992'
    cabinet = f'{{{head},"swaps":1,"epoch":1,"cabinet_temp":31.5,"smoke":false,"slots":[{",".join([slot] * 64)}]}}'
    box = f'{{{head},"items":[{",".join([item] * 64)}]}}'
    for kind, payload in ((Kind.BATTERY, cabinet.encode()), (Kind.MEDICINE, box.encode())):
        ADAPTERS[kind].validate_json(payload)
        assert len(payload) <= READING_MAX_BYTES


def test_receipt_says_no_more_than_it_must() -> None:
    """Ranges above a hole are left out of a receipt where there are none: it stays small for a small station."""
    stored = (
        StoredUpTo(kind=Kind.OCCUPANCY, boot=7, seq=9),
        StoredUpTo(kind=Kind.BATTERY, boot=7, seq=0, also=((2, 3),)),
    )
    written = Receipt(ts=1, stored=stored).model_dump_json(exclude_defaults=True)
    assert written == (
        '{"ts":1,"stored":[{"kind":"occupancy","boot":7,"seq":9},{"kind":"battery","boot":7,"seq":0,"also":[[2,3]]}]}'
    )


def test_field_of_the_future_does_not_hide_the_state() -> None:
    """A birth with fields that v1 does not know is a birth."""
    assert STATE.validate_json('{"online":true,"boot":1,"later":{"a":[1]}}').online
