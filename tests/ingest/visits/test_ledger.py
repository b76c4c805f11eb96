"""The hot ledger: what must be written at once, what may wait, and what is not believed."""

from datetime import date

import pytest

from ingest.model import LedgerRow, Mark, Occupancy
from ingest.ports import LATE_MS
from ingest.visits.ledger import Ledger, merge, row_of
from ingest.visits.local_day import LocalDays

START_MS = 1_795_330_800_000
"""15:00 of 22 November 2026 in Shanghai."""
DAY = date(2026, 11, 22)
NEXT_DAY = date(2026, 11, 23)
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
MIDNIGHT_MS = START_MS + 9 * HOUR_MS


def reading(ts_ms: int, seq: int, entered: int, boot: int = 1, epoch: int = 1) -> Occupancy:
    """A reading of the station's meter."""
    return Occupancy(ts=ts_ms, boot=boot, seq=seq, present=0, entered=entered, left=0, epoch=epoch)


@pytest.fixture
def ledger() -> Ledger:
    """A ledger that has seen one reading: seq 10 of 15:00, 100 people."""
    ledger = Ledger(LocalDays("Asia/Shanghai"))
    take(ledger, reading(START_MS, 10, 100))
    return ledger


def take(ledger: Ledger, occupancy: Occupancy, delay_ms: int = 50) -> tuple[LedgerRow, ...]:
    """Take a reading that is believed; the rows to be written."""
    taken = ledger.take("s-1", occupancy, occupancy.ts + delay_ms)
    assert not taken.refused
    assert not taken.went_back
    return taken.rows


def test_the_first_reading_is_written_at_once() -> None:
    """A row that is not in memory is begun anew, and merged by the database."""
    occupancy = reading(START_MS, 10, 100)
    rows = take(Ledger(LocalDays("Asia/Shanghai")), occupancy)
    assert rows == (LedgerRow("s-1", DAY, 1, 100, 100, Mark(START_MS, 1, 10), Mark(START_MS, 1, 10)),)
    assert rows == (row_of("s-1", DAY, occupancy),)


def test_a_visit_is_written_at_once(ledger: Ledger) -> None:
    """The highest number moved: durable before the reading is acknowledged."""
    rows = take(ledger, reading(START_MS + MINUTE_MS, 11, 101))
    assert [(row.lowest, row.highest, row.last.seq) for row in rows] == [(100, 101, 11)]
    assert ledger.take_dirty(10) == []


def test_a_quiet_minute_waits_for_a_checkpoint(ledger: Ledger) -> None:
    """Only the last reading moved: nothing to write now, once to write later."""
    assert take(ledger, reading(START_MS + MINUTE_MS, 11, 100)) == ()
    assert take(ledger, reading(START_MS + 2 * MINUTE_MS, 12, 100)) == ()
    assert [row.last.seq for row in ledger.take_dirty(10)] == [12]
    assert ledger.take_dirty(10) == []


def test_a_row_that_was_written_does_not_wait_any_more(ledger: Ledger) -> None:
    """A visit's row says all; what moved before it is not written twice, what moves after it waits anew."""
    take(ledger, reading(START_MS + MINUTE_MS, 11, 100))
    take(ledger, reading(START_MS + 2 * MINUTE_MS, 12, 101))
    assert ledger.take_dirty(10) == []
    take(ledger, reading(START_MS + 3 * MINUTE_MS, 13, 101))
    assert [row.last.seq for row in ledger.take_dirty(10)] == [13]


def test_checkpoint_takes_the_longest_waiting_first() -> None:
    """In portions, and none that began to wait after an instant: so a sweep ends however many readings arrive."""
    ledger = Ledger(LocalDays("Asia/Shanghai"))
    for number in (3, 1, 2):
        ledger.take(f"s-{number}", reading(START_MS, 10, 100), START_MS)
        ledger.take(f"s-{number}", reading(START_MS + number, 11, 100), START_MS + number)
    ledger.take("s-3", reading(START_MS + 4, 12, 101), START_MS + 4)
    ledger.take("s-3", reading(START_MS + 5, 13, 101), START_MS + 5)
    assert [row.station for row in ledger.take_dirty(1)] == ["s-1"]
    assert [row.station for row in ledger.take_dirty(9, before_ms=START_MS + 5)] == ["s-2"]
    assert [row.station for row in ledger.take_dirty(9)] == ["s-3"]


