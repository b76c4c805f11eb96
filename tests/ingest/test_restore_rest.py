"""Starts while the store is away: what was stored before is taken in later, and the counts are those of a calm run.

The store, the spool and the database are real files. A crash is an exception that nobody catches.
"""

import contextlib
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.model import Kind
from tests.ingest.durable import BEGIN_MS, Crash, alive, durable, feed, history, nowhere
from tests.ingest.making import document, message
from tests.ingest.test_restore import POINTS, trap_at, undisturbed
from tests.ingest.world import Clock


class Life(NamedTuple):
    """One start, and how it ends."""

    point: str
    visit: int
    is_away: bool
    back_after: int | None


async def lived(folder: Path, seed: int, lives: list[Life], step: int) -> None:
    """Live through a history with these lives, then once to the end; the broker sends again what was not acked."""
    messages, clock = list(enumerate(history(seed))), Clock(BEGIN_MS)
    last = Life("", 0, is_away=True, back_after=2)
    for life in (*lives, last):
        trap = trap_at(life.point, life.visit) if life.point else nowhere
        async with alive(folder, clock, trap, is_away=life.is_away) as platform:
            with contextlib.suppress(Crash):
                await feed(platform, clock, messages, step, life.back_after)
            acked = {number - 1 for number in platform.edge.acked_ids}
            messages = [(number, one) for number, one in messages if number not in acked]
            assert platform.books.accounting.balance == 0
    assert messages == []


async def test_crash_before_an_outage_changes_nothing(tmp_path: Path) -> None:
    """Killed after the store's write, started without the store, which comes back: the truth on disk is the same."""
    for visit in (1, 20, 60):
        folder = tmp_path / str(visit)
        await lived(folder, 1, [Life("after the store", visit, is_away=False, back_after=None)], 2)
        assert await durable(folder) == await undisturbed(tmp_path, 1)


async def test_crash_in_an_outage_changes_nothing(tmp_path: Path) -> None:
    """Killed, started without the store, killed again in the outage, and again after it: still the same."""
    lives = [
        Life("before the ack", 20, is_away=False, back_after=None),
        Life("before the ack", 10, is_away=True, back_after=None),
        Life("before the ack", 10, is_away=True, back_after=3),
    ]
    await lived(tmp_path / "crashed", 1, lives, 2)
    assert await durable(tmp_path / "crashed") == await undisturbed(tmp_path, 1)


any_life = st.builds(
    Life, st.sampled_from(POINTS), st.integers(1, 20), st.booleans(), st.one_of(st.none(), st.integers(0, 12))
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=6, deadline=None)
@given(st.integers(2, 4), st.lists(any_life, max_size=4), st.integers(1, 9))
async def test_any_crashes_around_outages_change_nothing(
    tmp_path: Path, seed: int, lives: list[Life], step: int
) -> None:
    """Crash upon crash, with the store there or away at each start and back at any time."""
    folder = Path(tempfile.mkdtemp(dir=tmp_path)) / "crashed"
    await lived(folder, seed, lives, step)
    assert await durable(folder) == await undisturbed(tmp_path, seed)


@pytest.mark.parametrize("is_away", [False, True])
async def test_mark_stays_behind_what_was_not_read(tmp_path: Path, is_away: bool) -> None:
    """An orderly stop, after a start without the store, leaves the checkpoint before what is in the store alone."""
    clock = Clock(BEGIN_MS)
    messages = [message(Kind.OCCUPANCY, document(ts=BEGIN_MS + seq, seq=seq)) for seq in range(1, 5)]
    async with alive(tmp_path, clock, trap_at("before the ack", 3)) as platform:
        with pytest.raises(Crash):
            await feed(platform, clock, list(enumerate(messages[:3])), 1)
    async with alive(tmp_path, clock, nowhere, is_away=is_away) as platform:
        await feed(platform, clock, [(3, messages[3])], 1)
        track = platform.books.picture.stations["st-1"].track(Kind.OCCUPANCY)
        assert (track.contiguous == 0) is is_away
    async with alive(tmp_path, clock, nowhere) as platform:
        track = platform.books.picture.stations["st-1"].track(Kind.OCCUPANCY)
        assert track.contiguous == 4
        assert (platform.mended > 0) is is_away


async def test_what_is_taken_in_late_is_shown_and_known(tmp_path: Path) -> None:
    """When the store is back the newest reading of before the crash is shown, and its repeat is a repeat."""
    clock = Clock(BEGIN_MS)
    messages = [message(Kind.OCCUPANCY, document(ts=BEGIN_MS + seq, seq=seq, present=seq)) for seq in range(1, 4)]
    async with alive(tmp_path, clock, trap_at("before the ack", 3)) as platform:
        with pytest.raises(Crash):
            await feed(platform, clock, list(enumerate(messages)), 1)
    async with alive(tmp_path, clock, nowhere, is_away=True) as platform:
        assert platform.books.picture.stations.get("st-1") is None
        platform.store.is_away = False
        assert platform.rest is not None
        assert await platform.rest == 3
        assert platform.books.picture.stations["st-1"].present == 3
        await feed(platform, clock, list(enumerate(messages)), 1)
        assert platform.books.accounting.duplicate[Kind.OCCUPANCY] == 3
