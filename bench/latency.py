"""`python -m bench.latency`: how long from a station's publish until the API shows it and until InfluxDB has it.

Enters: rates. Leaves: p50 and p99 of both at each, from a probe that publishes beside the load.
Never: measures a rate that the load did not reach without saying so.
"""

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench import load, procfs
from bench.servers import InfluxDB, Mosquitto, ServerMissing
from bench.serving import ServedPlatform
from gateway.child_server import LOOPBACK

PROBE: Final = "latency-probe"
REGISTRY: Final = f"id,name,lat,lon,region\n{PROBE},探针站,39.9042,116.4074,110101\n"
BUCKET: Final = "yizhan"

STATIONS: Final = 10_000
"""That the load comes from. Larger: more than the platform keeps without a registry. Smaller: unlike any country."""
PROBES_A_SECOND: Final = 20
"""Larger: the probe is load itself. Smaller: a short run has too few for a p99."""
POLL_S: Final = 0.002
"""Between two looks. Larger: it is what is measured. Smaller: looking takes what the platform needs."""
WARM_UP_S: Final = 2.0
"""Of load before the first probe. Larger: longer runs. Smaller: the first connection and batch are measured."""
WITHIN_S: Final = 60.0
"""For the last probe to be seen, and the load to end. Larger: a loss is noticed late. Smaller: a busy machine fails."""


def tell(text: str) -> None:
    """Progress, beside the result."""
    print(text, file=sys.stderr, flush=True)


@dataclass
class Looks:
    """One place where the probe's readings are to be seen."""

    newest: Callable[[], int]
    """The number of the newest probe that is there now, whatever the run it is of; 0 for none."""
    before: int
    """The last number of the runs before."""
    taken_s: list[float] = field(default_factory=list)

    def follow(self, published_s: Sequence[float], wanted: int) -> None:
        """Look until all are seen; `published_s` grows meanwhile, one instant a probe. Raises TimeoutError."""
        until_s = time.perf_counter() + WITHIN_S + wanted / PROBES_A_SECOND
        while (seen := len(self.taken_s)) < wanted:
            newest, now_s = self.newest(), time.perf_counter()
            self.taken_s += [now_s - at_s for at_s in published_s[seen : max(seen, newest - self.before)]]
            if now_s > until_s:
                raise TimeoutError(f"of {wanted} probes {seen} were seen")
            time.sleep(POLL_S)

    def figures(self) -> dict[str, float]:
        """Milliseconds."""
        cuts = statistics.quantiles(self.taken_s, n=100)
        return {"p50_ms": round(cuts[49] * 1000, 1), "p99_ms": round(cuts[98] * 1000, 1)}


class Asked:
    """GET on one connection, which a poll keeps open."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection(LOOPBACK, port, timeout=30)

    def json(self, path: str) -> Any:
        """The answer; raises RuntimeError for one that is not 200."""
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        return json.loads(body)


def in_api(port: int) -> Callable[[], int]:
    """The newest probe that /v1/stations/{id} shows."""
    asked = Asked(port)

    def newest() -> int:
        shown = asked.json(f"/v1/stations/{PROBE}")["data"]["readings"]["occupancy"]
        return shown["value"]["present"] if shown and shown["value"] else 0

    return newest


def in_influx(port: int, since_ms: int) -> Callable[[], int]:
    """The newest probe that InfluxDB gives."""
    asked = Asked(port)
    # Behind a time: otherwise it would read what is stored longer and longer.
    statement = f'SELECT MAX("present") FROM "occupancy" WHERE "station" = \'{PROBE}\' AND time >= {since_ms}ms'  # noqa: S608 - ours
    path = "/query?" + urllib.parse.urlencode({"db": BUCKET, "q": statement})

    def newest() -> int:
        (result,) = asked.json(path)["results"]
        return int(result["series"][0]["values"][0][1]) if "series" in result else 0

    return newest


def introduce(broker: Mosquitto, platform: ServedPlatform) -> None:
    """Every station reports what it has, once: InfluxDB is slow with series that it has never seen."""
    first = load.packets(load.readings(load.station_ids(STATIONS), 2 * STATIONS, boot=1))
    load.blast(broker.port, first)
    platform.wait_for_metric("yizhan_stored_total", len(first), WITHIN_S)


def stream(port: int, boot: int, per_second: int, messages: int, end: Connection) -> None:
    """In a process of its own: the load; tells when it begins, and how many a second it was."""
    packets = load.packets(load.readings(load.station_ids(STATIONS), messages, boot))
    end.send("ready")
    end.recv()
    began_s = time.perf_counter()
    load.blast(port, packets, per_second)
    end.send(messages / (time.perf_counter() - began_s))


def publish(port: int, boot: int, numbers: range, published_s: list[float]) -> None:
    """One after the other at a steady rate, whether those before were seen or not."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=PROBE)
    client.connect(LOOPBACK, port)
    client.loop_start()
    began_s = time.perf_counter()
    for place, number in enumerate(numbers):
        time.sleep(max(0.0, began_s + place / PROBES_A_SECOND - time.perf_counter()))
        name = f'"ts":{time.time_ns() // 1_000_000},"boot":{boot},"seq":{number}'
        published_s.append(time.perf_counter())
        client.publish(
            f"yizhan/v1/{PROBE}/occupancy", f'{{{name},"present":{number},"entered":0,"left":0,"epoch":1}}', qos=1
        ).wait_for_publish(WITHIN_S)
    client.disconnect()
    client.loop_stop()


