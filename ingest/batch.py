"""What is kept together and acknowledged together: group commit.

Enters: everything that arrived since the last batch was closed. Leaves: one unit of durability.
Never: a part of itself: all of it is kept, or none of it is acknowledged.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from gateway.payloads import READING_MAX_BYTES
from gateway.topics import topic_of
from ingest.live.snapshot import SnapshotRow
from ingest.live.station import LiveStation
from ingest.model import DeadLetter, LedgerRow, Reading
from ingest.visits.ledger import merge


class Replay(NamedTuple):
    """A dead letter that went through the steps once more."""

    readings: Sequence[Reading]
    """What was taken of it, all in this batch."""
    on_kept: Callable[[Sequence[DeadLetter]], None]
    """Called when the batch is durable, with those of the readings that the store refused."""

    def letters_of(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Those of the letters that are about its readings."""
        names = {(topic_of(one.station, one.kind), one.body.boot, one.body.seq) for one in self.readings}
        return [letter for letter in letters if (letter.topic, letter.boot, letter.seq) in names]


class Batch:
    """Open while it fills; closed when the one before it is durable."""

    __slots__ = (
        "acks",
        "ends",
        "late",
        "letter_bytes",
        "letters",
        "mark",
        "quality",
        "readings",
        "receipts",
        "replays",
        "rows",
        "snapshot",
    )

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.letters: list[DeadLetter] = []
        self.letter_bytes = 0
        self.rows: dict[tuple[str, date, int], LedgerRow] = {}
        """Rows of the visit ledger that moved, each once: see `move`."""
        self.late: dict[str, LiveStation] = {}
        """Stations whose snapshot must be durable with this batch: births, wills and late readings."""
        self.acks: dict[int, list[bytes]] = {}
        """By connection, the packet ids in order of arrival."""
        self.replays: list[Replay] = []
        # Filled as the batch is closed:
        self.receipts: list[tuple[str, bytes]] = []
        """Topic and payload of what stations may be told once this is durable."""
        self.snapshot: list[SnapshotRow] = []
        self.ends: list[LedgerRow] = []
        """Ledger rows of which only the day's last reading moved: no count depends on them yet."""
        self.quality: list[tuple[str, dict[str, Any]]] = []
        self.mark: int | None = None
        """When the checkpoint that ends with this batch began."""

    def move(self, row: LedgerRow) -> None:
        """A row of the ledger moved. It may be a part: the ledger begins a row anew that it no longer holds."""
        key = row.station, row.day, row.epoch
        known = self.rows.get(key)
        self.rows[key] = row if known is None else merge(known, row)

    def refuse(self, letter: DeadLetter) -> None:
        """Keep a message that is not taken."""
        self.letters.append(letter)
        self.letter_bytes += len(letter.payload)

    @property
    def size(self) -> int:
        """What it weighs against the bound of memory, in readings: a refused message may be as large as hundreds."""
        return len(self.readings) + len(self.letters) + self.letter_bytes // READING_MAX_BYTES

    @property
    def needs_database(self) -> bool:
        """Whether anything belongs beside the readings."""
        return bool(self.letters or self.rows or self.ends or self.snapshot or self.quality or self.mark is not None)

    @property
    def is_empty(self) -> bool:
        """Nothing to keep and nobody to tell."""
        return not (self.readings or self.acks or self.receipts or self.replays or self.needs_database)
