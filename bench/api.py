"""`python -m bench.api`: how long people and programs wait while a nation's readings arrive.

Enters: a number of stations. Leaves: p50 and p99 of pages and feeds, answers a second to a crowd, fan-out of streams.
Never: an answer that was not looked at, or a figure without the load that was really reached beside it.
"""

import argparse
import asyncio
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench import load
from bench.asking import again_and_again, crowd, fan_out, one_by_one, percentiles
from bench.live import stream
from bench.servers import Mosquitto
from bench.serving import ServedPlatform
from ingest.model import Station
from ingest.registry.stations_export import export_stations
from ingest.registry.synth import synthetic_stations

WITHIN_S: Final = 900.0
ASKED: Final = 400
"""Requests of each kind. Larger: longer. Smaller: a p99 is one request."""
LOAD_S: Final = 240.0
"""As long as all that takes. Larger: packets that are made beforehand and never sent. Smaller: nothing arrives at the
end."""
CROWD_S: Final = 5.0
CROWD: Final = 32
FAN_OUT_TIMES: Final = 5
AIMS: Final = {"near_p99_ms": 20.0, "station_p99_ms": 10.0, "hot_per_s": 3_000.0, "fan_out_p99_ms": 500.0}


def tell(text: str) -> None:
    """Progress, beside the result."""
    print(text, file=sys.stderr, flush=True)


def questions(known: Sequence[Station], rng: random.Random) -> dict[str, list[str]]:
    """By kind: paths, each of another station or place."""
    some = rng.choices(known, k=ASKED)
    return {
        "page": [f"/stations/{one.id}" for one in some],
        "station": [f"/v1/stations/{one.id}" for one in some],
        "near": [f"/v1/stations?near={one.lat:.4f},{one.lon:.4f}&radius=2000&sort=distance&limit=20" for one in some],
        "list": [f"/v1/stations?region={one.province}&limit=100" for one in some],
        "summary": [f"/v1/summary?region={one.province}" for one in some],
    }


async def ask(port: int, known: Sequence[Station], rng: random.Random) -> dict[str, Any]:
    """All that is asked, one kind after another."""
    result: dict[str, Any] = {}
    for name, paths in questions(known, rng).items():
        await one_by_one(port, paths[:20])  # what is made at the first question is not what people wait for
        result[name] = percentiles(await one_by_one(port, paths))
        tell(f"{name}: {result[name]}")
    result["not_modified"] = percentiles(await again_and_again(port, "/v1/regions", ASKED))
    hot = ["/v1/summary", "/v1/stations?limit=20", "/v1/regions"]
    result["hot_per_s"] = round(await crowd(port, hot, CROWD_S, CROWD))
    tell(f"hot answers a second: {result['hot_per_s']}")
    return result


def measure(folder: Path, stations: int, per_second: int, listeners: int) -> dict[str, Any]:
    """All of it, on one broker and one platform."""
    tell(f"a registry of {stations} stations")
    known = list(synthetic_stations(stations))
    ids = [one.id for one in known]
    registry = folder / "stations.csv"
    registry.write_text("".join(export_stations(known)), encoding="utf-8")
    result: dict[str, Any] = {"stations": stations, "listeners": listeners}
    with Mosquitto(folder / "broker") as broker:
        platform = ServedPlatform(folder / "platform", broker.url)
        platform.run("stations", "import", str(registry))
        with platform:
            tell("every station reports what it has")
            # All but the one that is listened to, and the same as below: other stations would have other meters, and
            # readings of a meter that went back are refused.
            heard = ids[1:]
            first = load.packets(load.readings(heard, round(stations * (1 + load.MEDICINE_SHARE)), boot=1))
            load.blast(broker.port, first)
            platform.wait_for_metric("yizhan_stored_total", len(first), WITHIN_S)

            tell(f"{per_second} readings a second, and people asking")
            context = multiprocessing.get_context("spawn")
            fleet = context.Process(target=stream, args=(broker.port, heard, LOAD_S, per_second), daemon=True)
            fleet.start()
            platform.wait_for_metric("yizhan_stored_total", len(first) + per_second, WITHIN_S)
            before, began_s = platform.metric("yizhan_stored_total"), time.monotonic()
            result |= asyncio.run(ask(platform.port, known, random.Random(1)))

            tell(f"{listeners} listen to one station")
            seqs = iter(range(1, 1_000))

            def publish() -> None:
                body = b'"ts":%d,"boot":3,"seq":%d' % (time.time_ns() // 1_000_000, next(seqs))
                fields = b"{%s,%s}" % (body, load.body("occupancy", 1, random.Random()))
                load.blast(broker.port, load.packets(iter([(f"yizhan/v1/{ids[0]}/occupancy", fields)])))

            taken = asyncio.run(
                fan_out(platform.port, f"/v1/stream?station={ids[0]}", listeners, publish, FAN_OUT_TIMES)
            )
            result["fan_out"] = percentiles(taken)
            arrived = platform.metric("yizhan_stored_total") - before
            result["readings_per_s"] = round(arrived / (time.monotonic() - began_s))
            fleet.kill()
            fleet.join()
            result["accounting_balance"] = platform.metric("yizhan_accounting_balance")
    met = {
        "near_p99_ms": result["near"]["p99_ms"] <= AIMS["near_p99_ms"],
        "station_p99_ms": result["station"]["p99_ms"] <= AIMS["station_p99_ms"],
        "hot_per_s": result["hot_per_s"] >= AIMS["hot_per_s"],
        "fan_out_p99_ms": result["fan_out"]["p99_ms"] <= AIMS["fan_out_p99_ms"],
    }
    result["aims"] = {name: {"aim": AIMS[name], "met": met[name]} for name in AIMS}
    return result


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.api", description=__doc__)
    parser.add_argument("--stations", type=int, default=186_100, help="stations in the registry, all of them heard")
    parser.add_argument("--per-second", type=int, default=3_000, help="readings a second while people ask")
    parser.add_argument("--listeners", type=int, default=2_000, help="open streams")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        result = measure(Path(name), asked.stations, asked.per_second, asked.listeners)
    print(json.dumps(result) if asked.json else "\n".join(f"{name:24} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
