"""What the platform says to a station: receipt, rejected, config, command.

Enters: bytes. Leaves: typed values, or `Unreadable`. Never: acts on them.
"""

import json
from typing import Final, NamedTuple

INTERVAL_MIN_S: Final = 1
"""Smaller: a typing error in one config message makes a station flood its line."""
INTERVAL_MAX_S: Final = 86_400
"""Larger: the station would look dark for more than a day."""


class Unreadable(ValueError):
    """The document is not what the protocol says; the station goes on as before."""


class Stored(NamedTuple):
    """One line of a receipt: what of a kind and boot is durable at the platform."""

    kind: str
    boot: int
    seq: int
    also: list[tuple[int, int]]


class Rejected(NamedTuple):
    """A refusal; boot and seq are None where the platform could not read which reading it was."""

    channel: str
    reason: str
    boot: int | None
    seq: int | None


class Command(NamedTuple):
    """An order; `expires_ms` None means never."""

    id: str
    name: str
    expires_ms: int | None


def parse_receipt(payload: bytes) -> list[Stored]:
    """The lines of a receipt; raises `Unreadable`."""
    lines = _document(payload).get("stored")
    if not isinstance(lines, list):
        raise Unreadable("receipt without a list `stored`")
    return [_stored(line) for line in lines]


def parse_rejected(payload: bytes) -> Rejected:
    """A refusal; raises `Unreadable`."""
    document = _document(payload)
    channel, reason = document.get("channel"), document.get("reason")
    if not isinstance(channel, str) or not isinstance(reason, str):
        raise Unreadable("rejected without channel and reason")
    return Rejected(channel, reason, _whole(document, "boot"), _whole(document, "seq"))


def parse_interval_s(payload: bytes) -> float | None:
    """The wanted report interval of a config, None when it says nothing about it; raises `Unreadable`."""
    interval_s = _document(payload).get("interval_s")
    if interval_s is None:
        return None
    if isinstance(interval_s, bool) or not isinstance(interval_s, int | float):
        raise Unreadable("interval_s must be a number of seconds")
    if not INTERVAL_MIN_S <= interval_s <= INTERVAL_MAX_S:
        raise Unreadable(f"interval_s must be {INTERVAL_MIN_S}..{INTERVAL_MAX_S}")
    return float(interval_s)


def parse_command(payload: bytes) -> Command:
    """A command; raises `Unreadable`."""
    document = _document(payload)
    command_id, name = document.get("id"), document.get("name")
    if not isinstance(command_id, str) or not isinstance(name, str):
        raise Unreadable("command without id and name")
    return Command(command_id, name, _whole(document, "expires"))


def _stored(line: object) -> Stored:
    match line:
        case {"kind": str(kind), "boot": int(boot), "seq": int(seq), **more}:
            return Stored(kind, boot, seq, _ranges(more.get("also")))
    raise Unreadable("a line of `stored` needs kind, boot and seq")


def _ranges(also: object) -> list[tuple[int, int]]:
    if also is None:
        return []
    if not isinstance(also, list):
        raise Unreadable("`also` must be a list of ranges")
    ranges = []
    for pair in also:
        match pair:
            case [int(first), int(last)]:
                ranges.append((first, last))
            case _:
                raise Unreadable("a range of `also` is two numbers")
    return ranges


def _whole(document: dict[str, object], name: str) -> int | None:
    value = document.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise Unreadable(f"{name} must be a whole number")


def _document(payload: bytes) -> dict[str, object]:
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    if not isinstance(document, dict):
        raise Unreadable("not a JSON object")
    return document
