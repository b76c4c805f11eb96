"""The letter box: a replayed letter leaves the database when it is taken and only then; there is no second one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest import letters
from ingest.database import dead_letters, ledger
from ingest.database.database import Database
from ingest.decode import ClockBounds, Reason, Refused, dead_letter
from ingest.keeper import StoreKeeper
from ingest.letters import LetterBox
from ingest.model import Kind, Reading
from ingest.operating import LetterFilter, Replayed, ReplayOutcome
from ingest.outlet import Outlet
from ingest.pipeline import Pipeline
from ingest.ports import RejectedByStore, TransientStoreError
from ingest.store.null import NullReadingStore
from tests.ingest.kept_letters import kept_letters
from tests.ingest.making import NOW_MS, document, message
from tests.ingest.world import DAYS, Clock, RecordingEdge, make_books

BOUNDS = ClockBounds()


class ChoosyStore(NullReadingStore):
    """Keeps readings; refuses those of some seqs, and all while it is away."""

    def __init__(self) -> None:
        self.refuses: set[int] = set()
        self.is_away = False
        self.kept: list[Reading] = []

    async def write(self, readings: Sequence[Reading], *, has_waited: bool = False) -> None:  # noqa: ARG002 - the port's
        """See the port."""
        if self.is_away:
            raise TransientStoreError("away")
        self.kept += [one for one in readings if one.body.seq not in self.refuses]
        refused = [(one, "field type conflict") for one in readings if one.body.seq in self.refuses]
        if refused:
            raise RejectedByStore(refused)


class Platform:
    """A pipeline with its real keeper and database, and the box on them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = ChoosyStore()
        self.books = make_books()
        clock = Clock()
        keeper = StoreKeeper(Outlet(self.store, None, clock), database, lambda _station, _day: None, clock)
        self.pipeline = Pipeline(self.books, RecordingEdge(), keeper, clock)
        self.box = LetterBox(database, self.pipeline, BOUNDS)

    async def keep(self, payload: bytes, channel: str = "occupancy") -> int:
        """The number of a new letter of st-1 that holds this."""
        refusal = Refused(Reason.TOO_MANY_UNREGISTERED, "once", "st-1")
        one = dead_letter(refusal, f"yizhan/v1/st-1/{channel}", payload, NOW_MS)
        await self.database.run(lambda c: dead_letters.add(c, [one]))
        return (await kept_letters(self.database))[0].id

    async def ids(self) -> list[int]:
        """Of the letters that are kept, newest first."""
        return [kept.id for kept in await kept_letters(self.database)]


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """It runs inside the test."""
    database = Database(f"sqlite:///{tmp_path}/yizhan.db")
    await database.open()
    one = Platform(database)
    task = asyncio.create_task(one.pipeline.run())
    yield one
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await database.close()


def payload(**fields: Any) -> bytes:
    """Of an occupancy message."""
    return message(Kind.OCCUPANCY, document(**fields)).payload


async def test_taken_letter_is_dropped(platform: Platform) -> None:
    """Its reading is in the store and its row in the ledger before it goes; others stay."""
    other = await platform.keep(b"{}")
    letter_id = await platform.keep(payload(entered=5))
    assert await platform.box.replay(letter_id, accept_clock=False) == Replayed(taken=1)
    assert [one.body.seq for one in platform.store.kept] == [1]
    rows = await platform.database.read(lambda c: ledger.rows_of(c, ["st-1"], DAYS.of(NOW_MS)))
    assert [row.highest for row in rows] == [5]
    assert await platform.ids() == [other]


async def test_letter_that_is_known_already_is_dropped(platform: Platform) -> None:
    """Two letters of one reading: the second adds nothing."""
    first, second = await platform.keep(payload()), await platform.keep(payload())
    await platform.box.replay(first, accept_clock=False)
    replayed = await platform.box.replay(second, accept_clock=False)
    assert replayed is not None
    assert replayed.outcome is ReplayOutcome.DUPLICATE
    assert len(platform.store.kept) == 1
    assert await platform.ids() == []


async def test_refused_letter_stays_the_only_one(platform: Platform) -> None:
    """However often it is tried."""
    letter_id = await platform.keep(payload(present=-1))
    for _ in range(3):
        replayed = await platform.box.replay(letter_id, accept_clock=True)
        assert replayed is not None
        assert replayed.outcome is ReplayOutcome.REFUSED
    assert await platform.ids() == [letter_id]
    assert platform.books.accounting.balance == 0


async def test_letter_that_the_store_refuses_again_stays_the_only_one(platform: Platform) -> None:
    """A replay does not become a new letter under a new number; a reading that arrives does."""
    platform.store.refuses = {1}
    letter_id = await platform.keep(payload(seq=1))
    replayed = await platform.box.replay(letter_id, accept_clock=False)
    assert replayed is not None
    assert [one.reason for one in replayed.refused] == ["rejected_by_store"]
    assert await platform.ids() == [letter_id]
    assert platform.books.accounting.balance == 0


async def test_wrong_clock_is_taken_when_asked(platform: Platform) -> None:
    """The bounds are lifted for this one."""
    letter_id = await platform.keep(payload(ts=NOW_MS - 90 * 86_400_000))
    refused = await platform.box.replay(letter_id, accept_clock=False)
    assert refused is not None
    assert refused.refused[0].reason == "clock_past"
    assert await platform.box.replay(letter_id, accept_clock=True) == Replayed(taken=1)
    rows = await platform.database.read(lambda c: ledger.rows_of(c, ["st-1"], DAYS.of(0)))
    assert [row.day for row in rows] == [DAYS.of(NOW_MS - 90 * 86_400_000)]


async def test_letter_stays_while_the_store_is_away(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asked is told to come back; then it is found durable, and goes."""
    monkeypatch.setattr(letters, "DURABLE_WITHIN_S", 0.05)
    platform.store.is_away = True
    letter_id = await platform.keep(payload())
    with pytest.raises(TransientStoreError, match="the letter stays"):
        await platform.box.replay(letter_id, accept_clock=False)
    assert await platform.ids() == [letter_id]
    platform.store.is_away = False
    monkeypatch.setattr(letters, "DURABLE_WITHIN_S", 20)
    replayed = await platform.box.replay(letter_id, accept_clock=False)
    assert replayed is not None
    assert replayed.outcome is ReplayOutcome.DUPLICATE
    assert len(platform.store.kept) == 1
    assert await platform.ids() == []


async def test_two_who_replay_the_same_letter_do_no_harm(platform: Platform) -> None:
    """It is stored once, and the second is told that the letter is gone."""
    letter_id = await platform.keep(payload())
    both = await asyncio.gather(*(platform.box.replay(letter_id, accept_clock=False) for _ in range(2)))
    assert [one if one is None else one.outcome for one in both] == [ReplayOutcome.TAKEN, None]
    assert len(platform.store.kept) == 1
    assert await platform.ids() == []


async def test_letters_are_found_and_dropped_by_number(platform: Platform) -> None:
    """What is not kept any more is told as such."""
    letter_id = await platform.keep(b"{}")
    assert [line.id for line in await platform.box.page(LetterFilter(station="st-1"), None, 10)] == [letter_id]
    found = await platform.box.get(letter_id)
    assert found is not None
    assert found.letter.payload == b"{}"
    assert await platform.box.drop(letter_id)
    assert not await platform.box.drop(letter_id)
    assert await platform.box.get(letter_id) is None
    assert await platform.box.replay(letter_id, accept_clock=False) is None
