"""How fast charged batteries go: swaps an hour against the batteries that will be ready.

Enters: readings of cabinets in the order of their clocks, `now`. Leaves: minutes to no charged battery.
Never: foretells further than batteries that are swapped in now take to charge.
"""

import math
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final, NamedTuple

from ingest.model import Battery

HOUR_MS: Final = 3_600_000

FADE_MS: Final = 2 * HOUR_MS
"""Swaps so long ago count 1/e. Larger: the noon rush is seen in the afternoon. Smaller: three riders in a row are a
rush."""
OBSERVED_MS: Final = HOUR_MS
"""Before that nothing is foretold. Larger: a new cabinet waits. Smaller: the first swap empties it on paper."""
HORIZON_MIN: Final = 240.0
"""Larger: batteries that are given back now would be ready before, which nobody reckons with here. Smaller: a setting
of several hours' warning does nothing."""
READY_SOC: Final = 95.0
"""% from which a battery counts as charged. Larger: batteries are ready later on paper than in the slot. Smaller: they
are reckoned with too early."""
CHARGE_PER_HOUR: Final = 30.0
"""% an hour of a cabinet of which nothing is known yet: 48 V, 20 Ah at some 6 A. Larger: help comes on paper only."""
LEARNT_HOURS: Final = 1.0
"""Hours of charging, over all slots, from which on a cabinet's own rate counts. Larger: the assumed one for longer.
Smaller: one step of one percent is a rate."""
CHARGE_FADE_MS: Final = 24 * HOUR_MS
"""Larger: a cabinet in winter is reckoned with as in summer. Smaller: one odd battery decides."""
LEARN_EVERY_MS: Final = 5 * 60_000
"""Between two looks at what charges, unless a battery is swapped. Larger: a full battery counts as one that charges
slowly. Smaller: CPU at each reading, for steps of a percent."""
GAP_MS: Final = 30 * 60_000
"""Between two reports, beyond which nothing is learnt of charging: the battery may have been full for long."""


class _Charge(NamedTuple):
    battery: str | None
    soc: float


class _Cabinet:
    """What is kept of one."""

    __slots__ = ("charge_hours", "charge_percent", "charges", "epoch", "last_ms", "since_ms", "swap_weight", "swaps")

    def __init__(self, body: Battery) -> None:
        self.since_ms = self.last_ms = body.ts
        self.epoch, self.swaps = body.epoch, body.swaps
        self.swap_weight = 0.0
        """Swaps, each faded by its age at `last_ms`."""
        self.charges = charges_of(body)
        self.charge_percent = self.charge_hours = 0.0

    def take(self, body: Battery) -> None:
        elapsed_ms = body.ts - self.last_ms
        faded = math.exp(-elapsed_ms / FADE_MS)
        self.swap_weight *= faded
        if body.epoch == self.epoch and body.swaps > self.swaps:
            # Spread over the time since the last report, so that an outage does not look like a rush at its end.
            self.swap_weight += (body.swaps - self.swaps) * FADE_MS / elapsed_ms * (1 - faded)
        charges = charges_of(body)
        if elapsed_ms <= GAP_MS:
            self._learn(charges, elapsed_ms)
        self.epoch, self.swaps, self.charges, self.last_ms = body.epoch, body.swaps, charges, body.ts

    def _learn(self, charges: dict[int, _Charge], elapsed_ms: int) -> None:
        kept = math.exp(-elapsed_ms / CHARGE_FADE_MS)
        self.charge_percent *= kept
        self.charge_hours *= kept
        for slot, charge in charges.items():
            before = self.charges.get(slot)
            if before is not None and before.battery == charge.battery and charge.soc >= before.soc:
                self.charge_percent += charge.soc - before.soc
                self.charge_hours += elapsed_ms / HOUR_MS

    def charge_per_hour(self) -> float:
        """% an hour; 0 for a cabinet that charges and gets nowhere."""
        return self.charge_percent / self.charge_hours if self.charge_hours >= LEARNT_HOURS else CHARGE_PER_HOUR


