"""The truth about visits, which the platform is held to."""

import json
from datetime import date
from pathlib import Path

from firmware_sim.local_time import DAY_MS, HOUR_MS, MINUTE_MS, day_start_ms
from firmware_sim.ring import Name
from firmware_sim.station import Sample
from firmware_sim.truth import StationTruth, Truth

MONDAY = date(2026, 7, 20)
TUESDAY = date(2026, 7, 21)
MIDNIGHT_MS = day_start_ms(TUESDAY)


def sample(ts_ms: int, entered: int, epoch: int = 1, true_ms: int | None = None, kind: str = "occupancy") -> Sample:
    """A reading of the door."""
    body: dict[str, object] = {"entered": entered, "left": 0, "epoch": epoch}
    return Sample("bj-007", Name(kind, 1, 1), ts_ms, ts_ms if true_ms is None else true_ms, body)


def days_of(*samples: Sample) -> dict[date, int]:
    """The truth after some readings."""
    truth = StationTruth()
    for one in samples:
        truth.note(one)
    return truth.days()


def test_visit_belongs_to_the_day_of_the_first_reading_that_shows_it() -> None:
    """Who came between the last reading of Monday and the first of Tuesday is Tuesday's."""
    assert days_of(sample(MIDNIGHT_MS - 2 * HOUR_MS, 4), sample(MIDNIGHT_MS - 1, 5), sample(MIDNIGHT_MS, 7)) == {
        MONDAY: 5,
        TUESDAY: 2,
    }


def test_day_without_visits_is_a_day() -> None:
    """Readings without a visit make a zero, not a gap."""
    assert days_of(sample(MIDNIGHT_MS - 1, 5), sample(MIDNIGHT_MS, 5)) == {MONDAY: 5, TUESDAY: 0}


def test_epochs_add_up() -> None:
    """A new epoch counts from zero, and the day has both."""
    assert days_of(sample(MIDNIGHT_MS, 5), sample(MIDNIGHT_MS + 1, 3, epoch=2)) == {TUESDAY: 8}


def test_reading_with_a_lost_clock_shows_nobody_anything() -> None:
    """What the platform must refuse is no showing; the next reading with a right clock is."""
    lost = sample(0, 9, true_ms=MIDNIGHT_MS - HOUR_MS)
    ahead = sample(MIDNIGHT_MS - HOUR_MS + 6 * MINUTE_MS, 9, true_ms=MIDNIGHT_MS - HOUR_MS)
    assert days_of(sample(MIDNIGHT_MS - 2 * HOUR_MS, 4), lost, ahead, sample(MIDNIGHT_MS, 9)) == {
        MONDAY: 4,
        TUESDAY: 5,
    }


def test_slightly_fast_clock_shows_visits_on_its_own_day() -> None:
    """A clock within the bounds is believed, also when it is set back over midnight."""
    fast = sample(MIDNIGHT_MS + MINUTE_MS, 9, true_ms=MIDNIGHT_MS - MINUTE_MS)
    assert days_of(sample(MIDNIGHT_MS - HOUR_MS, 4), fast, sample(MIDNIGHT_MS + HOUR_MS, 9)) == {MONDAY: 4, TUESDAY: 5}
    back = sample(MIDNIGHT_MS - 1, 9)
    assert days_of(fast, back, sample(MIDNIGHT_MS + HOUR_MS, 9)) == {MONDAY: 9, TUESDAY: 0}


def test_earlier_run_is_not_counted_again() -> None:
    """What was shown before this run belongs to that run's truth."""
    truth = StationTruth()
    truth.continue_from(2, 100)
    truth.note(sample(MIDNIGHT_MS, 104, epoch=2))
    truth.note(sample(MIDNIGHT_MS + DAY_MS, 1, epoch=3))
    assert truth.days() == {TUESDAY: 4, date(2026, 7, 22): 1}


def test_file_has_days_counts_and_notes(tmp_path: Path) -> None:
    """The document is what a comparison needs: zone, days, readings by kind and boot, and what was lost."""
    truth = Truth()
    truth.station("bj-007").note(sample(MIDNIGHT_MS, 3))
    truth.station("bj-007").note(sample(MIDNIGHT_MS, 0, kind="battery"))
    file = tmp_path / "truth.json"
    truth.write(file, {"bj-007": {"overwritten": 2}})
    assert json.loads(file.read_text()) == {
        "zone": "Asia/Shanghai",
        "stations": {
            "bj-007": {
                "days": {"2026-07-21": 3},
                "sampled": {"occupancy": {"1": 1}, "battery": {"1": 1}},
                "overwritten": 2,
            }
        },
    }
    assert list(tmp_path.iterdir()) == [file]
