"""The ring buffer and the backlog that is made of it."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.ring import Backlog, Entry, Name, Ring
from firmware_sim.wire import BACKLOG_MAX_BYTES, BACKLOG_MAX_READINGS


def entry(seq: int, kind: str = "occupancy", boot: int = 1, size: int = 0) -> Entry:
    """A reading that is `size` bytes longer than it must be."""
    return Entry(Name(kind, boot, seq), b'{"boot":%d,"seq":%d,"pad":"%s"}' % (boot, seq, b"x" * size))


def filled(seqs: Sequence[int], capacity: int = 100) -> Ring:
    """A ring with readings of one kind."""
    ring = Ring(capacity)
    for seq in seqs:
        ring.keep(entry(seq))
    return ring


def seqs_in(ring: Ring) -> list[int]:
    """What is left, oldest first."""
    return [kept.name.seq for kept in ring]


def test_receipt_forgets_all_up_to_seq() -> None:
    """Everything of the kind and boot with a seq up to the receipt's goes; the rest stays in order."""
    ring = filled(range(1, 11))
    assert ring.forget("occupancy", 1, 7) == 7
    assert seqs_in(ring) == [8, 9, 10]


def test_receipt_forgets_ranges_above_a_hole() -> None:
    """The inclusive ranges of `also` go too, and the hole between stays."""
    ring = filled(range(1, 11))
    assert ring.forget("occupancy", 1, 2, [(4, 5), (9, 9)]) == 5
    assert seqs_in(ring) == [3, 6, 7, 8, 10]


def test_receipt_of_another_kind_or_boot_forgets_nothing() -> None:
    """Kind and boot are part of the name."""
    ring = filled(range(1, 4))
    ring.keep(entry(1, "battery"))
    assert ring.forget("battery", 2, 99) == 0
    assert ring.forget("medicine", 1, 99) == 0
    assert len(ring) == 4


def test_receipt_with_absurd_numbers_is_cheap_and_harmless() -> None:
    """A range of 2^60 readings forgets what is here and takes no time."""
    ring = filled(range(1, 4))
    assert ring.forget("occupancy", 1, 0, [(2**59, 2**60), (-5, 2), (9, 3)]) == 2
    assert seqs_in(ring) == [3]
    assert ring.forget("occupancy", 1, 2**60) == 1


def test_full_ring_overwrites_its_oldest_and_counts() -> None:
    """The newest readings survive, and the number of lost ones is known."""
    ring = filled(range(1, 8), capacity=3)
    assert seqs_in(ring) == [5, 6, 7]
    assert ring.overwritten == 4
    assert ring.unsent_count == 3


def test_ring_without_room_is_refused() -> None:
    """A capacity below one is a mistake that is told."""
    with pytest.raises(ValueError, match="at least one"):
        Ring(0)


def taken(ring: Ring, link_ms: int) -> list[int]:
    """The seqs in the next backlog."""
    backlog = ring.take_backlog(link_ms)
    return [reading["seq"] for reading in json.loads(backlog.payload)["readings"]] if backlog else []


def test_what_was_sent_is_not_taken_again_before_the_line_is_lost() -> None:
    """A reading is unsent once; after a lost line all that is left is unsent again, oldest first."""
    ring = filled(range(1, 4))
    assert taken(ring, 1_000) == [1, 2, 3]
    assert taken(ring, 2_000) == []
    ring.keep(entry(4))
    assert taken(ring, 3_000) == [4]
    ring.forget("occupancy", 1, 2)
    ring.line_lost()
    assert taken(ring, 4_000) == [3, 4]


def test_reading_is_under_way_between_sending_and_receipt() -> None:
    """Neither what waits nor what is confirmed is under way."""
    ring = filled([1])
    name = Name("occupancy", 1, 1)
    assert not ring.is_under_way(name)
    ring.take_backlog(0)
    assert ring.is_under_way(name)
    ring.forget("occupancy", 1, 1)
    assert not ring.is_under_way(name)


def test_overdue_is_what_was_sent_long_enough_ago() -> None:
    """Only readings sent so long ago are given up, and sending them again starts their time anew."""
    ring = filled([1])
    ring.take_backlog(1_000)
    ring.keep(entry(2))
    ring.take_backlog(5_000)
    ring.keep(entry(3))
    assert ring.give_up_overdue(8_000, 9_000) == 1
    assert taken(ring, 9_000) == [1, 3]
    assert ring.give_up_overdue(8_000, 9_500) == 0
    assert ring.give_up_overdue(8_000, 13_000) == 1
    assert taken(ring, 13_000) == [2]


