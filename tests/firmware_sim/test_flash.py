"""What stations remember from run to run."""

from pathlib import Path
from random import Random

from firmware_sim.flash import FlashFile
from firmware_sim.sensors.door import Door
from firmware_sim.sensors.medicine import MedicineBox
from firmware_sim.sensors.sensor import Sensor
from firmware_sim.sensors.visitors import Visitors
from firmware_sim.station import Station, StationSettings

START_MS = 1_795_330_800_000
LATER_MS = START_MS + 3_600_000


def a_station(boot: int = 4) -> Station:
    """A station that has run for an hour."""
    rng = Random(1)
    sensors: list[Sensor] = [Door(Visitors(500, rng, START_MS), rng), MedicineBox(5, rng, START_MS)]
    station = Station("bj-007", sensors, StationSettings(), START_MS, boot)
    while station.next_due_ms < LATER_MS:
        station.tick(station.next_due_ms)
    return station


def entered(station: Station) -> int:
    """What the door has counted."""
    counters = station.sensors["occupancy"].counters
    assert counters is not None
    return counters.values["entered"]


def test_flash_of_a_run_that_ended_keeps_all(tmp_path: Path) -> None:
    """Boot, counters, epoch and the readings without receipt are there for the next run."""
    station = a_station()
    FlashFile(tmp_path / "flash.json").save([station], LATER_MS, is_final=True)
    memory = FlashFile(tmp_path / "flash.json").memory("bj-007")
    assert memory is not None
    assert (memory.boot, memory.until_ms) == (4, LATER_MS)
    assert [(entry.name, entry.payload) for entry in memory.entries()] == [
        (entry.name, entry.payload) for entry in station.ring
    ]
    door = Door(Visitors(0, Random(1), START_MS), Random(1))
    memory.recall([door])
    assert door.counters.values == {"entered": entered(station), "left": station.sensors["occupancy"].body()["left"]}
    assert door.counters.epoch == 1


def test_flash_of_a_killed_run_begins_new_epochs(tmp_path: Path) -> None:
    """Counters that may be behind would count backwards, so they begin at zero in the next epoch."""
    FlashFile(tmp_path / "flash.json").save([a_station()], LATER_MS)
    memory = FlashFile(tmp_path / "flash.json").memory("bj-007")
    assert memory is not None
    assert memory.boot == 4
    assert memory.epochs == {"occupancy": 2}
    assert memory.values == {"occupancy": {"entered": 0, "left": 0}}
    assert memory.ring == []


def test_flash_keeps_stations_of_other_runs(tmp_path: Path) -> None:
    """A run of other stations leaves what it does not know as it was."""
    file = FlashFile(tmp_path / "flash.json")
    file.save([a_station(boot=9)], LATER_MS, is_final=True)
    again = FlashFile(tmp_path / "flash.json")
    again.save([], LATER_MS, is_final=True)
    memory = FlashFile(tmp_path / "flash.json").memory("bj-007")
    assert memory is not None
    assert memory.boot == 9
    assert again.memory("bj-008") is None


def test_flash_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """Nothing unfinished stays beside it."""
    FlashFile(tmp_path / "flash.json").save([a_station()], LATER_MS)
    assert [path.name for path in tmp_path.iterdir()] == ["flash.json"]
