"""The battery-swap cabinet as fields of a point, and its slots as points of their own.

Enters: a reading. Leaves: the cabinet's fields, and a line for each slot at the same time. Never: a slot without state.
"""

from collections.abc import Iterator
from typing import Any, Final

from gateway.payloads import ReadingBody, Slot
from ingest.store.influx.raw_json import array_field

COUNTED: Final = ("ready", "charging", "empty", "fault")
"""States of a slot that are counted."""


def fields(fields_of: dict[str, Any], body: ReadingBody, payload: bytes) -> str:
    """Slots by state, the hottest cell, and everything that the cabinet says of itself."""
    slots = [slot.__dict__ for slot in fields_of["slots"]]  # reading from them is twice as fast as asking the models
    states = [of["state"] for of in slots]
    parts = [f"{state}={states.count(state)}i" for state in COUNTED]
    temperatures = [of["cell_temp"] for of in slots if of["cell_temp"] is not None]
    if temperatures:
        parts.append(f"cell_temp_max={max(temperatures)}")
    if fields_of["cabinet_temp"] is not None:
        parts.append(f"cabinet_temp={fields_of['cabinet_temp']}")
    switches = (("smoke", fields_of["smoke"]), ("mains", fields_of["mains"]))
    parts += [f"{name}={'true' if is_on else 'false'}" for name, is_on in switches if is_on is not None]
    if fields_of["suppress"] is not None:
        parts.append(f'suppress="{fields_of["suppress"]}"')
    parts.append(f"swaps={fields_of['swaps']}i,epoch={fields_of['epoch']}i")
    parts.append(f"slots_json={array_field(payload, body, 'slots')}")
    return ",".join(parts)


def slot_lines(slots: tuple[Slot, ...], tags: str, time_ns: int) -> Iterator[str]:
    """For charts of one slot; which reading it was, and all else of the slot, stands in the cabinet's own point."""
    for slot in slots:
        of = slot.__dict__
        parts = f'state="{of["state"]}"'
        if (soc := of["soc"]) is not None:
            parts += f",soc={soc}"
        if (soh := of["soh"]) is not None:
            parts += f",soh={soh}"
        if (cell_temp := of["cell_temp"]) is not None:
            parts += f",cell_temp={cell_temp}"
        yield f"battery_slot,{tags},slot={of['slot']} {parts} {time_ns}"
