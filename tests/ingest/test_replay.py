"""Replays: a dead letter through the same steps once more, with nothing lost, made twice or shown as the present."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode import ClockBounds, Reason, Refused, dead_letter
from ingest.letters import lifted
from ingest.model import DeadLetter, Kind, Presence
from ingest.operating import Replayed, ReplayOutcome
from ingest.outlet import letter_of
from ingest.ports import TransientStoreError
from tests.ingest.making import MINUTE_MS, NOW_MS, document, message
from tests.ingest.world import World, kept_names, running

BOUNDS = ClockBounds()
DAY_MS = 86_400_000


def letter(channel: Any = Kind.OCCUPANCY, fields: Any = None, received_ms: int = NOW_MS, **changes: Any) -> DeadLetter:
    """A kept message of st-1, refused for a reason that may have gone."""
    sent = message(channel, document(**changes) if fields is None else fields)
    return dead_letter(Refused(Reason.TOO_MANY_UNREGISTERED, "once", "st-1"), sent.topic, sent.payload, received_ms)


async def replayed(world: World, one: DeadLetter, bounds: ClockBounds = BOUNDS) -> Replayed:
    """Its way, and the accounts add up behind it."""
    result = await asyncio.wait_for(world.pipeline.replay(one, bounds), 5)
    assert world.books.accounting.balance == 0
    assert world.books.accounting.in_flight == 0
    return result


async def test_what_is_good_now_is_taken_and_counted() -> None:
    """The reading is kept, stands in the ledger and in the picture, and is on the accounts as received once more."""
    async with running(World()) as world:
        assert await replayed(world, letter(seq=1, entered=5)) == Replayed(taken=1)
        assert kept_names(world.keeper.kept) == [("st-1", Kind.OCCUPANCY, 1, 1)]
        [row] = [row for batch in world.keeper.kept for row in batch.rows.values()]
        assert (row.highest, row.last.seq) == (5, 1)
        accounting = world.books.accounting
        assert (accounting.received, accounting.stored[Kind.OCCUPANCY]) == (1, 1)
        assert world.edge.acked == []


async def test_replay_waits_until_it_is_durable() -> None:
    """Nobody is told that it is taken before the batch is kept."""
    async with running(World()) as world:
        world.keeper.gate.clear()
        task = asyncio.create_task(world.pipeline.replay(letter(), BOUNDS))
        await world.keeper.has_begun(1)
        assert not task.done()
        world.keeper.gate.set()
        assert (await asyncio.wait_for(task, 5)).outcome is ReplayOutcome.TAKEN


async def test_what_is_known_already_is_a_duplicate() -> None:
    """A second replay of the same letter, or of a reading that came meanwhile, stores nothing twice."""
    async with running(World()) as world:
        world.take(message(Kind.OCCUPANCY, document(seq=1)))
        await world.idle()
        result = await replayed(world, letter(seq=1))
        assert result == Replayed(duplicates=1)
        assert result.outcome is ReplayOutcome.DUPLICATE
        assert len(kept_names(world.keeper.kept)) == 1


async def test_what_is_still_wrong_is_told_and_changes_nothing() -> None:
    """No second letter, nothing on the accounts, nothing in the record, nothing published."""
    async with running(World()) as world:
        result = await replayed(world, letter(present=-1))
        assert result.outcome is ReplayOutcome.REFUSED
        assert [one.reason for one in result.refused] == ["out_of_range"]
        accounting = world.books.accounting
        assert (accounting.received, accounting.refused.total()) == (0, 0)
        assert [batch.letters for batch in world.keeper.kept if batch.letters] == []
        assert world.books.quality.records == {}
        assert world.edge.published == []


async def test_implausible_jump_is_refused_again_and_leaves_no_trace() -> None:
    """The rules of the steps hold as for a message that arrives; the number stays free for the true reading."""
    async with running(World()) as world:
        world.take(message(Kind.OCCUPANCY, document(seq=1, entered=1)))
        await world.idle()
        result = await replayed(world, letter(seq=2, entered=10**6, ts=NOW_MS + 1))
        assert [one.reason for one in result.refused] == ["implausible_jump"]
        world.take(message(Kind.OCCUPANCY, document(seq=2, entered=2, ts=NOW_MS + 60_000)))
        await world.idle()
        assert world.books.accounting.duplicate.total() == 0


async def test_of_a_backlog_the_good_ones_are_taken_and_the_letter_stays() -> None:
    """What is refused of it is told for each; the next replay finds the others known."""
    readings = [{"kind": "occupancy", **document(seq=1)}, {"kind": "occupancy", **document(seq=2, present=-1)}]
    async with running(World()) as world:
        backlog = letter("backlog", {"readings": readings})
        for expected in ((1, 0), (0, 1)):
            result = await replayed(world, backlog)
            assert (result.taken, result.duplicates) == expected
            assert [one.reason for one in result.refused] == ["out_of_range"]
            assert result.outcome is ReplayOutcome.REFUSED
        assert [batch.letters for batch in world.keeper.kept if batch.letters] == []


async def test_what_the_store_refuses_again_stays() -> None:
    """It is told, and counted as a reading that came and was refused."""
    async with running(World()) as world:
        world.keeper.refuse = lambda batch: [letter_of(one, "full", NOW_MS) for one in batch.readings[:1]]
        result = await replayed(world, letter())
        assert (result.taken, result.outcome) == (0, ReplayOutcome.REFUSED)
        assert [one.reason for one in result.refused] == ["rejected_by_store"]
        assert world.books.accounting.refused == {"rejected_by_store": 1}


async def test_what_the_store_alone_refused_is_stored_once_it_takes_it() -> None:
    """Its name was noted when it came: a replay does not call it a repeat, for it is nowhere else."""
    async with running(World()) as world:
        world.keeper.refuse = lambda batch: [letter_of(one, "full", NOW_MS) for one in batch.readings]
        world.take(message(Kind.OCCUPANCY, document(seq=1, entered=5), station="st-1"))
        await world.idle()
        [reading] = world.keeper.kept[-1].readings
        world.keeper.refuse = lambda _batch: ()
        result = await replayed(world, letter_of(reading, "full", NOW_MS))
        assert result == Replayed(taken=1)
        assert kept_names(world.keeper.kept[1:]) == [("st-1", Kind.OCCUPANCY, 1, 1)]
        assert world.books.accounting.stored[Kind.OCCUPANCY] == 1


async def test_a_reading_under_a_used_name_stays_though_the_name_is_known() -> None:
    """The other reading bears it; this one would be lost if it were called a repeat."""
    async with running(World()) as world:
        for minute in range(3):
            said = document(seq=1 + minute, ts=NOW_MS + minute * MINUTE_MS)
            world.take(message(Kind.OCCUPANCY, said, station="st-1"))
        await world.idle()
        sent = message(Kind.OCCUPANCY, document(seq=1, ts=NOW_MS + MINUTE_MS))
        refusal = Refused(Reason.NAME_REUSED, "another", "st-1")
        one = dead_letter(refusal, sent.topic, sent.payload, NOW_MS + 5 * MINUTE_MS)
        result = await replayed(world, one)
        assert result.outcome is ReplayOutcome.REFUSED
        assert [refusal.reason for refusal in result.refused] == ["name_reused"]


async def test_clock_is_compared_with_the_time_of_receipt() -> None:
    """A letter that has lain for longer than a reading may be old is no older for it."""
    async with running(World()) as world:
        world.clock.now_ms = NOW_MS + 60 * DAY_MS
        assert (await replayed(world, letter(ts=NOW_MS - 1))).taken == 1


@pytest.mark.parametrize(
    ("ts", "reason"),
    [
        (NOW_MS + 10 * MINUTE_MS, "clock_future"),
        (NOW_MS - 40 * DAY_MS, "clock_past"),
        (0, "clock_past"),
    ],
)
async def test_wrong_clock_is_accepted_when_asked(ts: int, reason: str) -> None:
    """Refused within the bounds, taken with lifted ones."""
    async with running(World()) as world:
        one = letter(ts=ts)
        assert [refusal.reason for refusal in (await replayed(world, one)).refused] == [reason]
        assert (await replayed(world, one, lifted(BOUNDS, one.received_ms))).taken == 1


@pytest.mark.parametrize("ts", [-1, -(10**14), NOW_MS + 40 * DAY_MS, 253_402_300_799_999])
async def test_time_that_no_count_can_have_is_never_accepted(ts: int) -> None:
    """Before 1970, or further ahead than counts are followed: a mistake, whoever asks."""
    async with running(World()) as world:
        one = letter(ts=ts)
        result = await replayed(world, one, lifted(BOUNDS, one.received_ms))
        assert result.refused[0].reason in {"clock_past", "clock_future"}


async def test_replay_shows_no_past_as_the_present() -> None:
    """A station that fell silent after the message stays dark, last heard when the message came."""
    async with running(World()) as world:
        world.clock.now_ms = NOW_MS + 60 * MINUTE_MS
        await replayed(world, letter(ts=NOW_MS - 5, received_ms=NOW_MS))
        status = world.books.picture.status("st-1", world.clock.now_ms)
        assert status.presence is Presence.DARK
        assert status.heard_ms == NOW_MS
        assert status.seen[Kind.OCCUPANCY].is_stale


async def test_last_will_outlasts_the_replay_of_what_came_before_it() -> None:
    """Readings that came before the station was cut off do not bring it back."""
    async with running(World()) as world:
        world.take(message("state", {"online": True, "boot": 1, "ts": NOW_MS - 1000}))
        world.clock.now_ms = NOW_MS + 10_000
        world.take(message("state", {"online": False, "boot": 1}))
        world.clock.now_ms = NOW_MS + 20_000
        await replayed(world, letter(received_ms=NOW_MS))
        assert world.books.picture.status("st-1", world.clock.now_ms).presence is Presence.DARK


@pytest.mark.parametrize("state", [{"online": False, "boot": 1}, {"online": True, "boot": 1, "interval_s": 1}])
async def test_old_state_changes_nothing_for_a_station_that_has_spoken_since(state: dict[str, Any]) -> None:
    """A birth or will that was refused, and then readings that were taken: those are newer."""
    async with running(World()) as world:
        world.take(message(Kind.OCCUPANCY, document(seq=1)))
        await world.idle()
        before = world.books.picture.status("st-1", NOW_MS)
        assert (await replayed(world, letter("state", state, received_ms=NOW_MS - 1))).outcome is ReplayOutcome.TAKEN
        assert world.books.picture.status("st-1", NOW_MS) == before


async def test_birth_is_taken_as_of_when_it_came() -> None:
    """What a birth said is known, and when the station was heard."""
    async with running(World()) as world:
        world.clock.now_ms = NOW_MS + 60 * MINUTE_MS
        birth = {"online": True, "boot": 3, "ts": NOW_MS - 10, "firmware": "1.4.2"}
        await replayed(world, letter("state", birth, received_ms=NOW_MS))
        status = world.books.picture.status("st-1", world.clock.now_ms)
        assert status.birth is not None
        assert status.birth.firmware == "1.4.2"
        assert status.presence is Presence.DARK


async def test_stored_reading_bears_the_time_of_its_replay() -> None:
    """A restart looks for what was stored last by the time of receipt, so a replayed reading must not look old."""
    async with running(World()) as world:
        world.clock.now_ms = NOW_MS + DAY_MS
        await replayed(world, letter())
        [reading] = [one for batch in world.keeper.kept for one in batch.readings]
        assert reading.received_ms == NOW_MS + DAY_MS
        [batch] = [batch for batch in world.keeper.kept if batch.readings]
        assert batch.rows, "late, so its row is written with it"
        assert {row.station for row in batch.snapshot} == {"st-1"}


async def test_stopping_platform_takes_no_replay() -> None:
    """The letter stays, and who asked is told to ask again."""
    async with running(World()) as world:
        world.pipeline.stop()
        with pytest.raises(TransientStoreError, match="stopping"):
            await world.pipeline.replay(letter(), BOUNDS)


async def test_replay_before_the_stop_is_finished() -> None:
    """The last batch holds it."""
    async with running(World()) as world:
        world.keeper.gate.clear()
        task = asyncio.create_task(world.pipeline.replay(letter(), BOUNDS))
        await world.keeper.has_begun(1)
        other = asyncio.create_task(world.pipeline.replay(letter(seq=2), BOUNDS))
        await asyncio.sleep(0)
        world.pipeline.stop()
        world.keeper.gate.set()
        assert (await asyncio.wait_for(task, 5)).taken == (await asyncio.wait_for(other, 5)).taken == 1


kinds = st.sampled_from([*Kind, "state", "backlog", "weather"])
payloads = st.sampled_from([b"", b"{}", b"\xff", b"[", b'{"readings":[1,{"kind":"occupancy"}]}'])
letters = st.builds(letter, kinds, payloads) | st.builds(
    lambda seq, entered, minutes: letter(seq=seq, entered=entered, ts=NOW_MS + minutes * MINUTE_MS),
    st.integers(1, 4),
    st.sampled_from([1, 2, 10**6]),
    st.integers(-9, 9),
)


@given(st.lists(letters | st.integers(1, 4), max_size=12))
async def test_every_reading_is_accounted_for_whatever_is_replayed(script: list[Any]) -> None:
    """Arrivals and replays in any order: the accounts add up, and no reading is stored twice."""
    async with running(World()) as world:
        for step in script:
            if isinstance(step, DeadLetter):
                await replayed(world, step)
            else:
                world.take(message(Kind.OCCUPANCY, document(seq=step)))
                await world.idle()
    assert world.books.accounting.balance == 0
    stored = kept_names(world.keeper.kept)
    assert len(stored) == len(set(stored))
    assert len(stored) == world.books.accounting.stored.total()
