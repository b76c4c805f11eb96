"""The steps of a reading: what is taken, what is refused, and what each leaves in the books."""

from typing import Any

import pytest

from ingest import steps
from ingest.decode import Backlog, ClockBounds, Reason, Refused, StateChange, decode
from ingest.live.station import LiveStation
from ingest.model import Exchange, Kind, Occupancy, Presence, Reading
from ingest.steps import REUSED_AFTER_MS, Books, Steps
from tests.ingest.making import MINUTE_MS, NOW_MS, document, message, reading, state, will
from tests.ingest.world import make_books


class Desk:
    """Steps with their books, and the clock of the platform as an argument."""

    def __init__(self, books: Books | None = None) -> None:
        self.books = books or make_books()
        self.steps = Steps(self.books)

    def take(self, one: Reading, now_ms: int | None = None) -> None:
        """A reading that came alone, just when it was sampled unless told otherwise."""
        at_ms = one.received_ms if now_ms is None else now_ms
        self.steps.reading(one._replace(received_ms=at_ms), at_ms)

    def refused(self, one: Reading) -> Refused:
        """How it is refused."""
        with pytest.raises(Refused) as caught:
            self.take(one)
        return caught.value

    def live(self, station: str = "st-1") -> LiveStation:
        """The live station."""
        return self.books.picture.stations[station]

    def receipt(self) -> dict[Kind, tuple[int, Any]]:
        """What st-1 would be told now, by kind, of boot 1."""
        tracks = dict(self.live().tracks())
        return {kind: (track.contiguous, track.ranges) for kind, track in tracks.items()}


def test_reading_leaves_its_mark_in_every_book() -> None:
    """A new reading is shown, counted, owed a receipt, due for a checkpoint, and in the batch."""
    desk = Desk()
    one = reading(present=4)
    desk.take(one)
    live = desk.live()
    assert desk.steps.batch.readings == [one]
    assert (live.present, live.heard_ms, live.is_dirty) == (4, NOW_MS, True)
    [row] = desk.steps.batch.rows.values()
    assert (row.station, row.lowest, row.highest) == ("st-1", 1, 1)
    assert desk.books.receipts.collect(NOW_MS + 60_000)[0][0] == "yizhan/v1/st-1/receipt"
    assert desk.books.accounting.in_flight == 1
    assert desk.steps.batch.late == {}


def test_late_reading_is_kept_and_not_shown() -> None:
    """A reading that arrives behind a newer one is stored, and its station is checkpointed with it."""
    desk = Desk()
    desk.take(reading(seq=2, present=2))
    desk.take(reading(seq=1, ts=NOW_MS - MINUTE_MS, present=1), NOW_MS)
    assert desk.live().present == 2
    assert len(desk.steps.batch.readings) == 2
    assert list(desk.steps.batch.late) == ["st-1"]


def test_reading_sampled_long_ago_is_checkpointed_with_its_batch() -> None:
    """What a store may leave out after a crash must be durable before it is acknowledged."""
    desk = Desk()
    desk.take(reading(ts=NOW_MS - 6 * MINUTE_MS), NOW_MS)
    assert list(desk.steps.batch.late) == ["st-1"]


def test_repeat_is_counted_and_answered_and_not_stored() -> None:
    """A reading that is known already changes nothing but the figures, and owes the station a receipt."""
    desk = Desk()
    desk.take(reading())
    desk.books.receipts.collect(NOW_MS + 60_000)
    desk.take(reading(), NOW_MS + 1000)
    assert len(desk.steps.batch.readings) == 1
    assert desk.books.accounting.duplicate[Kind.OCCUPANCY] == 1
    assert desk.books.quality.records["st-1"].duplicates == 1
    assert len(desk.books.receipts.collect(NOW_MS + 60_000)) == 1


def test_used_name_for_another_reading_is_refused() -> None:
    """A known (boot, seq) sampled plainly later is not a repeat: the board lost its boot counter, and is told so."""
    desk = Desk()
    desk.take(reading(seq=1))
    desk.take(reading(seq=1, ts=NOW_MS + REUSED_AFTER_MS))
    refused = desk.refused(reading(seq=1, ts=NOW_MS + REUSED_AFTER_MS + 1))
    assert refused.reason is Reason.NAME_REUSED
    assert "boot 1, seq 1" in refused.detail
    assert len(desk.steps.batch.readings) == 1


