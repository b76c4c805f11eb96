"""Each sentence of docs/visits.md on counts and labels, by example."""

from datetime import date, timedelta

import pytest

from ingest.model import LedgerRow, Mark, Quality
from ingest.visits.counting import count_days

TODAY = 99
"""Long after the days of the examples."""
EXACT, PROVISIONAL, AT_LEAST = Quality.EXACT, Quality.PROVISIONAL, Quality.AT_LEAST


def day_of(number: int) -> date:
    """Days are numbered, for reading."""
    return date(2026, 6, 1) + timedelta(days=number)


def row(day: int, epoch: int, meter: tuple[int, int], first: tuple[int, int], last: tuple[int, int]) -> LedgerRow:
    """A row: lowest and highest of the meter, (boot, seq) of the first and the last reading."""
    noon_ms = day * 86_400_000
    return LedgerRow("s-1", day_of(day), epoch, *meter, Mark(noon_ms, *first), Mark(noon_ms + 1000, *last))


def counted(*rows: LedgerRow, today: int = TODAY) -> list[tuple[int, int, Quality]]:
    """Visits, carried and label of each day."""
    return [(count.visits, count.carried, count.quality) for count in count_days(rows, day_of(today))]


BORN = row(0, 1, (0, 10), (1, 1), (1, 100))
"""From the station's very first reading to its hundredth, ten visits."""


def test_nothing_read_nothing_counted() -> None:
    """Without rows there are no days."""
    assert counted() == []


# ---- the base ----


def test_base_is_the_highest_of_the_nearest_earlier_day() -> None:
    """What the meter showed at the end of the last day with a reading is not counted again, days without one or not."""
    found = counted(BORN, row(1, 1, (10, 22), (1, 101), (1, 200)), row(5, 1, (22, 25), (1, 201), (1, 300)))
    assert [visits for visits, _, _ in found] == [10, 12, 3]


def test_base_is_zero_from_the_very_first_reading_on() -> None:
    """Boot 1, seq 1: even visits that the first reading shows already are counted."""
    assert counted(row(0, 1, (3, 10), (1, 1), (1, 100))) == [(10, 0, PROVISIONAL)]


def test_base_is_zero_for_an_epoch_after_a_known_one() -> None:
    """A counter that began again from zero is counted from zero."""
    found = counted(BORN, row(1, 2, (4, 9), (1, 101), (1, 200)))
    assert [visits for visits, _, _ in found] == [10, 9]


@pytest.mark.parametrize("first", [(1, 2), (2, 1), (7, 4711)])
def test_a_running_meter_is_counted_from_where_it_was_met(first: tuple[int, int]) -> None:
    """What it had counted before is not ours to claim."""
    assert counted(row(0, 3, (1000, 1010), first, (7, 5000))) == [(10, 0, PROVISIONAL)]


def test_epochs_inside_a_day_are_added_up() -> None:
    """The old counter's movement and the new one's are both visits of the day."""
    found = counted(
        BORN,
        row(1, 1, (10, 15), (1, 101), (1, 150)),
        row(1, 2, (0, 4), (1, 151), (1, 200)),
        row(2, 2, (4, 4), (1, 201), (1, 300)),
    )
    assert found == [(10, 0, EXACT), (9, 0, EXACT), (0, 0, PROVISIONAL)]


def test_a_meter_below_an_earlier_day_counts_nothing_twice() -> None:
    """A clock set back by days: the day below shows nobody, and the days still add up to the highest number."""
    found = counted(
        row(0, 1, (0, 100), (1, 1), (1, 99)),
        row(1, 1, (81, 90), (1, 100), (1, 199)),
        row(2, 1, (91, 110), (1, 200), (1, 299)),
        row(3, 1, (110, 110), (1, 300), (1, 300)),
    )
    assert found == [(100, 0, AT_LEAST), (0, 0, AT_LEAST), (10, 0, AT_LEAST), (0, 0, PROVISIONAL)]


# ---- exact ----


def test_exact_when_readings_around_midnight_are_neighbours() -> None:
    """Same boot, seq one apart: visits between them belong to the day of the first reading that shows them."""
    assert counted(BORN, row(1, 1, (13, 20), (1, 101), (1, 200))) == [(10, 0, EXACT), (10, 0, PROVISIONAL)]


def test_exact_when_both_sides_show_the_same_number() -> None:
    """Readings are missing around midnight, even over a reboot and days, but nobody came."""
    assert counted(BORN, row(4, 1, (10, 20), (3, 7), (3, 90)))[0] == (10, 0, EXACT)


def test_exact_needs_the_beginning_too() -> None:
    """A day whose end is whole, but not its start, is not exact."""
    found = counted(
        row(0, 1, (0, 10), (1, 1), (1, 90)),
        row(1, 1, (12, 20), (1, 101), (1, 200)),
        row(2, 1, (20, 21), (1, 201), (1, 300)),
    )
    assert found == [(10, 0, AT_LEAST), (10, 2, AT_LEAST), (1, 0, PROVISIONAL)]


