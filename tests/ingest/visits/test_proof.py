"""The promise of docs/visits.md, over true histories and every way in which their readings can be mistreated."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from hypothesis import event, given
from hypothesis import strategies as st

from ingest.model import DayCount, LedgerRow, Mark, Occupancy, Quality
from ingest.visits.counting import count_days
from ingest.visits.ledger import Ledger, merge, row_of
from ingest.visits.local_day import LocalDays
from tests.ingest.visits.history import NEW, STATION, Event, History, any_rows, deliveries, histories
from tests.ingest.visits.platform import Rows, merge_into, run

ALL_OVER = date(2027, 6, 1)
ANY_LOSS = (1, 1, 1, 1, 1, 0, 0, 2)
NO_LOSS = (1, 1, 1, 2)
older_rows = st.sampled_from((0, 1, 2, 50))


def counts_of(rows: Iterable[LedgerRow], today: date = ALL_OVER) -> list[DayCount]:
    """The counts, once every day is over."""
    return count_days(list(rows), today)


def assert_exact_days_are_true(counts: Sequence[DayCount], history: History) -> None:
    """Whatever else is wrong: exact is exact."""
    for count in counts:
        event(f"{count.quality}")
        if count.quality is Quality.EXACT:
            assert count.visits == history.visits[count.day]
            assert count.carried == 0


def moved(history: History, delivered: Sequence[Occupancy], first: date, last: date) -> int:
    """How far the meters are known to have moved in a run of days, from the readings alone."""
    people = 0
    for epoch in {reading.epoch for reading in delivered}:
        mine = sorted((r for r in delivered if r.epoch == epoch), key=lambda r: (r.ts, r.boot, r.seq))
        begin = mine[0]
        is_seen_from_zero = (begin.boot, begin.seq) == (1, 1) or any(r.epoch < epoch for r in delivered)
        until = [r.entered for r in mine if history.day_of(r) <= last]
        before = [r.entered for r in mine if history.day_of(r) < first]
        if until:
            people += max(until) - max(before, default=0 if is_seen_from_zero else begin.entered)
    return people


@given(st.data(), histories(Event.REBOOT, Event.RESET), older_rows)
def test_exact_is_exact_and_days_add_up_whatever_happens(data: st.DataObject, history: History, older: int) -> None:
    """No day labelled exact differs from the truth at any commit; over any run of days the counts are the movement."""
    arrivals = data.draw(deliveries(history, frozenset(), ANY_LOSS))
    rows = run(
        history.zone,
        arrivals,
        older,
        on_commit=lambda database: assert_exact_days_are_true(counts_of(database.values()), history),
    )
    counts = counts_of(rows.values())
    assert_exact_days_are_true(counts, history)
    delivered = [arrival.reading for arrival in arrivals]
    for first in range(len(counts)):
        for last in range(first, len(counts)):
            total = sum(count.visits for count in counts[first : last + 1])
            assert total == moved(history, delivered, counts[first].day, counts[last].day)


@given(st.data(), histories(Event.REBOOT, Event.RESET), older_rows)
def test_every_day_is_true_when_its_ends_arrive(data: st.DataObject, history: History, older: int) -> None:
    """When each day's last reading of each epoch arrives, and the very first reading, every day equals the truth."""
    kept = frozenset(history.ends() | {0})
    rows = run(history.zone, data.draw(deliveries(history, kept, (0, 0, 1, 2))), older)
    assert {count.day: count.visits for count in counts_of(rows.values())} == history.visits


@given(st.data(), histories(Event.REBOOT, Event.RESET), older_rows)
def test_total_is_true_when_the_ends_of_epochs_arrive(data: st.DataObject, history: History, older: int) -> None:
    """When no more than the first reading and each epoch's last one arrive, nobody is missing from the sum of days."""
    ends = {reading.epoch: index for index, reading in enumerate(history.readings)}
    kept = frozenset({0, *ends.values()})
    rows = run(history.zone, data.draw(deliveries(history, kept, (0, 0, 1, 2))), older)
    assert sum(count.visits for count in counts_of(rows.values())) == sum(history.visits.values())


@given(st.data(), histories(Event.RESET, lives=(NEW,)), older_rows)
def test_days_are_exact_when_nothing_is_lost(data: st.DataObject, history: History, older: int) -> None:
    """When every reading arrives, from the very first one on and of one start, every day but the newest is exact."""
    arrivals = data.draw(deliveries(history, frozenset(), NO_LOSS))
    rows = run(history.zone, arrivals, older)
    merge_into(rows, remembered(history, arrivals_late=(a.reading for a in arrivals), rows=rows))
    counts = counts_of(rows.values())
    skipped = {
        day
        for one, other in zip(history.readings, history.readings[1:], strict=False)
        if other.epoch - one.epoch > 1
        for day in (history.day_of(one), history.day_of(other))
    }
    for count in counts[:-1]:
        expected = Quality.AT_LEAST if count.day in skipped else Quality.EXACT
        assert (count.quality, count.visits) == (expected, history.visits[count.day])