def test_jump_that_nobody_could_have_walked_is_refused_and_not_confirmed() -> None:
    """An implausible reading is not counted, not shown, and no receipt tells the station that it is stored."""
    desk = Desk()
    desk.take(reading(seq=1, entered=5))
    refused = desk.refused(reading(seq=2, ts=NOW_MS + MINUTE_MS, entered=50_000, present=99))
    assert refused.reason is Reason.IMPLAUSIBLE_JUMP
    assert desk.live().present == 1
    assert desk.receipt() == {Kind.OCCUPANCY: (1, None)}
    desk.take(reading(seq=2, ts=NOW_MS + MINUTE_MS, entered=6))
    assert desk.receipt() == {Kind.OCCUPANCY: (2, None)}


def test_meter_that_goes_back_is_taken_and_noted() -> None:
    """A counter below its own past in a later reading is a matter of data quality; the reading itself is kept."""
    desk = Desk()
    desk.take(reading(seq=1, entered=500))
    desk.take(reading(seq=2, ts=NOW_MS + MINUTE_MS, entered=400, present=3))
    assert desk.books.quality.records["st-1"].meter_went_back == 1
    assert len(desk.steps.batch.readings) == 2
    assert desk.live().present == 3
    [row] = desk.steps.batch.rows.values()
    assert row.highest == 500


def test_unknown_fields_are_remembered_by_name() -> None:
    """A typo or a newer firmware is seen in the station's record, for readings and births alike."""
    desk = Desk()
    desk.take(reading(presnt=3))
    desk.take(reading(Kind.BATTERY, slots=[{"slot": 1, "state": "ready", "cycles": 9}]))
    desk.steps.other(StateChange("st-1", state(uptime_s=5), is_retained=False), NOW_MS)
    assert list(desk.books.quality.records["st-1"].unknown) == ["presnt", "slots.cycles", "uptime_s"]
    desk.take(reading(station="st-2"))
    assert "st-2" not in desk.books.quality.records


# ---- a board that lost its boot counter ----


def test_replaced_board_is_shown_reading_by_reading() -> None:
    """Once a smaller boot is plainly the newest, every one of its readings is shown, not one in ten minutes."""
    desk = Desk()
    desk.take(reading(boot=9, seq=100, present=1))
    start_ms = NOW_MS + REUSED_AFTER_MS + 1
    for seq in range(1, 5):
        desk.take(reading(boot=2, seq=seq, ts=start_ms + seq * MINUTE_MS, present=10 + seq))
        assert desk.live().present == 10 + seq
    assert desk.books.quality.records["st-1"].boot_went_back == 1
    desk.take(reading(boot=2, seq=9, ts=start_ms, present=99), start_ms + 10 * MINUTE_MS)
    assert desk.live().present == 14


def test_backlog_of_an_older_boot_is_not_shown() -> None:
    """Readings from before the last start, sent late, are stored; what is shown stays the newest."""
    desk = Desk()
    desk.take(reading(boot=9, seq=1, present=1))
    for seq in range(1, 5):
        desk.take(reading(boot=8, seq=seq, ts=NOW_MS - (10 - seq) * MINUTE_MS, present=50), NOW_MS)
    assert desk.live().present == 1
    assert "st-1" not in desk.books.quality.records


# ---- births and wills ----


def said(desk: Desk, online: Any, now_ms: int = NOW_MS, *, is_retained: bool = False) -> list[str]:
    """Take a state; which stations must be checkpointed with it."""
    desk.steps.batch.late.clear()
    desk.steps.other(StateChange("st-1", online, is_retained), now_ms)
    return list(desk.steps.batch.late)


def test_births_and_wills_are_durable_before_they_are_acknowledged() -> None:
    """A state that changes something is checkpointed with its batch, and counted."""
    desk = Desk()
    assert said(desk, state(boot=2)) == ["st-1"]
    assert said(desk, will(2)) == ["st-1"]
    assert said(desk, will(1)) == []
    accounting = desk.books.accounting
    assert (accounting.births, accounting.wills, accounting.late_wills) == (1, 1, 1)
    assert desk.books.quality.records["st-1"].late_wills == 1
    assert desk.live().presence(NOW_MS) is Presence.DARK


