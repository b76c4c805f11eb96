"""The InfluxDB store for tests: on a server's URL, with a registry of the test's own.

Enters: an address, credentials. Leaves: a store that is not opened. Never: a mock of the server.
"""

from typing import Any, Final

import aiohttp

from ingest.model import Article, Kind, Station
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from ingest.store.influx.client import InfluxServer
from ingest.store.influx.store import InfluxReadingStore
from ingest.visits.local_day import LocalDays
from tests.ingest.making import NOW_MS

DAYS: Final = LocalDays("Asia/Shanghai")


def registry_of(*ids: str, articles: tuple[Article, ...] = ()) -> MemoryRegistry:
    """Stations in Beijing."""
    stations = [Station(one, one, 39.9, 116.4, province="110000", city=None, district=None) for one in ids]
    return MemoryRegistry(load_regions(), stations, articles)


def influx_store(
    url: str, bucket: str = "yizhan", registry: MemoryRegistry | None = None, **server: Any
) -> InfluxReadingStore:
    """A client of its own."""
    known = registry if registry is not None else registry_of("st-1")
    return InfluxReadingStore(InfluxServer(url, bucket, **server), known, DAYS, lambda: NOW_MS)


async def ask(url: str, statement: str, **more: str) -> list[list[Any]]:
    """The rows of all tables of an answer, straight from the server."""
    async with aiohttp.ClientSession() as session:
        # POST, because some of the statements change something.
        asked = {"q": statement, "db": "yizhan", "epoch": "ns", **more}
        async with session.post(f"{url}/query", params=asked) as answer:
            (result,) = (await answer.json())["results"]
    assert "error" not in result, result
    return [row for series in result.get("series", ()) for row in series.get("values", ())]


async def tell(url: str, *lines: str, at_ms: int = NOW_MS) -> None:
    """Points of another program, straight to the server.

    The types of fields hold for a shard: these must stand in the one of the points that they are to disagree with.
    """
    body = "\n".join(f"{line} {at_ms}000000" for line in lines).encode()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/write", params={"db": "yizhan"}, data=body) as answer,
    ):
        assert answer.status == 204, await answer.text()


async def count(url: str, kind: Kind = Kind.OCCUPANCY) -> int:
    """Points of a measurement, straight from the server: one that is there twice is counted twice."""
    rows = await ask(url, f'SELECT COUNT("seq") FROM "{kind}"')  # noqa: S608 - an enum's value
    return int(rows[0][1]) if rows else 0
