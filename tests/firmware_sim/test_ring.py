"""The ring buffer and the backlog that is made of it."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.ring import Entry, Name, Ring, backlog_payloads
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


def test_what_was_sent_is_not_taken_again_before_the_line_is_lost() -> None:
    """A reading is unsent once; after a lost line all that is left is unsent again, oldest first."""
    ring = filled(range(1, 4))
    assert len(ring.take_unsent(1_000)) == 3
    assert ring.take_unsent(2_000) == []
    ring.keep(entry(4))
    assert [taken.name.seq for taken in ring.take_unsent(3_000)] == [4]
    ring.forget("occupancy", 1, 2)
    ring.line_lost()
    assert [taken.name.seq for taken in ring.take_unsent(4_000)] == [3, 4]


def test_overdue_is_what_was_sent_long_enough_ago() -> None:
    """Only readings sent so long ago are overdue, and sending them again starts their time anew."""
    ring = filled([1])
    ring.take_unsent(1_000)
    ring.keep(entry(2))
    ring.take_unsent(5_000)
    ring.keep(entry(3))
    assert [taken.name.seq for taken in ring.take_overdue(8_000, 9_000)] == [1]
    assert ring.take_overdue(8_000, 9_500) == []
    assert [taken.name.seq for taken in ring.take_overdue(8_000, 13_000)] == [2]


def test_each_repeat_waits_twice_as_long() -> None:
    """A reading comes again after 1, 2, 4 … times the wait, at most 32 times; a new connection begins at 1."""
    ring = filled([1])
    ring.take_unsent(0)
    at = [now_ms for now_ms in range(0, 200_000, 500) if ring.take_overdue(1_000, now_ms)]
    gaps = [after - before for before, after in zip([0, *at], at, strict=False)]
    assert gaps == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 32_000, 32_000, 32_000, 32_000]
    ring.line_lost()
    ring.take_unsent(200_000)
    assert ring.take_overdue(1_000, 201_000)


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
                taken = [taken.name.seq for taken in ring.take_unsent(0)]
                assert taken == [seq for seq in kept if seq not in sent]
                sent.update(kept)
        assert seqs_in(ring) == kept
        assert ring.unsent_count == len([seq for seq in kept if seq not in sent])
        assert ring.overwritten == lost
        assert ring.newest == (Name("occupancy", 1, kept[-1]) if kept else None)


@given(st.lists(st.integers(0, 16_000), max_size=120))
def test_backlog_keeps_both_limits_and_the_order(sizes: list[int]) -> None:
    """Each document holds at most 500 readings and 256 KiB, names the kind, and all readings come once, in order."""
    entries = [entry(seq, size=size) for seq, size in enumerate(sizes, 1)]
    payloads = list(backlog_payloads(entries))
    documents = [json.loads(payload) for payload in payloads]
    assert all(len(payload) <= BACKLOG_MAX_BYTES for payload in payloads)
    assert all(0 < len(document["readings"]) <= BACKLOG_MAX_READINGS for document in documents)
    readings = [reading for document in documents for reading in document["readings"]]
    assert [reading["seq"] for reading in readings] == list(range(1, len(sizes) + 1))
    assert {reading["kind"] for reading in readings} <= {"occupancy"}


def test_backlog_of_small_readings_is_full_at_500() -> None:
    """1,200 small readings are three messages: 500, 500, 200."""
    payloads = backlog_payloads([entry(seq) for seq in range(1, 1_201)])
    assert [len(json.loads(payload)["readings"]) for payload in payloads] == [500, 500, 200]


def test_backlog_uses_the_bytes_it_may() -> None:
    """A document ends only where the next reading would not have fitted."""
    entries = [entry(seq, size=15_000) for seq in range(1, 41)]
    first, *_ = backlog_payloads(entries)
    one = len(next(backlog_payloads(entries[:1]))) - len(b'{"readings":[]}')
    assert BACKLOG_MAX_BYTES - one - 1 < len(first) <= BACKLOG_MAX_BYTES
