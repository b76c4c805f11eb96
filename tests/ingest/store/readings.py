"""Readings for tests of stores: made from what a station sends, and any that the protocol allows.

Enters: fields. Leaves: readings; hypothesis strategies. Never: a body that was not validated from its payload.
"""

import json
from typing import Any, Final

from hypothesis import strategies as st

from gateway.payloads import ADAPTERS
from gateway.topics import Kind
from ingest.model import Reading

NOW_MS: Final = 1_795_330_800_000
"""2026-11-22T07:00:00Z."""

OCCUPANCY: Final = {"present": 12, "entered": 10234, "left": 10222, "epoch": 1}
BATTERY: Final = {
    "slots": [
        {"slot": 1, "state": "ready", "soc": 97.5, "soh": 93, "cell_temp": 29.5, "battery": "BT000001"},
        {"slot": 2, "state": "charging", "soc": 40, "soh": 91.5, "cell_temp": 34, "battery": "BT000002"},
        {"slot": 3, "state": "empty"},
        {"slot": 4, "state": "fault", "faults": ["cell_over_temperature"]},
    ],
    "swaps": 812,
    "epoch": 1,
    "cabinet_temp": 31.5,
    "smoke": False,
    "mains": True,
    "suppress": "armed",
}
MEDICINE: Final = {
    "items": [
        {"sku": "hxzq-10ml", "lot": "2405A", "qty": 12, "expires": "2027-03-31"},
        {"sku": "band-aid", "qty": 3},
    ],
    "door": "closed",
    "temp": 24,
    "humidity": 48.5,
}
EXCHANGE: Final = {"on_shelf": 7, "donated": 120, "claimed": 101, "epoch": 1}
BODIES: Final[dict[Kind, dict[str, Any]]] = {
    Kind.OCCUPANCY: OCCUPANCY,
    Kind.BATTERY: BATTERY,
    Kind.MEDICINE: MEDICINE,
    Kind.EXCHANGE: EXCHANGE,
}


def reading(
    station: str = "bj-000001",
    kind: Kind = Kind.OCCUPANCY,
    *,
    ts: int = NOW_MS,
    boot: int = 1,
    seq: int = 1,
    received_ms: int | None = None,
    payload: bytes | None = None,
    **fields: Any,
) -> Reading:
    """One reading; what is not given is as in `BODIES`."""
    if payload is None:
        payload = json.dumps({"ts": ts, "boot": boot, "seq": seq, **BODIES[kind], **fields}).encode()
    body = ADAPTERS[kind].validate_json(payload)
    return Reading(station, kind, body, payload, received_ms if received_ms is not None else body.ts)


# ---- any reading ----

ORDINALS: Final = st.integers(1, 2**53)
COUNTS: Final = st.integers(0, 2**53)
TEXTS: Final = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
CELSIUS: Final = st.floats(-40, 125)
UNKNOWN: Final[st.SearchStrategy[dict[str, object]]] = st.dictionaries(
    TEXTS.map(lambda text: f"x-{text}"), TEXTS | st.lists(TEXTS, max_size=2) | st.integers() | st.none(), max_size=1
)
SLOTS: Final = st.fixed_dictionaries(
    {
        "slot": st.integers(1, 64),
        "state": st.sampled_from(["empty", "charging", "ready", "reserved", "fault", "disabled"]),
    },
    optional={
        "soc": st.floats(0, 100),
        "soh": st.floats(0, 110),
        "cell_temp": CELSIUS,
        "battery": TEXTS,
        "door": st.sampled_from(["closed", "open"]),
        "faults": st.lists(TEXTS, max_size=2),
    },
)
ITEMS: Final = st.fixed_dictionaries(
    {"sku": TEXTS, "qty": st.integers(0, 100_000)},
    optional={"lot": TEXTS, "expires": st.dates().map(str)},
)
FIELDS: Final[dict[Kind, st.SearchStrategy[dict[str, Any]]]] = {
    Kind.OCCUPANCY: st.fixed_dictionaries(
        {"present": st.integers(0, 100_000), "entered": COUNTS, "left": COUNTS, "epoch": ORDINALS}
    ),
    Kind.BATTERY: st.fixed_dictionaries(
        {"slots": st.lists(SLOTS, min_size=1, max_size=3), "swaps": COUNTS, "epoch": ORDINALS},
        optional={
            "cabinet_temp": CELSIUS,
            "smoke": st.booleans(),
            "mains": st.booleans(),
            "suppress": st.sampled_from(["armed", "discharged", "fault", "none"]),
        },
    ),
    Kind.MEDICINE: st.fixed_dictionaries(
        {"items": st.lists(ITEMS, max_size=3)},
        optional={
            "door": st.sampled_from(["closed", "open"]),
            "temp": CELSIUS,
            "humidity": st.floats(0, 100),
        },
    ),
    Kind.EXCHANGE: st.fixed_dictionaries(
        {"on_shelf": st.integers(0, 100_000), "donated": COUNTS, "claimed": COUNTS, "epoch": ORDINALS}
    ),
}


@st.composite
def any_reading(draw: st.DrawFn, kinds: st.SearchStrategy[Kind] | None = None) -> Reading:
    """One that a station may send, with any text in it, laid out in any way, with fields that v1 does not know."""
    kind = draw(kinds or st.sampled_from(Kind))
    ts = draw(st.integers(-NOW_MS, 2 * NOW_MS))
    fields: dict[str, Any] = {
        "ts": ts,
        "boot": draw(ORDINALS),
        "seq": draw(ORDINALS),
        **draw(FIELDS[kind]),
        **draw(UNKNOWN),
    }
    names = draw(st.permutations(list(fields)))
    payload = json.dumps(
        {name: fields[name] for name in names},
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, 0, 1, "\t"])),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": ")])),
    )
    late_ms = draw(st.sampled_from([0, 250, 59_999, 60_000, 7_200_000, -250, -290_000]))
    return reading(kind=kind, payload=payload.encode(), received_ms=ts + late_ms)
