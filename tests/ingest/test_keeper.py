"""The keeper: what waiting may heal is waited for, what will never be taken becomes a dead letter, and health says it.

The operational database is real; the store fails as it is told to, where no file can be made to.
"""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from ingest.batch import Batch
from ingest.database import checkpoints, latest, ledger, quality
from ingest.database.database import Database
from ingest.database.tables import DEAD_LETTER
from ingest.decode import Reason, Refused, dead_letter
from ingest.keeper import SNAPSHOT_MARK, StoreKeeper
from ingest.live.snapshot import rows_of
from ingest.live.station import LiveStation
from ingest.model import Kind, LedgerRow, Mark, Reading
from ingest.outlet import FIRST_WAIT_S, LONGEST_WAIT_S, Kept, Outlet
from ingest.ports import Check, RejectedByStore, StoreMisconfigured, TransientStoreError
from ingest.store.null import NullReadingStore
from tests.ingest.making import NOW_MS, reading
from tests.ingest.world import Clock

DAY = date(2026, 11, 22)


class MoodyStore(NullReadingStore):
    """Fails as often as it is told to, then keeps."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.kept: list[Reading] = []
        self.tries = 0

    async def write(self, readings: Sequence[Reading], *, has_waited: bool = False) -> None:  # noqa: ARG002 - the port's
        """See the port."""
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        self.kept += readings


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """An opened database that does not wait long for a lock."""
    monkeypatch.setattr("ingest.database.database.BUSY_TIMEOUT_S", 0.05)
    opened = Database(f"sqlite:///{tmp_path}/yizhan.db")
    await opened.open()
    yield opened
    await opened.close()


class Bench:
    """A keeper, with a sleep that only notes for how long, and what health said while it slept."""

    def __init__(self, store: MoodyStore, database: Database) -> None:
        self.clock = Clock()
        self.slept_s: list[float] = []
        self.said: list[tuple[Check, Check]] = []
        self.moved: list[tuple[str, date]] = []
        outlet = Outlet(store, None, self.clock, sleep=self._sleep)
        self.keeper = StoreKeeper(outlet, database, self._note, self.clock, self._sleep)

    def _note(self, station: str, day: date) -> None:
        self.moved.append((station, day))

    async def _sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.said.append((self.keeper.store_check, self.keeper.database_check))
        self.clock.now_ms += 1000


def batch_of(*readings: Reading) -> Batch:
    """A batch with one of everything."""
    batch = Batch()
    batch.readings.extend(readings)
    mark = Mark(NOW_MS, 1, 1)
    batch.rows["st-1", DAY, 1] = LedgerRow("st-1", DAY, 1, 4, 9, mark, mark)
    batch.refuse(dead_letter(Refused(Reason.EMPTY, "empty", "st-1"), "yizhan/v1/st-1/battery", b"", NOW_MS))
    live = LiveStation("st-1", 60_000)
    live.track(Kind.OCCUPANCY).note(1, 1)
    batch.snapshot.extend(rows_of(live))
    batch.quality.append(("st-1", {"duplicates": 3}))
    batch.mark = NOW_MS - 5
    return batch


async def reasons(database: Database) -> list[str]:
    """Of the dead letters."""
    return sorted(await database.read(lambda connection: list(connection.scalars(select(DEAD_LETTER.c.reason)))))


async def test_all_of_a_batch_is_durable_when_keep_returns(database: Database) -> None:
    """Readings are in the store; rows, letters, snapshots, quality and the mark are in the database; days are told."""
    store = MoodyStore()
    bench = Bench(store, database)
    assert await bench.keeper.keep(batch_of(reading())) == Kept()
    assert store.kept == [reading()]
    assert bench.moved == [("st-1", DAY)]
    assert [row.highest for row in await database.read(lambda c: list(ledger.rows_on_days(c, [DAY])))] == [9]
    assert await reasons(database) == ["empty"]
    assert {row.kind for row in await database.read(lambda c: list(latest.every(c)))} == {"state", "occupancy"}
    assert await database.read(quality.every) == {"st-1": {"duplicates": 3}}
    assert await database.read(lambda c: checkpoints.read(c, SNAPSHOT_MARK)) == str(NOW_MS - 5)


async def test_batch_without_readings_does_not_touch_the_store(database: Database) -> None:
    """A birth alone needs the database only, and acks alone need neither."""
    store = MoodyStore(TransientStoreError("away"))
    bench = Bench(store, database)
    await bench.keeper.keep(batch_of())
    await bench.keeper.keep(Batch())
    assert store.tries == 0


async def test_store_that_is_away_is_waited_for_longer_and_longer(database: Database) -> None:
    """Waits grow up to a bound, each random so that a fleet of ingesters does not knock in step; then all is stored."""
    store = MoodyStore(*(TransientStoreError("no route to host") for _ in range(300)))
    bench = Bench(store, database)
    await bench.keeper.keep(batch_of(reading()))
    assert store.kept == [reading()]
    ceilings = [min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**tried) for tried in range(300)]
    assert all(0 <= slept <= ceiling for slept, ceiling in zip(bench.slept_s, ceilings, strict=True))
    assert max(bench.slept_s[:3]) < LONGEST_WAIT_S / 4 < max(bench.slept_s)
    assert len(set(bench.slept_s)) > 250


async def test_store_that_says_when_is_asked_then(database: Database) -> None:
    """A server's own wish for the wait is heeded."""
    store = MoodyStore(TransientStoreError("busy", retry_after_s=7.5), TransientStoreError("busy", retry_after_s=0.0))
    bench = Bench(store, database)
    await bench.keeper.keep(batch_of(reading()))
    assert bench.slept_s == [7.5, 0.0]


