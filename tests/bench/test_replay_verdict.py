"""The verdict of a replay: it fails for every kind of difference, and says which day."""

from datetime import date

import pytest

from bench.replay_verdict import Told, judge, mislabelled

MON, TUE, WED = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
TRUTH = {MON: 12, TUE: 0}
RIGHT = {MON: Told(12, "exact"), TUE: Told(0, "at_least"), WED: Told(0, "provisional")}


def test_days_as_recorded_hold() -> None:
    """Every number right; a day that was not recorded may be told, if nobody is counted on it."""
    verdict = judge(TRUTH, RIGHT, set())
    assert verdict.holds
    assert verdict.figures() == {
        "days": 2,
        "wrong": 0,
        "mislabelled": 0,
        "sum_ok": True,
        "exact": 1,
        "provisional": 0,
        "at_least": 1,
    }


@pytest.mark.parametrize(
    ("change", "wrong", "labelled", "sum_ok"),
    [
        ({MON: Told(11, "exact")}, [MON], {MON}, False),
        ({MON: Told(11, "at_least")}, [MON], set(), False),
        ({MON: Told(11, "exact"), TUE: Told(1, "at_least")}, [MON, TUE], {MON}, True),
        ({WED: Told(3, "provisional")}, [WED], set(), False),
        ({WED: Told(3, "exact")}, [WED], {WED}, False),
    ],
)
def test_every_difference_fails(change: dict[date, Told], wrong: list[date], labelled: set[date], sum_ok: bool) -> None:
    """Whatever its label, a number that differs is wrong; called exact it is mislabelled too."""
    verdict = judge(TRUTH, RIGHT | change, set())
    assert [difference.day for difference in verdict.wrong] == wrong
    assert (verdict.mislabelled, verdict.sum_ok, verdict.holds) == (labelled, sum_ok, False)


def test_recorded_day_of_which_nothing_is_told_is_wrong() -> None:
    """Even a day on which nobody came must be published."""
    verdict = judge(TRUTH, {MON: RIGHT[MON]}, set())
    assert [str(difference) for difference in verdict.wrong] == ["2026-03-03: recorded 0, published nothing"]
    assert not verdict.holds


def test_day_called_exact_too_early_fails() -> None:
    """A label that had to be taken back was a lie while it stood."""
    assert mislabelled(TRUTH, {MON: Told(11, "exact"), TUE: Told(7, "at_least")}) == {MON}
    verdict = judge(TRUTH, RIGHT, {MON})
    assert (verdict.mislabelled, verdict.holds) == ({MON}, False)
