"""The stores that the contract suite runs on. To add one: a `Bench` that makes it, and its name in `BENCHES`.

Enters: a folder of the test's own. Leaves: an opened store, and the ways to open it again or in another process.
Never: a store that two tests share.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from bench.servers import InfluxDB
from ingest.ports import ReadingStore
from ingest.store.sqlite import SqliteReadingStore
from tests.ingest.store.influx_stores import influx_store
from tests.ingest.store.influx_v2_front import InfluxV2Front


class Bench(Protocol):
    """How tests get at one kind of store."""

    def make(self) -> ReadingStore:
        """The store, not opened; each call gives another client of the same data."""

    @property
    def recipe(self) -> tuple[str, str]:
        """Module and expression that make it in another process."""


class SqliteBench:
    """One file."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        folder: Path = request.getfixturevalue("tmp_path")
        self.path = folder / "folder that is not there" / "readings.db"

    def make(self) -> ReadingStore:
        """See `Bench`."""
        return SqliteReadingStore(self.path)

    @property
    def recipe(self) -> tuple[str, str]:
        """See `Bench`."""
        return "ingest.store.sqlite", f"SqliteReadingStore(__import__('pathlib').Path({str(self.path)!r}))"


class InfluxBench:
    """A database on InfluxDB 1.6, which has /write alone."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._server: InfluxDB = request.getfixturevalue("influxdb")

    def make(self) -> ReadingStore:
        """See `Bench`."""
        return influx_store(self._server.url)

    @property
    def recipe(self) -> tuple[str, str]:
        """See `Bench`."""
        return "tests.ingest.store.influx_stores", f"influx_store({self._server.url!r})"


class InfluxV2Bench:
    """The same engine behind /api/v2/write."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._front: InfluxV2Front = request.getfixturevalue("influx_v2")

    def make(self) -> ReadingStore:
        """See `Bench`."""
        return influx_store(self._front.url, org=self._front.org, token=self._front.token)

    @property
    def recipe(self) -> tuple[str, str]:
        """See `Bench`."""
        front = self._front
        return (
            "tests.ingest.store.influx_stores",
            f"influx_store({front.url!r}, org={front.org!r}, token={front.token!r}, gzip=True)",
        )


BENCHES: dict[str, Callable[[pytest.FixtureRequest], Bench]] = {
    "sqlite": SqliteBench,
    "influxdb-1": InfluxBench,
    "influxdb-2": InfluxV2Bench,
}


@pytest.fixture
def influx_v2(influxdb: InfluxDB) -> Iterator[InfluxV2Front]:
    """InfluxDB as 2.x answers."""
    with InfluxV2Front(influxdb.url) as front:
        yield front


@pytest.fixture(params=list(BENCHES))
def bench(request: pytest.FixtureRequest) -> Bench:
    """One of the stores."""
    return BENCHES[request.param](request)


@pytest.fixture
async def store(bench: Bench) -> AsyncIterator[ReadingStore]:
    """Opened and empty."""
    opened = bench.make()
    await opened.open()
    yield opened
    await opened.close()
