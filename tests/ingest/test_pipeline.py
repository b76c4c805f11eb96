"""The pipeline: one batch at a time, acknowledged when it is durable and never before."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from ingest import checkpoint, pipeline, receipts
from ingest.batch import Batch
from ingest.decode import Reason
from ingest.model import DeadLetter, Kind
from ingest.outlet import letter_of
from tests.ingest.making import NOW_MS, document, message
from tests.ingest.world import World, kept_names, make_books, running


def occupancy(seq: int, packet_id: int | None = None, **fields: Any) -> Any:
    """An occupancy message of st-1; its packet id is its seq unless told otherwise."""
    return message(Kind.OCCUPANCY, document(seq=seq, **fields), packet_id=seq if packet_id is None else packet_id)


# ---- group commit ----


async def test_lone_reading_is_written_at_once() -> None:
    """A reading that comes alone waits for no timer and no full batch."""
    async with running(World()) as world:
        await asyncio.sleep(0)
        async with asyncio.timeout(pipeline.TICK_S / 2):
            world.take(occupancy(1))
            await world.keeper.has_begun(1)
        assert kept_names(world.keeper.begun) == [("st-1", Kind.OCCUPANCY, 1, 1)]


async def test_what_arrives_during_a_write_is_the_next_batch() -> None:
    """One write at a time: everything that came meanwhile, in one batch, when it is done."""
    async with running(World()) as world:
        world.keeper.gate.clear()
        world.take(occupancy(1))
        await world.keeper.has_begun(1)
        for seq in range(2, 6):
            world.take(occupancy(seq))
            await asyncio.sleep(0)
        assert len(world.keeper.begun) == 1
        world.keeper.gate.set()
        await world.idle()
        assert [len(batch.readings) for batch in world.keeper.kept] == [1, 4]


async def test_nothing_is_acknowledged_before_it_is_kept() -> None:
    """Acks follow the batch they belong to, in the order of arrival, all of a batch in one piece."""
    async with running(World()) as world:
        world.keeper.gate.clear()
        world.take(occupancy(1), occupancy(2))
        await world.keeper.has_begun(1)
        world.take(occupancy(3))
        world.take(occupancy(4), occupancy(5))
        await asyncio.sleep(0)
        assert world.edge.acked == []
        world.keeper.gate.set()
        await world.idle()
        assert [len(ids) for _, ids in world.edge.acked] == [2, 3]
        assert world.edge.acked_ids == [1, 2, 3, 4, 5]


async def test_repeat_is_not_acknowledged_before_its_first_copy_is_kept() -> None:
    """A duplicate of a reading that is being written waits for it: acknowledged, it would not come again."""
    async with running(World()) as world:
        world.keeper.gate.clear()
        world.take(occupancy(1, packet_id=10))
        await world.keeper.has_begun(1)
        world.take(occupancy(1, packet_id=11))
        await asyncio.sleep(0)
        assert world.edge.acked == []
        world.keeper.gate.set()
        await world.until(lambda: world.edge.acked_ids == [10, 11])
        assert world.books.accounting.duplicate[Kind.OCCUPANCY] == 1


async def test_message_that_says_nothing_is_acknowledged_too() -> None:
    """Our own receipts, where a broker echoes them, do not fill the broker's window."""
    async with running(World()) as world:
        world.take(message("receipt", {}, packet_id=3))
        await world.until(lambda: bool(world.edge.acked))
        assert world.edge.acked_ids == [3]
        assert world.books.accounting.received == 0


async def test_acks_of_a_connection_that_is_gone_are_counted() -> None:
    """What cannot be acknowledged any more is counted; the broker sends it again, and it is a repeat."""
    async with running(World()) as world:
        world.keeper.gate.clear()
        world.take(occupancy(1), occupancy(2), connection=1)
        await world.keeper.has_begun(1)
        world.edge.connection = 2
        world.take(occupancy(1, packet_id=1), occupancy(2, packet_id=2), connection=2)
        world.keeper.gate.set()
        await world.idle()
    assert world.books.accounting.acks_dropped == 2
    assert world.edge.acked == [(2, [b"\x00\x01", b"\x00\x02"])]
    assert len(kept_names(world.keeper.kept)) == 2


