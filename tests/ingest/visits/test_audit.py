"""The audit: a ledger that knows less than the readings is told and mended, one that knows more is left alone."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from ingest.model import DayCount, Kind, LedgerRow, Mark, Occupancy, Quality, Reading
from ingest.visits.audit import Audited, Rebuilt, differences
from ingest.visits.counting import count_days
from ingest.visits.ledger import merge, row_of
from ingest.visits.local_day import LocalDays
from tests.ingest.making import reading

DAYS = LocalDays("Asia/Shanghai")
FIRST, LAST = date(2026, 11, 20), date(2026, 11, 22)
TODAY = date(2026, 11, 23)
HOUR_MS = 3_600_000


def at(day: date, hour: int, seq: int, entered: int, epoch: int = 1) -> Reading:
    """A reading of st-1."""
    ts = DAYS.start_ms(day) + hour * HOUR_MS
    return reading(ts=ts, seq=seq, entered=entered, left=0, epoch=epoch)


def three_days() -> list[Reading]:
    """Some visits on each, and the very first reading of the station."""
    days = [FIRST + timedelta(days=number) for number in range(3)]
    return [
        at(day, hour, 1 + 24 * number + hour, 24 * number + hour)
        for number, day in enumerate(days)
        for hour in range(24)
    ]


def rows_from(readings: Sequence[Reading], earlier: Sequence[LedgerRow] = ()) -> list[LedgerRow]:
    """What the audit makes of raw readings."""
    rebuilt = Rebuilt("st-1", DAYS, earlier)
    for one in readings:
        rebuilt.take(one)
    return list(rebuilt.rows.values())


def found(
    rows: Sequence[LedgerRow], readings: Sequence[Reading], published: Sequence[DayCount] | None = None
) -> list[tuple[date, bool]]:
    """The days that differ, and whether the ledger lacks something there; published is what the rows count."""
    told = count_days(rows, TODAY) if published is None else published
    audited = Audited("st-1", rows, FIRST - timedelta(days=40), {one.day: one for one in told})
    rebuilt = {(row.day, row.epoch): row for row in rows_from(readings)}
    return [(one.day, bool(one.lacks)) for one in differences(audited, rebuilt, FIRST, LAST, TODAY)]


def test_what_agrees_is_no_difference() -> None:
    """The ledger of all readings, and the counts of that ledger."""
    assert found(rows_from(three_days()), three_days()) == []


def test_ledger_that_lacks_a_day_is_told() -> None:
    """With what the readings say of it; the day behind it counts otherwise too."""
    rows = [row for row in rows_from(three_days()) if row.day != LAST - timedelta(days=1)]
    published = {one.day: one for one in count_days(rows, TODAY)}
    audited = Audited("st-1", rows, FIRST, published)
    rebuilt = {(row.day, row.epoch): row for row in rows_from(three_days())}
    missing, behind = differences(audited, rebuilt, FIRST, LAST, TODAY)[-2:]
    assert missing.day == LAST - timedelta(days=1)
    assert (missing.published, missing.by_ledger) == (None, None)
    assert missing.by_readings is not None
    assert missing.by_readings.visits == 24
    assert missing.lacks == ("epoch 1: no row, read 24 to 47",)
    assert (behind.day, behind.lacks) == (LAST, ())
    assert behind.by_ledger != behind.by_readings


def test_ledger_that_lacks_a_visit_says_which_number() -> None:
    """The row is there, and knows less."""
    rows = rows_from(three_days())
    short = [row._replace(highest=row.highest - 2) if row.day == LAST else row for row in rows]
    audited = Audited("st-1", short, FIRST, {one.day: one for one in count_days(short, TODAY)})
    [one] = differences(audited, {(row.day, row.epoch): row for row in rows}, FIRST, LAST, TODAY)
    assert one.lacks == ("epoch 1: highest 69, read 71",)
    assert one.by_readings is not None
    assert one.by_ledger is not None
    assert one.by_readings.visits - one.by_ledger.visits == 2


def test_ledger_that_knows_more_is_right() -> None:
    """Raw readings may have been deleted: all of them, or those of a night."""
    assert found(rows_from(three_days()), []) == []
    assert found(rows_from(three_days()), three_days()[30:40]) == []


def test_published_count_that_is_not_the_ledgers_is_told() -> None:
    """Another number, another label, a day that was never published, one that has no row."""
    rows = rows_from(three_days())
    right = count_days(rows, TODAY)
    for wrong in (
        [right[0]._replace(visits=1), *right[1:]],
        [right[0]._replace(quality=Quality.AT_LEAST), *right[1:]],
        right[1:],
    ):
        assert found(rows, three_days(), wrong) == [(FIRST, False)]
    assert found(rows[1:], [], right)[0] == (FIRST, False)


def test_days_outside_are_not_told() -> None:
    """What is asked about, and no other day."""
    rows = rows_from(three_days())
    wrong = [one._replace(visits=99) for one in count_days(rows, TODAY)]
    audited = Audited("st-1", rows, FIRST, {one.day: one for one in wrong})
    middle = FIRST + timedelta(days=1)
    assert [one.day for one in differences(audited, {}, middle, middle, TODAY)] == [middle]


def test_meter_that_went_back_overnight_is_no_lack() -> None:
    """The row of the evening before tells a reading that was left out, as it was when it came."""
    mark = Mark(DAYS.start_ms(FIRST) - HOUR_MS, 1, 50)
    evening = LedgerRow("st-1", FIRST - timedelta(days=1), 1, 90, 100, mark, mark)
    morning = [at(FIRST, 1, 51, 40), at(FIRST, 2, 52, 101)]
    assert [row.lowest for row in rows_from(morning, [evening])] == [101]
    assert [row.lowest for row in rows_from(morning)] == [40]


def test_other_kinds_are_passed_over() -> None:
    """A store may give what it was not asked for."""
    assert rows_from([reading(Kind.EXCHANGE)]) == []


def take(rows: dict[tuple[date, int], LedgerRow], row: LedgerRow) -> None:
    """Merge a row, as the database does."""
    place = row.day, row.epoch
    rows[place] = merge(rows[place], row) if place in rows else row


steps = st.lists(st.tuples(st.integers(1_000, 9 * HOUR_MS), st.integers(0, 3), st.integers(0, 30)), max_size=40)


@given(steps, st.data())
def test_what_is_taken_of_the_ledger_is_found_and_mended(walk: list[tuple[int, int, int]], data: st.DataObject) -> None:
    """Of any history: the true ledger is no difference; one that lacks something differs, and merging mends it."""
    ts, entered, epoch, history = DAYS.start_ms(FIRST), 0, 1, []
    for seq, (later_ms, people, lot) in enumerate(walk, start=1):
        ts, entered = ts + later_ms, entered + people
        if lot == 0:
            epoch, entered = epoch + 1, 0
        if ts < DAYS.end_ms(LAST):
            history.append(reading(ts=ts, seq=seq, entered=entered, left=0, epoch=epoch))
    live: dict[tuple[date, int], LedgerRow] = {}
    for one in data.draw(st.permutations(history)):
        take(live, row_of("st-1", DAYS.of(one.body.ts), cast("Occupancy", one.body)))
    rows = sorted(live.values(), key=lambda row: row[1:3])
    assert found(rows, history) == []
    if not rows:
        return
    broken = data.draw(st.integers(0, len(rows) - 1))
    short = data.draw(st.sampled_from(["missing", "lower", "later", "earlier"]))
    row = rows[broken]
    harmed = {
        "missing": [],
        "lower": [row._replace(highest=row.highest - 1, lowest=min(row.lowest, row.highest - 1))],
        "later": [row._replace(first=row.first._replace(ts_ms=row.first.ts_ms + 1))],
        "earlier": [row._replace(last=row.last._replace(ts_ms=row.last.ts_ms - 1))],
    }[short]
    less = [*rows[:broken], *harmed, *rows[broken + 1 :]]
    assert (row.day, True) in found(less, history)
    mended = {(one.day, one.epoch): one for one in less}
    for read in rows_from(history):
        take(mended, read)
    assert found(list(mended.values()), history) == []
    if short != "lower":  # a number that was never read is not taken away
        assert count_days(list(mended.values()), TODAY) == count_days(rows, TODAY)
