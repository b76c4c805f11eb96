"""What every store of readings promises, on every store that there is: see `ingest.ports.ReadingStore`."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from ingest.model import Kind, Reading
from ingest.ports import LATE_MS, ReadingStore
from tests.ingest.making import MINUTE_MS, NOW_MS, reading
from tests.ingest.store.conftest import Bench
from tests.ingest.store.writing_child import BATCH

ROOT = Path(__file__).parents[3]
FOREVER_MS = 2**45


def alike(readings: list[Reading]) -> list[Reading]:
    """What every store keeps: not how the payload was laid out, and the time of receipt to the minute."""
    return [
        one._replace(payload=to_json(from_json(one.payload)), received_ms=one.received_ms // MINUTE_MS)
        for one in readings
    ]


async def all_of(asked: AsyncIterator[Reading]) -> list[Reading]:
    """As a list."""
    return [one async for one in asked]


async def everything(store: ReadingStore, station: str = "st-1") -> list[Reading]:
    """All that the store has of a station, kind by kind."""
    return [one for kind in Kind for one in await all_of(store.of_station(station, kind, -FOREVER_MS, FOREVER_MS))]


def seqs(readings: list[Reading]) -> list[int]:
    """Their numbers."""
    return [one.body.seq for one in readings]


async def test_reading_comes_back_whole(store: ReadingStore) -> None:
    """Station, kind, body with its unknown fields, the payload's JSON and the minute of receipt are those written."""
    written = [
        reading(kind, received_ms=NOW_MS + place, note="热 \u0000 ☀", later={"a": [1, 2.5, None]})
        for place, kind in enumerate(Kind)
    ]
    await store.write(written)
    assert alike(await everything(store)) == alike(written)


async def test_writing_again_changes_nothing(store: ReadingStore) -> None:
    """A batch that is written again after a doubt, whole or in part or with others, is there once."""
    first, second = reading(seq=1), reading(seq=2, ts=NOW_MS + 1)
    await store.write([first, second])
    await store.write([first, second])
    await store.write([second, reading(seq=3, ts=NOW_MS + 2)])
    assert seqs(await everything(store)) == [1, 2, 3]


async def test_reading_twice_in_one_batch_is_there_once(store: ReadingStore) -> None:
    """A name that stands twice in a batch is one reading."""
    await store.write([reading(), reading(seq=2, ts=NOW_MS + 1), reading()])
    assert seqs(await everything(store)) == [1, 2]


async def test_name_is_of_a_station_a_kind_a_boot_and_a_seq(store: ReadingStore) -> None:
    """Readings that differ in one part of their name are different readings."""
    await store.write(
        [
            reading(),
            reading(station="st-2"),
            reading(Kind.EXCHANGE),
            reading(boot=2, ts=NOW_MS + 1),
            reading(seq=2, ts=NOW_MS + 2),
        ]
    )
    assert len(await everything(store)) == 4
    assert len(await everything(store, "st-2")) == 1


async def test_empty_batch_is_nothing(store: ReadingStore) -> None:
    """Writing no readings is no error."""
    await store.write([])
    assert await everything(store) == []


async def test_large_batch_is_written_whole(store: ReadingStore) -> None:
    """A batch of thousands, as after an outage, and of a number that fits no chunk, is written whole."""
    await store.write([reading(seq=seq, ts=NOW_MS + seq) for seq in range(1, 5_557)])
    assert seqs(await everything(store)) == list(range(1, 5_557))


async def test_readings_of_a_station_are_in_order_and_within_bounds(store: ReadingStore) -> None:
    """Given are those sampled from the first instant on, up to before the last, by time of sampling."""
    written = [reading(seq=seq, ts=NOW_MS + seq * MINUTE_MS, received_ms=NOW_MS) for seq in range(1, 8)]
    random.shuffle(written)
    await store.write([*written, reading(station="st-2", ts=NOW_MS + 3 * MINUTE_MS), reading(Kind.BATTERY, ts=NOW_MS)])
    asked = store.of_station("st-1", Kind.OCCUPANCY, NOW_MS + 2 * MINUTE_MS, NOW_MS + 5 * MINUTE_MS)
    assert seqs(await all_of(asked)) == [2, 3, 4]
    assert await all_of(store.of_station("st-9", Kind.OCCUPANCY, 0, FOREVER_MS)) == []


