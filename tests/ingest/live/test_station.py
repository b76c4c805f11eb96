"""One live station: what it shows, when it is dark, when what it shows is stale."""

from typing import Any

import pytest

from ingest.live.station import BOOT_LOST_AFTER_MS, IN_FLIGHT_MS, MISSED_INTERVALS, LiveStation
from ingest.model import Kind, Occupancy, Presence
from tests.ingest.making import MINUTE_MS, NOW_MS, reading, state, will

INTERVAL_MS = MINUTE_MS
SILENCE_MS = MISSED_INTERVALS * INTERVAL_MS


def station() -> LiveStation:
    """One that nobody has heard."""
    return LiveStation("st-1", INTERVAL_MS)


def shown(live: LiveStation, at_ms: int = NOW_MS, **fields: Any) -> None:
    """Let it show a reading that arrives when it is sampled, unless `ts` says otherwise."""
    one = reading(received_ms=at_ms, **{"ts": at_ms, **fields})
    live.heard_ms = at_ms
    live.show(live.track(one.kind), one)


def test_station_that_was_never_heard_says_so() -> None:
    """No presence is claimed of a station that has said nothing."""
    status = station().status(NOW_MS)
    assert (status.presence, status.heard_ms, status.dark_since_ms, status.birth) == (
        Presence.NEVER_SEEN,
        None,
        None,
        None,
    )
    assert status.seen == {}


def test_shown_reading_is_the_whole_reading() -> None:
    """What is shown is what the station sent, with when it was received."""
    live = station()
    shown(live, present=9, new_field="kept")
    seen = live.status(NOW_MS).seen[Kind.OCCUPANCY]
    assert isinstance(seen.body, Occupancy)
    assert (seen.body.present, seen.received_ms, seen.is_stale) == (9, NOW_MS, False)
    assert live.present == 9


@pytest.mark.parametrize(("silence_ms", "presence"), [(SILENCE_MS, Presence.ONLINE), (SILENCE_MS + 1, Presence.DARK)])
def test_silence_of_more_than_three_intervals_is_darkness(silence_ms: int, presence: Presence) -> None:
    """A station is dark the millisecond after its third interval, since it was last heard."""
    live = station()
    shown(live)
    status = live.status(NOW_MS + silence_ms)
    assert status.presence is presence
    assert status.dark_since_ms == (NOW_MS if presence is Presence.DARK else None)


@pytest.mark.parametrize(("age_ms", "is_stale"), [(SILENCE_MS, False), (SILENCE_MS + 1, True)])
def test_reading_older_than_three_intervals_is_stale(age_ms: int, is_stale: bool) -> None:
    """A reading's age runs from when it was sampled, however often the station is heard with other kinds."""
    live = station()
    shown(live)
    now_ms = NOW_MS + age_ms
    live.heard_ms = now_ms
    status = live.status(now_ms)
    assert status.presence is Presence.ONLINE
    assert status.seen[Kind.OCCUPANCY].is_stale is is_stale


def test_reading_of_a_clock_that_is_ahead_is_stale_when_the_station_is_dark() -> None:
    """A reading from the future does not stay the present while nothing is heard any more."""
    live = station()
    shown(live, ts=NOW_MS + 5 * MINUTE_MS)
    status = live.status(NOW_MS + SILENCE_MS + 1)
    assert status.presence is Presence.DARK
    assert status.seen[Kind.OCCUPANCY].is_stale


def test_birth_says_how_long_an_interval_is() -> None:
    """Silence and age are measured by the interval that the station announced."""
    live = station()
    assert live.take_state(state(interval_s=600, firmware="1.4.2", ts=NOW_MS), NOW_MS)
    shown(live)
    status = live.status(NOW_MS + SILENCE_MS + 1)
    assert status.presence is Presence.ONLINE
    assert not status.seen[Kind.OCCUPANCY].is_stale
    assert status.birth == state(interval_s=600, firmware="1.4.2", ts=NOW_MS)


def test_birth_that_says_no_interval_leaves_the_platforms_own() -> None:
    """An interval that an earlier firmware announced does not outlive the birth that said it."""
    live = station()
    live.take_state(state(interval_s=600), NOW_MS)
    live.take_state(state(boot=2), NOW_MS)
    assert live.interval_ms == INTERVAL_MS


def test_stations_of_one_make_share_their_birth_and_nothing_else() -> None:
    """Two stations that say the same of themselves keep their own boot and time."""
    first, second = station(), LiveStation("st-2", INTERVAL_MS)
    first.take_state(state(boot=3, ts=NOW_MS, model="YZ-200"), NOW_MS)
    second.take_state(state(boot=9, ts=NOW_MS + 5, model="YZ-200"), NOW_MS)
    assert first.birth is second.birth
    assert first.status(NOW_MS).birth == state(boot=3, ts=NOW_MS, model="YZ-200")
    assert second.status(NOW_MS).birth == state(boot=9, ts=NOW_MS + 5, model="YZ-200")


# ---- wills ----


def test_will_darkens_at_once_and_makes_all_stale() -> None:
    """A station whose connection broke is dark from that moment on, and what it showed is not the present."""
    live = station()
    live.take_state(state(boot=7), NOW_MS)
    shown(live, boot=7)
    assert live.take_state(will(7), NOW_MS + 10)
    status = live.status(NOW_MS + 10)
    assert (status.presence, status.dark_since_ms) == (Presence.DARK, NOW_MS + 10)
    assert status.seen[Kind.OCCUPANCY].is_stale
    assert status.heard_ms == NOW_MS


