"""Upkeep: what other processes change is seen, and a database that is away for a while ends nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from assembly import upkeep
from assembly.alert_settings import AlertsSettings
from assembly.settings import DeadLetterSettings
from assembly.upkeep import Followed, follow, prune, prune_alerts
from ingest.alerts.work import Act
from ingest.database import acts, checkpoints, dead_letters, jobs
from ingest.database.database import Database
from ingest.database.tables import DEAD_LETTER
from ingest.model import DeadLetter
from ingest.ports import TransientStoreError
from tests.ingest.alerts.making import job

WAIT_S = 10


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """An empty one, looked at often."""
    monkeypatch.setattr(upkeep, "FOLLOW_EVERY_S", 0.01)
    monkeypatch.setattr(upkeep, "PRUNE_EVERY_S", 0.01)
    opened = Database(f"sqlite:///{tmp_path}/yizhan.db")
    await opened.open()
    yield opened
    await opened.close()


@contextlib.asynccontextmanager
async def beside(work: asyncio.Task[None]) -> AsyncIterator[None]:
    """It runs inside the block, and has not ended by itself behind it."""
    try:
        yield
        assert not work.done()
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def test_change_is_seen_once_even_after_an_outage(database: Database) -> None:
    """A change is reloaded, nothing else is; while the database is away memory stays, and afterwards it follows."""
    reloads, outages = asyncio.Queue[str | None](), 0

    def version(connection: Connection) -> str | None:
        nonlocal outages
        if outages:
            outages -= 1
            raise TransientStoreError("away")
        return checkpoints.read(connection, "name")

    async def reload() -> None:
        reloads.put_nowait(await database.read(partial(checkpoints.read, name="name")))

    # It changes between the load and the first look, as it may while a platform starts.
    await database.run(lambda c: checkpoints.write(c, "name", "one"))
    followed = (Followed(version, None, reload), Followed(lambda _connection: 1, 1, reload))
    async with beside(asyncio.create_task(follow(database, followed))):
        assert await asyncio.wait_for(reloads.get(), WAIT_S) == "one"
        outages = 3
        await database.run(lambda c: checkpoints.write(c, "name", "two"))
        assert await asyncio.wait_for(reloads.get(), WAIT_S) == "two"
        assert outages == 0
        assert reloads.empty()


async def test_dead_letters_are_kept_within_their_bounds(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """The oldest beyond the bound go, and the log says how many."""
    letters = [DeadLetter(number, "t", b"x" * 400_000, "not_json", "d", None) for number in range(4)]
    await database.run(lambda c: dead_letters.add(c, letters))
    kept = select(func.count()).select_from(DEAD_LETTER)
    bounds = DeadLetterSettings(keep_days=3_650, keep_mib=1)
    async with beside(asyncio.create_task(prune(database, bounds))), asyncio.timeout(WAIT_S):
        while await database.read(lambda c: c.scalar(kept)):  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.01)
    assert "dropped the 4 oldest dead letters" in caplog.text


async def test_records_of_alerts_go_when_they_are_old(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """Jobs, messages and acts of long ago; what is open stays, however old."""
    caplog.set_level("INFO")
    await database.run(lambda c: jobs.upsert(c, [(job(), False), (job("j-2"), True)]))
    await database.run(lambda c: acts.add(c, [Act(1, "Li", "close", "j-1")]))
    settings = AlertsSettings(keep_days=1)
    async with beside(asyncio.create_task(prune_alerts(database, settings))), asyncio.timeout(WAIT_S):
        while await database.read(acts.page):  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.01)
    assert [one.id for one in await database.read(jobs.live)] == ["j-2"]