def charges_of(body: Battery) -> dict[int, _Charge]:
    """By slot, what charges."""
    return {
        slot.slot: _Charge(slot.battery, slot.soc)
        for slot in body.slots
        if slot.state == "charging" and slot.soc is not None
    }


class Charging:
    """What is known of the cabinets."""

    def __init__(self) -> None:
        self._cabinets: dict[str, _Cabinet] = {}
        self._dirty: set[str] = set()

    def note(self, station: str, body: Battery) -> None:
        """Take in a reading; one that is not newer than the last, or shows nothing new so soon, is left aside."""
        cabinet = self._cabinets.get(station)
        if cabinet is None:
            self._cabinets[station] = _Cabinet(body)
        elif body.ts > cabinet.last_ms and (body.swaps != cabinet.swaps or body.ts - cabinet.last_ms >= LEARN_EVERY_MS):
            cabinet.take(body)
        else:
            return
        self._dirty.add(station)

    def is_known(self, station: str) -> bool:
        """Whether it has a cabinet."""
        return station in self._cabinets

    def swaps_per_hour(self, station: str, now_ms: int) -> float | None:
        """Of late; None while it is too early to say."""
        cabinet = self._cabinets.get(station)
        if cabinet is None or now_ms - cabinet.since_ms < OBSERVED_MS:
            return None
        one_an_hour = FADE_MS / HOUR_MS * (1 - math.exp(-(now_ms - cabinet.since_ms) / FADE_MS))
        return cabinet.swap_weight * math.exp(-max(0, now_ms - cabinet.last_ms) / FADE_MS) / one_an_hour

    def minutes_to_no_battery(self, station: str, body: Battery, now_ms: int) -> float | None:
        """From the newest reading: infinity beyond `HORIZON_MIN`, None while it is too early to say."""
        swaps = self.swaps_per_hour(station, now_ms)
        if swaps is None:
            return None
        ready = sum(slot.state == "ready" for slot in body.slots)
        if not ready:
            return 0.0
        per_hour = self._cabinets[station].charge_per_hour()
        for ready_min in chain(_ready_in_min(body, per_hour), (HORIZON_MIN,)):
            empty_min = 60 * ready / swaps if swaps else math.inf
            if empty_min <= ready_min:
                return empty_min
            ready += 1
        return math.inf

    # ---- what is kept ----

    def take_dirty(self) -> list[tuple[str, list[Any]]]:
        """What moved since the last call, by station, as JSON has it; `load` is the reverse."""
        dirty, self._dirty = self._dirty, set()
        return [(station, self._dump(self._cabinets[station])) for station in sorted(dirty)]

    @staticmethod
    def _dump(cabinet: _Cabinet) -> list[Any]:
        charges = [[slot, *charge] for slot, charge in cabinet.charges.items()]
        return [getattr(cabinet, name) for name in _Cabinet.__slots__ if name != "charges"] + [charges]

    def load(self, station: str, dumped: list[Any]) -> None:
        """Take over what `take_dirty` gave."""
        cabinet = _Cabinet.__new__(_Cabinet)
        names = [name for name in _Cabinet.__slots__ if name != "charges"]
        for name, value in zip(names, dumped[:-1], strict=True):
            setattr(cabinet, name, value)
        cabinet.charges = {slot: _Charge(battery, soc) for slot, battery, soc in dumped[-1]}
        self._cabinets[station] = cabinet


def _ready_in_min(body: Battery, per_hour: float) -> Iterator[float]:
    """When the batteries that charge will be ready, soonest first; those beyond the horizon are left out."""
    missing = sorted(max(0.0, READY_SOC - charge.soc) for charge in charges_of(body).values())
    for percent in missing:
        minutes = 60 * percent / per_hour if per_hour else math.inf if percent else 0.0
        if minutes < HORIZON_MIN:
            yield minutes
