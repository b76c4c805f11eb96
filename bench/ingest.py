"""`python -m bench.ingest`: what a reading costs the ingest process, beside a stock paho client that only acks.

Enters: nothing. Leaves: messages per CPU-second of both, measured in this run on this machine, and their ratio.
Never: a number without the baseline that makes it comparable.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench import ingest_influx, load, procfs
from bench.servers import InfluxDB, Mosquitto, ServerMissing
from bench.serving import ServedPlatform

WITHIN_S: Final = 600.0


def paho_baseline(port: int, messages: int, ready: Connection) -> None:
    """In a process of its own: receive and ack with what paho gives, count, report CPU seconds."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="paho-baseline", clean_session=True)
    seen = 0
    started_s = 0.0

    def on_message(_client: paho.Client, _userdata: Any, _message: paho.MQTTMessage) -> None:
        nonlocal seen, started_s
        if not seen:
            started_s = time.process_time()
        seen += 1
        if seen == messages:
            client.disconnect()

    def on_connect(*_: Any) -> None:
        client.subscribe("yizhan/v1/#", qos=1)

    def on_subscribe(*_: Any) -> None:
        ready.send("subscribed")

    client.on_message, client.on_connect, client.on_subscribe = on_message, on_connect, on_subscribe
    client.connect("127.0.0.1", port)
    client.loop_forever()
    ready.send(time.process_time() - started_s)


def measure_paho(port: int, packets: list[bytes]) -> float:
    """Messages per CPU-second."""
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=paho_baseline, args=(port, len(packets), theirs))
    child.start()
    ours.recv()
    load.blast(port, packets)
    cpu_s: float = ours.recv()
    child.join()
    return len(packets) / cpu_s


def measure_ingest(
    broker: Mosquitto,
    packets: list[bytes],
    store: str,
    folder: Path,
    introduction: Sequence[bytes] = (),
    influx: InfluxDB | None = None,
) -> dict[str, float]:
    """Messages per CPU-second of the whole platform process, and per second of the clock; CPU seconds of who took part.

    What is in the introduction comes before, and is not measured. `influx` is the store where `store` is influxdb.
    """
    settings = {} if store == "sqlite" else {"store__url": f"influxdb+{influx.url}" if influx else "null:"}
    with ServedPlatform(folder, broker.url, **settings) as platform:
        load.blast(broker.port, list(introduction))
        platform.wait_for_metric("yizhan_stored_total", len(introduction), WITHIN_S)
        pids = {"ingest": platform.pid, "broker": broker.pid or 0, "load": os.getpid()}
        if influx:
            pids["influxdb"] = influx.pid or 0
        before_s = {name: procfs.cpu_s(pid) for name, pid in pids.items()}
        started = time.monotonic()
        load.blast(broker.port, packets)
        platform.wait_for_metric("yizhan_stored_total", len(introduction) + len(packets), WITHIN_S)
        wall_s = time.monotonic() - started
        used_s = {name: procfs.cpu_s(pid) - before_s[name] for name, pid in pids.items()}
        balance = platform.metric("yizhan_accounting_balance")
    if balance:
        raise RuntimeError(f"the accounts differ by {balance} readings")
    figures = {"per_cpu_s": len(packets) / used_s["ingest"], "per_s": len(packets) / wall_s}
    return figures | {f"{name}_cpu_s": used for name, used in used_s.items()}


def measure_with_influxdb(
    broker: Mosquitto, introduction: ingest_influx.Sent, sent: ingest_influx.Sent, folder: Path
) -> dict[str, float]:
    """The platform with an InfluxDB, and the same lines posted straight to another one that is as new."""
    tell("the platform, store influxdb")
    with InfluxDB(folder / "influxdb") as influx:
        first = load.packets(iter(introduction))
        measured = measure_ingest(broker, load.packets(iter(sent)), "influxdb", folder / "platform", first, influx)
        ingest_influx.assert_held(influx, len(introduction) + len(sent))
    tell("baseline: the same lines posted straight to InfluxDB")
    with InfluxDB(folder / "straight") as influx:
        straight = ingest_influx.measure_straight(influx, introduction, sent)
    return {
        **measured,
        "straight_per_s": straight["per_s"],
        "straight_influxdb_cpu_s": straight["influxdb_cpu_s"],
        "straight_ratio": measured["per_s"] / straight["per_s"],
    }


def measure(folder: Path, store: str, messages: int, stations: int) -> dict[str, Any]:
    """All figures of one run."""
    ids = load.station_ids(stations)
    with Mosquitto(folder / "broker") as broker:
        tell(f"making {messages} readings of {stations} stations")
        first = load.packets(load.readings(ids, messages, boot=1))
        tell("baseline: a stock paho client receives and acks")
        baseline = measure_paho(broker.port, first)
        if store == "influxdb":
            # InfluxDB 1.6 takes seconds for series that it has never seen; stations report for years.
            introduction = list(load.readings(ids, 2 * stations, boot=2))
            sent = list(load.readings(ids, messages, boot=3))
            measured = measure_with_influxdb(broker, introduction, sent, folder)
        else:
            tell(f"the platform, store {store}")
            second = load.packets(load.readings(ids, messages, boot=2))
            measured = measure_ingest(broker, second, store, folder / "platform")
    return {
        "store": store,
        "messages": messages,
        "stations": stations,
        "paho_baseline_per_cpu_s": round(baseline),
        "ratio": round(measured["per_cpu_s"] / baseline, 3),
        **{name: round(value, 3 if name.endswith("ratio") else 2) for name, value in measured.items()},
        "per_cpu_s": round(measured["per_cpu_s"]),
        "per_s": round(measured["per_s"]),
    }


def tell(text: str) -> None:
    """Progress, beside the result."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Parse, measure, print; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    parser.add_argument(
        "--store", choices=("null", "sqlite", "influxdb"), default="sqlite", help="where readings are kept"
    )
    parser.add_argument("--messages", type=int, default=300_000, help="readings sent to each of the two")
    parser.add_argument("--stations", type=int, default=10_000, help="stations that they come from")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    asked = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as name:
            result = measure(Path(name), asked.store, asked.messages, asked.stations)
    except ServerMissing as missing:
        tell(str(missing))
        return 2
    print(json.dumps(result) if asked.json else "\n".join(f"{name:24} {value}" for name, value in result.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
