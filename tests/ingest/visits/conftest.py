"""A book of visits on an SQLite file of its own, at noon of TODAY, with three stations in Beijing.

Enters: nothing. Leaves: the book, and what it is made of. Never: a clock that goes by itself.
"""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from ingest.database.database import Database
from ingest.model import Station
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from ingest.visits.book import PublishedVisits
from ingest.visits.local_day import LocalDays

DAYS = LocalDays("Asia/Shanghai")
DAY_MS = 86_400_000
TODAY = date(2026, 11, 22)


class Clock:
    """The platform's clock, set by the test."""

    def __init__(self) -> None:
        self.now_ms = DAYS.start_ms(TODAY) + DAY_MS // 2

    def __call__(self) -> int:
        """Now, ms."""
        return self.now_ms


def entry(station: str, district: str) -> Station:
    """A station of Beijing."""
    return Station(station, station, 39.9, 116.4, "110000", None, district)


@pytest.fixture
def clock() -> Clock:
    """Noon of TODAY."""
    return Clock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database."""
    opened = Database(f"sqlite:///{tmp_path}/yizhan.db")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def registry() -> MemoryRegistry:
    """Two stations in Dongcheng, one in Xicheng."""
    return MemoryRegistry(load_regions(), [entry("bj-1", "110101"), entry("bj-2", "110101"), entry("bj-3", "110102")])


@pytest.fixture
async def book(database: Database, registry: MemoryRegistry, clock: Clock) -> PublishedVisits:
    """A book that has just been opened."""
    opened = PublishedVisits(database, registry, DAYS, clock)
    await opened.restore()
    return opened
