"""The battery-swap cabinet."""

from random import Random

import pytest

from firmware_sim.local_time import DAY_MS, HOUR_MS, MINUTE_MS
from firmware_sim.sensors.cabinet import CELL_HOT_C, READY_SOC, Cabinet
from firmware_sim.sensors.weather import outdoor_c

START_MS = 1_795_330_800_000


def a_cabinet(swaps_per_day: float = 60.0, seed: int = 1) -> Cabinet:
    """Twelve slots."""
    return Cabinet(12, swaps_per_day, Random(seed), START_MS)


def states(cabinet: Cabinet) -> list[str]:
    """The protocol's word for every slot."""
    return [slot.state for slot in cabinet.slots]


def test_charging_makes_batteries_ready() -> None:
    """Without riders every battery is ready after three hours, and one slot stays empty."""
    cabinet = a_cabinet(swaps_per_day=0)
    assert "charging" in states(cabinet)
    cabinet.advance(START_MS + 3 * HOUR_MS)
    assert sorted(states(cabinet)) == ["empty"] + ["ready"] * 11


def test_charge_does_not_depend_on_the_step() -> None:
    """An hour at once or in minutes gives the same state of charge."""
    once, often = a_cabinet(0), a_cabinet(0)
    once.advance(START_MS + HOUR_MS)
    for minute in range(1, 61):
        often.advance(START_MS + minute * MINUTE_MS)
    for slot, other in zip(once.slots, often.slots, strict=True):
        if slot.pack and other.pack:
            assert slot.pack.soc == pytest.approx(other.pack.soc)


def test_swap_takes_the_fullest_and_leaves_an_empty_one() -> None:
    """After a swap there is still exactly one empty slot, one battery that is nearly flat, and one swap more."""
    cabinet = a_cabinet(swaps_per_day=500)
    now_ms = START_MS
    while cabinet.counters.values["swaps"] == 0:
        now_ms += MINUTE_MS
        before = {slot.pack.serial for slot in cabinet.slots if slot.pack}
        cabinet.advance(now_ms)
    after = {slot.pack.serial for slot in cabinet.slots if slot.pack}
    assert states(cabinet).count("empty") == 1
    assert len(after) == 11
    assert len(after - before) == len(before - after) == cabinet.counters.values["swaps"]


def test_a_day_brings_about_the_swaps_that_were_asked_for() -> None:
    """While there are charged batteries, riders are served."""
    cabinet = a_cabinet(swaps_per_day=40)
    cabinet.advance(START_MS + 14 * DAY_MS)
    assert cabinet.counters.values["swaps"] / 14 == pytest.approx(40, rel=0.15)


def test_no_rider_gets_a_battery_below_ready() -> None:
    """When riders come faster than batteries charge, swaps are bounded by the charger."""
    cabinet = a_cabinet(swaps_per_day=5_000)
    cabinet.advance(START_MS + 2 * DAY_MS)
    full_charges = 2 * 24 / 2.5 * 11
    assert cabinet.counters.values["swaps"] < full_charges / (READY_SOC - 35) * 100 * 1.1


def test_without_mains_nothing_charges() -> None:
    """The reading says that the grid is gone, and no state of charge grows."""
    cabinet = a_cabinet(0)
    cabinet.mains = False
    before = [slot.pack.soc for slot in cabinet.slots if slot.pack]
    cabinet.advance(START_MS + HOUR_MS)
    assert [slot.pack.soc for slot in cabinet.slots if slot.pack] == before
    assert cabinet.body()["mains"] is False


def test_heat_rises_within_minutes_and_closes_the_slot() -> None:
    """A failing battery passes the limit in about ten minutes, reports its fault, and is handed to nobody."""
    cabinet = a_cabinet(0)
    slot = cabinet.slots[0]
    slot.heat_c = 95.0
    cabinet.advance(START_MS + 2 * MINUTE_MS)
    assert slot.cell_c < CELL_HOT_C
    cabinet.advance(START_MS + 20 * MINUTE_MS)
    assert CELL_HOT_C < slot.cell_c < 95
    assert (slot.state, slot.faults) == ("fault", ["cell_over_temperature"])
    slot.heat_c = None
    cabinet.advance(START_MS + 3 * HOUR_MS)
    assert slot.state in {"charging", "ready"}
    assert slot.cell_c == pytest.approx(outdoor_c(START_MS + 3 * HOUR_MS), abs=8)


def test_healthy_cells_stay_below_the_charger_limits() -> None:
    """In the hottest week of the year no battery of a healthy cabinet passes 45 °C."""
    july_ms = 1_784_300_400_000
    cabinet = Cabinet(12, 60, Random(2), july_ms)
    hottest = 0.0
    for hour in range(7 * 24):
        cabinet.advance(july_ms + hour * HOUR_MS)
        hottest = max(hottest, *(slot.cell_c for slot in cabinet.slots))
    assert 30 < hottest < 45


def test_smoke_stops_charging_and_swapping() -> None:
    """In smoke nothing is charged and nothing handed out."""
    cabinet = a_cabinet(500)
    cabinet.smoke = True
    cabinet.advance(START_MS + 6 * HOUR_MS)
    assert cabinet.counters.values["swaps"] == 0
    assert cabinet.body()["smoke"] is True


def test_empty_slot_says_nothing_of_a_battery() -> None:
    """soc, soh, cell_temp and battery are absent where there is no battery."""
    slots = a_cabinet().body()["slots"]
    assert isinstance(slots, list)
    (empty,) = [slot for slot in slots if slot["state"] == "empty"]
    assert empty == {"slot": 12, "state": "empty", "door": "closed"}
