"""Blindness is told once it lasts, from its beginning; and sight once it lasts."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.sight import BLIND_AFTER_MS, SIGHTED_AFTER_MS, Sight, Turn
from tests.ingest.alerts.making import NOW_MS, SECOND_MS


def test_a_reconnect_is_no_blindness() -> None:
    """Nine seconds without a broker change nothing, but nobody is judged meanwhile."""
    sight = Sight()
    assert sight.may_judge
    assert sight.look(NOW_MS, "no link") is None
    assert not sight.may_judge
    assert sight.look(NOW_MS + 9 * SECOND_MS, "no link") is None
    assert sight.look(NOW_MS + 9 * SECOND_MS, "") is None
    assert sight.may_judge


def test_blindness_counts_from_its_beginning_and_ends_when_sight_lasts() -> None:
    """It is told after ten seconds and dated by the first of them; a flicker of the link does not end it."""
    sight = Sight()
    sight.look(NOW_MS, "no link")
    assert sight.look(NOW_MS + BLIND_AFTER_MS, "no link") is Turn.BLIND
    assert (sight.blind_since_ms, sight.why) == (NOW_MS, "no link")
    sight.look(NOW_MS + 60 * SECOND_MS, "")
    assert sight.look(NOW_MS + 62 * SECOND_MS, "no link again") is None
    assert sight.why == "no link again"
    sight.look(NOW_MS + 70 * SECOND_MS, "")
    assert not sight.may_judge
    assert sight.look(NOW_MS + 70 * SECOND_MS + SIGHTED_AFTER_MS, "") is Turn.SIGHTED
    assert sight.may_judge
    assert sight.blind_since_ms is None


@given(st.lists(st.tuples(st.integers(0, 20 * SECOND_MS), st.booleans()), max_size=60))
def test_turns_come_by_turns(looks: list[tuple[int, bool]]) -> None:
    """Never blind twice without sight between, whatever is seen when."""
    sight, now_ms, turns = Sight(), NOW_MS, []
    for passed_ms, is_well in looks:
        now_ms += passed_ms
        turn = sight.look(now_ms, "" if is_well else "no link")
        if turn is not None:
            turns.append(turn)
    assert turns == [Turn.BLIND, Turn.SIGHTED] * (len(turns) // 2) + [Turn.BLIND] * (len(turns) % 2)
