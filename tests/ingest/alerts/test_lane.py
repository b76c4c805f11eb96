"""What a lane sends next, and what becomes of a message after a try; second by second."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.lane import (
    FIRST_WAIT_MS,
    GIVE_UP_MS,
    GIVE_UP_URGENT_MS,
    HOUR_MS,
    LONGEST_URGENT_WAIT_MS,
    LONGEST_WAIT_MS,
    MINUTE_MS,
    Lane,
    Pick,
    RateWindow,
    after_try,
    is_urgent,
)
from ingest.alerts.model import Severity
from ingest.alerts.work import Delivery, Outgoing, SendResult, Why
from tests.ingest.alerts.messages import NOW_MS, outgoing

OK = SendResult(ok=True)
BUSY = SendResult(ok=False, reason="HTTP 503", retry=True)


def fire(number: int, **changes: object) -> Outgoing:
    """An emergency."""
    return outgoing(number, severity=Severity.EMERGENCY, **changes)


# ---- after a try ----


def test_a_message_that_was_taken_is_sent() -> None:
    """With when, and no reason of an earlier failure."""
    before = outgoing(tries=2, reason="HTTP 503")
    assert after_try(before, OK, NOW_MS + 5, 0.0) == replace(
        before, state=Delivery.SENT, tries=3, reason="", sent_ms=NOW_MS + 5
    )


def test_waits_double_up_to_a_bound() -> None:
    """From 2 s to 60 s, for emergencies to 15 s; the lot takes off up to half."""
    assert [after_try(outgoing(tries=tries), BUSY, NOW_MS, 1.0).next_ms - NOW_MS for tries in range(7)] == [
        2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000
    ]  # fmt: skip
    assert after_try(fire(1, tries=9), BUSY, NOW_MS, 1.0).next_ms == NOW_MS + LONGEST_URGENT_WAIT_MS
    assert after_try(outgoing(), BUSY, NOW_MS, 0.0).next_ms == NOW_MS + FIRST_WAIT_MS // 2
    assert after_try(outgoing(tries=10_000), BUSY, NOW_MS, 1.0).next_ms == NOW_MS + LONGEST_WAIT_MS


def test_a_service_that_names_a_time_is_not_asked_before() -> None:
    """Retry-After is longer than the wait of our own, or does not matter."""
    asked = BUSY._replace(retry_after_s=300.0)
    assert after_try(outgoing(), asked, NOW_MS, 0.0).next_ms == NOW_MS + 300_000
    assert after_try(outgoing(tries=9), BUSY._replace(retry_after_s=0.0), NOW_MS, 1.0).next_ms == NOW_MS + 60_000


def test_a_refused_message_is_given_up_at_once_with_the_reason() -> None:
    """The same text would be refused for ever."""
    refused = after_try(outgoing(), SendResult(ok=False, reason="errcode 40058"), NOW_MS, 0.5)
    assert (refused.state, refused.reason, refused.tries) == (Delivery.GIVEN_UP, "errcode 40058", 1)


@pytest.mark.parametrize(("message", "age_ms"), [(outgoing(), GIVE_UP_MS), (fire(1), GIVE_UP_URGENT_MS)])
def test_a_message_that_is_too_old_is_given_up_after_a_try(message: Outgoing, age_ms: int) -> None:
    """Four hours, for emergencies a day; with the last reason and the number of tries."""
    assert after_try(message, BUSY, NOW_MS + age_ms - 1, 0.5).state is Delivery.WAITING
    old = after_try(replace(message, tries=7), BUSY, NOW_MS + age_ms, 0.5)
    assert old.state is Delivery.GIVEN_UP
    assert "HTTP 503" in old.reason
    assert "8 tries" in old.reason


def test_a_message_that_waited_while_the_platform_was_away_is_tried() -> None:
    """However old: it is given up after a try, never before one."""
    lane = Lane(RateWindow())
    lane.offer([outgoing()])
    assert lane.pick(NOW_MS + 100 * HOUR_MS).message is not None


# ---- the rate ----


@given(
    st.floats(0.02, 30),
    st.lists(st.tuples(st.integers(0, 30_000), st.booleans()), max_size=80),
)
def test_the_rate_is_never_exceeded(per_minute: float, steps: list[tuple[int, bool]]) -> None:
    """However the tries fall, no minute (or longer span, for slow ones) has more than it may."""
    window, now_ms, ended = RateWindow(per_minute=per_minute), NOW_MS, []
    for wait_ms, urgent in steps:
        now_ms = max(now_ms + wait_ms, window.free_ms(now_ms + wait_ms, urgent=urgent))
        window.note(now_ms)
        ended.append(now_ms)
    span_ms = MINUTE_MS if per_minute >= 1 else int(MINUTE_MS / per_minute)
    for first in ended:
        assert sum(first <= one < first + span_ms for one in ended) <= max(1, int(per_minute))


def test_places_are_kept_for_emergencies() -> None:
    """Of 20 a minute the rest may use 15."""
    window = RateWindow([NOW_MS] * 15)
    assert window.free_ms(NOW_MS, urgent=False) == NOW_MS + MINUTE_MS
    assert window.free_ms(NOW_MS, urgent=True) == NOW_MS


def test_a_clock_that_is_put_back_shuts_no_channel() -> None:
    """A minute at most, not the hour that it was put back."""
    window = RateWindow([NOW_MS + HOUR_MS] * 20)
    assert window.free_ms(NOW_MS, urgent=False) <= NOW_MS + MINUTE_MS


# ---- the order ----


def test_an_emergency_goes_first() -> None:
    """Whatever waits, and whatever it is about."""
    lane = Lane(RateWindow())
    lane.offer([outgoing(1), fire(2)])
    assert lane.pick(NOW_MS).message == fire(2)


def test_all_is_good_never_overtakes_what_it_is_about() -> None:
    """The first message failed and waits; that all is good waits with it, also in a new process."""
    opened = outgoing(1, tries=1, next_ms=NOW_MS + MINUTE_MS)
    over = outgoing(2, why=Why.RESOLVED, severity=Severity.EMERGENCY)
    lane = Lane(RateWindow(), [opened])
    lane.offer([over])
    assert lane.pick(NOW_MS) == Pick()
    lane.offer([opened, over])
    assert lane.pick(NOW_MS + MINUTE_MS).message == opened
    lane.settled(replace(opened, state=Delivery.SENT))
    assert lane.pick(NOW_MS + MINUTE_MS).message == over


def test_another_job_does_not_wait() -> None:
    """One message that fails holds up its own job alone."""
    lane = Lane(RateWindow(), [outgoing(1, tries=1, next_ms=NOW_MS + MINUTE_MS)])
    lane.offer([outgoing(2, jobs=("j-2",)), outgoing(3, jobs=())])
    assert lane.pick(NOW_MS).message == outgoing(2, jobs=("j-2",))


def test_an_emergency_overtakes_but_where_the_last_word_stays() -> None:
    """A handheld shows what was published last, so there the order holds."""
    for in_order in (False, True):
        lane = Lane(RateWindow(), [outgoing(1, tries=1, next_ms=NOW_MS + MINUTE_MS)])
        lane.follow(20, in_order=in_order)
        lane.offer([fire(2)])
        assert (lane.pick(NOW_MS).message is None) is in_order


def test_a_message_under_way_is_not_picked_again() -> None:
    """Not even if the outbox, asked meanwhile, gives it once more."""
    lane = Lane(RateWindow())
    lane.offer([outgoing(1)])
    assert lane.pick(NOW_MS).message == outgoing(1)
    lane.offer([outgoing(1)])
    assert lane.is_idle
    assert lane.pick(NOW_MS) == Pick()


def test_a_channel_that_is_throttled_is_left_alone_by_all() -> None:
    """Emergencies too: asked earlier, the service would only stay shut for longer."""
    lane = Lane(RateWindow())
    lane.offer([outgoing(1)])
    lane.pick(NOW_MS)
    lane.ended(BUSY._replace(retry_after_s=17.0), NOW_MS)
    lane.settled(outgoing(1, tries=1, next_ms=NOW_MS + MINUTE_MS))
    lane.offer([fire(2)])
    assert lane.pick(NOW_MS) == Pick(look_again_ms=NOW_MS + 17_000)
    assert lane.pick(NOW_MS + 17_000).message == fire(2)


def test_the_good_news_of_an_emergency_is_not_urgent() -> None:
    """It waits its turn, behind what it is about."""
    assert is_urgent(fire(1))
    assert not is_urgent(fire(1, why=Why.RESOLVED))
