"""The payloads of protocol v1, as frozen pydantic models: what a field is called, its type, unit and range.

Enters: one JSON document as bytes. Leaves: a model, or pydantic's `ValidationError`.
Never: repairs a value. Fields that v1 does not know are kept aside by name (`unknown_fields`), so a typo is seen.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from gateway.topics import Kind

COUNT_MAX: Final = 2**53
"""Largest cumulative count: beyond it a JSON number is no longer exact in every language."""
TS_MAX_MS: Final = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z: the last instant that a date can be made of."""

READING_MAX_BYTES: Final = 16 * 1024
BACKLOG_MAX_BYTES: Final = 256 * 1024
BACKLOG_MAX_READINGS: Final = 500

Ordinal = Annotated[int, Field(ge=1, le=COUNT_MAX)]
Count = Annotated[int, Field(ge=0, le=COUNT_MAX)]
Celsius = Annotated[float, Field(ge=-60, le=150)]
Text = Annotated[str, Field(min_length=1, max_length=64)]


class Payload(BaseModel):
    """Strict, because "12" for 12 is a firmware error to be told; frozen, because readings are shared."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow", allow_inf_nan=False)


class ReadingBody(Payload):
    """What every reading carries: when it was sampled and its name for ever, (kind, boot, seq)."""

    ts: Annotated[int, Field(ge=-TS_MAX_MS, le=TS_MAX_MS, description="sampled at, ms since the Unix epoch, UTC")]
    boot: Annotated[Ordinal, Field(description="the station's starts, kept in flash")]
    seq: Annotated[Ordinal, Field(description="readings of this kind since that start")]


class Occupancy(ReadingBody):
    """People inside, and a meter of the people who came and went."""

    present: Annotated[int, Field(ge=0, le=100_000, description="people inside, as the station believes")]
    entered: Annotated[Count, Field(description="people counted in since the counter was last zero")]
    left: Annotated[Count, Field(description="people counted out since the counter was last zero")]
    epoch: Annotated[Ordinal, Field(description="which life of the counter this is")]


class Slot(Payload):
    """One slot of a battery-swap cabinet."""

    slot: Annotated[int, Field(ge=1, le=64)]
    state: Literal["empty", "charging", "ready", "reserved", "fault", "disabled"]
    soc: Annotated[float | None, Field(ge=0, le=100, description="state of charge, %")] = None
    soh: Annotated[float | None, Field(ge=0, le=110, description="state of health, %")] = None
    cell_temp: Annotated[float | None, Field(ge=-40, le=125, description="the hottest cell, °C")] = None
    battery: Text | None = None
    door: Literal["closed", "open"] | None = None
    faults: Annotated[tuple[Text, ...], Field(max_length=32)] = ()


class Battery(ReadingBody):
    """The battery-swap cabinet, slot by slot."""

    slots: Annotated[tuple[Slot, ...], Field(min_length=1, max_length=64)]
    swaps: Annotated[Count, Field(description="batteries handed out since the counter was last zero")]
    epoch: Ordinal
    cabinet_temp: Celsius | None = None
    smoke: bool | None = None
    mains: Annotated[bool | None, Field(description="fed by the grid")] = None
    suppress: Literal["armed", "discharged", "fault", "none"] | None = None


class Item(Payload):
    """One lot of one article in the medicine box."""

    sku: Text
    qty: Annotated[int, Field(ge=0, le=100_000)]
    lot: Text | None = None
    expires: Annotated[date | None, Field(description="the last day of use, YYYY-MM-DD")] = None


class Medicine(ReadingBody):
    """The medicine box, lot by lot."""

    items: Annotated[tuple[Item, ...], Field(max_length=64)]
    door: Literal["closed", "open"] | None = None
    temp: Celsius | None = None
    humidity: Annotated[float | None, Field(ge=0, le=100, description="%")] = None


class Exchange(ReadingBody):
    """The donation shelf."""

    on_shelf: Annotated[int, Field(ge=0, le=100_000)]
    donated: Count
    claimed: Count
    epoch: Ordinal


class State(Payload):
    """Birth (`online` true) and last will (`online` false). A will carries the boot of its own CONNECT."""

    online: bool
    boot: Ordinal
    ts: Annotated[int | None, Field(ge=-TS_MAX_MS, le=TS_MAX_MS)] = None
    firmware: Text | None = None
    model: Text | None = None
    sensors: Annotated[tuple[Text, ...], Field(max_length=32)] = ()
    interval_s: Annotated[float | None, Field(gt=0, le=86_400)] = None


BODIES: Final[dict[Kind, type[ReadingBody]]] = {
    Kind.OCCUPANCY: Occupancy,
    Kind.BATTERY: Battery,
    Kind.MEDICINE: Medicine,
    Kind.EXCHANGE: Exchange,
}
ADAPTERS: Final[dict[Kind, TypeAdapter[ReadingBody]]] = {kind: TypeAdapter(body) for kind, body in BODIES.items()}
STATE: Final = TypeAdapter(State)


class StoredUpTo(Payload):
    """Of one kind and boot: all readings up to `seq` are durable, and those in the ranges of `also`."""

    kind: Kind
    boot: Ordinal
    seq: Annotated[int, Field(ge=0, le=COUNT_MAX, description="0 while the first reading of the boot is missing")]
    also: Annotated[tuple[tuple[int, int], ...], Field(description="inclusive ranges stored above a hole")] = ()


class Receipt(Payload):
    """Platform to station: what may be trimmed from the backlog."""

    ts: int
    stored: tuple[StoredUpTo, ...]


class Rejected(Payload):
    """Platform to station: which message was refused, and why."""

    ts: Annotated[int, Field(description="when the platform refused it, ms")]
    channel: str
    reason: str
    detail: Annotated[str, Field(description="what is wrong and what would be right, for a firmware author")]
    boot: int | None = None
    seq: int | None = None


def unknown_fields(body: Payload, prefix: str = "") -> Iterator[str]:
    """Names of the fields that v1 does not know, dotted: `items.colour` for one inside a list."""
    if body.__pydantic_extra__:
        yield from (prefix + name for name in body.__pydantic_extra__)
    match body:
        case Battery():
            for slot in body.slots:
                yield from unknown_fields(slot, "slots.")
        case Medicine():
            for item in body.items:
                yield from unknown_fields(item, "items.")
        case _:
            pass
