"""Sequence accounting against plain sets: what was seen is in a set, and everything else follows from it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from ingest.sequence import OLDER_BOOTS, RANGES_MAX, Outcome, Ranges, Sequence

Name = tuple[int, int]

# Few numbers, so that they repeat, touch and leave holes; more boots than are remembered.
names = st.tuples(st.integers(1, OLDER_BOOTS + 4), st.integers(1, 12))
few_boots = st.tuples(st.integers(1, 3), st.integers(1, 40))
histories = st.lists(names, max_size=60) | st.lists(few_boots, max_size=60)


class Sets:
    """The same rules, as slow and plain as can be."""

    def __init__(self) -> None:
        self.seen: dict[int, set[int]] = {}
        self.first: dict[int, int] = {}
        """By boot that was ever heard: the seq it was heard with first."""

    def note(self, boot: int, seq: int) -> Outcome:
        """What a name is."""
        newest = max(self.seen, default=0)
        self.first.setdefault(boot, seq)
        known = self.seen.setdefault(boot, set())
        if seq in known:
            return Outcome.DUPLICATE
        is_newest = boot > newest or (boot == newest and seq > max(known, default=0))
        known.add(seq)
        # The newest boot and so many before it are remembered.
        for forgotten in sorted(self.seen)[: -OLDER_BOOTS - 1]:
            del self.seen[forgotten]
        return Outcome.NEWEST if is_newest else Outcome.LATE

    def forget(self, boot: int, seq: int) -> None:
        """Undo."""
        self.seen.get(boot, set()).discard(seq)

    def holes(self) -> dict[int, set[int]]:
        """By boot: what is missing below the highest; of the first boot ever heard only above its first reading."""
        missing = {}
        for boot, seen in self.seen.items():
            above = self.first[boot] - 1 if boot == min(self.first) else 0
            gap = set(range(above + 1, max(seen, default=0))) - seen
            if gap:
                missing[boot] = gap
        return missing


def numbers(ranges: Ranges) -> set[int]:
    """What stands in inclusive ranges."""
    return {number for low, high in ranges for number in range(low, high + 1)}


def assert_same(sequence: Sequence, sets: Sets) -> None:
    """Everything that can be asked says the same."""
    for boot in range(1, OLDER_BOOTS + 6):
        seqs, seen = sequence.seqs(boot), sets.seen.get(boot)
        if seqs is None or seen is None:
            assert not seen
            assert seqs is None
            continue
        contiguous = next(upto for upto in range(100) if upto + 1 not in seen)
        assert seqs.contiguous == contiguous
        assert seqs.highest == max(seen, default=0)
        ranges = seqs.ranges or []
        assert numbers(ranges) == {seq for seq in seen if seq > contiguous}
        assert all(low > before + 1 for (_, before), (low, _) in pairwise(ranges))
        assert all(low <= high for low, high in ranges)
        assert seqs.ranges != []
    assert {boot: numbers(gaps) for boot, gaps in sequence.named_holes().items()} == sets.holes()


@given(histories)
def test_outcomes_are_those_of_plain_sets(history: list[Name]) -> None:
    """New, newest, repeated; holes and what is contiguous: in any order, over reboots, beyond what is remembered."""
    sequence, sets = Sequence(), Sets()
    for boot, seq in history:
        assert sequence.note(boot, seq) is sets.note(boot, seq)
        assert_same(sequence, sets)


@given(st.lists(st.tuples(st.booleans(), names | few_boots), max_size=60))
def test_forgotten_name_is_as_if_it_had_never_come(history: list[tuple[bool, Name]]) -> None:
    """A name that was refused after it was noted leaves no trace but the boot that it began."""
    sequence, sets = Sequence(), Sets()
    for is_refused, (boot, seq) in history:
        outcome = sequence.note(boot, seq)
        assert outcome is sets.note(boot, seq)
        if is_refused and outcome is not Outcome.DUPLICATE:
            sequence.forget(boot, seq)
            sets.forget(boot, seq)
        assert_same(sequence, sets)


@given(histories, histories)
def test_dumped_sequence_goes_on_as_before(before: list[Name], after: list[Name]) -> None:
    """What a checkpoint kept answers like the original, holes and older boots included; JSON in between."""
    sequence, restored, sets = Sequence(), Sequence(), Sets()
    for name in before:
        sequence.note(*name)
        sets.note(*name)
    restored.load(from_json(to_json(sequence.dump())))
    assert restored.dump() == sequence.dump()
    for name in after:
        assert restored.note(*name) is sets.note(*name)
    assert_same(restored, sets)


def test_dump_does_not_change_with_the_sequence() -> None:
    """What was dumped stays as it was while readings go on."""
    sequence = Sequence()
    for name in ((1, 1), (1, 3), (2, 2)):
        sequence.note(*name)
    written = to_json(sequence.dump())
    restored = Sequence()
    restored.load(from_json(written))
    restored.note(1, 2)
    restored.note(2, 1)
    assert to_json(sequence.dump()) == written


def test_station_that_loses_every_second_reading_stays_bounded() -> None:
    """Ranges are bounded: the lowest are forgotten, and nothing that never came is called known."""
    sequence, count = Sequence(), 2 * RANGES_MAX
    for seq in range(2, 2 * count + 1, 2):
        assert sequence.note(1, seq) is Outcome.NEWEST
    assert len(sequence.ranges or []) == RANGES_MAX
    assert sequence.contiguous == 0
    assert sequence.note(1, 2 * count) is Outcome.DUPLICATE
    for seq in range(1, 2 * count + 1, 2):
        assert sequence.note(1, seq) is Outcome.LATE


def test_bounded_ranges_still_close_from_below() -> None:
    """Where as many ranges as are remembered wait above a hole, the readings that fill it are counted all the same."""
    sequence = Sequence()
    for seq in range(5, 5 + 2 * RANGES_MAX, 2):
        sequence.note(1, seq)
    for seq in (1, 2, 3, 4):
        assert sequence.note(1, seq) is Outcome.LATE
    assert sequence.contiguous == 5


def test_first_reading_of_a_station_that_ran_before_us_leaves_no_hole() -> None:
    """A station that is connected in the middle of its life has lost nothing by that."""
    sequence = Sequence()
    sequence.note(7, 4711)
    assert sequence.named_holes() == {}
    sequence.note(7, 4713)
    assert sequence.named_holes() == {7: [[4712, 4712]]}
    sequence.note(6, 100)
    assert sequence.named_holes() == {7: [[1, 4710], [4712, 4712]]}
