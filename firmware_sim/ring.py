"""The ring buffer: readings that the platform has not yet said it stored, oldest first.

Enters: readings, receipts. Leaves: what is to be sent (again), packed into backlog messages.
Never: believes a PUBACK; the broker's acknowledgement says nothing about the platform's disk.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from firmware_sim.wire import BACKLOG_MAX_BYTES, BACKLOG_MAX_READINGS

_ENVELOPE: Final = len(b'{"readings":[]}')

_DOUBLINGS_MAX: Final = 5
"""Larger: what is lost again and again waits for hours. Smaller: a platform that is down is sent everything often."""


class Name(NamedTuple):
    """What names a station's reading for ever."""

    kind: str
    boot: int
    seq: int


@dataclass(slots=True)
class Entry:
    """One reading that awaits its receipt."""

    name: Name
    payload: bytes
    """The reading as it goes to its own topic."""
    sent_ms: int | None = None
    """When it was last handed to the line, by the line's clock; None when not on this connection."""
    repeats: int = 0
    """How often it was sent again on this connection."""


class Backlog(NamedTuple):
    """One backlog message, within the protocol's two limits."""

    payload: bytes
    length: int
    """How many readings it holds."""
    last: Name
    """The youngest reading in it."""


@dataclass(slots=True)
class _Span:
    """The lowest and highest seq that may still be in the ring, of one kind and boot."""

    low: int
    high: int


class Ring:
    """At most `capacity` readings; a new one pushes out the oldest, and that is counted."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError("a ring holds at least one reading")
        self._capacity = capacity
        # An OrderedDict, because a plain dict rescans its deleted front for every oldest entry asked for.
        self._entries: OrderedDict[Name, Entry] = OrderedDict()
        self._spans: dict[tuple[str, int], _Span] = {}
        self.overwritten = 0
        self.unsent_count = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __contains__(self, name: Name) -> bool:
        return name in self._entries

    @property
    def newest(self) -> Name | None:
        """The reading kept last, of those that are still here."""
        return next(reversed(self._entries), None)

    def keep(self, entry: Entry) -> None:
        """Take a reading in; seqs of one kind and boot arrive in ascending order."""
        if len(self._entries) == self._capacity:
            _, oldest = self._entries.popitem(last=False)
            self.unsent_count -= oldest.sent_ms is None
            self.overwritten += 1
        self._entries[entry.name] = entry
        self.unsent_count += entry.sent_ms is None
        kind, boot, seq = entry.name
        span = self._spans.setdefault((kind, boot), _Span(seq, seq))
        span.high = seq

    def forget(self, kind: str, boot: int, seq: int, also: Sequence[tuple[int, int]] = ()) -> int:
        """A receipt: all up to `seq` and in the inclusive ranges of `also` is stored. The number forgotten."""
        span = self._spans.get((kind, boot))
        if span is None:
            return 0
        before = len(self._entries)
        for first, last in ((span.low, seq), *also):
            for stored in range(max(first, span.low), min(last, span.high) + 1):
                self.drop(Name(kind, boot, stored))
        span.low = max(span.low, seq + 1)
        if span.low > span.high:
            del self._spans[kind, boot]
        return before - len(self._entries)

    def drop(self, name: Name) -> bool:
        """Forget one reading; False when it was not here."""
        entry = self._entries.pop(name, None)
        if entry is None:
            return False
        self.unsent_count -= entry.sent_ms is None
        return True

    def line_lost(self) -> None:
        """The connection is gone: what was sent on it and has no receipt must be sent again."""
        for entry in self._entries.values():
            entry.sent_ms, entry.repeats = None, 0
        self.unsent_count = len(self._entries)

    def is_under_way(self, name: Name) -> bool:
        """Whether a reading was sent on this connection and still has no receipt."""
        entry = self._entries.get(name)
        return entry is not None and entry.sent_ms is not None

    def take_backlog(self, link_ms: int) -> Backlog | None:
        """The oldest readings that are not on this connection yet, as many as one message holds; marked as sent."""
        if not self.unsent_count:
            return None
        readings: list[bytes] = []
        size = _ENVELOPE
        for entry in self:
            if entry.sent_ms is not None:
                continue
            reading = b'{"kind":"%s",' % entry.name.kind.encode() + entry.payload[1:]
            size += len(reading) + 1
            if readings and (len(readings) == BACKLOG_MAX_READINGS or size > BACKLOG_MAX_BYTES):
                break
            readings.append(reading)
            entry.sent_ms = link_ms
            last = entry.name
        self.unsent_count -= len(readings)
        return Backlog(b'{"readings":[' + b",".join(readings) + b"]}", len(readings), last)

    def give_up_overdue(self, resend_ms: int, link_ms: int) -> int:
        """What was sent `resend_ms` ago and has no receipt is to be sent again; how many that are.

        Each repeat of a reading waits twice as long as the one before: a platform that is slow must not drown in them.
        """
        overdue = [
            entry
            for entry in self
            if entry.sent_ms is not None and link_ms - entry.sent_ms >= resend_ms << min(entry.repeats, _DOUBLINGS_MAX)
        ]
        for entry in overdue:
            entry.sent_ms = None
            entry.repeats += 1
        self.unsent_count += len(overdue)
        return len(overdue)
