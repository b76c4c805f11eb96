"""What is particular to the SQLite store: full disks, locks, damaged and foreign files, and abandoned reads."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.model import Reading
from ingest.ports import RejectedByStore, StoreMisconfigured, TransientStoreError
from ingest.store import sqlite
from ingest.store.sqlite import SqliteReadingStore
from tests.ingest.making import NOW_MS, reading
from tests.ingest.store.test_contract import everything, seqs


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of the file."""
    return tmp_path / "readings.db"


async def opened(path: Path) -> SqliteReadingStore:
    """The store, open."""
    store = SqliteReadingStore(path)
    await store.open()
    return store


async def test_full_disk_is_waited_for_and_loses_nothing(path: Path) -> None:
    """A write that finds no room fails as one to repeat, leaves the store as it was, and works when there is room."""
    store = await opened(path)
    await store.write([reading(seq=1)])
    db = store._open_db
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages}")
    many = [reading(seq=seq, ts=NOW_MS + seq, note="x" * 500) for seq in range(2, 200)]
    with pytest.raises(TransientStoreError, match="full"):
        await store.write(many)
    assert seqs(await everything(store)) == [1]
    db.execute("PRAGMA max_page_count = 1000000")
    await store.write(many)
    assert len(await everything(store)) == 199
    await store.close()


async def test_lock_of_another_process_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that somebody else holds, such as a backup, makes a write that is to be repeated."""
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.05)
    store = await opened(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(TransientStoreError, match="locked"):
        await store.write([reading()])
    holder.execute("ROLLBACK")
    holder.close()
    await store.write([reading()])
    assert seqs(await everything(store)) == [1]
    await store.close()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"this is not a database, and was never one" * 100, id="a text"),
        pytest.param(b"SQLite format 3\x00" + b"\xff" * 4096, id="a damaged database"),
    ],
)
async def test_file_that_is_no_database_is_left_alone(path: Path, content: bytes) -> None:
    """A file of somebody else's is not overwritten; the error names it and says what to check."""
    await asyncio.to_thread(path.write_bytes, content)
    store = SqliteReadingStore(path)
    with pytest.raises(StoreMisconfigured, match=r"readings\.db cannot be opened"):
        await store.open()
    await store.close()
    assert await asyncio.to_thread(path.read_bytes) == content


async def test_database_of_another_program_is_not_written_into(path: Path) -> None:
    """A table `reading` with other columns is noticed at the start, not at the first reading."""
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE reading (id INTEGER, temperature REAL)")
    db.close()
    with pytest.raises(StoreMisconfigured, match="database of this program"):
        await opened(path)


async def test_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    """A path that cannot be a file is an error for a person."""
    with pytest.raises(StoreMisconfigured, match="folder may be written to"):
        await opened(tmp_path)


async def test_damage_while_it_runs_calls_for_a_person(path: Path) -> None:
    """A file that is damaged under our hands is no outage that waiting heals."""
    store = await opened(path)
    await store.write([reading(seq=seq, ts=NOW_MS + seq, note="x" * 300) for seq in range(1, 400)])
    await store.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 60_000)
    store = await opened(path)
    with pytest.raises(StoreMisconfigured, match="damaged"):
        await store.write([reading(seq=seq, ts=NOW_MS + seq) for seq in range(400, 900)])
    await store.close()


async def test_another_reading_under_a_used_name_is_refused_and_the_rest_stored(path: Path) -> None:
    """A board that counts its starts from 1 again: what it says is refused by name, and not thrown away in silence."""
    store = await opened(path)
    first = [reading(seq=1, ts=NOW_MS), reading(seq=2, ts=NOW_MS + 1)]
    await store.write(first)
    other = reading(seq=1, ts=NOW_MS + 9_000_000)
    with pytest.raises(RejectedByStore) as refused:
        await store.write([other, first[1], reading(seq=3, ts=NOW_MS + 2)])
    [(one, why)] = refused.value.refused
    assert one == other
    assert "is the name of another" in why
    assert seqs(await everything(store)) == [1, 2, 3]
    await store.close()


async def test_read_that_is_given_up_half_way_holds_up_nobody(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that stops in the middle neither blocks writes nor keeps the log from being folded in."""
    monkeypatch.setattr(sqlite, "PAGE", 2)
    store = await opened(path)
    await store.write([reading(seq=seq, ts=NOW_MS + seq) for seq in range(1, 20)])
    walk = cast("AsyncGenerator[Reading, None]", store.of_station("st-1", "occupancy", 0, NOW_MS * 2))
    assert (await anext(walk)).body.seq == 1
    await store.write([reading(seq=20, ts=NOW_MS + 20)])
    assert (await anext(walk)).body.seq == 2
    await walk.aclose()
    await store.write([reading(seq=21, ts=NOW_MS + 21)])
    busy, _, _ = store._open_db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert busy == 0
    await store.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["live", "spool", "drain"])), max_size=14), st.data())
async def test_readings_that_waited_hide_none_that_did_not(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str]], data: st.DataObject
) -> None:
    """However live batches and drained ones take turns, all that was received since an instant is found."""
    store = await opened(tmp_path_factory.mktemp("sqlite") / "readings.db")
    waiting: deque[list[Reading]] = deque()
    kept: list[Reading] = []
    now_ms = seq = 0
    for size, step in steps:
        if step == "drain":
            if waiting:
                kept += waiting[0]
                await store.write(waiting.popleft(), has_waited=True)
            continue
        batch = []
        for _ in range(size):
            now_ms, seq = now_ms + data.draw(st.integers(0, 3)), seq + 1
            batch.append(reading(seq=seq, ts=NOW_MS + seq)._replace(received_ms=now_ms))
        if step == "spool":
            waiting.append(batch)
        else:
            kept += batch
            await store.write(batch)
    for since_ms in range(now_ms + 2):
        found = {one.body.seq async for one in store.stored_since(since_ms)}
        assert found >= {one.body.seq for one in kept if one.received_ms >= since_ms}
    await store.close()


async def test_restart_does_not_read_the_whole_past_again(path: Path) -> None:
    """A long drain is one note, and what was received before it and did not wait is passed over."""
    store = await opened(path)
    batches = [
        [reading(seq=seq, ts=NOW_MS + seq)._replace(received_ms=NOW_MS + seq) for seq in range(first, first + 10)]
        for first in range(1, 101, 10)
    ]
    for batch in batches[:5]:
        await store.write(batch)
    for batch in batches[5:8]:
        await store.write(batch, has_waited=True)
    await store.write(batches[5], has_waited=True)
    assert store._open_db.execute("SELECT first_id, last_id FROM waited").fetchall() == [(51, 80)]
    for batch in batches[8:]:
        await store.write(batch)
    assert [one.body.seq async for one in store.stored_since(NOW_MS + 95)] == list(range(95, 101))
    assert [one.body.seq async for one in store.stored_since(NOW_MS + 81)] == list(range(51, 101))
    await store.close()


async def test_store_that_is_not_open_says_so(path: Path) -> None:
    """Using it before `open` is a fault of ours, and called so."""
    store = SqliteReadingStore(path)
    with pytest.raises(RuntimeError, match="not open"):
        await store.write([reading()])
    await store.close()
