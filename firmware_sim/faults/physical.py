"""What goes wrong in the world that sensors measure: heat, smoke, mains, theft, an abused door.

Enters: a site. Leaves: sensors that will report it. Never: raises an alert; whether it is one is the platform's to say.
"""

from random import Random
from typing import Final

from firmware_sim.sensors.cabinet import Cabinet, Slot
from firmware_sim.sensors.medicine import MedicineBox
from firmware_sim.sensors.shelf import Shelf
from firmware_sim.site import Site

_RUNAWAY_C: Final = 95.0
"""What the cells of a failing battery tend to: past every threshold on the way."""
_WARM_C: Final = 50.0
"""A battery that is too warm to charge and not yet dangerous."""


class Overheat:
    """One battery of the cabinet fails and heats up, within minutes, towards 95 °C."""

    tends_to_c = _RUNAWAY_C

    def __init__(self) -> None:
        self._slot: Slot | None = None

    def begin(self, site: Site, _now_ms: int, rng: Random) -> None:
        """Choose a slot that holds a battery."""
        cabinet = site.sensor(Cabinet.kind)
        if isinstance(cabinet, Cabinet):
            self._slot = rng.choice([slot for slot in cabinet.slots if slot.pack and slot.heat_c is None] or [None])
            if self._slot:
                self._slot.heat_c = self.tends_to_c

    def end(self, _site: Site, _now_ms: int) -> None:
        """It cools down."""
        if self._slot:
            self._slot.heat_c = None


class Warm(Overheat):
    """One battery of the cabinet gets too warm, towards 50 °C."""

    tends_to_c = _WARM_C


class Smoke:
    """Smoke in the cabinet; the extinguisher goes off."""

    def begin(self, site: Site, _now_ms: int, _rng: Random) -> None:
        """Smoke."""
        cabinet = site.sensor(Cabinet.kind)
        if isinstance(cabinet, Cabinet):
            cabinet.smoke, cabinet.suppress = True, "discharged"

    def end(self, site: Site, _now_ms: int) -> None:
        """Aired, and a new extinguisher."""
        cabinet = site.sensor(Cabinet.kind)
        if isinstance(cabinet, Cabinet):
            cabinet.smoke, cabinet.suppress = False, "armed"


class MainsFailure:
    """The cabinet is without mains: nothing charges, the controller lives on its battery."""

    def begin(self, site: Site, _now_ms: int, _rng: Random) -> None:
        """Dark."""
        cabinet = site.sensor(Cabinet.kind)
        if isinstance(cabinet, Cabinet):
            cabinet.mains = False

    def end(self, site: Site, _now_ms: int) -> None:
        """Light."""
        cabinet = site.sensor(Cabinet.kind)
        if isinstance(cabinet, Cabinet):
            cabinet.mains = True


class Theft:
    """Somebody empties the medicine box and the shelf at once; no counter has seen it. A crew fills up the box."""

    def begin(self, site: Site, _now_ms: int, _rng: Random) -> None:
        """Take all."""
        box, shelf = site.sensor(MedicineBox.kind), site.sensor(Shelf.kind)
        if isinstance(box, MedicineBox):
            for lot in box.lots:
                lot.qty = 0
        if isinstance(shelf, Shelf):
            shelf.on_shelf = 0

    def end(self, site: Site, now_ms: int) -> None:
        """The crew was here; the shelf waits for givers."""
        box = site.sensor(MedicineBox.kind)
        if isinstance(box, MedicineBox):
            box.refill(now_ms)