async def test_health_says_what_is_wrong_since_when_and_that_it_is_over(database: Database) -> None:
    """While the store fails, its check names the error and since when; after it, that it writes again."""
    store = MoodyStore(TransientStoreError("disk full"), TransientStoreError("disk full"), StoreMisconfigured("token"))
    bench = Bench(store, database)
    assert bench.keeper.store_check == Check(ok=True, detail="no write yet")
    await bench.keeper.keep(batch_of(reading()))
    assert [said for said, _ in bench.said] == [
        Check(ok=False, detail="disk full; nothing is acknowledged meanwhile, nothing is lost", since_ms=NOW_MS),
        Check(ok=False, detail="disk full; nothing is acknowledged meanwhile, nothing is lost", since_ms=NOW_MS),
        Check(ok=False, detail="token; nothing is acknowledged meanwhile, nothing is lost", since_ms=NOW_MS),
    ]
    assert all(said.ok for _, said in bench.said)
    assert bench.keeper.store_check == Check(ok=True, detail="writing", since_ms=NOW_MS + 3000)
    await bench.keeper.keep(batch_of(reading(seq=2)))
    assert bench.keeper.store_check.since_ms == NOW_MS + 3000
    assert bench.keeper.database_check.detail == "writing"


async def test_refused_readings_become_dead_letters_and_the_rest_is_kept(database: Database) -> None:
    """A reading that the store will never take is kept whole as a letter under its topic; nothing else is held up."""
    good, bad = reading(), reading(Kind.EXCHANGE, seq=7, boot=2)
    store = MoodyStore(TransientStoreError("away"), RejectedByStore([(bad, "field type conflict")]))
    bench = Bench(store, database)
    [letter] = (await bench.keeper.keep(batch_of(good, bad))).letters
    assert (letter.topic, letter.payload) == ("yizhan/v1/st-1/exchange", bad.payload)
    assert (letter.reason, letter.boot, letter.seq) == (Reason.REJECTED_BY_STORE, 2, 7)
    assert "field type conflict" in letter.detail
    assert store.tries == 2
    assert bench.keeper.store_check.ok
    assert await reasons(database) == ["empty", "rejected_by_store"]


async def test_database_that_is_locked_is_waited_for(database: Database, tmp_path: Path) -> None:
    """While another process holds the database, the batch waits, and the readings are not written twice."""
    store = MoodyStore()
    bench = Bench(store, database)
    holder = sqlite3.connect(tmp_path / "yizhan.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    first_sleep = bench.keeper._sleep

    async def sleep(seconds: float) -> None:
        await first_sleep(seconds)
        holder.execute("ROLLBACK")

    bench.keeper._sleep = sleep
    try:
        await bench.keeper.keep(batch_of(reading()))
    finally:
        holder.close()
    assert store.tries == 1
    [(_, said)] = bench.said
    assert said == Check(ok=False, detail="operational database: database is locked", since_ms=NOW_MS)
    assert bench.keeper.database_check == Check(ok=True, detail="writing", since_ms=NOW_MS + 1000)
    assert [row.highest for row in await database.read(lambda c: list(ledger.rows_on_days(c, [DAY])))] == [9]


async def test_error_that_no_waiting_heals_ends_the_keep(database: Database) -> None:
    """A fault of ours is raised and not repeated for ever; nothing behind it is told as done."""
    bench = Bench(MoodyStore(), database)
    broken = batch_of(reading())
    broken.quality = [("st-1", {"not for JSON": object()})]
    with pytest.raises(TypeError):
        await bench.keeper.keep(broken)
    assert bench.moved == []
