"""Stores on InfluxDB that are closed behind the test, whatever becomes of it.

Enters: addresses, settings. Leaves: stores. Never: opens one, since opening is what many tests are about.
"""

from collections.abc import AsyncIterator
from typing import Any, Protocol

import pytest

from ingest.registry.registry import MemoryRegistry
from ingest.store.influx.store import InfluxReadingStore
from tests.ingest.store.influx_stores import influx_store


class MakeStore(Protocol):
    """Makes a store on a server."""

    def __call__(self, url: str, *, registry: MemoryRegistry | None = None, **server: Any) -> InfluxReadingStore:
        """Not opened."""


@pytest.fixture
async def make_store() -> AsyncIterator[MakeStore]:
    """For a test that needs several, or one of its own making."""
    made: list[InfluxReadingStore] = []

    def make(url: str, *, registry: MemoryRegistry | None = None, **server: Any) -> InfluxReadingStore:
        made.append(influx_store(url, registry=registry, **server))
        return made[-1]

    yield make
    for store in made:
        await store.close()
