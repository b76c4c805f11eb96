"""Started while InfluxDB is away or misconfigured: works by its spool, says so, and recovers by itself."""

import asyncio
import json
import logging
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from assembly.platform import RunningPlatform, open_platform
from assembly.settings import Settings
from assembly.store_settings import StoreSettings
from bench.servers import InfluxDB, Mosquitto
from tests.conftest import started
from tests.ingest.store.influx_stores import ask as influx_rows
from tests.integration.conftest import register_demo_stations, settings_in, until
from tests.integration.hardware import Hardware

pytestmark = [pytest.mark.broker, pytest.mark.influx, pytest.mark.timeout(120)]

STATION = "bj-chaoyang-01"
HISTORY = f"/v1/stations/{STATION}/history?kind=occupancy&every=2d"


@pytest.fixture
def influxdb(tmp_path: Path) -> Iterator[InfluxDB]:
    """Installed, and not running yet."""
    server = started(InfluxDB(tmp_path / "influxdb"))
    server.stop()
    yield server
    server.stop()


def settings_for(folder: Path, mosquitto: Mosquitto, influxdb: InfluxDB, **store: Any) -> Settings:
    """Of a platform on these servers."""
    chosen = StoreSettings(url=f"influxdb+{influxdb.url}", **store)
    return settings_in(folder, mosquitto.url).model_copy(update={"store": chosen})


async def send(mosquitto: Mosquitto, *seqs: int) -> None:
    """Readings of the station; returns when it has a receipt for all of them."""
    await asyncio.to_thread(_send, mosquitto, seqs)


def _send(mosquitto: Mosquitto, seqs: Sequence[int]) -> None:
    with Hardware(mosquitto.port, STATION) as hardware:
        for seq in seqs:
            now_ms = time.time_ns() // 1_000_000
            reading = {"ts": now_ms, "boot": 1, "seq": seq, "present": 1, "entered": seq, "left": 0, "epoch": 1}
            hardware.send("occupancy", json.dumps(reading).encode())
        stored = 0
        while stored < seqs[-1]:
            stored = hardware.answer("receipt")["stored"][0]["seq"]


def tell(influxdb: InfluxDB, statement: str, user: str = "", password: str = "") -> None:
    """Something that changes InfluxDB."""
    who = urllib.parse.urlencode({"u": user, "p": password} if user else {})  # it reads these from the address alone
    asked = urllib.parse.urlencode({"q": statement}).encode()
    with urllib.request.urlopen(f"{influxdb.url}/query?{who}", data=asked, timeout=10) as answer:
        assert b"error" not in answer.read()


async def ask(platform: RunningPlatform, path: str) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body of an answer."""
    async with ClientSession() as client, client.get(platform.address + path) as answer:
        return answer.status, dict(answer.headers), await answer.json()


async def store_check(platform: RunningPlatform) -> Any:
    """What /readyz says of the store, on a platform that is ready."""
    status, _, body = await ask(platform, "/readyz")
    assert status == 200
    return body["data"]["checks"]["store"]


async def is_well(platform: RunningPlatform) -> None:
    """Wait until the store is used, and nothing waits."""
    check: dict[str, Any] = {"degraded": True}
    while check["degraded"]:
        await until(lambda: platform.books.accounting.spooled == 0)
        check = await store_check(platform)


async def test_a_database_that_is_not_up_yet_is_waited_for(
    mosquitto: Mosquitto, influxdb: InfluxDB, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Readings are kept and receipted at once, the page is live, history says when to ask again; then all is stored."""
    settings = settings_for(tmp_path, mosquitto, influxdb)
    await register_demo_stations(settings)
    with caplog.at_level(logging.WARNING):
        async with open_platform(settings) as platform:
            await platform.session.subscribed.wait()
            check = await store_check(platform)
            assert check["ok"]
            assert check["degraded"]
            assert "cannot be reached" in check["detail"]
            await send(mosquitto, 1, 2)
            assert platform.books.accounting.spooled == 2
            status, headers, _ = await ask(platform, HISTORY)
            assert (status, int(headers["Retry-After"]) > 0) == (503, True)
            _, _, station = await ask(platform, f"/v1/stations/{STATION}")
            assert station["data"]["readings"]["occupancy"]["value"]["entered"] == 2
            influxdb.start()
            await is_well(platform)
            assert platform.books.accounting.stored.total() == 2
            assert platform.books.accounting.balance == 0
            await send(mosquitto, 3)
            _, _, history = await ask(platform, HISTORY)
            assert history["data"]["spans"][0]["readings"] == 3
    told = [record for record in caplog.records if record.levelno == logging.ERROR and record.name == "ingest.outlet"]
    assert len(told) == 1
    assert "go to the spool, nothing is lost" in told[0].getMessage()


async def test_published_counts_stand_beside_the_readings(
    mosquitto: Mosquitto, influxdb: InfluxDB, tmp_path: Path
) -> None:
    """What /v1/visits says of a station's day is a point in InfluxDB soon."""
    influxdb.start()
    settings = settings_for(tmp_path, mosquitto, influxdb)
    await register_demo_stations(settings)
    async with open_platform(settings) as platform:
        await platform.session.subscribed.wait()
        await send(mosquitto, 1, 2, 3)
        await platform.visits.flush()
        _, _, told = await ask(platform, f"/v1/visits?station={STATION}")
        visits = told["data"]["stations"][0]["days"][-1]["visits"]
        assert visits > 0
        rows: list[list[object]] = []
        async with asyncio.timeout(30):
            while [visits] not in [row[1:] for row in rows]:
                await asyncio.sleep(0.1)  # until the next round of counts: nothing here hears of it
                rows = await influx_rows(influxdb.url, "SELECT LAST(visits) FROM visits")


async def test_a_quiet_platform_notices_that_the_database_is_up(
    mosquitto: Mosquitto, influxdb: InfluxDB, tmp_path: Path
) -> None:
    """Nobody has to send anything for /readyz to be well again."""
    async with open_platform(settings_for(tmp_path, mosquitto, influxdb)) as platform:
        await platform.session.subscribed.wait()
        assert (await store_check(platform))["degraded"]
        influxdb.start()
        await is_well(platform)


async def test_a_wrong_password_is_named_and_mended_under_way(
    mosquitto: Mosquitto, influxdb: InfluxDB, tmp_path: Path
) -> None:
    """The platform says what to set, keeps what comes, and goes on by itself once InfluxDB has the right one."""
    influxdb.auth = True
    influxdb.start()
    tell(influxdb, "CREATE USER admin WITH PASSWORD 'admin' WITH ALL PRIVILEGES")
    for statement in (
        "CREATE DATABASE yizhan",
        "CREATE USER yizhan WITH PASSWORD 'old'",
        "GRANT ALL ON yizhan TO yizhan",
    ):
        tell(influxdb, statement, "admin", "admin")
    settings = settings_for(tmp_path, mosquitto, influxdb, username="yizhan", password="new")
    async with open_platform(settings) as platform:
        await platform.session.subscribed.wait()
        check = await store_check(platform)
        assert check["degraded"]
        assert "401" in check["detail"]
        assert "store.password" in check["detail"]
        await send(mosquitto, 1)
        assert (await ask(platform, HISTORY))[0] == 404  # nobody registered it
        tell(influxdb, "SET PASSWORD FOR yizhan = 'new'", "admin", "admin")
        await is_well(platform)
        assert platform.books.accounting.stored.total() == 1