def remembered(history: History, arrivals_late: Iterable[Occupancy], rows: Rows) -> list[LedgerRow]:
    """What a ledger that starts after a crash makes of the raw readings in the store."""
    ledger = Ledger(LocalDays(history.zone))
    ledger.restore(rows.values())
    mended = [row for reading in arrivals_late for row in ledger.take(STATION, reading, reading.ts).rows]
    return [*mended, *ledger.take_dirty(1_000)]


@given(st.data(), histories(Event.REBOOT, Event.RESET), older_rows)
def test_numbers_are_durable_and_ends_are_mended(data: st.DataObject, history: History, older: int) -> None:
    """Rows in the database equal the merge of all readings; after crashes but for the last mark, until it is mended."""
    arrivals = data.draw(deliveries(history, frozenset(), ANY_LOSS))
    rows = run(history.zone, arrivals, older)
    whole: Rows = {}
    merge_into(whole, (row_of(STATION, history.day_of(a.reading), a.reading) for a in arrivals))
    assert {key: row._replace(last=Mark(0, 0, 0)) for key, row in rows.items()} == {
        key: row._replace(last=Mark(0, 0, 0)) for key, row in whole.items()
    }
    assert all(row.last <= whole[key].last for key, row in rows.items())
    in_time = [a.reading for a in arrivals if not a.is_late]
    merge_into(rows, remembered(history, in_time, rows))
    assert rows == whole


@given(any_rows(), st.integers(0, 9))
def test_counts_are_the_same_from_the_nearest_earlier_rows(rows: list[LedgerRow], day: int) -> None:
    """With `since`, rows from then on, and of each epoch the nearest and the highest earlier one, say the same."""
    since = date(2026, 6, 1) + timedelta(day)
    needed = {row for row in rows if row.day >= since}
    for epoch in {row.epoch for row in rows}:
        earlier = [row for row in rows if row.epoch == epoch and row.day < since]
        if earlier:
            needed |= {max(earlier, key=lambda row: row.day), max(earlier, key=lambda row: row.highest)}
    whole = [count for count in counts_of(rows) if count.day >= since]
    assert count_days(list(needed), ALL_OVER, since) == whole


@given(st.data(), histories(Event.REBOOT, Event.RESET), st.integers(0, 8))
def test_nearest_earlier_rows_are_enough_for_true_meters(data: st.DataObject, history: History, skip: int) -> None:
    """Of a meter that never goes back, the nearest earlier row of each epoch is enough."""
    arrivals = data.draw(deliveries(history, frozenset(), ANY_LOSS))
    rows = sorted(run(history.zone, arrivals, 50).values(), key=lambda row: (row.day, row.epoch))
    counts = counts_of(rows)
    for count in counts[skip : skip + 1]:
        nearest = {row.epoch: row for row in rows if row.day < count.day}
        needed = [*nearest.values(), *(row for row in rows if row.day >= count.day)]
        assert count_days(needed, ALL_OVER, count.day) == counts[skip:]


@given(any_rows())
def test_counts_of_any_rows_add_up_and_none_is_negative(rows: list[LedgerRow]) -> None:
    """Even of meters that go down the days add up to the highest number, and no day is below zero."""
    counts = counts_of(rows)
    assert all(0 <= count.carried <= count.visits for count in counts)
    moved_up = 0
    for epoch in {row.epoch for row in rows}:
        mine = sorted((row for row in rows if row.epoch == epoch), key=lambda row: row.day)
        is_seen_from_zero = mine[0].first[1:] == (1, 1) or any(
            row.epoch < epoch and row.day <= mine[0].day for row in rows
        )
        moved_up += max(row.highest for row in mine) - (0 if is_seen_from_zero else mine[0].lowest)
    assert sum(count.visits for count in counts) == moved_up


@given(st.permutations(range(3)), any_rows())
def test_merge_is_commutative_associative_and_idempotent(order: list[int], rows: list[LedgerRow]) -> None:
    """In whatever order and however often rows are merged, the result is one."""
    same = [row._replace(day=rows[0].day, epoch=1) for row in (rows * 3)[:3]]
    one, two, three = (same[index] for index in order)
    merged = merge(merge(same[0], same[1]), same[2])
    assert merge(one, merge(two, three)) == merged
    assert merge(merged, one) == merged