async def test_keeper_that_fails_ends_the_run_and_acknowledges_nothing() -> None:
    """An error that the keeper cannot wait for is not swallowed, and nothing is acknowledged behind it."""

    def fail(_batch: Batch) -> list[DeadLetter]:
        raise RuntimeError("nobody foresaw this")

    world = World()
    world.keeper.refuse = fail
    task = asyncio.create_task(world.pipeline.run())
    world.take(occupancy(1))
    with pytest.raises(RuntimeError, match="nobody foresaw this"):
        await asyncio.wait_for(task, 5)
    assert world.edge.acked == []
    assert world.books.accounting.balance == 0


# ---- what may be said, and when ----


async def test_receipt_says_no_more_than_the_batch_it_follows() -> None:
    """Readings that arrive while a batch is written are not confirmed by the receipt that was read off at its close."""
    async with running(World()) as world:
        world.take(occupancy(1), occupancy(3))
        await world.idle()
        world.clock.now_ms += receipts.INTERVAL_MS
        world.keeper.gate.clear()
        world.take(occupancy(4, ts=world.clock.now_ms))
        await world.keeper.has_begun(2)
        world.take(occupancy(2), occupancy(5, ts=world.clock.now_ms))
        assert world.edge.receipts() == []
        world.keeper.gate.set()
        await world.idle()
        [told] = world.edge.receipts()
        assert [(one.kind, one.boot, one.seq, one.also) for one in told.stored] == [
            (Kind.OCCUPANCY, 1, 1, ((3, 4),)),
        ]


async def test_snapshot_shows_no_more_than_the_batch_it_is_written_with() -> None:
    """What a checkpoint keeps of a station never names a reading that is not durable with it."""
    async with running(World()) as world:
        world.take(occupancy(1))
        await world.idle()
        world.clock.now_ms += checkpoint.INTERVAL_MS
        world.keeper.gate.clear()
        world.take(occupancy(2, ts=world.clock.now_ms))
        await world.keeper.has_begun(2)
        world.take(occupancy(3, ts=world.clock.now_ms + 1, present=7))
        [_, row] = world.keeper.begun[1].snapshot
        assert (row.kind, row.seq, row.ts_ms) == ("occupancy", 2, world.clock.now_ms)
        assert from_json(row.seen or "") == [1, 2, None, 0, []]
        assert from_json(row.payload)["present"] == 1
        assert world.keeper.begun[1].mark == world.clock.now_ms


async def test_station_hears_of_its_readings_at_most_every_ten_seconds() -> None:
    """However many batches its readings are in, a station gets one receipt in ten seconds, which names the last."""
    async with running(World()) as world:
        for seq in range(1, 60):
            world.clock.now_ms += 1000
            world.take(occupancy(seq, ts=world.clock.now_ms))
            await world.idle()
        told = world.edge.receipts()
        assert 5 <= len(told) <= 6
        assert [one.stored[0].seq for one in told] == sorted(one.stored[0].seq for one in told)
        gaps = [after.ts - before.ts for before, after in pairwise(told)]
        assert min(gaps) >= receipts.INTERVAL_MS


async def test_receipt_that_is_due_is_sent_though_nothing_arrives() -> None:
    """A station that falls silent is told all the same what is stored."""
    async with running(World()) as world:
        world.take(occupancy(1))
        await world.idle()
        world.clock.now_ms += receipts.INTERVAL_MS
        await world.until(lambda: len(world.edge.receipts()) == 1)


