"""From a message to what it says: readings, a birth or will; or a refusal in words that a firmware author can act on.

Enters: one MQTT message and the platform's clock. Leaves: a `Reading`, `Backlog` or `StateChange`, or raises `Refused`.
Never: raises anything else, repairs a value, or remembers one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from gateway.frames import Message
from gateway.payloads import ADAPTERS, BACKLOG_MAX_BYTES, BACKLOG_MAX_READINGS, READING_MAX_BYTES, STATE, ReadingBody
from gateway.topics import DOWNLINK, Channel, Kind, WrongTopic, parse_topic, topic_of
from ingest.model import DeadLetter, Reading, State


class Reason(StrEnum):
    """Why a message was refused; a label of the metrics and a filter of the dead letters."""

    WRONG_TOPIC = "wrong_topic"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    CLOCK_FUTURE = "clock_future"
    CLOCK_PAST = "clock_past"
    NAME_REUSED = "name_reused"
    """(boot, seq) named another reading before: the boot counter did not grow."""
    IMPLAUSIBLE_JUMP = "implausible_jump"
    TOO_MANY_UNREGISTERED = "too_many_unregistered"
    REJECTED_BY_STORE = "rejected_by_store"


class Refused(Exception):
    """The message is not taken. `identity` is what could be read of its (boot, seq)."""

    def __init__(self, reason: Reason, detail: str, station: str | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.station = station


@dataclass(frozen=True, slots=True)
class ClockBounds:
    """How far a station's clock may be off."""

    future_ms: int = 5 * 60_000
    past_ms: int = 30 * 86_400_000


class Backlog(NamedTuple):
    """Readings kept while offline; each bad one among them is refused alone."""

    station: str
    readings: list[Reading]
    refused: list[DeadLetter]


class StateChange(NamedTuple):
    """A birth or a will."""

    station: str
    state: State
    is_retained: bool
    """The broker had it in store: it was said at some time, and not now."""


class Ignored(NamedTuple):
    """Nothing to do: our own downlink, a cleared retained state, or a reply nobody waits for."""

    station: str


Arrived = Reading | Backlog | StateChange | Ignored

SHOWN_MAX: Final = 80
"""Characters of a wrong value that are sent back. Larger: whoever sends nonsense decides what our answers weigh.
Smaller: the author of the firmware does not recognise it."""

Validate = Callable[[bytes], ReadingBody]
_READINGS: Final[dict[Channel, tuple[Kind, Validate]]] = {
    Channel(kind.value): (kind, adapter.validator.validate_json) for kind, adapter in ADAPTERS.items()
}


def decode(message: Message, received_ms: int, bounds: ClockBounds) -> Arrived:
    """What a message says; raises `Refused` and nothing else."""
    topic, payload, _, is_retained = message
    try:
        station, channel = parse_topic(topic)
    except WrongTopic as wrong:
        raise Refused(Reason.WRONG_TOPIC, str(wrong), wrong.station) from None
    known = _READINGS.get(channel)
    if known is not None:
        return decode_reading(station, *known, payload, received_ms, bounds)
    if channel in DOWNLINK or channel is Channel.REPLY or (channel is Channel.STATE and not payload):
        return Ignored(station)
    if channel is Channel.STATE:
        return _decode_state(station, payload, is_retained)
    return _decode_backlog(station, payload, received_ms, bounds)


def decode_reading(
    station: str, kind: Kind, validate: Validate, payload: bytes, received_ms: int, bounds: ClockBounds
) -> Reading:
    """One reading; raises `Refused`."""
    if len(payload) > READING_MAX_BYTES:
        raise _too_large(station, payload, READING_MAX_BYTES)
    try:
        body = validate(payload)
    except ValidationError as error:
        raise _refusal(error, payload, station) from None
    ahead_ms = body.ts - received_ms
    if ahead_ms > bounds.future_ms:
        raise Refused(Reason.CLOCK_FUTURE, _clock_detail(ahead_ms, bounds.future_ms, "ahead of"), station)
    if -ahead_ms > bounds.past_ms:
        raise Refused(Reason.CLOCK_PAST, _clock_detail(-ahead_ms, bounds.past_ms, "behind"), station)
    return Reading(station, kind, body, payload, received_ms)


def _decode_state(station: str, payload: bytes, is_retained: bool) -> StateChange:
    if len(payload) > READING_MAX_BYTES:
        raise _too_large(station, payload, READING_MAX_BYTES)
    try:
        return StateChange(station, STATE.validator.validate_json(payload), is_retained)
    except ValidationError as error:
        raise _refusal(error, payload, station) from None


