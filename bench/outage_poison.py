"""Messages that nobody may take: rubbish, and readings that InfluxDB refuses for good.

Enters: a stage whose servers run. Leaves: a steady trickle of both, each noted down. Never: a reading that is good.
"""

import asyncio
import contextlib
import itertools
import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.outage_stage import BUCKET, WITHIN_S, Stage
from bench.outage_verdict import Letter
from gateway.child_server import LOOPBACK

STATION: Final = "poison-door"
EVERY_S: Final = 0.05
"""Larger: batches without poison. Smaller: this process is all that runs."""
HOUR_NS: Final = 3_600_000_000_000
RUBBISH: Final = (
    Letter(f"yizhan/v1/{STATION}/occupancy", b""),
    Letter(f"yizhan/v1/{STATION}/occupancy", b'{"ts":'),
    Letter(f"yizhan/v1/{STATION}/occupancy", b"\xff\xfe\x00"),
    Letter(f"yizhan/v1/{STATION}/medicine", b'{"ts":1,"boot":1,"seq":1,"items":"none"}'),
    Letter(f"yizhan/v1/{STATION}/weather", b'{"temp":31}'),
    Letter("yizhan/v1/X/occupancy", b"{}"),
    Letter("yizhan/v1/a/b/c", b"rubbish"),
)


class Poisoner:
    """Sends inside `async with`; behind it the broker has taken all of it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._spoil)
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="poisoner")
        await asyncio.to_thread(self._client.connect, LOOPBACK, self._stage.broker.port)
        self._client.loop_start()
        self._sending = asyncio.create_task(self._send(), name="poison")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._sending
        await asyncio.to_thread(self._last.wait_for_publish, WITHIN_S)
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    def _spoil(self) -> None:
        """From now on the field `payload` is a number, so that InfluxDB refuses every reading that has one as text.

        A field's type holds for one shard, of a week, so the next one is spoilt too.
        """
        now_ns = time.time_ns()
        lines = "\n".join(f"occupancy,station=spoilt payload=1i {at}" for at in (now_ns, now_ns + HOUR_NS))
        asked = urllib.parse.urlencode({"db": BUCKET})
        write = urllib.request.Request(f"{self._stage.influx.url}/write?{asked}", data=lines.encode())
        with urllib.request.urlopen(write, timeout=WITHIN_S):
            pass

    async def _send(self) -> None:
        for letter in _letters():
            self._last = self._client.publish(letter.topic, letter.payload, qos=1)
            self._stage.poison[letter] += 1
            self._stage.strikes += 1
            await asyncio.sleep(EVERY_S)


def _letters() -> Iterator[Letter]:
    """Rubbish, and as many readings in good order that carry a field which v1 does not know, in turn."""
    for seq, rubbish in enumerate(itertools.cycle(RUBBISH), start=1):
        yield rubbish
        reading = {"ts": time.time_ns() // 1_000_000, "boot": 1, "seq": seq, "present": 1, "entered": 0, "left": 0}
        yield Letter(f"yizhan/v1/{STATION}/occupancy", json.dumps(reading | {"epoch": 1, "lux": 310}).encode())