async def test_backlog_is_confirmed_with_its_batch() -> None:
    """A station that sends what it kept is told at once what is stored, since it waits with the next part for that."""
    kept = [{"kind": "occupancy", **document(seq=seq, ts=NOW_MS - 1000 + seq)} for seq in range(1, 4)]
    other = [{"kind": "exchange", **document(Kind.EXCHANGE, seq=9, boot=2)}]
    async with running(World()) as world:
        world.take(message("backlog", {"readings": kept + other}))
        await world.idle()
        [told] = world.edge.receipts()
        assert [(one.kind, one.boot, one.seq, one.also) for one in told.stored] == [
            (Kind.EXCHANGE, 2, 0, ((9, 9),)),
            (Kind.OCCUPANCY, 1, 3, ()),
        ]
        assert world.edge.published[-1][2] == 1


async def test_refused_message_is_answered_when_it_is_kept() -> None:
    """A station is told what is wrong with its message, once the message is in the dead letters."""
    async with running(World()) as world:
        world.keeper.gate.clear()
        world.take(occupancy(4, present=-1), message("presence", {}, packet_id=5))
        await world.keeper.has_begun(1)
        assert world.edge.published == []
        world.keeper.gate.set()
        await world.idle()
        first, second = world.edge.rejections()
        assert (first.channel, first.reason, first.boot, first.seq) == ("occupancy", "out_of_range", 1, 4)
        assert (second.channel, second.reason, second.boot) == ("presence", "wrong_topic", None)
        assert world.edge.acked_ids == [4, 5]
        assert {qos for _, _, qos in world.edge.published} == {0}


async def test_message_of_nobody_is_kept_and_answered_to_nobody() -> None:
    """A topic that names no station is kept as a dead letter; there is nobody to tell."""
    async with running(World()) as world:
        world.take(message(Kind.OCCUPANCY, {}, station="NOBODY"))
        await world.idle()
        assert [letter.reason for batch in world.keeper.kept for letter in batch.letters] == [Reason.WRONG_TOPIC]
        assert world.edge.published == []
        assert world.edge.acked_ids == [1]


# ---- the bound ----


async def test_reading_stops_at_the_bound_and_goes_on_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a write hangs, we stop reading when so much waits; the next batch gives the bound back."""
    monkeypatch.setattr(pipeline, "MAX_WAITING", 10)
    async with running(World()) as world:
        world.keeper.gate.clear()
        world.take(occupancy(1))
        await world.keeper.has_begun(1)
        world.take(*(occupancy(seq) for seq in range(2, 12)))
        assert world.edge.is_reading
        world.take(occupancy(12))
        assert not world.edge.is_reading
        world.take(occupancy(13))
        world.keeper.gate.set()
        await world.idle()
        assert world.edge.is_reading
        assert world.edge.pauses == 1


async def test_large_refused_messages_reach_the_bound_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is one of memory: a few messages of a megabyte weigh as much as hundreds of readings."""
    monkeypatch.setattr(pipeline, "MAX_WAITING", 300)
    async with running(World()) as world:
        world.keeper.gate.clear()
        world.take(occupancy(1))
        await world.keeper.has_begun(1)
        for place in range(5):
            world.take(message(Kind.OCCUPANCY, b"x" * 1_000_000, packet_id=2 + place))
        assert not world.edge.is_reading


# ---- the stop ----