def _decode_backlog(station: str, payload: bytes, received_ms: int, bounds: ClockBounds) -> Backlog:
    if len(payload) > BACKLOG_MAX_BYTES:
        raise _too_large(station, payload, BACKLOG_MAX_BYTES)
    try:
        document = from_json(payload, allow_inf_nan=True)
    except ValueError as error:
        raise _unreadable(station, payload, str(error)) from None
    if not isinstance(document, dict):
        raise Refused(Reason.WRONG_TYPE, 'payload: a backlog is an object, {"readings":[…]}', station)
    if "readings" not in document:
        raise Refused(Reason.MISSING_FIELD, 'readings: a backlog is {"readings":[…]}; the list is missing', station)
    items = document["readings"]
    if not isinstance(items, list):
        raise Refused(Reason.WRONG_TYPE, f"readings: must be a list, got {_shown(items)}", station)
    if len(items) > BACKLOG_MAX_READINGS:
        detail = f"readings: {len(items)} in one backlog; send at most {BACKLOG_MAX_READINGS} a message"
        raise Refused(Reason.TOO_LARGE, detail, station)
    backlog = Backlog(station, [], [])
    for place, item in enumerate(items):
        one = _one_of_backlog(station, place, item, received_ms, bounds)
        if isinstance(one, Reading):
            backlog.readings.append(one)
        else:
            backlog.refused.append(one)
    return backlog


def _one_of_backlog(station: str, place: int, item: Any, received_ms: int, bounds: ClockBounds) -> Reading | DeadLetter:
    name = item.get("kind") if isinstance(item, dict) else None
    if not isinstance(name, str) or name not in _KIND_NAMES:
        payload = to_json({"readings": [item]}, inf_nan_mode="constants")
        refusal = _kindless(station, f"readings[{place}]", item)
        return dead_letter(refusal, topic_of(station, Channel.BACKLOG), payload, received_ms)
    del item["kind"]
    # Through bytes again, so that a reading kept in a backlog is held to exactly the rules of one sent alone.
    payload = to_json(item, inf_nan_mode="constants")
    kind, validate = _READINGS[Channel(name)]
    try:
        return decode_reading(station, kind, validate, payload, received_ms, bounds)
    except Refused as refusal:
        # Under its own topic, so that it can be replayed alone.
        return dead_letter(refusal, topic_of(station, kind), payload, received_ms)


_KIND_NAMES: Final = frozenset(str(kind) for kind in Kind)


def _kindless(station: str, place: str, item: Any) -> Refused:
    if not isinstance(item, dict):
        return Refused(Reason.WRONG_TYPE, f"{place}: must be an object, got {_shown(item)}", station)
    if "kind" not in item:
        return Refused(Reason.MISSING_FIELD, f"{place}.kind: one of {', '.join(Kind)} is missing", station)
    detail = f"{place}.kind: must be one of {', '.join(Kind)}, got {_shown(item['kind'])}"
    return Refused(Reason.OUT_OF_RANGE if isinstance(item["kind"], str) else Reason.WRONG_TYPE, detail, station)


def dead_letter(refusal: Refused, topic: str, payload: bytes, received_ms: int) -> DeadLetter:
    """A refused message as it is kept; names the reading where that much can be read."""
    boot, seq = _identity(payload)
    return DeadLetter(received_ms, topic, payload, refusal.reason, refusal.detail, refusal.station, boot, seq)


def _identity(payload: bytes) -> tuple[int | None, int | None]:
    if len(payload) > READING_MAX_BYTES:
        return None, None
    try:
        document = from_json(payload, allow_inf_nan=True)
    except ValueError:
        return None, None
    if not isinstance(document, dict):
        return None, None
    boot, seq = document.get("boot"), document.get("seq")
    # Not isinstance: true and false are integers to Python.
    is_name = type(boot) is int and type(seq) is int and 0 < boot < _SQL_INT and 0 < seq < _SQL_INT
    return (boot, seq) if is_name else (None, None)


_SQL_INT: Final = 2**63


def _too_large(station: str, payload: bytes, limit: int) -> Refused:
    return Refused(Reason.TOO_LARGE, f"payload has {len(payload)} bytes; at most {limit} are taken here", station)


def _clock_detail(off_ms: int, bound_ms: int, side: str) -> str:
    return f"ts: {off_ms // 1000} s {side} the platform's clock, at most {bound_ms // 1000} s are taken; set the clock"


def _refusal(error: ValidationError, payload: bytes, station: str) -> Refused:
    """The first thing wrong, as `field: what it must be, got what`."""
    first: ErrorDetails = error.errors(include_url=False, include_context=False)[0]
    kind, message = first["type"], first["msg"]
    if kind == "json_invalid":
        return _unreadable(station, payload, message)
    place = ".".join(str(part) for part in first["loc"]) or "payload"
    if kind == "missing":
        return Refused(Reason.MISSING_FIELD, f"{place}: {message}", station)
    detail = f"{place}: {message}, got {_shown(first['input'])}"
    if kind.endswith(("_type", "_from_float")):
        return Refused(Reason.WRONG_TYPE, detail, station)
    return Refused(Reason.OUT_OF_RANGE, detail, station)


def _unreadable(station: str, payload: bytes, message: str) -> Refused:
    if not payload:
        return Refused(Reason.EMPTY, "payload is empty; send one JSON object", station)
    try:
        payload.decode()
    except UnicodeDecodeError:
        return Refused(Reason.NOT_UTF8, f"payload is not UTF-8: {message}", station)
    return Refused(Reason.NOT_JSON, f"payload is not a JSON object: {message}", station)


def _shown(value: Any) -> str:
    """A value that came with a message, short enough to be sent back."""
    text = repr(value)
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"
