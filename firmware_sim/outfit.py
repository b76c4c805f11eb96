"""Fits out a station: sensors for its plan, generators from the seed, the faults of its world.

Enters: a plan, settings, what its flash remembers. Leaves: a site, ready to run. Never: a connection.
"""

from random import Random
from typing import Final

from firmware_sim.flash import Memory
from firmware_sim.local_time import DAY_MS, SECOND_MS
from firmware_sim.plan import FleetSettings, StationPlan
from firmware_sim.sensors.cabinet import Cabinet
from firmware_sim.sensors.door import Crowd, Door
from firmware_sim.sensors.medicine import MedicineBox
from firmware_sim.sensors.sensor import Sensor
from firmware_sim.sensors.shelf import Shelf
from firmware_sim.sensors.trace import Trace, TraceCrowd
from firmware_sim.sensors.visitors import Visitors
from firmware_sim.site import Site
from firmware_sim.station import Station, StationSettings
from firmware_sim.truth import Truth

_SLOTS: Final = 12
_SWAPS_PER_DAY: Final = 60.0
_MEDICINE_PER_VISIT: Final = 0.15
_GIFTS_PER_VISIT: Final = 0.12


def fit_out(plan: StationPlan, settings: FleetSettings, truth: Truth, memory: Memory | None = None) -> Site:
    """The site of a plan. A trace, if there is one, drives the door of the first station of the settings."""
    interval_s = settings.history_interval_s if settings.history_days and settings.history_interval_s else None
    interval_ms = round((interval_s or settings.interval_s) * SECOND_MS)
    start_ms = settings.start_ms - round(settings.history_days * DAY_MS)
    if memory:
        start_ms = max(start_ms, memory.until_ms + 1)
    trace = settings.trace if plan.id == settings.stations[0].id else None
    sensors = [_sensor(kind, plan, settings, start_ms, trace, interval_ms) for kind in plan.sensors]
    truth_here = truth.station(plan.id)
    if memory:
        memory.recall(sensors)
        if "occupancy" in memory.epochs:
            truth_here.continue_from(memory.epochs["occupancy"], memory.values["occupancy"]["entered"])
    station = Station(
        plan.id,
        sensors,
        StationSettings(
            interval_ms,
            _generator(settings, plan, "phase").randrange(interval_ms) if len(settings.stations) > 1 else 0,
            settings.ring_capacity,
            round(settings.resend_s * SECOND_MS),
            awaits_receipts=settings.unconfirmed_max > 0,
        ),
        start_ms,
        boot=memory.boot + 1 if memory else 1,
        witness=truth_here.note,
    )
    if memory:
        for entry in memory.entries():
            station.ring.keep(entry)
    scenario = settings.scenario
    return Site(
        station,
        start_ms,
        settings.start_ms,
        _generator(settings, plan, "faults"),
        scenario.schedules,
        [make() for make in scenario.disturbances],
    )


def _sensor(
    kind: str, plan: StationPlan, settings: FleetSettings, start_ms: int, trace: Trace | None, interval_ms: int
) -> Sensor:
    rng = _generator(settings, plan, kind)
    scenario = settings.scenario
    visits = plan.visits_per_day * scenario.crowd
    if kind == "battery":
        return Cabinet(_SLOTS, _SWAPS_PER_DAY * scenario.crowd, rng, start_ms)
    if kind == "medicine":
        return MedicineBox(_MEDICINE_PER_VISIT * visits, rng, start_ms)
    if kind == "exchange":
        return Shelf(_GIFTS_PER_VISIT * visits, rng, start_ms)
    if trace:
        # What a recorded door missed is missing in its file already.
        return Door(TraceCrowd(trace, interval_ms), rng)
    crowd: Crowd = Visitors(visits, rng, start_ms)
    return Door(crowd, rng, scenario.misses_in, scenario.misses_out)


def _generator(settings: FleetSettings, plan: StationPlan, purpose: str) -> Random:
    """Its own for every purpose, so that a fault more does not change who visits."""
    return Random(f"{settings.seed}:{plan.id}:{purpose}")