def test_late_will_of_an_older_start_changes_nothing() -> None:
    """The will of the connection before the last birth arrives late and is ignored."""
    live = station()
    live.take_state(state(boot=8), NOW_MS)
    assert not live.take_state(will(7), NOW_MS + 10)
    assert live.presence(NOW_MS + 10) is Presence.ONLINE


def test_will_said_again_darkens_since_the_first_time() -> None:
    """A retained will that is sent again after a restart of ours does not make the darkness younger."""
    live = station()
    live.take_state(will(7), NOW_MS)
    live.take_state(will(7), NOW_MS + MINUTE_MS, is_retained=True)
    assert live.dark_since_ms(NOW_MS + 2 * MINUTE_MS) == NOW_MS


def test_station_known_by_its_will_alone_is_dark() -> None:
    """A station of which only the will is known was there, and is not any more."""
    live = station()
    live.take_state(will(7), NOW_MS)
    status = live.status(NOW_MS)
    assert (status.presence, status.heard_ms, status.dark_since_ms) == (Presence.DARK, None, NOW_MS)


def test_birth_ends_a_will() -> None:
    """A station that says that it is there is there."""
    live = station()
    live.take_state(will(7), NOW_MS)
    live.take_state(state(boot=7), NOW_MS + 1)
    assert live.presence(NOW_MS + 1) is Presence.ONLINE


@pytest.mark.parametrize(
    ("after_ms", "boot", "presence"),
    [
        pytest.param(IN_FLIGHT_MS, 7, Presence.DARK, id="sent before the will"),
        pytest.param(IN_FLIGHT_MS + 1, 7, Presence.ONLINE, id="sent after it: the connection is back"),
        pytest.param(1, 8, Presence.ONLINE, id="of a later start"),
    ],
)
def test_reading_behind_a_will(after_ms: int, boot: int, presence: Presence) -> None:
    """Last words that were under way do not revive a station; a reading that came later does."""
    live = station()
    live.take_state(state(boot=7), NOW_MS)
    live.take_state(will(7), NOW_MS)
    shown(live, NOW_MS + after_ms, boot=boot, seq=2)
    assert live.presence(NOW_MS + after_ms) is presence


# ---- births that the broker kept ----


def test_retained_birth_does_not_make_a_silent_station_heard() -> None:
    """After a reconnect the broker sends every birth again: that is no sign of life."""
    live = station()
    live.take_state(state(boot=7, ts=NOW_MS), NOW_MS)
    later_ms = NOW_MS + 60 * MINUTE_MS
    live.take_state(state(boot=7, ts=NOW_MS), later_ms, is_retained=True)
    status = live.status(later_ms)
    assert (status.presence, status.heard_ms) == (Presence.DARK, NOW_MS)


def test_retained_birth_of_an_unknown_station_is_as_old_as_it_says() -> None:
    """Of a station first met by its retained birth, it is known that it was there then."""
    live = station()
    live.take_state(state(boot=7, ts=NOW_MS - MINUTE_MS), NOW_MS, is_retained=True)
    assert (live.presence(NOW_MS), live.heard_ms) == (Presence.ONLINE, NOW_MS - MINUTE_MS)
    assert live.presence(NOW_MS + SILENCE_MS) is Presence.DARK


@pytest.mark.parametrize("ts", [None, 0, -5])
def test_retained_birth_without_a_time_proves_nothing(ts: int | None) -> None:
    """A birth that does not say when it was said does not make a station heard."""
    live = station()
    live.take_state(state(boot=7, ts=ts), NOW_MS, is_retained=True)
    assert live.presence(NOW_MS) is Presence.NEVER_SEEN
    assert live.status(NOW_MS).birth is not None


def test_retained_birth_of_a_clock_that_is_ahead_is_not_from_the_future() -> None:
    """A station cannot have been heard later than now."""
    live = station()
    live.take_state(state(boot=7, ts=NOW_MS + 60 * MINUTE_MS), NOW_MS, is_retained=True)
    assert live.heard_ms == NOW_MS


# ---- boots that go back ----


def test_older_birth_that_arrives_late_is_not_shown() -> None:
    """A birth of an earlier start, sent again by the broker, is a sign of life and no more."""
    live = station()
    live.take_state(state(boot=8, ts=NOW_MS, firmware="new"), NOW_MS)
    live.take_state(state(boot=7, ts=NOW_MS - MINUTE_MS, firmware="old"), NOW_MS + 1)
    assert live.birth_boot == 8
    assert live.heard_ms == NOW_MS + 1


def test_board_that_lost_its_boot_counter_is_believed() -> None:
    """A smaller boot whose clock is plainly later is a replaced board: its birth and its wills count."""
    live = station()
    live.take_state(state(boot=8, ts=NOW_MS, firmware="old"), NOW_MS)
    later_ms = NOW_MS + BOOT_LOST_AFTER_MS + 1
    live.take_state(state(boot=1, ts=later_ms, firmware="new"), later_ms)
    assert live.status(later_ms).birth == state(boot=1, ts=later_ms, firmware="new")
    assert live.take_state(will(1), later_ms + 1)
    assert live.presence(later_ms + 1) is Presence.DARK
