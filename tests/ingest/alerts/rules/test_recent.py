"""What happened lately: counts that roll on, losses of an hour, the clock, and the last visit."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.rules.recent import CONNECTS_MS, HOUR_MS, SLICES, LastVisits, Losses, RecentCounts, clock_off_ms
from ingest.live.station import LiveStation
from ingest.model import Kind
from tests.ingest.alerts.rules.stories import counter
from tests.ingest.making import MINUTE_MS, NOW_MS, reading


@given(st.lists(st.integers(0, 90 * MINUTE_MS), max_size=40))
def test_counts_of_the_span_and_at_most_a_slice_more(pauses: list[int]) -> None:
    """Never less than what happened in the span; never what is older than a slice more; nothing is kept of the rest."""
    counts, times, now_ms = RecentCounts(CONNECTS_MS), [NOW_MS], NOW_MS
    counts.note("st-1", now_ms)
    for pause_ms in pauses:
        now_ms += pause_ms
        counts.note("st-1", now_ms)
        times.append(now_ms)
    told = counts.of("st-1", now_ms)
    assert sum(at_ms > now_ms - CONNECTS_MS for at_ms in times) <= told
    assert told <= sum(at_ms > now_ms - CONNECTS_MS - 2 * CONNECTS_MS // SLICES for at_ms in times)
    assert counts.of("st-1", now_ms + 2 * CONNECTS_MS) == 0
    assert counts._counts == {}


def heard(*seqs: int, live: LiveStation | None = None, boot: int = 1) -> LiveStation:
    """A station whose occupancy readings of these numbers came."""
    live = live or LiveStation("st-1", MINUTE_MS)
    for seq in seqs:
        live.track(Kind.OCCUPANCY).note(boot, seq)
    return live


def test_station_without_a_hole_is_not_kept() -> None:
    """Nearly all stations: nothing is remembered."""
    losses = Losses()
    assert losses.note(heard(*range(1, 500)), NOW_MS) == (0, 0)
    assert losses._marks == {}


def test_hole_of_this_hour_counts_and_is_forgotten_when_the_hour_is_over() -> None:
    """Two of sixty missing; filled later they are none; and a hole that stays is no news after an hour."""
    losses, live = Losses(), heard(*range(1, 101))
    losses.note(live, NOW_MS)
    heard(*range(103, 105), live=live)
    assert losses.note(live, NOW_MS + MINUTE_MS) == (60, 2)
    heard(*range(105, 165), live=live)
    assert losses.note(live, NOW_MS + 62 * MINUTE_MS) == (60, 0)
    heard(101, 102, live=live)
    assert losses.note(live, NOW_MS + 63 * MINUTE_MS) == (0, 0)
    assert losses._marks == {}


def test_hole_over_a_reboot_counts() -> None:
    """What was numbered before a restart and never came is missing too."""
    live = heard(*range(1, 50), 52)
    losses = Losses()
    heard(1, live=live, boot=2)
    assert losses.note(live, NOW_MS) == (53, 2)


def test_old_hole_is_no_news_after_a_restart_of_the_platform() -> None:
    """What was missing before is not missed again."""
    losses, live = Losses(), heard(1, 2, 5)
    losses.begin(live, NOW_MS)
    assert losses.note(live, NOW_MS + MINUTE_MS) == (0, 0)
    heard(8, live=live)
    assert losses.note(live, NOW_MS + 2 * MINUTE_MS) == (3, 2)


def test_clock_is_judged_by_the_kind_that_is_least_off() -> None:
    """A backlog makes one kind look late; nothing recent says nothing."""
    live = LiveStation("st-1", MINUTE_MS)
    assert clock_off_ms(live, NOW_MS) is None
    live.show(live.track(Kind.OCCUPANCY), reading(ts=NOW_MS - HOUR_MS, received_ms=NOW_MS))
    assert clock_off_ms(live, NOW_MS) == HOUR_MS
    live.show(live.track(Kind.MEDICINE), reading(Kind.MEDICINE, ts=NOW_MS + 900, received_ms=NOW_MS))
    assert clock_off_ms(live, NOW_MS) == -900
    assert clock_off_ms(live, NOW_MS + 4 * MINUTE_MS) is None


def test_last_visit_is_when_the_meter_moved() -> None:
    """The same number again is no visit, another life of the meter is; it survives a restart."""
    visits = LastVisits()
    assert visits.note("st-1", counter(entered=50), NOW_MS) == NOW_MS
    assert visits.note("st-1", counter(entered=50), NOW_MS + 1) == NOW_MS
    again = LastVisits()
    again.load(visits.dump())
    assert again.note("st-1", counter(entered=50), NOW_MS + 2) == NOW_MS
    assert again.note("st-1", counter(entered=51), NOW_MS + 3) == NOW_MS + 3
    assert again.note("st-1", counter(entered=51, epoch=2), NOW_MS + 4) == NOW_MS + 4
