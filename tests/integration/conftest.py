"""The whole platform in the test's own process, on a real broker and real files.

Enters: a broker. Leaves: an open platform and a station's hardware. Never: a part that is not the real one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from assembly.platform import RunningPlatform, open_platform
from assembly.settings import ApiSettings, DatabaseSettings, MqttSettings, Settings
from assembly.spool_settings import SpoolSettings
from assembly.store_settings import StoreSettings
from bench.servers import Mosquitto
from ingest.database import stations
from ingest.database.database import Database
from ingest.registry.demo import demo_stations

WAIT_S = 20.0


def settings_in(folder: Path, broker_url: str) -> Settings:
    """All of a platform in one folder."""
    return Settings(
        mqtt=MqttSettings(url=broker_url),
        store=StoreSettings(url=f"sqlite:///{folder}/readings.db"),
        spool=SpoolSettings(folder=folder / "spool"),
        database=DatabaseSettings(url=f"sqlite:///{folder}/yizhan.db"),
        api=ApiSettings(port=0),
    )


async def register_demo_stations(settings: Settings) -> None:
    """So that `bj-chaoyang-01` and its like are known."""
    database = Database(settings.database.url)
    await database.open()
    await database.run(lambda connection: stations.save_all(connection, demo_stations(), 1))
    await database.close()


async def until(holds: Callable[[], bool]) -> None:
    """Wait, while the platform works, for something to become true."""
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110 - the platform has no event for each of its figures
            await asyncio.sleep(0.01)


@pytest.fixture
def settings(mosquitto: Mosquitto, tmp_path: Path) -> Settings:
    """Of a platform on a Mosquitto of its own."""
    return settings_in(tmp_path, mosquitto.url)


@pytest.fixture
async def platform(settings: Settings) -> AsyncIterator[RunningPlatform]:
    """Open and subscribed."""
    await register_demo_stations(settings)
    async with open_platform(settings) as running:
        async with asyncio.timeout(WAIT_S):
            await running.session.subscribed.wait()
        yield running