async def test_stop_keeps_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last batch of an orderly stop holds what waited, every changed station, every end of a day, and a mark."""
    monkeypatch.setattr(pipeline, "LEDGER_SHARE", 2)
    monkeypatch.setattr(pipeline, "MAX_WAITING", 10)
    stations = [f"st-{number:03d}" for number in range(20)]
    world = World(make_books(stations))
    async with running(world):
        for seq in (1, 2):
            world.take(*(message(Kind.OCCUPANCY, document(seq=seq, ts=NOW_MS + seq), station=one) for one in stations))
            await world.idle()
        world.keeper.gate.clear()
        world.clock.now_ms += 5
        world.take(*(message(Kind.OCCUPANCY, document(seq=3, ts=NOW_MS + 3), station=one) for one in stations))
        await world.keeper.has_begun(3)
        world.take(*(message(Kind.EXCHANGE, document(Kind.EXCHANGE), station=one) for one in stations))
        assert not world.edge.is_reading
        world.pipeline.stop()
        world.keeper.gate.set()
    last = world.keeper.kept[-1]
    assert len(last.readings) == 20
    assert {row.station for row in last.snapshot} == set(stations)
    ends = {row.station: row.last.seq for batch in world.keeper.kept for row in (*batch.rows.values(), *batch.ends)}
    assert ends == dict.fromkeys(stations, 3)
    assert last.mark == world.clock.now_ms
    assert not world.edge.is_reading
    assert world.books.accounting.in_flight == 0
    assert len(world.edge.acked_ids) == 80


async def test_stop_of_an_idle_pipeline_ends() -> None:
    """There is nothing to wait for."""
    async with running(World()) as world:
        pass
    assert [batch.readings for batch in world.keeper.kept] in ([], [[]])


# ---- every reading is accounted for ----

STATIONS = ["st-1", "st-2", "stranger"]
good = st.builds(
    lambda kind, station, **fields: message(kind, document(kind, **fields), station),
    st.sampled_from(Kind),
    st.sampled_from(STATIONS),
    boot=st.integers(1, 3),
    seq=st.integers(1, 6),
    ts=st.integers(0, 5).map(lambda minutes: NOW_MS - minutes * 300_000),
)
jumps = st.builds(
    lambda station, entered, seq: message(Kind.OCCUPANCY, document(entered=entered, seq=seq), station),
    st.sampled_from(STATIONS),
    st.sampled_from([0, 1, 10**6]),
    st.integers(1, 9),
)
bad = st.builds(
    message,
    st.sampled_from([*Kind, "state", "backlog", "weather"]),
    st.sampled_from([b"", b"{}", b"\xff", b"[", b'{"readings":[1,{"kind":"occupancy"}]}']),
)
states = st.builds(
    lambda online, boot, station, retained: message(
        "state",
        {"online": online, "boot": boot},
        station,
        retained=retained,
    ),
    st.booleans(),
    st.integers(1, 3),
    st.sampled_from(STATIONS),
    st.booleans(),
)
backlogs = st.builds(
    lambda seqs, wrong: message(
        "backlog",
        {"readings": [{"kind": "occupancy", **document(seq=seq)} for seq in seqs] + [{"kind": "x"}] * wrong},
    ),
    st.lists(st.integers(1, 9), max_size=5),
    st.integers(0, 2),
)
deliveries = st.lists(good | jumps | bad | states | backlogs, min_size=1, max_size=4)
scripts = st.lists(
    deliveries | st.sampled_from(["hold", "let go", "idle", "later", "reconnect", "refuse"]), max_size=15
)


@given(scripts)
async def test_every_reading_is_accounted_for(script: list[Any]) -> None:
    """Received = stored + duplicate + refused + in flight, after every step of any course of events."""
    async with running(World()) as world:
        accounting, connection = world.books.accounting, 1
        for step in script:
            match step:
                case "hold":
                    world.keeper.gate.clear()
                case "let go":
                    world.keeper.gate.set()
                case "idle":
                    world.keeper.gate.set()
                    await world.idle()
                    assert accounting.in_flight == 0
                case "later":
                    world.clock.now_ms += 11_000
                case "reconnect":
                    connection = world.edge.connection = connection + 1
                case "refuse":
                    world.keeper.refuse = lambda batch: [
                        letter_of(reading, "full", NOW_MS) for reading in batch.readings[:1]
                    ]
                case _:
                    world.take(*step, connection=connection)
            assert accounting.balance == 0
            await asyncio.sleep(0)
            assert accounting.balance == 0
    assert accounting.balance == 0
    assert accounting.in_flight == 0
    acked = len(world.edge.acked_ids) + accounting.acks_dropped
    assert acked == sum(len(step) for step in script if isinstance(step, list))
    stored = kept_names(world.keeper.kept)
    assert len(stored) == len(set(stored))