def test_each_repeat_waits_twice_as_long() -> None:
    """A reading comes again after 1, 2, 4 … times the wait, at most 32 times; a new connection begins at 1."""
    ring = filled([1])
    ring.take_backlog(0)
    at = []
    for now_ms in range(0, 200_000, 500):
        if ring.give_up_overdue(1_000, now_ms):
            at.append(now_ms)
            assert taken(ring, now_ms) == [1]
    gaps = [after - before for before, after in zip([0, *at], at, strict=False)]
    assert gaps == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 32_000, 32_000, 32_000, 32_000]
    ring.line_lost()
    ring.take_backlog(200_000)
    assert ring.give_up_overdue(1_000, 201_000) == 1


Step = tuple[str, int, list[tuple[int, int]]]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["keep", "forget", "drop", "lost", "send"]),
        st.integers(0, 40),
        st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=3),
    ),
    max_size=60,
)


@given(STEPS, st.integers(1, 12))
def test_ring_holds_exactly_what_a_plain_list_would(steps: list[Step], capacity: int) -> None:
    """Whatever comes, the ring equals a list that is filtered by the protocol's words, and its counts are right."""
    ring, kept, sent, next_seq, lost = Ring(capacity), list[int](), set[int](), 1, 0
    for step, number, also in steps:
        match step:
            case "keep":
                ring.keep(entry(next_seq))
                kept.append(next_seq)
                lost += len(kept) > capacity
                kept = kept[-capacity:]
                next_seq += 1
            case "forget":
                ring.forget("occupancy", 1, number, also)
                kept = [seq for seq in kept if seq > number and not any(first <= seq <= last for first, last in also)]
            case "drop":
                assert ring.drop(Name("occupancy", 1, number)) == (number in kept)
                kept = [seq for seq in kept if seq != number]
            case "lost":
                ring.line_lost()
                sent.clear()
            case "send":
                assert taken(ring, 0) == [seq for seq in kept if seq not in sent]
                sent.update(kept)
        assert seqs_in(ring) == kept
        assert ring.unsent_count == len([seq for seq in kept if seq not in sent])
        assert ring.overwritten == lost
        assert ring.newest == (Name("occupancy", 1, kept[-1]) if kept else None)


def backlogs(entries: list[Entry]) -> list[Backlog]:
    """One after the other, as long as there is anything unsent."""
    ring = Ring(len(entries) + 1)
    for one in entries:
        ring.keep(one)
    return list(iter(lambda: ring.take_backlog(0), None))


@given(st.lists(st.integers(0, 16_000), max_size=120))
def test_backlog_keeps_both_limits_and_the_order(sizes: list[int]) -> None:
    """Each message holds at most 500 readings and 256 KiB, names the kind, and all readings come once, in order."""
    found = backlogs([entry(seq, size=size) for seq, size in enumerate(sizes, 1)])
    documents = [json.loads(backlog.payload) for backlog in found]
    assert all(len(backlog.payload) <= BACKLOG_MAX_BYTES for backlog in found)
    assert [len(document["readings"]) for document in documents] == [backlog.length for backlog in found]
    assert all(0 < backlog.length <= BACKLOG_MAX_READINGS for backlog in found)
    readings = [reading for document in documents for reading in document["readings"]]
    assert [reading["seq"] for reading in readings] == list(range(1, len(sizes) + 1))
    assert {reading["kind"] for reading in readings} <= {"occupancy"}


def test_backlog_of_small_readings_is_full_at_500() -> None:
    """1,200 small readings are three messages: 500, 500, 200."""
    found = backlogs([entry(seq) for seq in range(1, 1_201)])
    assert [(backlog.length, backlog.last.seq) for backlog in found] == [(500, 500), (500, 1_000), (200, 1_200)]


def test_backlog_uses_the_bytes_it_may() -> None:
    """A message ends only where the next reading would not have fitted."""
    entries = [entry(seq, size=15_000) for seq in range(10, 50)]
    first, *_ = backlogs(entries)
    one = len(b'"kind":"occupancy",') + len(entries[0].payload)
    assert BACKLOG_MAX_BYTES - one - 1 < len(first.payload) <= BACKLOG_MAX_BYTES


def test_nothing_unsent_is_no_backlog() -> None:
    """An empty ring has none, and neither has one whose readings are all on their way."""
    assert Ring(3).take_backlog(0) is None
    ring = filled([1])
    ring.take_backlog(0)
    assert ring.take_backlog(0) is None
