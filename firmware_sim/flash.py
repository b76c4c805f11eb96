"""What a fleet's stations remember from run to run: boots, counters, readings that nobody confirmed.

Enters: stations, or the file that an earlier run left. Leaves: memories. Never: half a file.
A run that was killed leaves counters that may be behind; they begin a new epoch, as the protocol asks of lost flash.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from firmware_sim.ring import Entry, Name
from firmware_sim.sensors.sensor import Sensor
from firmware_sim.station import Station


@dataclass(slots=True)
class Memory:
    """One station's flash."""

    boot: int
    until_ms: int
    """Nothing was sampled later than this."""
    epochs: dict[str, int]
    values: dict[str, dict[str, int]]
    ring: list[tuple[str, int, int, str]] = field(default_factory=list)
    """Kind, boot, seq and payload of every reading without receipt."""

    def recall(self, sensors: Iterable[Sensor]) -> None:
        """Give the counters back to their sensors."""
        for sensor in sensors:
            if sensor.counters and sensor.kind in self.epochs:
                sensor.counters.epoch = self.epochs[sensor.kind]
                sensor.counters.values |= self.values[sensor.kind]

    def entries(self) -> list[Entry]:
        """The readings that are still to be sent."""
        return [Entry(Name(kind, boot, seq), payload.encode()) for kind, boot, seq, payload in self.ring]


def memory_of(station: Station, now_ms: int, is_final: bool) -> Memory:
    """What a station would find after a power loss; the ring only when the run ends in order."""
    metered = [sensor for sensor in station.sensors.values() if sensor.counters]
    return Memory(
        station.boot,
        now_ms,
        {sensor.kind: sensor.counters.epoch for sensor in metered if sensor.counters},
        {sensor.kind: dict(sensor.counters.values) for sensor in metered if sensor.counters},
        [(*entry.name, entry.payload.decode()) for entry in station.ring] if is_final else [],
    )


class FlashFile:
    """One JSON file for a fleet; stations of other runs that it holds are left as they are."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._memories: dict[str, Memory] = {}
        if path.exists():
            document = json.loads(path.read_text(encoding="utf-8"))
            self._memories = {station_id: Memory(**memory) for station_id, memory in document["stations"].items()}
            if not document["clean"]:
                for memory in self._memories.values():
                    _lose_counters(memory)

    def memory(self, station_id: str) -> Memory | None:
        """What a station remembers; None for a new one."""
        return self._memories.get(station_id)

    def save(self, stations: Iterable[Station], now_ms: int, *, is_final: bool = False) -> None:
        """Write all of it; only the last save of a run is final."""
        for station in stations:
            self._memories[station.id] = memory_of(station, now_ms, is_final)
        document = {
            "clean": is_final,
            "stations": {station_id: asdict(memory) for station_id, memory in self._memories.items()},
        }
        unfinished = self._path.with_name(self._path.name + ".part")
        unfinished.write_text(json.dumps(document), encoding="utf-8")
        unfinished.replace(self._path)


def _lose_counters(memory: Memory) -> None:
    memory.ring = []
    for kind in memory.epochs:
        memory.epochs[kind] += 1
        memory.values[kind] = dict.fromkeys(memory.values[kind], 0)
