"""A row of the ledger that is being read into: a `LedgerRow` that can be moved.

Enters: readings of its station, day and epoch. Leaves: snapshots to be written. Never: doubts a reading.
"""

from datetime import date

from ingest.model import LedgerRow, Mark

Sighting = tuple[Mark, int]
"""A reading's place in time and what the meter showed there."""


class HotRow:
    """Its last mark lies open in three slots: it moves with every reading, and a tuple each time would cost more."""

    __slots__ = (
        "day",
        "dirty_ms",
        "epoch",
        "first",
        "highest",
        "last_boot",
        "last_seq",
        "last_ts",
        "lowest",
        "station",
    )

    def __init__(self, row: LedgerRow) -> None:
        self.station, self.day, self.epoch, self.lowest, self.highest, self.first, last = row
        self.last_ts, self.last_boot, self.last_seq = last
        self.dirty_ms = 0
        """Since when (of the platform's clock) the last mark is ahead of what was written; 0 when it is not."""

    @property
    def place(self) -> tuple[date, int]:
        """Where the row stands among the station's own."""
        return self.day, self.epoch

    @property
    def begin(self) -> Sighting:
        """The first reading."""
        return self.first, self.lowest

    @property
    def end(self) -> Sighting:
        """The last reading."""
        return Mark(self.last_ts, self.last_boot, self.last_seq), self.highest

    def snapshot(self) -> LedgerRow:
        """As it is now, to be written: so it is clean from here on."""
        self.dirty_ms = 0
        last = Mark(self.last_ts, self.last_boot, self.last_seq)
        return LedgerRow(self.station, self.day, self.epoch, self.lowest, self.highest, self.first, last)

    def move(self, mark: Mark, entered: int) -> bool:
        """Take in a reading, but for its claim to be the last; whether anything moved."""
        has_moved = False
        if entered < self.lowest:
            self.lowest, has_moved = entered, True
        if entered > self.highest:
            self.highest, has_moved = entered, True
        if mark < self.first:
            self.first, has_moved = mark, True
        return has_moved

    def extend(self, mark: Mark) -> bool:
        """Take in a reading's claim to be the last; whether it is."""
        if mark <= (self.last_ts, self.last_boot, self.last_seq):
            return False
        self.last_ts, self.last_boot, self.last_seq = mark
        return True
