"""`python -m bench.live`: a national fleet in one process: memory, restart, and answers while readings arrive.

Enters: a number of stations. Leaves: bytes per station, seconds to be back, latencies of two routes under load.
Never: an answer that was not checked: each must be a 200 with the station that was asked for.
"""

import argparse
import json
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

from bench import load, procfs
from bench.servers import Mosquitto
from bench.serving import ServedPlatform
from ingest.registry.stations_export import export_stations
from ingest.registry.synth import synthetic_stations

WITHIN_S: Final = 900.0


def tell(text: str) -> None:
    """Progress, beside the result."""
    print(text, file=sys.stderr, flush=True)


def stream(port: int, ids: Sequence[str], seconds: float, per_second: int) -> None:
    """In a process of its own: readings at a steady rate."""
    messages = int(seconds * per_second)
    load.blast(port, load.packets(load.readings(ids, messages, boot=2)), per_second)


def ask(port: int, paths: Sequence[str]) -> list[float]:
    """Seconds of each request, one after the other on one connection."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    taken = []
    for path in paths:
        started = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        taken.append(time.perf_counter() - started)
        if answer.status != 200 or b'"data"' not in body:  # noqa: PLR2004 - HTTP OK
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
    connection.close()
    return taken


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50_ms": round(cuts[49] * 1000, 2), "p99_ms": round(cuts[98] * 1000, 2), "requests": len(seconds)}


def measure(folder: Path, stations: int, per_second: int, seconds: float) -> dict[str, Any]:
    """All of it, on one broker and one platform."""
    tell(f"a registry of {stations} stations")
    ids = [station.id for station in synthetic_stations(stations)]
    registry = folder / "stations.csv"
    registry.write_text("".join(export_stations(synthetic_stations(stations))), encoding="utf-8")
    result: dict[str, Any] = {"stations": stations}
    with Mosquitto(folder / "broker") as broker:
        platform = ServedPlatform(folder / "platform", broker.url)
        platform.start()
        empty_bytes = procfs.resident_bytes(platform.pid)
        platform.stop()
        platform.run("stations", "import", str(registry))
        platform.start()
        tell("every station reports what it has")
        first = load.packets(load.readings(ids, round(stations * (1 + load.MEDICINE_SHARE)), boot=1))
        load.blast(broker.port, first)
        platform.wait_for_metric("yizhan_stored_total", len(first), WITHIN_S)
        heard = platform.metric("yizhan_stations_heard")
        result["heard"] = int(heard)

        for name, end in (("restart_after_stop_s", platform.stop), ("restart_after_kill_s", platform.kill)):
            end()
            started = time.monotonic()
            platform.start()
            result[name] = round(time.monotonic() - started, 2)
            if platform.metric("yizhan_stations_heard") != heard:
                raise RuntimeError("not every station is back")
            tell(f"{name} {result[name]}")
        grown = procfs.resident_bytes(platform.pid) - empty_bytes
        result["bytes_per_station"] = round(grown / stations)

        tell(f"{per_second} readings a second for {seconds:g} s, and people asking")
        context = multiprocessing.get_context("spawn")
        fleet = context.Process(target=stream, args=(broker.port, ids, seconds, per_second))
        before = platform.metric("yizhan_stored_total")
        fleet.start()
        platform.wait_for_metric("yizhan_stored_total", before + 1, WITHIN_S)
        rng = random.Random(1)
        latencies: dict[str, list[float]] = {"station": [], "summary": []}
        while fleet.is_alive():
            picked = [f"/v1/stations/{rng.choice(ids)}" for _ in range(200)]
            latencies["station"] += ask(platform.port, picked)
            latencies["summary"] += ask(platform.port, ["/v1/summary", "/v1/summary?region=110000"] * 25)
        fleet.join()
        platform.wait_for_metric("yizhan_stored_total", before + int(seconds * per_second), WITHIN_S)
        result |= {name: percentiles(taken) for name, taken in latencies.items()}
        result["readings_per_s"] = per_second
        result["accounting_balance"] = platform.metric("yizhan_accounting_balance")
        platform.stop()
    return result


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument("--stations", type=int, default=186_100, help="stations in the registry, all of them heard")
    parser.add_argument("--per-second", type=int, default=3_000, help="readings a second while people ask")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long that goes on")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        result = measure(Path(name), asked.stations, asked.per_second, asked.seconds)
    print(json.dumps(result) if asked.json else "\n".join(f"{name:24} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
