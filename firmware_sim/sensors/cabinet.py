"""The battery-swap cabinet: riders leave an empty battery and take a full one, the cabinet charges what it has.

Enters: riders, mains, and what goes wrong (`heat`, `smoke`, `mains`, `suppress`). Leaves: the state slot by slot.
Never: raises an alarm; deciding what is dangerous is the platform's.
"""

from dataclasses import dataclass, field
from math import exp
from random import Random
from typing import Final

from firmware_sim.local_time import MINUTE_MS
from firmware_sim.sensors.arrivals import RIDERS_BY_HOUR, Arrivals
from firmware_sim.sensors.sensor import Counters
from firmware_sim.sensors.weather import outdoor_c

READY_SOC: Final = 90.0
"""From this state of charge on (%) a battery is handed out."""
CELL_HOT_C: Final = 60.0
"""From here on the battery's own electronics report a fault and the slot is closed."""

_FULL_CHARGE_MS: Final = 150 * MINUTE_MS
_WARMING_MS: Final = 8 * MINUTE_MS
"""Time constant of a battery's temperature. Larger: fires take hours. Smaller: fires are there at once."""
_CHARGING_WARMS_C: Final = 7.0
_CABINET_WARMS_C: Final = 3.0


@dataclass(slots=True)
class Pack:
    """A battery."""

    serial: str
    soc: float
    soh: float


@dataclass(slots=True)
class Slot:
    """A slot of the cabinet; `heat_c` is what its cells tend to while something is wrong with them."""

    pack: Pack | None
    cell_c: float = 25.0
    heat_c: float | None = None
    door: str = "closed"
    faults: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The protocol's word for it."""
        if self.faults:
            return "fault"
        if self.pack is None:
            return "empty"
        return "ready" if self.pack.soc >= READY_SOC else "charging"


class Cabinet:
    """`slots` slots of which one is empty, and `swaps_per_day` riders."""

    kind = "battery"

    def __init__(self, slots: int, swaps_per_day: float, rng: Random, start_ms: int) -> None:
        self.counters = Counters("swaps")
        self.smoke = False
        self.mains = True
        self.suppress = "armed"
        self._rng = rng
        self._riders = Arrivals(swaps_per_day, RIDERS_BY_HOUR, rng, start_ms)
        self.slots = [Slot(self._pack(rng.uniform(20, 100))) for _ in range(slots - 1)]
        self.slots.append(Slot(None))
        self._now_ms = start_ms
        for slot in self.slots:
            slot.cell_c = outdoor_c(start_ms)

    def advance(self, now_ms: int) -> None:
        """Charge, and serve the riders who came, until an instant."""
        for arrived_ms in self._riders.until(now_ms):
            self._charge(max(arrived_ms, self._now_ms))
            self._swap()
        self._charge(now_ms)

    def body(self) -> dict[str, object]:
        """Fields of a battery reading."""
        return {
            "slots": [_slot_document(number, slot) for number, slot in enumerate(self.slots, 1)],
            **self.counters.values,
            "epoch": self.counters.epoch,
            "cabinet_temp": round(outdoor_c(self._now_ms) + _CABINET_WARMS_C, 1),
            "smoke": self.smoke,
            "mains": self.mains,
            "suppress": self.suppress,
        }

    def _pack(self, soc: float) -> Pack:
        return Pack(f"BT{self._rng.randrange(10**8):08d}", soc, round(self._rng.uniform(80, 100), 1))

    def _swap(self) -> None:
        ready = [slot for slot in self.slots if slot.pack and slot.state == "ready"]
        empty = next((slot for slot in self.slots if slot.state == "empty"), None)
        if not ready or empty is None or self.smoke:
            return
        fullest = max(ready, key=lambda slot: slot.pack.soc if slot.pack else 0)
        fullest.pack = None
        empty.pack = self._pack(self._rng.uniform(5, 35))
        self.counters.add("swaps")

    def _charge(self, now_ms: int) -> None:
        passed_ms = now_ms - self._now_ms
        self._now_ms = now_ms
        outdoor = outdoor_c(now_ms)
        kept = exp(-passed_ms / _WARMING_MS)
        for slot in self.slots:
            target_c = outdoor
            if slot.pack and self.mains and not self.smoke and slot.pack.soc < 100 and not slot.faults:  # noqa: PLR2004 - %
                slot.pack.soc = min(100.0, slot.pack.soc + 100.0 * passed_ms / _FULL_CHARGE_MS)
                target_c += _CHARGING_WARMS_C
            if slot.heat_c is not None:
                target_c = slot.heat_c
            slot.cell_c = target_c + (slot.cell_c - target_c) * kept
            slot.faults = ["cell_over_temperature"] if slot.pack and slot.cell_c >= CELL_HOT_C else []


def _slot_document(number: int, slot: Slot) -> dict[str, object]:
    document: dict[str, object] = {"slot": number, "state": slot.state}
    if slot.pack:
        document |= {
            "soc": round(slot.pack.soc, 1),
            "soh": slot.pack.soh,
            "cell_temp": round(slot.cell_c, 1),
            "battery": slot.pack.serial,
        }
    document["door"] = slot.door
    if slot.faults:
        document["faults"] = slot.faults
    return document