async def test_readings_stored_since_an_instant_are_all_given(store: ReadingStore) -> None:
    """What was received since then comes back, unless it was sampled long before it came; what is older need not."""
    old = [reading(seq=seq, ts=NOW_MS + seq) for seq in range(1, 5)]
    new = [reading(seq=seq, ts=NOW_MS + MINUTE_MS + seq) for seq in range(5, 9)]
    late = reading(seq=9, ts=NOW_MS, received_ms=NOW_MS + MINUTE_MS + LATE_MS)
    await store.write(old)
    await store.write([*new, late])
    given_back = {one.body.seq for one in await all_of(store.stored_since(NOW_MS + MINUTE_MS))}
    assert {5, 6, 7, 8} <= given_back <= {1, 2, 3, 4, 5, 6, 7, 8, 9}
    assert {one.body.seq for one in await all_of(store.stored_since(0))} >= {1, 2, 3, 4, 5, 6, 7, 8}
    assert await all_of(store.stored_since(NOW_MS + 365 * 1440 * MINUTE_MS)) in ([], [late])


async def test_what_was_written_is_there_for_the_next_process(bench: Bench) -> None:
    """A store that is closed and opened again has what it had."""
    for seq in (1, 2):
        store = bench.make()
        await store.open()
        await store.write([reading(seq=seq, ts=NOW_MS + seq)])
        await store.close()
    store = bench.make()
    await store.open()
    assert seqs(await everything(store)) == [1, 2]
    await store.close()


async def test_what_write_returned_for_survives_sigkill(bench: Bench) -> None:
    """A process that is killed right after `write` returned has lost nothing of it, and the store is whole."""
    child = subprocess.Popen(  # noqa: ASYNC220 - the test has nothing else to do meanwhile
        [sys.executable, "-m", "tests.ingest.store.writing_child", *bench.recipe],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    with child:
        assert child.stdout is not None
        said = [int(child.stdout.readline()) for _ in range(8)]
        child.send_signal(signal.SIGKILL)
        said += [int(line) for line in child.stdout.read().split()]
    store = bench.make()
    await store.open()
    kept = seqs(await everything(store))
    await store.write([reading(seq=100_000)])
    await store.close()
    assert set(kept) >= set(range(1, said[-1] + 1))
    assert len(kept) % BATCH == 0


names = st.tuples(
    st.sampled_from(["st-1", "st-2"]),
    st.sampled_from([Kind.OCCUPANCY, Kind.MEDICINE]),
    st.integers(1, 2),
    st.integers(1, 5),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(st.lists(names, max_size=8), max_size=5))
async def test_store_is_a_set_of_names(store: ReadingStore, batches: list[list[tuple[str, Kind, int, int]]]) -> None:
    """Whatever is written how often and in whatever order, each reading is there once, by its time."""
    before = {name for station in ("st-1", "st-2") for name in map(name_of, await everything(store, station))}
    for batch in batches:
        await store.write([of_name(name) for name in batch])
    wanted = before | {name for batch in batches for name in batch}
    for station in ("st-1", "st-2"):
        for kind in (Kind.OCCUPANCY, Kind.MEDICINE):
            kept = await all_of(store.of_station(station, kind, -FOREVER_MS, FOREVER_MS))
            expected = [of_name(name) for name in wanted if name[:2] == (station, kind)]
            assert alike(kept) == alike(sorted(expected, key=lambda one: one.body.ts))


def of_name(name: tuple[str, Kind, int, int]) -> Reading:
    """The reading of that name, sampled at an instant of its own."""
    station, kind, boot, seq = name
    return reading(kind, station, boot=boot, seq=seq, ts=NOW_MS + boot * 100 + seq)


def name_of(one: Reading) -> tuple[str, Kind, int, int]:
    """The other way."""
    return one.station, one.kind, one.body.boot, one.body.seq
