"""`python -m bench.footprint`: how much disk a reading takes, by kind and store.

Enters: nothing. Leaves: bytes a reading in SQLite, and in InfluxDB after it has packed what it was given.
Never: a broker. Readings go straight into the store, one a minute and station, and change more than real ones do.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from bench import load
from bench.servers import InfluxDB
from gateway.payloads import ADAPTERS
from gateway.topics import Kind
from ingest.model import Reading
from ingest.ports import ReadingStore
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from ingest.store.influx.client import InfluxServer
from ingest.store.influx.store import InfluxReadingStore
from ingest.store.sqlite import SqliteReadingStore
from ingest.visits.local_day import LocalDays

MINUTE_MS: Final = 60_000
TIMER_MS: Final = 200
BATCH: Final = 5_000
PACKED_AT_ONCE: Final = 'cache-snapshot-write-cold-duration = "1s"\ncompact-full-write-cold-duration = "2s"'
"""What InfluxDB does by itself ten minutes, and four hours, after the last write to a shard."""
SETTLED_S: Final = 8.0
"""Without a change of size. Longer: nothing more is packed. Shorter: a pause between two files is taken for the end."""


def readings(kind: Kind, stations: int, number: int) -> Iterator[Reading]:
    """So many of one kind, a minute apart, the last of them now."""
    rng = random.Random(1)
    ids, rounds = load.station_ids(stations), number // stations
    entered = [rng.randrange(20_000) for _ in ids]
    start_ms = time.time_ns() // 1_000_000 - rounds * MINUTE_MS
    for seq in range(1, rounds + 1):
        ts_ms = start_ms + seq * MINUTE_MS
        for place, station in enumerate(ids):
            entered[place] += rng.random() < load.VISITS_A_READING
            # Timers are late by some milliseconds, each time by others, which packs worse than full minutes.
            name = b'"ts":%d,"boot":1,"seq":%d' % (ts_ms + rng.randrange(TIMER_MS), seq)
            payload = b"{%s,%s}" % (name, load.body(kind, entered[place], rng))
            yield Reading(station, kind, ADAPTERS[kind].validate_json(payload), payload, ts_ms)


async def fill(store: ReadingStore, all_of_them: Iterator[Reading]) -> None:
    """Write them as batches."""
    await store.open()
    while batch := list(islice(all_of_them, BATCH)):
        await store.write(batch)
    await store.close()


def size_of(folder: Path) -> int:
    """Bytes that all files take: InfluxDB makes some that are mostly holes."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def settled_size_of(folder: Path) -> int:
    """Bytes, once they have not changed for a while."""
    size, since_s = size_of(folder), time.monotonic()
    while time.monotonic() - since_s < SETTLED_S:
        time.sleep(0.5)
        if (now := size_of(folder)) != size:
            size, since_s = now, time.monotonic()
    return size


def in_sqlite(folder: Path, kind: Kind, stations: int, number: int) -> int:
    """Bytes that they take there."""
    folder.mkdir()
    asyncio.run(fill(SqliteReadingStore(folder / "readings.db"), readings(kind, stations, number)))
    return size_of(folder)


def in_influxdb(folder: Path, kind: Kind, stations: int, number: int) -> int:
    """Bytes that they take there."""
    registry, days = MemoryRegistry(load_regions()), LocalDays("Asia/Shanghai")
    with InfluxDB(folder, data_settings=PACKED_AT_ONCE) as influxdb:
        server = InfluxServer(influxdb.url, "yizhan")
        store = InfluxReadingStore(server, registry, days, lambda: time.time_ns() // 1_000_000)
        asyncio.run(fill(store, readings(kind, stations, number)))
        return settled_size_of(folder / "data") + size_of(folder / "wal")


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.footprint", description=__doc__)
    parser.add_argument("--readings", type=int, default=144_000, help="of each kind")
    parser.add_argument("--stations", type=int, default=100, help="that they come from")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    asked = parser.parse_args()
    result: dict[str, float] = {"readings": asked.readings, "stations": asked.stations}
    for kind in Kind:
        for name, measure in (("sqlite", in_sqlite), ("influxdb", in_influxdb)):
            print(f"{kind.value} in {name}", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory() as folder:
                taken = measure(Path(folder) / name, kind, asked.stations, asked.readings)
            result[f"{name}_{kind.value}_bytes"] = round(taken / asked.readings, 1)
    print(json.dumps(result) if asked.json else "\n".join(f"{key:28} {value}" for key, value in result.items()))


if __name__ == "__main__":
    main()
