"""What is charted of a kind: numbers that a reading's payload tells by itself, whichever store holds it.

Enters: nothing. Leaves: names. Never: what needs the catalogue; that is kept by the store that was given it.
"""

from typing import Final

from gateway.topics import Kind

FIGURES: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.OCCUPANCY: ("present", "entered", "left"),
    Kind.BATTERY: ("ready", "charging", "empty", "fault", "cell_temp_max", "cabinet_temp", "swaps"),
    Kind.MEDICINE: ("items", "temp", "humidity"),
    Kind.EXCHANGE: ("on_shelf", "donated", "claimed"),
}
"""Slots by state, the hottest cell (°C) and pieces in the box are counted; the others are fields of the payload."""
