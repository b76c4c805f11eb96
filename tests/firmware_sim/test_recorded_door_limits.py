"""A recorded door at its edges: rows that reach over midnight, and crowds that nobody sees leave."""

from datetime import date
from random import Random

import pytest

from firmware_sim.local_time import MINUTE_MS, day_start_ms, local_day
from firmware_sim.sensors.door import Door
from firmware_sim.sensors.trace import BadTrace, TraceCrowd, parse_trace

MIDNIGHT_MS = day_start_ms(date(2026, 3, 2))


def crowd(*rows: str, interval_ms: int) -> TraceCrowd:
    """The people of some rows."""
    return TraceCrowd(parse_trace(["start,entered,left", *rows]), interval_ms)


def test_people_of_a_row_that_reaches_over_midnight_are_seen_before_it() -> None:
    """A reading of the row's own day shows all of its people, however little of that day is left."""
    late = crowd("2026-03-01T23:45,1,0", "2026-03-01T23:57,30,0", interval_ms=MINUTE_MS)
    last_reading_ms = MIDNIGHT_MS - MINUTE_MS
    assert local_day(last_reading_ms) == date(2026, 3, 1)
    assert late.crossings(last_reading_ms) == (31, 0)


def test_row_without_room_for_a_reading_is_refused_only_if_somebody_came() -> None:
    """A minute before midnight no reading a minute can show anybody; of nobody there is nothing to show."""
    assert crowd("2026-03-01T23:49,4,0", "2026-03-01T23:59,0,0", interval_ms=MINUTE_MS).crossings(MIDNIGHT_MS) == (4, 0)
    with pytest.raises(BadTrace, match="23:59 has no reading"):
        crowd("2026-03-01T23:49,4,0", "2026-03-01T23:59,1,0", interval_ms=MINUTE_MS)


def test_present_stays_within_the_protocol() -> None:
    """Where nobody is seen leaving, the readings stay such that the platform takes them."""
    endless = crowd("2026-03-01T08:00,90000,0", "2026-03-01T20:00,90000,0", interval_ms=MINUTE_MS)
    door = Door(endless, Random(1))
    door.advance(MIDNIGHT_MS - MINUTE_MS)
    assert door.body() == {"present": 100_000, "entered": 180_000, "left": 0, "epoch": 1}
