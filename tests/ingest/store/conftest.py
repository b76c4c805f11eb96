"""The stores that the contract suite runs on. To add one: a `Bench` that makes it, and its name in `BENCHES`.

Enters: a folder of the test's own. Leaves: an opened store, and the ways to open it again or in another process.
Never: a store that two tests share.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol

import pytest

from ingest.ports import ReadingStore
from ingest.store.sqlite import SqliteReadingStore


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


BENCHES: dict[str, Callable[[pytest.FixtureRequest], Bench]] = {"sqlite": SqliteBench}


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
