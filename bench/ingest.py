"""`python -m bench.ingest`: what a reading costs the ingest process, beside a stock paho client that only acks.

Enters: nothing. Leaves: messages per CPU-second of both, measured in this run on this machine, and their ratio.
Never: a number without the baseline that makes it comparable.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench import load, procfs
from bench.servers import Mosquitto
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


def measure_ingest(broker: Mosquitto, packets: list[bytes], store: str, folder: Path) -> dict[str, float]:
    """Messages per CPU-second of the whole platform process, and per second of the clock."""
    settings = {"store__url": "null:"} if store == "null" else {}
    with ServedPlatform(folder, broker.url, **settings) as platform:
        before = procfs.cpu_s(platform.pid)
        started = time.monotonic()
        load.blast(broker.port, packets)
        platform.wait_for_metric("yizhan_stored_total", len(packets), WITHIN_S)
        wall_s = time.monotonic() - started
        used_s = procfs.cpu_s(platform.pid) - before
        balance = platform.metric("yizhan_accounting_balance")
    if balance:
        raise RuntimeError(f"the accounts differ by {balance} readings")
    return {"per_cpu_s": len(packets) / used_s, "per_s": len(packets) / wall_s}


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    parser.add_argument("--store", choices=("null", "sqlite"), default="sqlite", help="where readings are kept")
    parser.add_argument("--messages", type=int, default=300_000, help="readings sent to each of the two")
    parser.add_argument("--stations", type=int, default=10_000, help="stations that they come from")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    asked = parser.parse_args()

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Mosquitto(folder / "broker") as broker:
            tell(f"making {asked.messages} readings of {asked.stations} stations")
            first = load.packets(load.readings(load.station_ids(asked.stations), asked.messages, boot=1))
            tell("baseline: a stock paho client receives and acks")
            baseline = measure_paho(broker.port, first)
            tell(f"the platform, store {asked.store}")
            second = load.packets(load.readings(load.station_ids(asked.stations), asked.messages, boot=2))
            measured = measure_ingest(broker, second, asked.store, folder / "platform")
    result = {
        "store": asked.store,
        "messages": asked.messages,
        "stations": asked.stations,
        "per_cpu_s": round(measured["per_cpu_s"]),
        "per_s": round(measured["per_s"]),
        "paho_baseline_per_cpu_s": round(baseline),
        "ratio": round(measured["per_cpu_s"] / baseline, 3),
    }
    print(json.dumps(result) if asked.json else "\n".join(f"{name:24} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
