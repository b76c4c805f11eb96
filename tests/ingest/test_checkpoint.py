"""The running checkpoint: everybody's turn comes, and a mark is given when it has."""

from hypothesis import given
from hypothesis import strategies as st

from ingest import checkpoint
from ingest.checkpoint import INTERVAL_MS, SHARE, Checkpoint
from ingest.live.station import LiveStation
from tests.ingest.making import NOW_MS


def stations(count: int) -> list[LiveStation]:
    """So many."""
    return [LiveStation(f"st-{number}", 60_000) for number in range(count)]


def test_sweep_begins_with_its_interval_and_ends_with_a_mark() -> None:
    """Nothing is written before the interval; then all that changed, share by share; then the mark of the beginning."""
    changed, book = stations(2 * SHARE + 1), Checkpoint(NOW_MS)
    for live in changed:
        book.note(live)
        book.note(live)
    assert book.share(NOW_MS + INTERVAL_MS - 1) == []
    assert book.mark() is None
    began_ms = NOW_MS + INTERVAL_MS
    shares = []
    for turn in range(3):
        assert book.mark() is None
        shares.append(book.share(began_ms + turn))
    assert [len(share) for share in shares] == [SHARE, SHARE, 1]
    assert {live.id for share in shares for live in share} == {live.id for live in changed}
    assert book.mark() == began_ms
    assert book.mark() is None


def test_station_that_changes_after_its_turn_is_in_the_next_sweep() -> None:
    """A change behind the snapshot is not covered by its mark."""
    [live], book = stations(1), Checkpoint(NOW_MS)
    book.note(live)
    assert book.share(NOW_MS + INTERVAL_MS) == [live]
    book.note(live)
    assert book.mark() == NOW_MS + INTERVAL_MS
    assert book.share(NOW_MS + INTERVAL_MS + 1) == []
    assert book.share(NOW_MS + 2 * INTERVAL_MS) == [live]


def test_quiet_platform_still_moves_its_mark() -> None:
    """Without changes the mark goes on, so that a restart does not read the store from long ago."""
    book = Checkpoint(NOW_MS)
    assert book.share(NOW_MS + INTERVAL_MS) == []
    assert book.mark() == NOW_MS + INTERVAL_MS


def test_last_batch_takes_all_and_is_marked_as_of_now() -> None:
    """An orderly stop in the middle of a sweep writes what is left of it and what changed since."""
    changed, book = stations(SHARE + 5), Checkpoint(NOW_MS)
    for live in changed:
        book.note(live)
    first = book.share(NOW_MS + INTERVAL_MS)
    book.note(first[0])
    rest = book.everything(NOW_MS + INTERVAL_MS + 7)
    assert {live.id for live in rest} == {live.id for live in changed} - {live.id for live in first[1:]}
    assert book.mark() == NOW_MS + INTERVAL_MS + 7
    assert book.everything(NOW_MS + INTERVAL_MS + 8) == []


@given(st.lists(st.integers(0, 9) | st.sampled_from(["close", "wait"]), max_size=80))
def test_mark_covers_every_older_change(history: list[int | str]) -> None:
    """When a mark is given, every station that changed before its instant has been written since that change."""
    known, book, now_ms = stations(10), Checkpoint(NOW_MS), NOW_MS
    waiting: dict[str, int] = {}
    for step in history:
        now_ms += 1
        if isinstance(step, int):
            book.note(known[step])
            waiting[known[step].id] = now_ms
        else:
            now_ms += INTERVAL_MS if step == "wait" else 0
            for live in book.share(now_ms):
                del waiting[live.id]
            mark = book.mark()
            assert mark is None or all(changed_ms >= mark for changed_ms in waiting.values())


def test_held_marks_are_not_given() -> None:
    """While readings of before the start may be missing no mark is given, not even at an orderly stop."""
    [live], book = stations(1), Checkpoint(NOW_MS)
    book.hold()
    book.note(live)
    assert book.share(NOW_MS + INTERVAL_MS) == [live]
    assert book.mark() is None
    book.note(live)
    assert book.everything(NOW_MS + INTERVAL_MS + 1) == [live]
    assert book.mark() is None


def test_mark_after_a_release_is_of_a_sweep_that_began_after_it() -> None:
    """What was taken in late is in no sweep that had begun: its changes are written before the next mark."""
    changed, book = stations(SHARE + 1), Checkpoint(NOW_MS)
    book.hold()
    for live in changed:
        book.note(live)
    swept = book.share(NOW_MS + INTERVAL_MS)
    book.note(swept[0])
    book.release()
    assert book.mark() is None
    assert book.share(NOW_MS + INTERVAL_MS + 1) == []
    again = book.share(NOW_MS + 2 * INTERVAL_MS)
    assert {live.id for live in again} == {swept[0].id, changed[0].id}
    assert book.mark() == NOW_MS + 2 * INTERVAL_MS


def test_clock_that_is_set_back_holds_up_no_mark() -> None:
    """The next sweep begins by the clock as it is now."""
    book = Checkpoint(NOW_MS)
    assert book.share(NOW_MS - 3_600_000) == []
    assert book.mark() == NOW_MS - 3_600_000


def test_constants_fit_each_other() -> None:
    """A national fleet that is all awake is swept within the interval, at two batches a second."""
    assert checkpoint.SHARE * 2 * checkpoint.INTERVAL_MS / 1000 >= 11_800
