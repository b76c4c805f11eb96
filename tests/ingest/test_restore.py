"""Crashes: at whatever point the platform ends, no reading is lost, none is there twice, and the counts are the same.

The store and the database are real files. A crash is an exception that nobody catches, or a SIGKILL of a process.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.model import Kind, Presence
from tests.ingest.durable import BEGIN_MS, STATIONS, Crash, Durable, Trap, alive, durable, feed, history
from tests.ingest.making import MINUTE_MS, document, message
from tests.ingest.world import Clock

ROOT = Path(__file__).parents[2]
POINTS = ("before the store", "after the store", "before the ack")


def never(_point: str) -> None:
    """A life without an end."""


def trap_at(point: str, visit: int) -> Trap:
    """End the process at the n-th visit of a point."""
    visits = 0

    def spring(at: str) -> None:
        nonlocal visits
        if at == point:
            visits += 1
            if visits == visit:
                raise Crash

    return spring


async def lived(folder: Path, seed: int, ends: list[tuple[str, int]], step: int) -> list[int]:
    """Live through a history with these crashes, then once to the end; gives how many readings each life mended."""
    messages, clock, mended = list(enumerate(history(seed))), Clock(BEGIN_MS), []
    for trap in [*(trap_at(*end) for end in ends), never]:
        async with alive(folder, clock, trap) as platform:
            mended.append(platform.mended)
            with contextlib.suppress(Crash):
                await feed(platform, clock, messages, step)
            acked = {number - 1 for number in platform.edge.acked_ids}
            # The broker: what is not acknowledged comes again, in order, before what follows.
            messages = [(number, one) for number, one in messages if number not in acked]
            assert platform.books.accounting.balance == 0
    assert messages == []
    return mended


_undisturbed: dict[int, Durable] = {}


async def undisturbed(folder: Path, seed: int) -> Durable:
    """What a run without a crash leaves."""
    if seed not in _undisturbed:
        await lived(folder / f"undisturbed-{seed}", seed, [], 1)
        _undisturbed[seed] = await durable(folder / f"undisturbed-{seed}")
    return _undisturbed[seed]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("visit", [1, 2, 40])
async def test_crash_at_a_point_changes_nothing(tmp_path: Path, point: str, visit: int) -> None:
    """The first batch, the second and a later one: after a crash at each point the truth on disk is the same."""
    await lived(tmp_path / "crashed", 1, [(point, visit)], 2)
    assert await durable(tmp_path / "crashed") == await undisturbed(tmp_path, 1)


crashes = st.lists(st.tuples(st.sampled_from(POINTS), st.integers(1, 30)), max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None)
@given(st.integers(2, 4), crashes, st.integers(1, 9))
async def test_any_number_of_crashes_changes_nothing(
    tmp_path: Path, seed: int, ends: list[tuple[str, int]], step: int
) -> None:
    """Crash upon crash, at any points, with any size of batch: readings, ledger and dead letters are the same."""
    folder = Path(tempfile.mkdtemp(dir=tmp_path)) / "crashed"
    await lived(folder, seed, ends, step)
    assert await durable(folder) == await undisturbed(tmp_path, seed)


async def test_orderly_stop_leaves_nothing_to_mend(tmp_path: Path) -> None:
    """After a stop in order a start takes in nothing again, and the picture is the same."""
    clock = Clock(BEGIN_MS)
    async with alive(tmp_path, clock, never) as platform:
        await feed(platform, clock, list(enumerate(history(5))), 3)
        before = {station: platform.books.picture.status(station, clock()) for station in STATIONS}
    clock.now_ms += 1
    async with alive(tmp_path, clock, never) as platform:
        assert platform.mended == 0
        assert {station: platform.books.picture.status(station, clock.now_ms - 1) for station in STATIONS} == before


async def test_picture_is_back_after_a_crash(tmp_path: Path) -> None:
    """What was durable is shown again: the newest readings, births and wills, and who was heard when."""
    clock = Clock(BEGIN_MS)
    fresh = [
        message("state", {"online": True, "boot": 3, "ts": BEGIN_MS, "interval_s": 60, "model": "YZ-200"}),
        message(Kind.OCCUPANCY, document(ts=BEGIN_MS, boot=3, present=7)),
        message(Kind.MEDICINE, document(Kind.MEDICINE, ts=BEGIN_MS, boot=3)),
        message(Kind.OCCUPANCY, document(ts=BEGIN_MS, boot=2), "st-2"),
        message("state", {"online": False, "boot": 2}, "st-2"),
    ]
    async with alive(tmp_path, clock, trap_at("before the ack", 4)) as platform:
        with pytest.raises(Crash):
            await feed(platform, clock, [(0, fresh[0]), (1, fresh[1]), (2, fresh[2]), (3, fresh[3])], 1)
        before = platform.books.picture.status("st-1", clock())
    async with alive(tmp_path, clock, never) as platform:
        picture = platform.books.picture
        assert picture.status("st-1", clock()) == before
        assert picture.status("st-2", clock()).seen.keys() == {Kind.OCCUPANCY}
        await feed(platform, clock, list(enumerate(fresh[3:])), 1)
        assert platform.books.accounting.duplicate[Kind.OCCUPANCY] == 1
    async with alive(tmp_path, clock, never) as platform:
        assert platform.books.picture.status("st-2", clock()).presence is Presence.DARK


async def test_restart_knows_its_repeats_and_its_strangers(tmp_path: Path) -> None:
    """After a crash a repeat is a repeat, a hole is a hole, and who is not in the registry is still listed."""
    clock = Clock(BEGIN_MS)
    messages = [message(Kind.OCCUPANCY, document(ts=BEGIN_MS + seq, seq=seq), "new-1") for seq in (1, 2, 5)]
    async with alive(tmp_path, clock, trap_at("before the ack", 3)) as platform:
        with pytest.raises(Crash):
            await feed(platform, clock, list(enumerate(messages)), 1)
    async with alive(tmp_path, clock, never) as platform:
        assert platform.books.picture.unregistered() == ["new-1"]
        track = platform.books.picture.stations["new-1"].track(Kind.OCCUPANCY)
        assert track.named_holes() == {1: [[3, 4]]}
        await feed(platform, clock, list(enumerate(messages)), 1)
        assert platform.books.accounting.duplicate[Kind.OCCUPANCY] == 3


async def test_long_run_is_mended_from_its_last_checkpoint(tmp_path: Path) -> None:
    """A restart takes in again what came since the last checkpoint, and not the whole past."""
    clock = Clock(BEGIN_MS)
    messages = [message(Kind.OCCUPANCY, document(ts=BEGIN_MS + seq * 1000, seq=seq)) for seq in range(1, 100)]
    async with alive(tmp_path, clock, trap_at("before the ack", 99)) as platform:
        with pytest.raises(Crash):
            await feed(platform, clock, list(enumerate(messages)), 1)
    async with alive(tmp_path, clock, never) as platform:
        assert 0 < platform.mended <= 32
        assert platform.books.picture.stations["st-1"].track(Kind.OCCUPANCY).contiguous == 99


async def test_killed_platform_has_lost_nothing(tmp_path: Path) -> None:
    """SIGKILL of the process in the middle of its work, three times: the truth on disk is that of a run without."""
    folder, seed, first, lives = tmp_path / "killed", 3, 0, 0
    folder.mkdir()
    count = len(history(seed))
    while first < count:
        lives += 1
        command = [sys.executable, "-m", "tests.ingest.restoring_child", str(folder), str(seed), str(first)]
        with subprocess.Popen(  # noqa: ASYNC220 - the test has nothing else to do meanwhile
            [*command, str(BEGIN_MS + lives * 10 * MINUTE_MS)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        ) as child:
            assert child.stdout is not None
            for _ in range(count // 4):
                line = child.stdout.readline()
                if not line:
                    break
                first = int(line)
            child.send_signal(signal.SIGKILL)
            for line in child.stdout:
                first = int(line)
    # One more life, ended in order.
    clock = Clock(BEGIN_MS + 60 * MINUTE_MS)
    async with alive(folder, clock, never) as platform:
        await feed(platform, clock, [], 1)
    assert lives >= 4
    assert await durable(folder) == await undisturbed(tmp_path, seed)
