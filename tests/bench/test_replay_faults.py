"""The plan of misfortunes: repeatable, complete, and such that every recorded day can still be met."""

from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.replay_faults import SEVERITIES, Misfortune, What, longest_offline_ms, plan
from firmware_sim.local_time import DAY_MS, day_start_ms

START_MS = day_start_ms(date(2026, 3, 1))
MINUTE_MS = 60_000


def planned(severity: str, days: float, seed: int, interval_ms: int = MINUTE_MS) -> list[Misfortune]:
    """What befalls a replay of so many days."""
    return plan(SEVERITIES[severity], START_MS, START_MS + round(days * DAY_MS), interval_ms, Random(seed))


def test_same_seed_gives_the_same_misfortunes() -> None:
    """A replay that failed can be had again; another seed gives another one."""
    assert planned("heavy", 9, seed=4) == planned("heavy", 9, seed=4)
    assert planned("heavy", 9, seed=4) != planned("heavy", 9, seed=5)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_all_misfortunes_are_planned(severity: str) -> None:
    """As many of each kind as the severity says, where there is room; none at all for none."""
    found = [one.what for one in planned(severity, 30, seed=1)]
    assert {what: found.count(what) for what in set(found)} == SEVERITIES[severity].counts


def test_heavy_holds_every_kind() -> None:
    """Nothing that can befall a station or a server is spared."""
    assert set(SEVERITIES["heavy"].counts) == set(What)
    assert all(SEVERITIES["heavy"].counts.values())


@given(
    seed=st.integers(),
    days=st.floats(0.01, 40),
    interval_ms=st.sampled_from([5_000, 60_000, 300_000]),
)
def test_power_is_there_at_the_last_reading_of_every_day(seed: int, days: float, interval_ms: int) -> None:
    """Power losses lie within the replay and spare each day's last reading, which shows everybody who came."""
    end_ms = START_MS + round(days * DAY_MS)
    for one in planned("heavy", days, seed, interval_ms):
        assert START_MS <= one.at_ms <= one.until_ms < end_ms
        if one.what is What.REBOOT:
            for midnight_ms in range(START_MS + DAY_MS, end_ms + DAY_MS, DAY_MS):
                assert not one.at_ms <= midnight_ms - interval_ms <= one.until_ms or midnight_ms > end_ms


def test_offline_time_is_bounded_by_the_cuts() -> None:
    """The ring of the station is made for the longest cut; cuts that overlap are not longer than their sum."""
    cuts = [Misfortune(0, 5, What.CUT), Misfortune(3, 9, What.CUT), Misfortune(20, 99, What.REBOOT)]
    assert longest_offline_ms(cuts) == 11