@pytest.mark.parametrize(("delay_ms", "count"), [(LATE_MS, 0), (LATE_MS + 1, 1)])
def test_a_late_reading_is_written_at_once(ledger: Ledger, delay_ms: int, count: int) -> None:
    """After a crash it may not be found among the raw readings again."""
    assert len(take(ledger, reading(START_MS + MINUTE_MS, 11, 100), delay_ms)) == count


def test_an_earlier_first_reading_is_written_at_once(ledger: Ledger) -> None:
    """Whether midnight is torn hangs on the first reading of the day."""
    rows = take(ledger, reading(START_MS - MINUTE_MS, 9, 100))
    assert [(row.first.seq, row.last.seq) for row in rows] == [(9, 10)]


@pytest.mark.parametrize("again", [reading(START_MS, 10, 100), reading(START_MS + MINUTE_MS, 11, 100)])
def test_what_is_known_moves_nothing(ledger: Ledger, again: Occupancy) -> None:
    """A repeat, in time or late, has nothing written."""
    take(ledger, reading(START_MS + 2 * MINUTE_MS, 12, 100))
    ledger.take_dirty(10)
    assert take(ledger, again) == ()
    assert take(ledger, again, LATE_MS + 1) == ()
    assert ledger.take_dirty(10) == []


def test_the_old_days_end_is_written_with_the_new_days_first_reading(ledger: Ledger) -> None:
    """Else the old day would look torn until the next checkpoint."""
    take(ledger, reading(MIDNIGHT_MS - MINUTE_MS, 11, 100))
    rows = take(ledger, reading(MIDNIGHT_MS, 12, 100))
    assert [(row.day, row.last.seq) for row in rows] == [(DAY, 11), (NEXT_DAY, 12)]
    assert ledger.take_dirty(10) == []


@pytest.mark.parametrize("boot", [1, 2])
def test_the_end_of_an_earlier_day_is_written_at_once(ledger: Ledger, boot: int) -> None:
    """It is part of a published label, so it does not wait, even in time."""
    take(ledger, reading(MIDNIGHT_MS, 12, 100, boot=2))
    rows = take(ledger, reading(MIDNIGHT_MS - MINUTE_MS, 11, 100, boot))
    assert [(row.day, row.last) for row in rows] == [(DAY, Mark(MIDNIGHT_MS - MINUTE_MS, boot, 11))]


def test_a_backlog_of_an_old_day_is_merged_in_memory(ledger: Ledger) -> None:
    """The row of an earlier day is kept, and grows with each reading of the backlog."""
    take(ledger, reading(MIDNIGHT_MS + 48 * HOUR_MS, 5000, 150))
    for minute in range(1, 4):
        rows = take(ledger, reading(MIDNIGHT_MS + minute * MINUTE_MS, 20 + minute, 100 + minute), 48 * HOUR_MS)
    assert rows == (
        LedgerRow(
            "s-1",
            NEXT_DAY,
            1,
            101,
            103,
            Mark(MIDNIGHT_MS + MINUTE_MS, 1, 21),
            Mark(MIDNIGHT_MS + 3 * MINUTE_MS, 1, 23),
        ),
    )


def test_forgotten_rows_are_begun_anew() -> None:
    """Older rows are bounded; one that is not in memory gives a partial row, for the database to merge."""
    ledger = Ledger(LocalDays("Asia/Shanghai"), older_rows_max=2)
    for number in range(4):
        ledger.take(f"s-{number}", reading(START_MS, 10, 100), START_MS)
        ledger.take(f"s-{number}", reading(MIDNIGHT_MS, 20, 100), MIDNIGHT_MS)
    late = reading(START_MS + MINUTE_MS, 11, 100)
    assert ledger.take("s-0", late, MIDNIGHT_MS).rows == (row_of("s-0", DAY, late),)
    assert ledger.take("s-3", late, MIDNIGHT_MS).rows[0].first.seq == 10


def test_a_restored_row_goes_on_where_it_was(ledger: Ledger) -> None:
    """After a restart the durable rows are known again: nothing moves that did not move."""
    rows = [*take(ledger, reading(MIDNIGHT_MS, 12, 105)), row_of("s-1", DAY, reading(START_MS, 10, 100))]
    for order in (rows, rows[::-1]):
        restored = Ledger(LocalDays("Asia/Shanghai"))
        restored.restore(order)
        assert take(restored, reading(MIDNIGHT_MS + MINUTE_MS, 13, 105)) == ()
        assert take(restored, reading(START_MS, 10, 100), HOUR_MS) == ()


def test_rows_of_two_days_do_not_merge() -> None:
    """To merge what does not belong together is a fault of the caller."""
    one = row_of("s-1", DAY, reading(START_MS, 10, 100))
    with pytest.raises(ValueError, match="two meters or days"):
        merge(one, one._replace(epoch=2))


