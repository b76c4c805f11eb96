"""The InfluxDB store for tests: on a server's URL, with a registry of the test's own.

Enters: an address, credentials. Leaves: a store that is not opened. Never: a mock of the server.
"""

from datetime import date
from typing import Any, Final

from ingest.model import Article, Station
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from ingest.store.influx.client import InfluxServer
from ingest.store.influx.store import InfluxReadingStore
from ingest.visits.local_day import LocalDays
from tests.ingest.making import NOW_MS

DAY: Final = date(2026, 11, 22)
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
