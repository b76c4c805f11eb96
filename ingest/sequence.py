"""Sequence accounting: is a reading new, a repeat, or does it leave a hole? Per station and kind, boot by boot.

Enters: (boot, seq) in any order, any number of times. Leaves: `Outcome`, named holes, what a receipt may confirm.
Never: guesses. A DUP flag, a clock or an arrival time play no part.
"""

from bisect import bisect_right
from enum import Enum
from typing import Any, Final

Ranges = list[list[int]]
"""Inclusive [from, to], ascending, with at least one number between neighbours."""

OLDER_BOOTS: Final = 8
"""Earlier starts that are remembered. Larger: memory. Smaller: a backlog over more reboots than this is not known as a
repeat any more; it is stored again under the same name, which changes nothing but the figures."""

RANGES_MAX: Final = 1_000
"""Ranges above a hole that are remembered of one boot. Larger: a station that loses every second reading costs memory
without end. Smaller: of one with many losses the lowest are forgotten, and taken for new when they are sent again."""


class Outcome(Enum):
    """What a (boot, seq) turned out to be."""

    NEWEST = "newest"
    LATE = "late"
    """New, but something sampled after it is known already."""
    DUPLICATE = "duplicate"


class Seqs:
    """The numbers seen of one boot: 1..contiguous, and ranges above it.

    Two words for almost every station, because almost every station loses nothing.
    """

    __slots__ = ("contiguous", "ranges")

    def __init__(self, contiguous: int = 0, ranges: Ranges | None = None) -> None:
        self.contiguous = contiguous
        self.ranges = ranges

    @property
    def highest(self) -> int:
        """The highest seq seen."""
        return self.ranges[-1][1] if self.ranges else self.contiguous

    def add(self, seq: int) -> bool:
        """Note a seq; False when it was there."""
        if seq <= self.contiguous:
            return False
        if self.ranges is None:
            if seq == self.contiguous + 1:
                self.contiguous = seq
            else:
                self.ranges = [[seq, seq]]
            return True
        return self._insert(self.ranges, seq)

    def _insert(self, ranges: Ranges, seq: int) -> bool:
        last = ranges[-1]
        if seq == last[1] + 1:
            last[1] = seq
            return True
        place = bisect_right(ranges, seq, key=lambda pair: pair[0])
        if place and seq <= ranges[place - 1][1]:
            return False
        joins_left = place > 0 and ranges[place - 1][1] == seq - 1
        joins_right = place < len(ranges) and ranges[place][0] == seq + 1
        if joins_left and joins_right:
            ranges[place - 1][1] = ranges.pop(place)[1]
        elif joins_left:
            ranges[place - 1][1] = seq
        elif joins_right:
            ranges[place][0] = seq
        else:
            ranges.insert(place, [seq, seq])
        if ranges[0][0] == self.contiguous + 1:
            self.contiguous = ranges.pop(0)[1]
            self.ranges = ranges or None
        elif len(ranges) > RANGES_MAX:
            # Not joined to the next: a receipt must never confirm what lies in a hole.
            del ranges[0]
        return True

    def remove(self, seq: int) -> None:
        """Forget a seq, as if it had never come: it was refused after it was noted."""
        spans = [[1, self.contiguous]] if self.contiguous else []
        spans += self.ranges or []
        cut: Ranges = []
        for low, high in spans:
            if low <= seq <= high:
                cut += [[low, seq - 1]] if low < seq else []
                cut += [[seq + 1, high]] if seq < high else []
            else:
                cut.append([low, high])
        self.contiguous = cut.pop(0)[1] if cut and cut[0][0] == 1 else 0
        self.ranges = cut or None

    def holes(self, above: int = 0) -> Ranges:
        """The numbers missing between `above` and the highest seen."""
        gaps: Ranges = []
        at = max(self.contiguous, above)
        for low, high in self.ranges or ():
            if low > at + 1:
                gaps.append([at + 1, low - 1])
            at = max(at, high)
        return gaps


class Sequence(Seqs):
    """All that is known of one station's readings of one kind. The newest boot's numbers are its own."""

    __slots__ = ("boot", "met", "older")

    def __init__(self) -> None:
        super().__init__()
        self.boot = 0
        """The newest boot; 0 before the first reading."""
        self.met = 0
        """Of the oldest boot, the seq before the first one heard: what came earlier was not sent to us and is no loss.
        0 once an older boot is known to have been."""
        self.older: dict[int, Seqs] | None = None

    def note(self, boot: int, seq: int) -> Outcome:
        """Take in one name."""
        if boot == self.boot:
            if self.ranges is None and seq == self.contiguous + 1:  # nearly always
                self.contiguous = seq
                return Outcome.NEWEST
            is_newest = seq > self.highest
            if not self.add(seq):
                return Outcome.DUPLICATE
            return Outcome.NEWEST if is_newest else Outcome.LATE
        if boot > self.boot:
            self._start(boot, seq)
            return Outcome.NEWEST
        if self.older is None:
            self.older = {}
        if boot not in self.older:
            if boot < min(self.older, default=self.boot):
                self.met = seq - 1
            self.older[boot] = Seqs()
            self._bound()
        seqs = self.older.get(boot)
        # Older than all that is remembered: cannot be told apart from a repeat, and the store takes it only once.
        return Outcome.LATE if seqs is None or seqs.add(seq) else Outcome.DUPLICATE

    def _start(self, boot: int, seq: int) -> None:
        if self.boot:
            if self.older is None:
                self.older = {}
            self.older[self.boot] = Seqs(self.contiguous, self.ranges)
            self._bound()
        else:
            self.met = seq - 1
        self.boot = boot
        self.contiguous, self.ranges = (1, None) if seq == 1 else (0, [[seq, seq]])

    def _bound(self) -> None:
        while self.older is not None and len(self.older) > OLDER_BOOTS:
            del self.older[min(self.older)]
            self.met = 0

    def forget(self, boot: int, seq: int) -> None:
        """Undo `note`."""
        seqs = self.seqs(boot)
        if seqs is not None:
            seqs.remove(seq)

    def seqs(self, boot: int) -> Seqs | None:
        """The numbers of a boot that is still remembered."""
        return self if boot == self.boot else (self.older or {}).get(boot)

    def named_holes(self) -> dict[int, Ranges]:
        """By boot, what was sampled and has not come; of the oldest boot only what follows the first one heard."""
        boots: dict[int, Seqs] = {**(self.older or {}), self.boot: self} if self.boot else {}
        first = min(boots, default=0)
        holes = {boot: seqs.holes(self.met if boot == first else 0) for boot, seqs in sorted(boots.items())}
        return {boot: gaps for boot, gaps in holes.items() if gaps}

    # ---- what a checkpoint keeps ----

    def dump(self) -> list[Any]:
        """As plain lists; `load` is the reverse."""
        older = [[boot, seqs.contiguous, seqs.ranges] for boot, seqs in (self.older or {}).items()]
        return [self.boot, self.contiguous, self.ranges, self.met, older]

    def load(self, dumped: list[Any]) -> None:
        """Take over what `dump` gave."""
        self.boot, self.contiguous, self.ranges, self.met, older = dumped
        self.older = {boot: Seqs(upto, above) for boot, upto, above in older} or None
