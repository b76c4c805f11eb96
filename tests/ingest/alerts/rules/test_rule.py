"""Levels and clear levels of any rule about a number, whatever an operator sets."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.model import GOOD, Finding, LevelSetting, RuleSetting, Severity
from ingest.alerts.rules.rule import Bad, StationRules, is_beyond, levels_of

NUMBERS = st.floats(-1_000, 1_000)
KINDS = st.sampled_from([Bad.AT_LEAST, Bad.ABOVE, Bad.AT_MOST, Bad.BELOW])


def setting(thresholds: list[float], bad: Bad, clear_by: float) -> RuleSetting:
    """Mildest first, as the settings ask for."""
    ordered = sorted(thresholds, reverse=not bad.is_upward)
    return RuleSetting(tuple(LevelSetting(Severity.WARNING, 0, at) for at in ordered), clear_by)


settings = st.lists(NUMBERS, min_size=1, max_size=4, unique=True)


@given(settings, KINDS, st.floats(0, 50), NUMBERS)
def test_reached_is_the_worst_threshold_that_is_passed(ats: list[float], bad: Bad, by: float, value: float) -> None:
    """As many levels as thresholds are passed; held is never less."""
    reached, held = levels_of(value, bad, setting(ats, bad, by))
    assert reached == sum(is_beyond(value, at, bad) for at in ats) - 1
    assert GOOD <= reached <= held < len(ats)


@given(settings, KINDS, st.floats(0, 50), NUMBERS, NUMBERS)
def test_a_worse_value_is_never_less_bad(ats: list[float], bad: Bad, by: float, one: float, other: float) -> None:
    """Hysteresis is monotone: what is worse reaches and holds at least as much."""
    milder, worse = sorted((one, other), reverse=not bad.is_upward)
    known = setting(ats, bad, by)
    assert all(m <= w for m, w in zip(levels_of(milder, bad, known), levels_of(worse, bad, known), strict=True))


@given(settings, KINDS, st.floats(0, 50), st.floats(0, 50), NUMBERS)
def test_a_wider_clear_level_holds_longer(ats: list[float], bad: Bad, by: float, more: float, value: float) -> None:
    """And reaches no more."""
    narrow, wide = (levels_of(value, bad, setting(ats, bad, clear)) for clear in (by, by + more))
    assert narrow[0] == wide[0]
    assert narrow[1] <= wide[1]


@given(settings, KINDS, st.floats(0, 50), NUMBERS)
def test_between_the_limits_all_is_good_and_clear(ats: list[float], bad: Bad, by: float, value: float) -> None:
    """What the quiet tests compare with is no tighter than the rule."""
    rules = StationRules({"any": (bad, setting(ats, bad, by))})
    limits = rules.limits("any")
    if limits.least < value < limits.most:
        assert rules.measure("any", "", value) == Finding("any", "", GOOD, GOOD, value)


def test_rule_that_is_off_says_nothing_and_limits_nothing() -> None:
    """Neither of a number nor of what is so."""
    rules = StationRules({"any": (Bad.ABOVE, RuleSetting((LevelSetting(Severity.INFO, 0, 5),), enabled=False))})
    assert [rules.measure("any", "", 9), rules.tell("any", "", 0), rules.get("any")] == [None, None, None]
    assert rules.limits("any") == rules.limits("other") == (-math.inf, math.inf)


@pytest.mark.parametrize("bad", Bad)
def test_missing_number_is_unknown(bad: Bad) -> None:
    """And keeps what is remembered."""
    rules = StationRules({"any": (bad, RuleSetting((LevelSetting(Severity.INFO, 0, 5),)))})
    assert rules.measure("any", "", None, "[]") == Finding("any", "", None, None, None, "[]")
