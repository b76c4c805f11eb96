"""What is known of a station as a whole, and that silence never looks like a cure."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.model import GOOD
from ingest.alerts.rules.catalogue import DEFAULT_RULES, RULES
from ingest.alerts.rules.facts import StationFacts
from ingest.alerts.rules.occupancy import look_back
from ingest.alerts.rules.station import is_quiet, look
from ingest.model import Access, Presence
from tests.ingest.alerts.rules.stories import by_place
from tests.ingest.making import MINUTE_MS, NOW_MS


def level(rule: str, presence: Presence = Presence.ONLINE, **facts: Any) -> int | None:
    """What a rule says is reached."""
    return by_place(look(StationFacts(NOW_MS, presence, **facts), DEFAULT_RULES))[rule, ""].reached


def test_dark_station() -> None:
    """Dark is a warning after five minutes; with a cabinet critical after fifteen; a station never heard is unknown."""
    assert level("dark") == GOOD
    assert level("dark", Presence.DARK) == 0
    assert level("dark", Presence.DARK, has_cabinet=True) == 1
    assert level("dark", Presence.NEVER_SEEN) is None
    assert [one.hold_s for one in RULES["dark"].setting.levels] == [5 * 60, 15 * 60]


def test_dark_station_tells_when_it_was_last_heard() -> None:
    """The value is the instant of the last word: no word since 14:02."""
    silent_ms = NOW_MS - 6 * MINUTE_MS
    facts = StationFacts(NOW_MS, Presence.DARK, silent_since_ms=silent_ms)
    assert by_place(look(facts, DEFAULT_RULES))["dark", ""].value == silent_ms


def test_never_seen() -> None:
    """Registered as smart, and a day without any word; one that was ever heard is dark instead."""
    assert level("never_seen", Presence.NEVER_SEEN) == 0
    assert level("never_seen", Presence.NEVER_SEEN, is_smart=False) == GOOD
    assert level("never_seen", Presence.DARK) == GOOD
    assert RULES["never_seen"].setting.levels[0].hold_s == 86_400


@pytest.mark.parametrize(
    ("off_ms", "refused", "reached"),
    [
        (90_000, 0, GOOD),
        (120_000, 0, GOOD),
        (121_000, 0, 0),
        (-121_000, 0, 0),
        (None, 0, None),
        (None, 3, 0),
        (0, 3, 0),
    ],
)
def test_clock(off_ms: int | None, refused: int, reached: int | None) -> None:
    """More than two minutes either way, or readings refused for their clock."""
    assert level("clock_off", clock_off_ms=off_ms, clock_refused=refused) == reached


@pytest.mark.parametrize(
    ("numbered", "missing", "reached"), [(0, 0, GOOD), (19, 19, GOOD), (200, 2, GOOD), (200, 3, 0), (60, 90, 0)]
)
def test_holes(numbered: int, missing: int, reached: int) -> None:
    """More than one reading in a hundred, once there are enough to say so."""
    assert level("holes", numbered=numbered, missing=missing) == reached


def test_flapping() -> None:
    """More than six connects in half an hour."""
    assert level("flapping", connects=6) == GOOD
    assert level("flapping", connects=7) == 0


@pytest.mark.parametrize("presence", [Presence.DARK, Presence.NEVER_SEEN])
@pytest.mark.parametrize("rule", ["clock_off", "holes", "flapping"])
def test_silence_cures_nothing(rule: str, presence: Presence) -> None:
    """A station that is not heard has no wrong clock, no new holes and no connects: that is unknown, and not good."""
    assert level(rule, presence, clock_off_ms=0) is None


def test_station_that_is_heard_and_right_is_quiet() -> None:
    """Nearly all stations, in every sweep."""
    assert is_quiet(StationFacts(NOW_MS, Presence.ONLINE, clock_off_ms=900), DEFAULT_RULES)
    visited = StationFacts(NOW_MS, Presence.ONLINE, access=Access.ALL_DAY, clock_off_ms=0, last_visit_ms=NOW_MS)
    assert is_quiet(visited, DEFAULT_RULES)
    assert not is_quiet(visited._replace(last_visit_ms=None), DEFAULT_RULES)


few = st.sampled_from([0, 0, 0, 1, 3, 7])
all_facts = st.builds(
    StationFacts,
    now_ms=st.just(NOW_MS),
    presence=st.sampled_from([Presence.ONLINE, Presence.ONLINE, *Presence]),
    is_smart=st.booleans(),
    has_cabinet=st.booleans(),
    has_counter=st.booleans(),
    access=st.sampled_from(Access),
    clock_off_ms=st.none() | st.integers(-200_000, 200_000),
    clock_refused=few,
    numbered=st.integers(0, 300),
    missing=few,
    connects=few,
    meter_went_back=few,
    last_visit_ms=st.none() | st.integers(NOW_MS - 100_000_000, NOW_MS),
)


@given(all_facts)
def test_quiet_means_that_every_rule_is_good_and_clear(facts: StationFacts) -> None:
    """Where the quick look is content, the full ones find nothing bad, near or unknown."""
    if is_quiet(facts, DEFAULT_RULES):
        findings = [*look(facts, DEFAULT_RULES), *look_back(facts, DEFAULT_RULES)]
        assert {(finding.reached, finding.held) for finding in findings} == {(GOOD, GOOD)}