def test_a_running_meters_first_day_is_not_exact() -> None:
    """Nothing is known of that day before the meter was met."""
    found = counted(row(0, 1, (50, 60), (7, 11), (7, 20)), row(1, 1, (60, 61), (7, 21), (7, 30)))
    assert found == [(10, 0, AT_LEAST), (1, 0, PROVISIONAL)]


def test_same_number_of_another_epoch_joins_nothing() -> None:
    """Equal numbers of two counters say nothing."""
    assert counted(BORN, row(1, 2, (10, 20), (2, 1), (2, 99)))[0] == (10, 0, AT_LEAST)


def test_neighbours_are_of_one_boot() -> None:
    """Whether the last reading before a reboot was the last one taken is not known."""
    assert counted(BORN, row(1, 1, (11, 20), (2, 101), (2, 200)))[0] == (10, 0, AT_LEAST)


def test_neighbours_that_go_back_join_nothing() -> None:
    """A meter that shows less after midnight than before it is not believed on either day."""
    found = counted(
        BORN,
        row(1, 1, (9, 12), (1, 101), (1, 200)),
        row(2, 1, (12, 12), (1, 201), (1, 300)),
    )
    assert [label for _, _, label in found] == [AT_LEAST, AT_LEAST, PROVISIONAL]


# ---- provisional ----


def test_today_is_provisional_whatever_is_known() -> None:
    """A day that is not over: even when a station's clock has reached the next one."""
    rows = (BORN, row(1, 1, (10, 12), (1, 101), (1, 200)))
    assert counted(*rows, today=0) == [(10, 0, PROVISIONAL), (2, 0, PROVISIONAL)]
    assert counted(*rows, today=1) == [(10, 0, EXACT), (2, 0, PROVISIONAL)]


def test_a_day_is_provisional_until_a_later_one_is_heard() -> None:
    """A station that has been silent since may still send the rest of its day."""
    assert counted(BORN) == [(10, 0, PROVISIONAL)]


def test_a_torn_day_is_provisional_while_it_lasts() -> None:
    """What is lost at its start is given as carried at once, the label at its end."""
    found = counted(BORN, row(1, 1, (12, 20), (1, 150), (1, 200)), today=1)
    assert found == [(10, 0, AT_LEAST), (10, 2, PROVISIONAL)]


# ---- at least, and carried ----


def test_visits_over_a_torn_midnight_are_carried() -> None:
    """Both days are labelled; the later one says how many of its visits may belong to days before."""
    found = counted(BORN, row(3, 1, (17, 20), (1, 150), (1, 200)), row(4, 1, (20, 20), (1, 201), (1, 202)))
    assert found == [(10, 0, AT_LEAST), (10, 7, AT_LEAST), (0, 0, PROVISIONAL)]


def test_a_new_epoch_after_a_reboot_tears_both_days() -> None:
    """The old counter's last visits may be lost; what the new one shows at first may be of the day before."""
    found = counted(BORN, row(1, 2, (4, 9), (2, 1), (2, 99)), row(2, 2, (9, 9), (2, 100), (2, 101)))
    assert found == [(10, 0, AT_LEAST), (9, 4, AT_LEAST), (0, 0, PROVISIONAL)]


def test_a_new_epoch_inside_a_day_carries_nothing() -> None:
    """The day is torn, but what the new counter shows was counted on this very day."""
    found = counted(
        BORN,
        row(1, 1, (10, 15), (1, 101), (1, 150)),
        row(1, 2, (3, 4), (2, 1), (2, 99)),
        row(2, 2, (4, 4), (2, 100), (2, 200)),
    )
    assert found == [(10, 0, EXACT), (9, 0, AT_LEAST), (0, 0, PROVISIONAL)]


@pytest.mark.parametrize(("epoch", "label"), [(2, EXACT), (3, AT_LEAST)])
def test_a_skipped_epoch_was_lost_whole(epoch: int, label: Quality) -> None:
    """Neighbouring readings of epochs 1 and 2 join, of epochs 1 and 3 they do not."""
    found = counted(
        BORN,
        row(1, 1, (10, 15), (1, 101), (1, 150)),
        row(1, epoch, (0, 4), (1, 151), (1, 200)),
        row(2, epoch, (4, 4), (1, 201), (1, 300)),
    )
    assert found[1] == (9, 0, label)


def test_order_of_rows_does_not_matter() -> None:
    """Rows are sorted here, not by the caller."""
    rows = [BORN, row(1, 1, (10, 15), (1, 101), (1, 150)), row(1, 2, (0, 4), (1, 151), (1, 200))]
    assert counted(*rows[::-1]) == counted(*rows)
