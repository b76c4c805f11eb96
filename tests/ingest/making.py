"""Readings and states for tests: valid ones, with what a test cares about changed.

Enters: what differs. Leaves: what `decode` would have made of it. Never: an invalid one.
"""

import json
from typing import Any, Final

from gateway.frames import Message
from gateway.payloads import ADAPTERS, STATE
from gateway.topics import Channel
from ingest.model import Kind, Reading, State

NOW_MS: Final = 1_795_330_801_000
MINUTE_MS: Final = 60_000

_FIELDS: Final[dict[Kind, dict[str, Any]]] = {
    Kind.OCCUPANCY: {"present": 1, "entered": 1, "left": 0, "epoch": 1},
    Kind.BATTERY: {"slots": [{"slot": 1, "state": "ready", "soc": 90}], "swaps": 3, "epoch": 1},
    Kind.MEDICINE: {"items": [{"sku": "hxzq-10ml", "qty": 12}]},
    Kind.EXCHANGE: {"on_shelf": 1, "donated": 5, "claimed": 4, "epoch": 1},
}


def document(kind: Kind = Kind.OCCUPANCY, **fields: Any) -> dict[str, Any]:
    """A reading as JSON has it."""
    return {"ts": NOW_MS, "boot": 1, "seq": 1, **_FIELDS[kind], **fields}


def reading(
    kind: Kind = Kind.OCCUPANCY, station: str = "st-1", received_ms: int | None = None, **fields: Any
) -> Reading:
    """A reading, received the moment it was sampled unless told otherwise."""
    payload = json.dumps(document(kind, **fields)).encode()
    body = ADAPTERS[kind].validate_json(payload)
    return Reading(station, kind, body, payload, body.ts if received_ms is None else received_ms)


def state(**fields: Any) -> State:
    """A birth unless told otherwise."""
    return STATE.validate_json(json.dumps({"online": True, "boot": 1, **fields}))


def will(boot: int = 1) -> State:
    """A last will."""
    return state(online=False, boot=boot)


def message(
    channel: Channel | Kind | str, fields: Any, station: str = "st-1", packet_id: int = 1, *, retained: bool = False
) -> Message:
    """A message of a station; bytes are sent as they are."""
    payload = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    return Message(f"yizhan/v1/{station}/{channel}", payload, packet_id.to_bytes(2, "big"), retained)
