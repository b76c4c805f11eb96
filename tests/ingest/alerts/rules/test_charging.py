"""How fast charged batteries go, against those that will be ready."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.rules.charging import CHARGE_PER_HOUR, FADE_MS, HORIZON_MIN, HOUR_MS, READY_SOC, Charging
from ingest.model import Battery
from tests.ingest.alerts.rules.stories import cabinet, slot
from tests.ingest.making import MINUTE_MS, NOW_MS


def body(minute: float, swaps: int = 0, ready: int = 2, charging: tuple[float, ...] = (), **fields: Any) -> Battery:
    """A cabinet at a minute of the story: some slots ready, some charging at these percents, the rest disabled."""
    slots = [slot(number, state="ready") for number in range(1, ready + 1)]
    slots += [slot(10 + place, state="charging", soc=soc) for place, soc in enumerate(charging)]
    slots += [slot(number, state="disabled") for number in range(ready + 1, 5)]
    return cabinet(*slots, ts=NOW_MS + int(minute * MINUTE_MS), swaps=swaps, **fields)


def watched(*bodies: Battery, charging: Charging | None = None) -> Charging:
    """After these readings."""
    charging = charging or Charging()
    for one in bodies:
        charging.note("st-1", one)
    return charging


def steady(swaps_an_hour: int, hours: int = 12, **fields: Any) -> Charging:
    """Evenly spread swaps."""
    return watched(*(body(10 * turn, swaps=turn * swaps_an_hour // 6, **fields) for turn in range(6 * hours + 1)))


def test_steady_swaps_are_known() -> None:
    """Six an hour are six an hour."""
    assert steady(6).swaps_per_hour("st-1", NOW_MS + 12 * HOUR_MS) == pytest.approx(6)


def test_swaps_of_old_fade() -> None:
    """Nobody came for two hours: about a third."""
    told = steady(6).swaps_per_hour("st-1", NOW_MS + 12 * HOUR_MS + FADE_MS)
    assert told == pytest.approx(6 / math.e, rel=0.01)


def test_outage_is_no_rush() -> None:
    """Sixty swaps over ten hours that nobody reported of are six an hour, and not sixty at once."""
    told = watched(body(0), body(600, swaps=60)).swaps_per_hour("st-1", NOW_MS + 10 * HOUR_MS)
    assert told == pytest.approx(6)


def test_new_life_of_the_swap_meter_is_no_swap() -> None:
    """A replaced board starts at zero, and a meter that goes back counts nothing."""
    told = watched(
        body(0, swaps=900), body(30, swaps=4, epoch=2), body(60, swaps=3, epoch=2), body(90, swaps=3, epoch=2)
    )
    assert told.swaps_per_hour("st-1", NOW_MS + 90 * MINUTE_MS) == 0


def test_nothing_is_foretold_from_the_first_hour() -> None:
    """Before an hour it is unknown, and so is a stranger."""
    charging = watched(body(0), body(30, swaps=9))
    assert charging.minutes_to_no_battery("st-1", body(30), NOW_MS + 30 * MINUTE_MS) is None
    assert charging.swaps_per_hour("st-2", NOW_MS) is None


@pytest.mark.parametrize(
    ("ready", "charging", "minutes"),
    [
        (0, (94.0,), 0),
        # Six an hour, four there: forty minutes.
        (4, (), 40),
        # One more is ready in ten minutes, and another one too late.
        (2, (READY_SOC - CHARGE_PER_HOUR / 6, 20.0), 30),
        # Ready a little after the last one goes: too late for who stands there.
        (1, (READY_SOC - CHARGE_PER_HOUR / 5.9,), 10),
        (4, (94.0, 94.0, 94.0), 70),
        (30, (), math.inf),
    ],
)
def test_minutes_to_no_battery(ready: int, charging: tuple[float, ...], minutes: float) -> None:
    """Those that are ready, and those that will be in time, over the swaps of late."""
    now_ms = NOW_MS + 12 * HOUR_MS
    newest = body(720, ready=ready, charging=tuple(charging))
    assert steady(6).minutes_to_no_battery("st-1", newest, now_ms) == pytest.approx(minutes, abs=0.01)


def test_nobody_comes() -> None:
    """Without swaps nothing runs out."""
    charging = watched(body(0), body(120))
    assert charging.minutes_to_no_battery("st-1", body(120, ready=1), NOW_MS + 2 * HOUR_MS) == math.inf


def test_cabinet_that_charges_slowly_is_reckoned_with_as_it_is() -> None:
    """Three percent an hour, learnt from its own slots: what is at 94 % is ready in 20 minutes, not in two."""
    turns = range(73)
    slow = watched(*(body(10 * turn, swaps=turn, charging=(50 + turn / 2,)) for turn in turns))
    newest = body(720, ready=1, charging=(94.0,))
    assert slow.minutes_to_no_battery("st-1", newest, NOW_MS + 12 * HOUR_MS) == pytest.approx(10, abs=0.1)
    assert slow._cabinets["st-1"].charge_per_hour() == pytest.approx(3)


def test_another_battery_in_the_slot_teaches_nothing() -> None:
    """From 90 % to 10 % and back to 90 % are three batteries."""
    charging = watched(
        *(
            cabinet(
                *(
                    slot(number, state="charging", battery=f"{number}-{turn}", soc=(10, 90)[turn % 2])
                    for number in (1, 2)
                ),
                ts=NOW_MS + turn * 10 * MINUTE_MS,
            )
            for turn in range(20)
        )
    )
    assert charging._cabinets["st-1"].charge_per_hour() == CHARGE_PER_HOUR


steps = st.lists(st.tuples(st.integers(1, 90), st.integers(0, 5), st.integers(0, 4), st.floats(0, 100)), max_size=15)


@given(steps, st.integers(0, 15))
def test_restart_changes_nothing(told: list[tuple[int, int, int, float]], cut: int) -> None:
    """What was kept and taken over again tells the same as what was never interrupted."""
    minute, swaps, bodies = 0, 0, [body(0)]
    for pause, more, ready, soc in told:
        minute, swaps = minute + pause, swaps + more
        bodies.append(body(minute, swaps, ready, (soc,)))
    whole, before, after = watched(*bodies), watched(*bodies[:cut]), Charging()
    for station, dumped in before.take_dirty():
        after.load(station, json.loads(json.dumps(dumped)))
    watched(*bodies[cut:], charging=after)
    now_ms = NOW_MS + minute * MINUTE_MS + HOUR_MS
    assert after.minutes_to_no_battery("st-1", bodies[-1], now_ms) == whole.minutes_to_no_battery(
        "st-1", bodies[-1], now_ms
    )


@given(st.integers(0, 4), st.integers(0, 4), st.lists(st.floats(0, 100), max_size=4))
def test_more_batteries_never_run_out_sooner(ready: int, more: int, charging: list[float]) -> None:
    """And what is foretold lies within the horizon, or does not happen."""
    now_ms, learnt = NOW_MS + 12 * HOUR_MS, steady(6)
    fewer, richer = (
        learnt.minutes_to_no_battery("st-1", body(720, ready=count, charging=tuple(charging)), now_ms)
        for count in (ready, ready + more)
    )
    assert fewer is not None
    assert richer is not None
    assert 0 <= fewer <= richer
    assert richer <= HORIZON_MIN or richer == math.inf