def test_states_that_the_broker_sends_again_cost_no_checkpoint() -> None:
    """With each connection all retained states come again: those that say what is known write nothing."""
    desk = Desk()
    birth = state(boot=2, ts=NOW_MS, interval_s=60)
    said(desk, birth)
    assert said(desk, birth, NOW_MS + MINUTE_MS, is_retained=True) == []
    said(desk, will(2), NOW_MS + MINUTE_MS)
    assert said(desk, will(2), NOW_MS + 2 * MINUTE_MS, is_retained=True) == []
    assert said(desk, birth, NOW_MS + 3 * MINUTE_MS) == ["st-1"]


# ---- backlogs ----


def backlog(*readings: dict[str, Any]) -> Backlog:
    """As decode gives it."""
    arrived = decode(message("backlog", {"readings": list(readings)}), NOW_MS, ClockBounds())
    assert isinstance(arrived, Backlog)
    return arrived


def test_backlog_keeps_its_good_readings() -> None:
    """Bad, repeated and implausible readings of a backlog are dealt with one by one; the good ones are taken."""
    desk = Desk()
    desk.take(reading(seq=1, ts=NOW_MS - 10 * MINUTE_MS))
    early = NOW_MS - 9 * MINUTE_MS
    desk.steps.other(
        backlog(
            {"kind": "occupancy", **document(seq=1, ts=NOW_MS - 10 * MINUTE_MS)},
            {"kind": "occupancy", **document(seq=2, ts=early, entered=10**6)},
            {"kind": "weather"},
            {"kind": "occupancy", **document(seq=3, ts=early, entered=2)},
            {"kind": "exchange", **document(Kind.EXCHANGE, ts=early, on_shelf=-1)},
            {"kind": "exchange", **document(Kind.EXCHANGE, ts=early, donated=8)},
        ),
        NOW_MS,
    )
    batch, accounting = desk.steps.batch, desk.books.accounting
    assert [(one.kind, one.body.seq) for one in batch.readings] == [
        (Kind.OCCUPANCY, 1),
        (Kind.OCCUPANCY, 3),
        (Kind.EXCHANGE, 1),
    ]
    assert [letter.reason for letter in batch.letters] == ["implausible_jump", "out_of_range", "out_of_range"]
    assert (accounting.received, accounting.duplicate.total(), accounting.in_flight) == (7, 1, 6)
    assert accounting.balance == 0
    record = desk.books.quality.records["st-1"]
    assert (record.backlog_at_ms, record.backlog_readings) == (NOW_MS, 4)
    assert record.refused == {"implausible_jump": 1, "out_of_range": 2}


# ---- strangers ----


def test_unregistered_stations_are_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strangers are taken and counted until there are too many; registered stations are always heard."""
    monkeypatch.setattr(steps, "UNREGISTERED_MAX", 2)
    desk = Desk()
    desk.take(reading(station="new-1"))
    desk.take(reading(station="new-2"))
    assert desk.refused(reading(station="new-3")).reason is Reason.TOO_MANY_UNREGISTERED
    desk.take(reading(station="new-1", seq=2))
    desk.take(reading(station="st-3"))
    assert desk.books.picture.unregistered() == ["new-1", "new-2"]
    assert "new-3" not in desk.books.picture.stations


def test_refused_message_of_a_stranger_leaves_no_record() -> None:
    """Whoever may publish cannot make us remember stations that never sent anything good."""
    desk = Desk()
    with pytest.raises(Refused):
        decode(message(Kind.OCCUPANCY, b"", station="new-1"), NOW_MS, ClockBounds())
    assert desk.books.quality.records == {}
    assert desk.books.picture.stations == {}


def test_shown_bodies_are_of_their_kind() -> None:
    """What status gives for a kind is a body of that kind."""
    desk = Desk()
    for kind in Kind:
        desk.take(reading(kind))
    seen = desk.live().status(NOW_MS).seen
    assert isinstance(seen[Kind.OCCUPANCY].body, Occupancy)
    assert isinstance(seen[Kind.EXCHANGE].body, Exchange)
    assert set(seen) == set(Kind)
