"""InfluxDB away, slow, full or dead in the middle of a write: what was stored is there, and each reading once."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bench.servers import InfluxDB
from ingest.model import Kind, Reading
from ingest.ports import ReadingStore, TransientStoreError
from tests.conftest import started
from tests.ingest.making import NOW_MS, reading
from tests.ingest.store.influx.conftest import MakeStore
from tests.ingest.store.influx_stores import count
from tests.ingest.store.influx_v2_front import InfluxV2Front, refusal
from tests.ingest.store.test_contract import everything, seqs

pytestmark = pytest.mark.influx


def batch(first: int, size: int = 200) -> list[Reading]:
    """Readings of all kinds in turn, numbered from `first` on."""
    kinds = list(Kind)
    return [reading(kinds[seq % 4], seq=seq, ts=NOW_MS + seq) for seq in range(first, first + size)]


async def write_till_stored(store: ReadingStore, readings: Sequence[Reading]) -> int:
    """As the outlet does: the same batch again while the error is transient; gives the number of failures."""
    failures = 0
    while True:
        try:
            await store.write(readings)
        except TransientStoreError:
            failures += 1
            await asyncio.sleep(0.02)
        else:
            return failures


async def test_server_killed_over_and_over_keeps_what_it_answered_for(
    influxdb: InfluxDB, make_store: MakeStore
) -> None:
    """While influxd is killed and started again, batches are repeated until they are in: each reading is there once."""
    store = make_store(influxdb.url, timeout_s=5.0)
    await store.open()
    is_over = False

    async def keep_killing() -> None:
        for _ in range(3):
            await asyncio.sleep(0.15)
            await asyncio.to_thread(influxdb.kill)
            await asyncio.to_thread(influxdb.start)
        nonlocal is_over
        is_over = True

    killing = asyncio.create_task(keep_killing(), name="killing")
    first, failures = 1, 0
    while not is_over:
        failures += await write_till_stored(store, batch(first))
        first += 200
    await killing
    kept = await everything(store)
    assert failures > 0
    assert sorted(seqs(kept)) == list(range(1, first))
    assert sum([await count(influxdb.url, kind) for kind in Kind]) == first - 1


async def test_answer_that_is_lost_makes_nothing_double(
    influxdb: InfluxDB, influx_v2: InfluxV2Front, make_store: MakeStore
) -> None:
    """A batch that was stored while its answer was lost is written again, over itself."""
    store = make_store(influx_v2.url, org=influx_v2.org, token=influx_v2.token)
    await store.open()
    influx_v2.answers_to_lose = 2
    assert await write_till_stored(store, batch(1)) == 2
    assert await count(influxdb.url) == 50
    assert len(await everything(store)) == 200


async def test_server_that_is_silent_is_given_up_in_time(influxdb: InfluxDB, make_store: MakeStore) -> None:
    """A server that takes the body and never answers is an error within the set time, and nothing is double later."""
    store = make_store(influxdb.url, timeout_s=0.3)
    await store.open()
    assert influxdb.pid is not None
    os.kill(influxdb.pid, signal.SIGSTOP)
    try:
        with pytest.raises(TransientStoreError, match=r"no answer within 0\.3 s"):
            await store.write(batch(1))
        with pytest.raises(TransientStoreError, match="no answer"):
            await everything(store)
    finally:
        os.kill(influxdb.pid, signal.SIGCONT)
    await write_till_stored(store, batch(1))
    assert len(await everything(store)) == 200
    assert await count(influxdb.url) == 50


async def test_store_that_was_opened_too_early_opens_itself(influxdb: InfluxDB, make_store: MakeStore) -> None:
    """The platform may start before its database: opening says so, and the first write that can opens the store."""
    influxdb.stop()
    store = make_store(influxdb.url)
    with pytest.raises(TransientStoreError, match="cannot be reached"):
        await store.open()
    with pytest.raises(TransientStoreError, match="cannot be reached"):
        await store.write(batch(1))
    await asyncio.to_thread(influxdb.start)
    await store.write(batch(1))
    assert len(await everything(store)) == 200


async def test_store_is_opened_once_by_all_who_come_at_once(influxdb: InfluxDB, make_store: MakeStore) -> None:
    """A batch and questions that find the store not open yet wait for one opening, and are all served."""
    store = make_store(influxdb.url)
    await asyncio.gather(*(store.write([reading(seq=seq, ts=NOW_MS + seq)]) for seq in range(1, 6)), everything(store))
    assert seqs(await everything(store)) == [1, 2, 3, 4, 5]
    assert await count(influxdb.url) == 5


@pytest.mark.parametrize(("status", "asked", "retry_after_s"), [(429, "3", 3.0), (503, "1", 1.0), (503, "", None)])
async def test_server_that_asks_for_rest_is_heard(
    influx_v2: InfluxV2Front, make_store: MakeStore, status: int, asked: str, retry_after_s: float | None
) -> None:
    """An overloaded server says for how long, and the same batch is taken after that."""
    store = make_store(influx_v2.url, org=influx_v2.org, token=influx_v2.token)
    await store.open()
    influx_v2.planned.append(
        refusal(status, "too many requests", "slow down", **({"Retry_After": asked} if asked else {}))
    )
    with pytest.raises(TransientStoreError, match="slow down") as raised:
        await store.write(batch(1))
    assert raised.value.retry_after_s == retry_after_s
    await store.write(batch(1))
    assert len(await everything(store)) == 200


async def test_answer_that_breaks_off_is_no_shorter_answer(influxdb: InfluxDB, make_store: MakeStore) -> None:
    """A server that dies while it answers a question makes an error, and not fewer readings."""
    store = make_store(influxdb.url)
    await store.open()
    for first in range(1, 60_001, 5_000):
        await store.write([reading(seq=seq, ts=NOW_MS + seq) for seq in range(first, first + 5_000)])
    asked = store.stored_since(0)
    given = [await anext(asked)]
    influxdb.kill()
    with pytest.raises(TransientStoreError):
        given += [one async for one in asked]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB; only root may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run([mount, "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], check=False).returncode
    ):
        pytest.skip("a small file system can be mounted by root only")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_full_disk_of_the_server_is_waited_for(small_disk: Path, make_store: MakeStore) -> None:
    """A database without room refuses the batch as one to repeat, and has each reading once when there is room."""
    server = started(InfluxDB(small_disk / "influxdb"))
    try:
        store = make_store(server.url)
        await store.open()
        await store.write(batch(1))
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file:
            while True:
                try:
                    file.write(b"x" * 4096)
                except OSError:
                    break
        with pytest.raises(TransientStoreError, match=r"no space left.*restart influxd"):
            await store.write(batch(201, 1_800))
        filler.unlink()
        server.restart()  # 1.6 needs it: it repeats the error for ever
        await write_till_stored(store, batch(201, 1_800))
        assert sorted(seqs(await everything(store))) == list(range(1, 2_001))
        assert sum([await count(server.url, kind) for kind in Kind]) == 2_000
    finally:
        server.stop()