def measure(
    broker: Mosquitto, influx: InfluxDB, platform: ServedPlatform, per_second: int, seconds: float, boot: int
) -> dict[str, Any]:
    """One rate."""
    probes = round(seconds * PROBES_A_SECOND)
    # Never a number of an earlier rate: it would be seen before it was sent.
    before = boot * probes
    ours, theirs = multiprocessing.Pipe()
    messages = round(per_second * (WARM_UP_S + seconds))
    fleet = multiprocessing.get_context("spawn").Process(
        target=stream, args=(broker.port, boot, per_second, messages, theirs)
    )
    fleet.start()
    ours.recv()
    ours.send("begin")
    time.sleep(WARM_UP_S)
    pids = {"platform": platform.pid, "influxdb": influx.pid, "broker": broker.pid, "load": fleet.pid}
    began_s, before_s = time.perf_counter(), {name: procfs.cpu_s(pid) for name, pid in pids.items() if pid}
    published_s: list[float] = []
    looks = {
        "api": Looks(in_api(platform.port), before),
        "influxdb": Looks(in_influx(influx.port, time.time_ns() // 1_000_000), before),
    }
    threads = [
        threading.Thread(
            target=publish, args=(broker.port, boot, range(before + 1, before + probes + 1), published_s), name="probe"
        )
    ]
    threads += [
        threading.Thread(target=one.follow, args=(published_s, probes), name=where) for where, one in looks.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reached = ours.recv()
    elapsed_s = time.perf_counter() - began_s
    cores = {name: round((procfs.cpu_s(pids[name] or 0) - used_s) / elapsed_s, 2) for name, used_s in before_s.items()}
    fleet.join()
    unseen = [where for where, one in looks.items() if len(one.taken_s) < probes]
    if unseen:
        raise RuntimeError(f"probes were not seen in: {', '.join(unseen)}")
    return {
        "per_s": per_second,
        "reached_per_s": round(reached),
        "probes": probes,
        "cores": cores,
        **{where: one.figures() for where, one in looks.items()},
    }


def main() -> int:
    """Parse, measure, print; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--rates", default="100,1000,9305", help="messages a second (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of probes at each rate (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    asked = parser.parse_args()
    rates = [int(rate) for rate in asked.rates.split(",")]
    results = []
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with Mosquitto(folder / "broker") as broker, InfluxDB(folder / "influxdb") as influx:
                platform = ServedPlatform(folder / "platform", broker.url, store__url=f"influxdb+{influx.url}")
                platform.run("stations", "import", "-", stdin=REGISTRY)
                with platform:
                    tell(f"{STATIONS} stations report for the first time")
                    introduce(broker, platform)
                    for boot, rate in enumerate(rates, start=2):
                        tell(f"{rate} readings a second for {asked.seconds:g} s")
                        results.append(measure(broker, influx, platform, rate, asked.seconds, boot))
                        if not asked.json:
                            print(results[-1])
    except ServerMissing as missing:
        tell(str(missing))
        return 2
    if asked.json:
        print(json.dumps({"rates": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
