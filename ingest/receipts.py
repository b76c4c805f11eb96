"""Receipts: what a station may trim from its backlog, because the platform has it for good.

Enters: which (station, kind, boot) got something. Leaves: payloads to send once the closing batch is durable.
Never: confirms what is not durable: marks are read when a batch closes, and sent after that batch was kept.
"""

from collections import deque
from typing import Final, NamedTuple

from gateway.topics import Channel, Kind, topic_of
from ingest.live.station import LiveStation
from ingest.sequence import Ranges, Seqs

INTERVAL_MS: Final = 10_000
"""Between two receipts of a station. Smaller: traffic. Larger: a station keeps, and sends again, more than it must."""
ALSO_MAX: Final = 64
"""Ranges named above a hole, and as many that were sent again. Larger: a receipt outgrows a station's buffer. Smaller:
it sends again what is stored."""


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
        self._again: dict[str, dict[tuple[Kind, int], Seqs]] = {}
        """By station: what must be named itself, because what is remembered of its boot may not reach down to it."""

    def owe(self, live: LiveStation, kind: Kind, boot: int, now_ms: int) -> None:
        """A reading of this name was taken."""
        owed = self._owed.get(live.id)
        if owed is None:
            owed = self._owed[live.id] = Owed(now_ms + INTERVAL_MS, live, set())
            self._queue.append(owed)
        owed.marks.add((kind, boot))

    def owe_by_name(self, live: LiveStation, kind: Kind, boot: int, seq: int, now_ms: int) -> None:
        """This reading was sent again, or is of a boot that is forgotten: without its name it would come for ever."""
        self.owe(live, kind, boot, now_ms)
        self._again.setdefault(live.id, {}).setdefault((kind, boot), Seqs()).add(seq)

    def hurry(self, live: LiveStation) -> None:
        """After a backlog: with the very next batch."""
        owed = self._owed.get(live.id)
        if owed is not None:
            self._urgent.append(owed)

    def collect(self, now_ms: int) -> list[tuple[str, bytes]]:
        """Topic and payload of all that are due; to be sent when everything taken so far is durable."""
        due, self._urgent = self._urgent, []
        while self._queue and self._queue[0].due_ms <= now_ms:
            due.append(self._queue.popleft())
        receipts = []
        for owed in due:
            if self._owed.get(owed.live.id) is owed:
                del self._owed[owed.live.id]
                again = self._again.pop(owed.live.id, {})
                receipts.append((topic_of(owed.live.id, Channel.RECEIPT), _receipt(owed, again, now_ms)))
        return receipts


def _receipt(owed: Owed, again: dict[tuple[Kind, int], Seqs], now_ms: int) -> bytes:
    """A `gateway.payloads.Receipt`. Written by hand: of a nation, thousands are due a second, each for one reading."""
    stored = []
    for kind, boot in sorted(owed.marks) if len(owed.marks) > 1 else owed.marks:
        known, named = owed.live.track(kind).seqs(boot), again.get((kind, boot))
        if known is not None and known.ranges is None and named is None:  # nearly always
            stored.append(f'{{"kind":"{kind}","boot":{boot},"seq":{known.contiguous}}}')
        elif known is not None or named is not None:
            stored.append(_with_ranges(kind, boot, known or Seqs(), named or Seqs()))
    return f'{{"ts":{now_ms},"stored":[{",".join(stored)}]}}'.encode()


def _with_ranges(kind: Kind, boot: int, known: Seqs, named: Seqs) -> str:
    """A `gateway.payloads.StoredUpTo`."""
    upto = max(known.contiguous, named.contiguous)
    above: Ranges = (known.ranges or [])[-ALSO_MAX:]
    # Only what lies below those: they are all that is known from there on.
    below = [pair for pair in named.ranges or () if pair[1] > upto and (not above or pair[0] < above[0][0])]
    ranges = ",".join(f"[{low},{high}]" for low, high in (*below[:ALSO_MAX], *above))
    also = f',"also":[{ranges}]' if ranges else ""
    return f'{{"kind":"{kind}","boot":{boot},"seq":{upto}{also}}}'
