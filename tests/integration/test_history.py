"""A station's history, from its reading on a real broker to the answer."""

import json
import time

import pytest
from aiohttp import ClientSession

from assembly.platform import RunningPlatform
from bench.servers import Mosquitto
from tests.integration.conftest import until
from tests.integration.hardware import Hardware

pytestmark = [pytest.mark.broker, pytest.mark.timeout(60)]


async def test_what_was_published_is_in_the_history(platform: RunningPlatform, mosquitto: Mosquitto) -> None:
    """A span tells of the readings that were sampled in it, as soon as they are stored."""
    now_ms = time.time_ns() // 1_000_000
    with Hardware(mosquitto.port, "bj-chaoyang-01") as station:
        for seq, present in ((1, 4), (2, 8)):
            reading = {"ts": now_ms, "boot": 1, "seq": seq, "present": present, "entered": 9, "left": 1, "epoch": 1}
            station.send("occupancy", json.dumps(reading).encode())
    await until(lambda: platform.books.accounting.stored.total() == 2)
    async with (
        ClientSession() as client,
        client.get(f"{platform.address}/v1/stations/bj-chaoyang-01/history?kind=occupancy&every=2d") as answer,
    ):
        [span] = (await answer.json())["data"]["spans"]
    assert span["readings"] == 2
    assert span["figures"]["present"] == {"mean": 6, "lowest": 4, "highest": 8, "last": 8}
