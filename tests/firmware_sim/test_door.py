"""The people counter, and the random crowd that passes it."""

from collections import Counter
from random import Random

import pytest

from firmware_sim.local_time import DAY_MS, HOUR_MS, local_day, local_hour
from firmware_sim.sensors.arrivals import RIDERS_BY_HOUR, VISITORS_BY_HOUR, Arrivals
from firmware_sim.sensors.door import Door
from firmware_sim.sensors.visitors import Visitors

MONDAY_MS = 1_795_363_200_000 - 1_795_363_200_000 % DAY_MS - 8 * HOUR_MS


class Script:
    """A crowd that does what it is told, call by call."""

    def __init__(self, *steps: tuple[int, int]) -> None:
        self._steps = list(steps)

    def crossings(self, _until_ms: int) -> tuple[int, int]:
        """The next step, or nobody."""
        return self._steps.pop(0) if self._steps else (0, 0)


def fields(door: Door) -> tuple[object, object, object]:
    """Present, entered and left of a reading."""
    body = door.body()
    return body["present"], body["entered"], body["left"]


def test_door_counts_who_comes_and_goes() -> None:
    """Entered and left only grow; present is who should still be inside."""
    door = Door(Script((3, 0), (1, 2)), Random(1))
    door.advance(MONDAY_MS + 9 * HOUR_MS)
    assert fields(door) == (3, 3, 0)
    door.advance(MONDAY_MS + 10 * HOUR_MS)
    assert fields(door) == (2, 4, 2)


def test_present_is_never_negative() -> None:
    """A door that missed somebody coming in does not believe in less than nobody."""
    door = Door(Script((0, 2), (1, 0)), Random(1))
    door.advance(MONDAY_MS)
    assert fields(door) == (0, 0, 2)
    door.advance(MONDAY_MS + 1)
    assert fields(door) == (1, 1, 2)


def test_room_is_taken_for_empty_at_four_in_the_morning() -> None:
    """People whom the door did not see leave do not stay for ever; the counters are not touched."""
    door = Door(Script((5, 1)), Random(1))
    door.advance(MONDAY_MS + 23 * HOUR_MS)
    door.advance(MONDAY_MS + 27 * HOUR_MS)
    assert fields(door) == (4, 5, 1)
    door.advance(MONDAY_MS + 28 * HOUR_MS)
    assert fields(door) == (0, 5, 1)


def test_door_misses_its_share_each_way() -> None:
    """Of ten thousand each way about the set share goes unseen, so entered and left drift apart."""
    door = Door(Script((10_000, 10_000)), Random(7), misses_in=0.01, misses_out=0.05)
    door.advance(MONDAY_MS)
    _, entered, left = fields(door)
    assert entered == pytest.approx(9_900, abs=60)
    assert left == pytest.approx(9_500, abs=120)


def test_new_epoch_starts_from_zero() -> None:
    """A replaced sensor counts from zero in the next epoch, and forgets nobody who is inside."""
    door = Door(Script((3, 1), (1, 0)), Random(1))
    door.advance(MONDAY_MS)
    door.counters.restart()
    door.advance(MONDAY_MS + 1)
    assert door.body() == {"present": 3, "entered": 1, "left": 0, "epoch": 2}


def test_arrivals_have_the_mean_they_are_asked_for() -> None:
    """Over 40 weeks an ordinary station sees about 12.4 visits a day."""
    arrivals = Arrivals(12.4, VISITORS_BY_HOUR, Random(3), MONDAY_MS)
    count = sum(1 for _ in arrivals.until(MONDAY_MS + 280 * DAY_MS))
    assert count / 280 == pytest.approx(12.4, abs=0.7)


@pytest.mark.parametrize("by_hour", [VISITORS_BY_HOUR, RIDERS_BY_HOUR])
def test_arrivals_follow_the_hours(by_hour: tuple[float, ...]) -> None:
    """The share of each hour is that of the profile."""
    arrivals = Arrivals(1_000, by_hour, Random(4), MONDAY_MS)
    hours = Counter(local_hour(at_ms) for at_ms in arrivals.until(MONDAY_MS + 70 * DAY_MS))
    for hour, weight in enumerate(by_hour):
        assert hours[hour] / hours.total() == pytest.approx(weight / sum(by_hour), abs=0.004)


def test_fewer_come_at_the_weekend() -> None:
    """Saturday and Sunday see four fifths of a weekday."""
    arrivals = Arrivals(1_000, VISITORS_BY_HOUR, Random(5), MONDAY_MS)
    days = Counter(local_day(at_ms).weekday() for at_ms in arrivals.until(MONDAY_MS + 70 * DAY_MS))
    weekday = sum(days[day] for day in range(5)) / 5
    assert (days[5] + days[6]) / 2 / weekday == pytest.approx(0.8, abs=0.02)


def test_arrivals_do_not_depend_on_how_often_they_are_asked() -> None:
    """Asked minute by minute or once, the same people come at the same instants."""
    step_ms = 60_000
    once = list(Arrivals(50, VISITORS_BY_HOUR, Random(6), MONDAY_MS).until(MONDAY_MS + DAY_MS))
    often = Arrivals(50, VISITORS_BY_HOUR, Random(6), MONDAY_MS)
    assert once == [at_ms for t in range(0, DAY_MS + 1, step_ms) for at_ms in often.until(MONDAY_MS + t)]


def test_nobody_comes_where_nobody_is_expected() -> None:
    """A rate of zero is no arrivals, not an error."""
    assert list(Arrivals(0, VISITORS_BY_HOUR, Random(1), MONDAY_MS).until(MONDAY_MS + DAY_MS)) == []


def test_who_comes_leaves_again() -> None:
    """After a quiet night nobody is left: every visit has ended within four hours."""
    visitors = Visitors(200, Random(8), MONDAY_MS)
    came = went = 0
    for hour in range(24):
        arrived, left = visitors.crossings(MONDAY_MS + hour * HOUR_MS)
        came, went = came + arrived, went + left
        assert came >= went
    assert came > 100
    arrived, left = visitors.crossings(MONDAY_MS + 31 * HOUR_MS)
    assert came + arrived - went - left < 15
