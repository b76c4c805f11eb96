"""Silence that a platform which was away cannot judge: what was dark before is dark until it is heard."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.topics import Kind
from tests.ingest.alerts.fleet_story import Fleet, cabinet, station


def be_blind(fleet: Fleet, begin: int, end: int) -> None:
    """The broker is lost for a while."""
    fleet.engine.blind(fleet.ms(begin), fleet.ms(begin), "no broker")
    for second in range(begin, end, 15):
        fleet.sweeps(second)
    fleet.engine.sighted(fleet.ms(end))


def be_killed(fleet: Fleet, begin: int, end: int) -> None:
    """The process is gone for a while, and what it had written comes back."""
    written = [replace(alert) for alert in fleet.open()]
    engine = fleet.make_engine(fleet.ms(end))
    engine.restore(written, {"watch": {"alive": str(fleet.ms(begin))}}, fleet.ms(end))
    fleet.passes(end)


@pytest.mark.parametrize("away", [be_blind, be_killed])
@pytest.mark.parametrize("away_s", [20, 900, 90_000])
def test_a_silent_station_is_not_all_clear_because_nobody_could_hear_it(
    away: Callable[[Fleet, int, int], None], away_s: int
) -> None:
    """Dark by silence and told of; the platform is away and comes back: nothing is heard, so nothing changes."""
    fleet = Fleet(1)
    fleet.born(0)
    fleet.counts(0)
    for second in range(15, 1_500, 15):
        fleet.sweeps(second)
    assert "resolved" not in " ".join(fleet.news())
    end = 1_500 + away_s
    away(fleet, 1_500, end)
    for second in range(end, end + 1_200, 15):
        fleet.sweeps(second)
    assert [line for line in fleet.news() if "st-1" in line] == []
    fleet.counts(end + 1_200)
    fleet.counts(end + 1_260)
    fleet.sweeps(end + 1_275)
    assert any(" resolved critical dark st-1" in line for line in fleet.news())


@pytest.mark.parametrize("away", [be_blind, be_killed])
def test_a_dark_region_is_not_over_because_nobody_could_hear_it(away: Callable[[Fleet, int, int], None]) -> None:
    """Twelve of twelve are silent before and after: the region stands, and explains each of them all the time."""
    fleet = Fleet([station(n) for n in range(1, 13)])
    for n in range(1, 13):
        fleet.born(0, f"st-{n}")
        fleet.counts(0, 1, f"st-{n}")
    for second in range(15, 1_500, 15):
        fleet.sweeps(second)
    assert any("fired critical region_dark 110105" in line for line in fleet.news())
    away(fleet, 1_500, 3_000)
    for second in range(3_000, 4_200, 15):
        fleet.sweeps(second)
        dark = [alert for alert in fleet.open() if alert.key.rule == "dark"]
        causes = [fleet.engine.inhibited_by(alert) for alert in dark]
        assert len(causes) == 12
        assert all(cause is not None for cause in causes)
    assert [line for line in fleet.news() if "platform" not in line] == []


@pytest.mark.parametrize("away", [be_blind, be_killed])
def test_an_old_value_is_not_made_present_by_looking_away(away: Callable[[Fleet, int, int], None]) -> None:
    """A hot cell of which there was no word for long: unknown before, unknown after, and nobody is told of that."""
    fleet = Fleet(1)
    fleet.born(0)
    fleet.sends(0, Kind.BATTERY, cabinet(62))
    for second in range(15, 1_500, 15):
        fleet.counts(second)
        fleet.sweeps(second)
    assert any("went_unknown emergency cell_hot" in line for line in fleet.news())
    away(fleet, 1_500, 3_000)
    for second in range(3_000, 4_200, 15):
        fleet.sweeps(second)
        fleet.counts(second)
    assert [line for line in fleet.news() if "st-1" in line] == []


@pytest.mark.parametrize("away", [be_blind, be_killed])
def test_a_fault_that_was_not_told_of_yet_outlives_looking_away(away: Callable[[Fleet, int, int], None]) -> None:
    """Hot once, its sensor says no more, then three hours of blindness: the hour until it is forgotten stands still.

    Its next reading is the proof that it stayed hot, and fires at once.
    """
    fleet = Fleet(1)
    fleet.born(0)
    fleet.sends(0, Kind.BATTERY, cabinet(47))
    fleet.sends(60, Kind.BATTERY, cabinet(None))
    fleet.sweeps(60)
    assert fleet.news() == ["0 pending warning cell_hot st-1 slot/1"]
    away(fleet, 60, 10_860)
    for second in range(10_865, 11_260, 15):
        fleet.counts(second)
        fleet.sweeps(second)
    assert [alert.unknown_since_ms for alert in fleet.open() if alert.key.rule == "cell_hot"] == [fleet.ms(0)]
    fleet.sends(11_260, Kind.BATTERY, cabinet(47))
    assert [line for line in fleet.news() if "st-1" in line] == ["11260 fired warning cell_hot st-1 slot/1"]


def test_a_fault_without_a_word_does_not_fire_because_of_a_restart() -> None:
    """Pending, then its sensor said nothing, which is not written; killed, and started: a look decides, not time."""
    fleet = Fleet(1)
    fleet.born(0)
    fleet.sends(0, Kind.BATTERY, cabinet(47))
    written = [replace(alert) for alert in fleet.open()]
    assert [line for line in fleet.news() if "cell_hot" in line] == ["0 pending warning cell_hot st-1 slot/1"]
    fleet.sends(60, Kind.BATTERY, cabinet(None))
    for second in range(120, 600, 60):
        fleet.sends(second, Kind.BATTERY, cabinet(None))
    fleet.make_engine(fleet.ms(600)).restore(written, {"watch": {"alive": str(fleet.ms(598))}}, fleet.ms(600))
    fleet.passes(601)
    assert [line for line in fleet.news() if "fired" in line] == []
    assert not fleet.engine.sees
    fleet.sweeps(615)
    assert fleet.engine.sees
    assert [line for line in fleet.news() if "fired" in line] == []
