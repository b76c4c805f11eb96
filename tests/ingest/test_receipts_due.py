"""Receipts: who is owed one and when it is due, whatever comes in between."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from gateway.payloads import Receipt
from ingest.live.station import LiveStation
from ingest.model import Kind
from ingest.receipts import ALSO_MAX, INTERVAL_MS, Receipts
from tests.ingest.making import NOW_MS


def told(receipts: Receipts, now_ms: int) -> list[Any]:
    """What is said now: the station and what it may trim."""
    said = receipts.collect(now_ms)
    for _, payload in said:
        receipt = Receipt.model_validate_json(payload)  # what is written by hand is what the protocol says, to the byte
        assert receipt.model_dump_json(exclude_defaults=True).encode() == payload
    return [(topic.split("/")[2], from_json(payload)["stored"]) for topic, payload in said]


def take(
    receipts: Receipts, live: LiveStation, seq: int, boot: int = 1, kind: Kind = Kind.OCCUPANCY, at_ms: int = 0
) -> None:
    """A reading is taken so long after the beginning."""
    live.track(kind).note(boot, seq)
    receipts.owe(live, kind, boot, NOW_MS + at_ms)


def test_receipt_is_due_ten_seconds_after_the_first_reading() -> None:
    """The wait runs from the first reading that is owed, not from the last: a busy station is told too."""
    receipts, live = Receipts(), LiveStation("st-1", 60_000)
    take(receipts, live, 1)
    take(receipts, live, 2, at_ms=INTERVAL_MS - 1)
    assert told(receipts, NOW_MS + INTERVAL_MS - 1) == []
    assert told(receipts, NOW_MS + INTERVAL_MS) == [("st-1", [{"kind": "occupancy", "boot": 1, "seq": 2}])]
    assert told(receipts, NOW_MS + 2 * INTERVAL_MS) == []


def test_receipt_names_each_kind_and_boot_that_got_something() -> None:
    """Kinds and boots of which nothing came are not repeated; those that are owed are all named."""
    receipts, live = Receipts(), LiveStation("st-1", 60_000)
    take(receipts, live, 1, kind=Kind.MEDICINE)
    told(receipts, NOW_MS + INTERVAL_MS)
    take(receipts, live, 3, boot=2)
    take(receipts, live, 1, boot=1)
    take(receipts, live, 1, boot=2)
    take(receipts, live, 1, kind=Kind.BATTERY)
    assert told(receipts, NOW_MS + 2 * INTERVAL_MS) == [
        (
            "st-1",
            [
                {"kind": "battery", "boot": 1, "seq": 1},
                {"kind": "occupancy", "boot": 1, "seq": 1},
                {"kind": "occupancy", "boot": 2, "seq": 1, "also": [[3, 3]]},
            ],
        )
    ]


def test_hurried_station_is_told_with_the_next_batch_and_not_again() -> None:
    """After a backlog a station is told at once, and its old place in the queue says nothing more."""
    receipts, live = Receipts(), LiveStation("st-1", 60_000)
    take(receipts, live, 1)
    receipts.hurry(live)
    receipts.hurry(live)
    assert len(told(receipts, NOW_MS)) == 1
    take(receipts, live, 2, at_ms=1)
    assert told(receipts, NOW_MS + INTERVAL_MS) == []
    assert len(told(receipts, NOW_MS + INTERVAL_MS + 1)) == 1


def test_hurry_for_nothing_says_nothing() -> None:
    """A backlog of which nothing was taken is answered by its rejections alone."""
    receipts = Receipts()
    receipts.hurry(LiveStation("st-1", 60_000))
    assert told(receipts, NOW_MS + INTERVAL_MS) == []


def test_ranges_above_a_hole_are_bounded() -> None:
    """Of a station with many holes the highest ranges are named: a receipt fits into a small buffer."""
    receipts, live = Receipts(), LiveStation("st-1", 60_000)
    for seq in range(2, 2 + 4 * ALSO_MAX, 2):
        take(receipts, live, seq)
    [(_, payload)] = receipts.collect(NOW_MS + INTERVAL_MS)
    [(also)] = [one["also"] for one in from_json(payload)["stored"]]
    assert len(also) == ALSO_MAX
    assert also[-1] == [4 * ALSO_MAX, 4 * ALSO_MAX]
    assert len(payload) < 2_000


names = st.tuples(st.sampled_from(Kind), st.integers(1, 3), st.integers(1, 9))
steps = st.lists(names | st.integers(0, 2 * INTERVAL_MS) | st.just("hurry"), max_size=40)


@given(steps)
def test_receipts_confirm_what_came_and_in_the_end_all_of_it(history: list[Any]) -> None:
    """Whatever the order: nothing is named that did not come, and nothing that came stays unnamed for ever."""
    receipts, live = Receipts(), LiveStation("st-1", 60_000)
    seen: set[tuple[Kind, int, int]] = set()
    named: set[tuple[Kind, int, int]] = set()
    now_ms = NOW_MS

    def listen() -> None:
        for _, payload in receipts.collect(now_ms):
            for one in Receipt.model_validate_json(payload, strict=False).stored:
                spans = [(1, one.seq), *one.also]
                here = {(one.kind, one.boot, seq) for low, high in spans for seq in range(low, high + 1)}
                assert here <= seen
                named.update(here)

    for step in history:
        if step == "hurry":
            receipts.hurry(live)
        elif isinstance(step, int):
            now_ms += step
            listen()
        else:
            kind, boot, seq = step
            live.track(kind).note(boot, seq)
            seen.add(step)
            receipts.owe(live, kind, boot, now_ms)
    now_ms += INTERVAL_MS
    listen()
    assert named == seen
