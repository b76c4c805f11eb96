"""`python -m bench.broker`: what Mosquitto takes while the platform is away, and how fast it goes when it is back.

Enters: nothing. Leaves: memory and disk a waiting message, the pause of a save, and messages a second by window.
Never: a platform; who subscribes here acknowledges a fixed time after a message came, as if it took so long to store.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench import load, procfs
from bench.servers import Mosquitto
from gateway.broker import answers_connect
from gateway.child_server import LOOPBACK
from gateway.session import Delivery, Session, SessionSettings

FILTER: Final = "yizhan/v1/#"
WINDOWS: Final = (20, 100, 1_000, 10_000)
ROUNDS: Final = 20
"""Acknowledgements of a full window that are timed. More: takes longer. Fewer: the beginning and the end weigh more."""
FEWEST, MOST = 2_000, 100_000
"""Messages that are timed. Fewer: a broker that overruns the window is through before it is seen. More: minutes."""
WITHIN_S: Final = 120.0


class Subscriber:
    """A session of the gateway whose messages count as durable a fixed time after they came."""

    def __init__(self, port: int, window: int, durable_s: float) -> None:
        settings = SessionSettings(LOOPBACK, port, [FILTER], client_id="bench-broker", receive_maximum=window)
        self._session = Session(settings, self._take)
        self._durable_s = durable_s
        self._waiting: list[Delivery] = []
        self._came = asyncio.Event()
        self.received = 0

    def _take(self, delivery: Delivery) -> None:
        self.received += len(delivery.messages)
        self._waiting.append(delivery)
        self._came.set()

    async def receive(self, wanted: int) -> float:
        """Seconds until so many have come and were acknowledged; 0 wanted: only leave a session behind."""
        began_s = time.monotonic()
        running = asyncio.create_task(self._session.run(), name="session")
        try:
            async with asyncio.timeout(WITHIN_S):
                await self._session.subscribed.wait()
                while self.received < wanted:
                    await self._came.wait()
                    self._came.clear()
                    taken, self._waiting = self._waiting, []
                    await asyncio.sleep(self._durable_s)
                    for delivery in taken:
                        self._session.ack(delivery.connection, [one.packet_id for one in delivery.messages])
            return time.monotonic() - began_s
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def leave_a_session(port: int) -> None:
    """So that the broker keeps what comes from now on."""
    asyncio.run(Subscriber(port, 1, 0).receive(0))


def queue_of(broker: Mosquitto, packets: list[bytes]) -> dict[str, float]:
    """What a queue of these messages costs."""
    leave_a_session(broker.port)
    pid = broker.pid or 0
    before = procfs.resident_bytes(pid)
    load.blast(broker.port, packets)
    resident = procfs.resident_bytes(pid) - before
    os.kill(pid, signal.SIGUSR1)  # save now
    began_s = time.monotonic()
    if not answers_connect(broker.port):
        raise RuntimeError("the broker did not answer after a save")
    pause_s = time.monotonic() - began_s
    saved = (broker.folder / "mosquitto.db").stat().st_size
    return {
        "message_bytes": round(sum(map(len, packets)) / len(packets)),
        "memory_bytes_a_message": round(resident / len(packets)),
        "disk_bytes_a_message": round(saved / len(packets)),
        "pause_of_a_save_s_a_million": round(pause_s / len(packets) * 1e6, 2),
    }


def per_second(broker: Mosquitto, window: int, durable_s: float) -> int:
    """Messages a second that come to a subscriber who may hold so many unacknowledged."""
    messages = min(max(window * ROUNDS, FEWEST), MOST)
    leave_a_session(broker.port)
    ids = load.station_ids(1_000)
    load.blast(broker.port, load.packets(load.readings(ids, messages, boot=1)))
    took_s = asyncio.run(Subscriber(broker.port, window, durable_s).receive(messages))
    return round(messages / took_s)


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.broker", description=__doc__)
    parser.add_argument("--messages", type=int, default=300_000, help="that wait at once")
    parser.add_argument("--stations", type=int, default=10_000, help="stations that they come from")
    parser.add_argument("--durable-ms", type=float, default=50.0, help="from a message to its acknowledgement")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    asked = parser.parse_args()

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as name:
        tell(f"{asked.messages} messages wait")
        # Saving by itself would fall into what is timed.
        with Mosquitto(Path(name) / "queue", settings="autosave_interval 86400") as broker:
            waiting = load.packets(load.readings(load.station_ids(asked.stations), asked.messages, boot=1))
            result: dict[str, float] = {"messages": asked.messages, **queue_of(broker, waiting)}
        result["durable_ms"] = asked.durable_ms
        for window in WINDOWS:
            tell(f"a window of {window}")
            with Mosquitto(Path(name) / f"window-{window}") as broker:
                result[f"per_s_with_{window}"] = per_second(broker, window, asked.durable_ms / 1000)
    print(json.dumps(result) if asked.json else "\n".join(f"{key:28} {value}" for key, value in result.items()))


if __name__ == "__main__":
    main()
