"""Receipts: what a station may trim from its backlog, because the platform has it for good.

Enters: which (station, kind, boot) got something. Leaves: payloads to send once the closing batch is durable.
Never: confirms what is not durable: marks are read when a batch closes, and sent after that batch was kept.
"""

from collections import deque
from typing import Final, NamedTuple

from gateway.payloads import Receipt, StoredUpTo
from gateway.topics import Channel, Kind, topic_of
from ingest.live.station import LiveStation

INTERVAL_MS: Final = 10_000
"""Between two receipts of a station. Smaller: traffic. Larger: a station keeps, and sends again, more than it must."""
ALSO_MAX: Final = 64
"""Ranges named above a hole. Larger: a receipt outgrows a station's buffer. Smaller: it sends again what is stored."""


class Owed(NamedTuple):
    """A station that waits for a receipt, of these (kind, boot)."""

    due_ms: int
    live: LiveStation
    marks: set[tuple[Kind, int]]


class Receipts:
    """Who is owed a receipt, and since when."""

    def __init__(self) -> None:
        self._owed: dict[str, Owed] = {}
        self._queue: deque[Owed] = deque()
        """By due time, ascending because every wait is the same. Those answered in a hurry are passed over."""
        self._urgent: list[Owed] = []

    def owe(self, live: LiveStation, kind: Kind, boot: int, now_ms: int) -> None:
        """A reading of this name was taken."""
        owed = self._owed.get(live.id)
        if owed is None:
            owed = self._owed[live.id] = Owed(now_ms + INTERVAL_MS, live, set())
            self._queue.append(owed)
        owed.marks.add((kind, boot))

    def hurry(self, live: LiveStation) -> None:
        """After a backlog: with the very next batch."""
        owed = self._owed.get(live.id)
        if owed is not None:
            self._urgent.append(owed)

    def next_due_ms(self) -> int | None:
        """When somebody is waiting next."""
        return self._queue[0].due_ms if self._queue else None

    def collect(self, now_ms: int) -> list[tuple[str, bytes]]:
        """Topic and payload of all that are due; to be sent when everything taken so far is durable."""
        due, self._urgent = self._urgent, []
        while self._queue and self._queue[0].due_ms <= now_ms:
            due.append(self._queue.popleft())
        receipts = []
        for owed in due:
            if self._owed.get(owed.live.id) is owed:
                del self._owed[owed.live.id]
                receipts.append((topic_of(owed.live.id, Channel.RECEIPT), _receipt(owed, now_ms)))
        return receipts


def _receipt(owed: Owed, now_ms: int) -> bytes:
    stored = []
    for kind, boot in sorted(owed.marks):
        seqs = owed.live.track(kind).seqs(boot)
        if seqs is not None:
            also = tuple((low, high) for low, high in (seqs.ranges or ())[-ALSO_MAX:])
            stored.append(StoredUpTo(kind=kind, boot=boot, seq=seqs.contiguous, also=also))
    return Receipt(ts=now_ms, stored=tuple(stored)).model_dump_json(exclude_defaults=True).encode()