# ---- what is not believed ----


@pytest.mark.parametrize(("people", "is_believed"), [(301, True), (302, False), (2**53 - 100, False)])
def test_a_jump_is_refused(ledger: Ledger, people: int, is_believed: bool) -> None:
    """In a minute 301 people can come, one at once and then one every 200 ms; not one more."""
    jump = reading(START_MS + MINUTE_MS, 11, 100 + people)
    taken = ledger.take("s-1", jump, jump.ts)
    assert bool(taken.refused) is not is_believed
    assert bool(taken.rows) is is_believed
    if not is_believed:
        assert f"{people} people within 60000 ms" in taken.refused


def test_a_refused_jump_moves_nothing(ledger: Ledger) -> None:
    """The next honest reading is taken as if it had not been."""
    ledger.take("s-1", reading(START_MS + MINUTE_MS, 11, 2**40), START_MS)
    rows = take(ledger, reading(START_MS + 2 * MINUTE_MS, 12, 101))
    assert [(row.highest, row.last.seq) for row in rows] == [(101, 12)]


@pytest.mark.parametrize(
    ("late", "is_believed"),
    [
        pytest.param(reading(START_MS + 30 * MINUTE_MS, 20, 150), True, id="between two known readings"),
        pytest.param(
            reading(START_MS + 1_000, 20, 150), False, id="too many since the one before, though fewer in all"
        ),
        pytest.param(reading(START_MS - HOUR_MS, 5, 50), True, id="before all that is known"),
        pytest.param(reading(START_MS + 2 * HOUR_MS, 80, 18_200), True, id="after all that is known"),
        pytest.param(
            reading(MIDNIGHT_MS + 1_000, 90, 18_200), True, id="on the next day, with the day before in memory"
        ),
        pytest.param(reading(MIDNIGHT_MS + 1_000, 90, 2**30), False, id="on the next day, jumping"),
    ],
)
def test_a_late_jump_is_measured_from_the_nearest_reading_before(
    ledger: Ledger, late: Occupancy, is_believed: bool
) -> None:
    """However readings arrive, what counts is the time since the nearest known one before."""
    take(ledger, reading(START_MS + HOUR_MS, 70, 200))
    taken = ledger.take("s-1", late, late.ts + HOUR_MS)
    assert bool(taken.refused) is not is_believed


def test_a_new_epoch_is_measured_from_the_old_ones_end(ledger: Ledger) -> None:
    """It began at zero and not before the last reading of the old one, so it cannot show thousands at once."""
    assert ledger.take("s-1", reading(START_MS + MINUTE_MS, 1, 5_000, boot=2, epoch=2), START_MS).refused
    assert take(ledger, reading(START_MS + MINUTE_MS, 1, 5, boot=2, epoch=2))


def test_what_nothing_is_known_of_is_believed() -> None:
    """The first reading of a meter may show any number."""
    assert take(Ledger(LocalDays("Asia/Shanghai")), reading(START_MS, 10, 2**53))


@pytest.mark.parametrize(
    "back",
    [
        pytest.param(reading(START_MS + 2 * HOUR_MS, 80, 150), id="less, later on the same day"),
        pytest.param(reading(MIDNIGHT_MS, 90, 199), id="less, on a later day"),
        pytest.param(reading(START_MS + MINUTE_MS, 20, 99), id="late, and less than before it"),
        pytest.param(reading(START_MS + 50 * MINUTE_MS, 60, 201), id="late, and more than after it"),
    ],
)
def test_a_meter_that_goes_back_leaves_the_ledger_as_it_is(ledger: Ledger, back: Occupancy) -> None:
    """The reading is kept and told of, but moves neither numbers nor marks."""
    take(ledger, reading(START_MS + HOUR_MS, 70, 200))
    taken = ledger.take("s-1", back, back.ts)
    assert (taken.rows, taken.went_back, taken.refused) == ((), True, "")
    assert ledger.take_dirty(10) == []
    rows = take(ledger, reading(START_MS + 3 * HOUR_MS, 100, 201))
    assert [(row.lowest, row.highest, row.day) for row in rows] == [(100, 201, DAY)]


def test_a_clock_that_was_set_is_not_the_meters_fault(ledger: Ledger) -> None:
    """Where (boot, seq) and ts disagree on what came first, numbers are merged and nothing is raised."""
    rows = take(ledger, reading(START_MS - 2_000, 11, 101))
    assert [(row.lowest, row.highest, row.first.seq, row.last.seq) for row in rows] == [(100, 101, 11, 10)]
