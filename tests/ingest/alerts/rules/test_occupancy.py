"""What the people counter means: of one reading, and over hours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.model import GOOD
from ingest.alerts.rules.catalogue import DEFAULT_RULES
from ingest.alerts.rules.facts import StationFacts
from ingest.alerts.rules.occupancy import is_quiet, look, look_back
from ingest.model import Access, Presence
from tests.ingest.alerts.rules.stories import by_place, counter
from tests.ingest.making import NOW_MS

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("present", "capacity", "reached", "held"),
    [(20, 20, 0, 0), (25, 20, 0, 0), (19, 20, GOOD, 0), (18, 20, GOOD, GOOD), (500, 0, GOOD, GOOD)],
)
def test_full_station(present: int, capacity: int, reached: int, held: int) -> None:
    """At the registry's seats, clear a tenth below; no rule where the seats are unknown."""
    body = counter(present, entered=500, left=500 - present)
    finding = by_place(look(body, DEFAULT_RULES, capacity))["full", ""]
    assert (finding.reached, finding.held, finding.value) == (reached, held, present)


@pytest.mark.parametrize(
    ("present", "entered", "left", "reached", "held"),
    [
        (5, 1_000, 995, GOOD, GOOD),
        (5, 1_000, 960, GOOD, GOOD),
        (5, 1_000, 950, GOOD, 0),
        (5, 1_000, 944, 0, 0),
        (0, 1_000, 1_051, 0, 0),
        # A young meter: 25 of 30 people say little, 20 nothing at all.
        (20, 30, 30, GOOD, GOOD),
        (0, 0, 21, 0, 0),
    ],
)
def test_drift(present: int, entered: int, left: int, reached: int, held: int) -> None:
    """Who is inside, against who came and went: beyond 5 % of those who came the counter is wrong."""
    finding = by_place(look(counter(present, entered, left), DEFAULT_RULES, 0))["drift", ""]
    assert (finding.reached, finding.held) == (reached, held)


def test_usual_reading_is_quiet() -> None:
    """Some people on some seats."""
    assert is_quiet(counter(), DEFAULT_RULES, 20)
    assert is_quiet(counter(present=500, entered=500, left=0), DEFAULT_RULES, 0)
    assert not is_quiet(counter(present=19, entered=19, left=0), DEFAULT_RULES, 20)


@given(st.integers(0, 200), st.integers(0, 2_000), st.integers(0, 2_000), st.integers(0, 100))
def test_quiet_means_that_every_rule_is_good_and_clear(present: int, entered: int, left: int, capacity: int) -> None:
    """Where the quick look is content, the full one finds nothing bad or near."""
    body = counter(present, entered, left)
    if is_quiet(body, DEFAULT_RULES, capacity):
        findings = list(look(body, DEFAULT_RULES, capacity))
        assert {(finding.reached, finding.held) for finding in findings} == {(GOOD, GOOD)}


@pytest.mark.parametrize(
    ("access", "presence", "hours", "reached"),
    [
        (Access.ALL_DAY, Presence.ONLINE, 23.9, GOOD),
        (Access.ALL_DAY, Presence.ONLINE, 24, 0),
        (Access.BUSINESS, Presence.ONLINE, 60, GOOD),
        # A station that is not heard may have visitors.
        (Access.ALL_DAY, Presence.DARK, 60, None),
        (Access.ALL_DAY, Presence.ONLINE, None, None),
    ],
)
def test_no_visit(access: Access, presence: Presence, hours: float | None, reached: int | None) -> None:
    """A day without anybody at a station that is always open."""
    moved_ms = None if hours is None else NOW_MS - int(hours * HOUR_MS)
    facts = StationFacts(NOW_MS, presence, access=access, last_visit_ms=moved_ms)
    assert by_place(look_back(facts, DEFAULT_RULES))["no_visit", ""].reached == reached


def test_station_without_a_counter_has_no_missing_visits() -> None:
    """Where nobody is counted nobody is missed."""
    facts = StationFacts(NOW_MS, Presence.ONLINE, access=Access.ALL_DAY, has_counter=False)
    assert by_place(look_back(facts, DEFAULT_RULES))["no_visit", ""].reached == GOOD


@pytest.mark.parametrize(
    ("times", "presence", "reached"),
    [(0, Presence.ONLINE, GOOD), (1, Presence.ONLINE, 0), (0, Presence.DARK, None)],
)
def test_meter_went_back(times: int, presence: Presence, reached: int | None) -> None:
    """Once in an hour is enough, and silence is no repair."""
    facts = StationFacts(NOW_MS, presence, meter_went_back=times)
    assert by_place(look_back(facts, DEFAULT_RULES))["meter_back", ""].reached == reached
