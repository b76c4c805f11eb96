"""What a cabinet's readings mean: each rule as a table of what is read and what it says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.model import GOOD, Finding, Severity
from ingest.alerts.rules.cabinet import is_quiet, look
from ingest.alerts.rules.catalogue import DEFAULT_RULES, RULES
from ingest.model import Battery
from tests.ingest.alerts.rules.stories import all_known, by_place, cabinet, empty_slot, slot
from tests.ingest.making import NOW_MS


def said(body: Battery, rule: str, part: str = "cabinet") -> Finding:
    """What a rule says of a part of which there is an alert."""
    return by_place(look(body, DEFAULT_RULES, NOW_MS, all_known(body, part)))[rule, part]


def severity(rule: str, level: int | None) -> Severity | None:
    """Of a level; None below the first."""
    return None if level is None or level == GOOD else RULES[rule].setting.levels[level].severity


@pytest.mark.parametrize(
    ("state", "cell_c", "reached", "held"),
    [
        ("charging", 41.9, None, None),
        ("charging", 42.1, None, Severity.WARNING),
        ("charging", 45.0, Severity.WARNING, Severity.WARNING),
        ("charging", 52.5, Severity.WARNING, Severity.CRITICAL),
        ("charging", 55.0, Severity.CRITICAL, Severity.CRITICAL),
        ("charging", 57.5, Severity.CRITICAL, Severity.EMERGENCY),
        ("charging", 60.0, Severity.EMERGENCY, Severity.EMERGENCY),
        # Not charging: a summer's ride makes 45 °C; 55 °C is never right; and what was hot must first have cooled down.
        ("ready", 50.0, None, Severity.WARNING),
        ("ready", 42.0, None, None),
        ("fault", 56.0, Severity.CRITICAL, Severity.CRITICAL),
        ("disabled", 61.0, Severity.EMERGENCY, Severity.EMERGENCY),
    ],
)
def test_hot_cell(state: str, cell_c: float, reached: Severity | None, held: Severity | None) -> None:
    """Charging from 45 °C, in any state from 55 °C; clear 3 K below, whether it charges or not."""
    finding = said(cabinet(slot(1, state=state, cell_temp=cell_c)), "cell_hot", "slot/1")
    assert (severity("cell_hot", finding.reached), severity("cell_hot", finding.held)) == (reached, held)
    assert finding.value == cell_c


def test_hot_cell_in_a_slot_that_is_empty_now_is_gone() -> None:
    """A slot that says `empty` is evidence; a battery without a temperature is none."""
    assert said(cabinet(empty_slot(1)), "cell_hot", "slot/1") == Finding("cell_hot", "slot/1", GOOD, GOOD)
    assert said(cabinet(slot(1, cell_temp=None)), "cell_hot", "slot/1").reached is None


def test_slot_that_is_not_in_the_reading_any_more_is_unknown() -> None:
    """An open alert of slot 9 is not resolved by a reading that has no slot 9."""
    found = said(cabinet(), "cell_hot", "slot/9")
    assert (found.reached, found.held) == (None, None)


@pytest.mark.parametrize(
    ("state", "cell_c", "reached", "held"),
    [("charging", -0.5, 0, 0), ("charging", 0.0, GOOD, 0), ("charging", 3.0, GOOD, GOOD), ("ready", -15.0, GOOD, GOOD)],
)
def test_charging_below_freezing(state: str, cell_c: float, reached: int, held: int) -> None:
    """The harm is the charging: a cold battery that only lies there is well."""
    finding = said(cabinet(slot(1, state=state, cell_temp=cell_c)), "cell_cold", "slot/1")
    assert (finding.reached, finding.held) == (reached, held)


@pytest.mark.parametrize(
    ("fields", "rule", "reached"),
    [
        ({"smoke": True}, "smoke", 0),
        ({"smoke": False}, "smoke", GOOD),
        ({"smoke": None}, "smoke", None),
        ({"suppress": "none"}, "suppress", GOOD),
        ({"suppress": "fault"}, "suppress", 0),
        ({"suppress": "discharged"}, "suppress", 1),
        ({"suppress": None}, "suppress", None),
        ({"mains": True}, "mains_lost", GOOD),
        ({"mains": False}, "mains_lost", 1),
        ({"mains": None}, "mains_lost", None),
        ({"cabinet_temp": 49.9}, "cabinet_hot", GOOD),
        ({"cabinet_temp": 50.0}, "cabinet_hot", 0),
        ({"cabinet_temp": 60.0}, "cabinet_hot", 1),
        ({"cabinet_temp": None}, "cabinet_hot", None),
        ({"cabinet_temp": -19.9}, "cabinet_cold", GOOD),
        ({"cabinet_temp": -20.0}, "cabinet_cold", 0),
    ],
)
def test_cabinet_as_a_whole(fields: dict[str, Any], rule: str, reached: int | None) -> None:
    """A field that is missing is unknown, and never good."""
    assert said(cabinet(**fields), rule).reached == reached


def test_smoke_waits_for_a_person() -> None:
    """Smoke is latched and told at once; the worst that suppression says is an emergency too."""
    assert RULES["smoke"].setting.latched
    assert RULES["smoke"].setting.levels[0].hold_s == 0
    assert severity("smoke", 0) is severity("suppress", 1) is Severity.EMERGENCY


@pytest.mark.parametrize(
    ("fields", "rule", "reached", "value"),
    [
        ({"state": "fault"}, "slot_fault", 0, "fault"),
        ({"faults": ["lock_stuck", "no_bms"]}, "slot_fault", 0, "lock_stuck, no_bms"),
        ({}, "slot_fault", GOOD, None),
        ({"door": "open"}, "slot_door", 0, None),
        ({"door": None}, "slot_door", None, None),
        ({}, "slot_door", GOOD, None),
    ],
)
def test_slot(fields: dict[str, Any], rule: str, reached: int | None, value: str | None) -> None:
    """A slot's own faults and door."""
    finding = said(cabinet(slot(1, **fields)), rule, "slot/1")
    assert (finding.reached, finding.value) == (reached, value)


@pytest.mark.parametrize(
    ("states", "reached"),
    [
        (["ready", "ready", "charging", "empty"], GOOD),
        (["ready", "charging", "charging", "empty"], 0),
        (["reserved", "charging", "fault", "disabled"], 0),
        (["ready"], GOOD),
        (["charging"], 0),
    ],
)
def test_ready_batteries(states: list[str], reached: int) -> None:
    """Fewer than two by their state; a cabinet of one slot that is ready has all it can have."""
    body = cabinet(*(slot(number, state=state) for number, state in enumerate(states, 1)))
    body = body.model_copy(update={"slots": body.slots[: len(states)]})
    assert said(body, "ready_low").reached == reached


def test_cabinet_in_which_all_is_well_is_quiet() -> None:
    """The usual reading needs no full look, and neither does a winter's night of batteries that lie there."""
    assert is_quiet(cabinet(), DEFAULT_RULES)
    assert is_quiet(cabinet(empty_slot(1)), DEFAULT_RULES)
    assert is_quiet(cabinet(*(slot(number, cell_temp=-8.0) for number in range(1, 5))), DEFAULT_RULES)


@pytest.mark.parametrize(
    "fields",
    [{"smoke": True}, {"smoke": None}, {"mains": False}, {"suppress": "fault"}, {"cabinet_temp": 47.0}],
)
def test_cabinet_near_a_threshold_is_not_quiet(fields: dict[str, Any]) -> None:
    """Within the clear level of a threshold, or unknown, it is looked at in full."""
    assert not is_quiet(cabinet(**fields), DEFAULT_RULES)


slots = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["empty", "charging", "ready", "reserved", "fault", "disabled"]),
        "cell_temp": st.none() | st.floats(-40, 125) | st.floats(0, 40),
        "door": st.sampled_from(["closed", "closed", "closed", "open", None]),
        "faults": st.sampled_from([[], [], [], ["lock_stuck"]]),
    }
)
cabinets = st.builds(
    lambda parts, fields: cabinet(*(slot(n, **part) for n, part in enumerate(parts, 1)), **fields),
    st.lists(slots, min_size=4, max_size=6),
    st.fixed_dictionaries(
        {
            "smoke": st.sampled_from([False, False, False, True, None]),
            "mains": st.sampled_from([True, True, True, False, None]),
            "suppress": st.sampled_from(["armed", "none", "armed", "fault", "discharged", None]),
            "cabinet_temp": st.none() | st.floats(-60, 150) | st.floats(0, 40),
        }
    ),
)
quiet_slots = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["ready", "ready", "charging", "reserved"]),
        "cell_temp": st.floats(-40, 40) | st.floats(25, 40),
    }
)
nearly_quiet = st.builds(
    lambda parts, warm: cabinet(*(slot(n, **part) for n, part in enumerate(parts, 1)), cabinet_temp=warm),
    # All alike, too: a rule may count slots of which each is well.
    st.lists(quiet_slots, min_size=4, max_size=6) | quiet_slots.map(lambda part: [part] * 5),
    st.floats(-20, 50) | st.floats(0, 40),
)


@given(cabinets | nearly_quiet)
def test_quiet_means_that_every_rule_is_good_and_clear(body: Battery) -> None:
    """Whatever a cabinet says: where the quick look is content, the full one finds nothing bad, near or unknown."""
    if is_quiet(body, DEFAULT_RULES):
        findings = list(look(body, DEFAULT_RULES, NOW_MS, all_known(body)))
        assert {(finding.reached, finding.held, finding.memory) for finding in findings} == {(GOOD, GOOD, None)}


@given(cabinets | nearly_quiet)
def test_what_is_left_out_is_good(body: Battery) -> None:
    """A look at a cabinet without alerts says all that it would say otherwise, but for what is good and clear."""
    brief, whole = set(look(body, DEFAULT_RULES, NOW_MS)), set(look(body, DEFAULT_RULES, NOW_MS, all_known(body)))
    assert brief <= whole
    assert {(finding.reached, finding.held, finding.memory) for finding in whole - brief} <= {(GOOD, GOOD, None)}


@given(cabinets)
def test_what_is_held_is_never_less_than_what_is_reached(body: Battery) -> None:
    """Clear levels lie behind thresholds; and both are known, or none is."""
    for finding in look(body, DEFAULT_RULES, NOW_MS, all_known(body)):
        assert (finding.reached is None) == (finding.held is None)
        if finding.reached is not None and finding.held is not None:
            assert GOOD <= finding.reached <= finding.held < len(RULES[finding.rule].setting.levels)


@given(st.floats(-40, 125), st.floats(-40, 125))
def test_a_hotter_cell_is_never_less_bad(one_c: float, other_c: float) -> None:
    """Levels and clear levels grow with the value."""
    cooler, hotter = (
        said(cabinet(slot(1, state="charging", cell_temp=cell_c)), "cell_hot", "slot/1")
        for cell_c in sorted((one_c, other_c))
    )
    assert (cooler.reached or 0, cooler.held or 0) <= (hotter.reached or 0, hotter.held or 0)
