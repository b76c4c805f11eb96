"""What happened to stations lately: counts over a span that rolls on, and when a meter last moved.

Enters: events and totals, `now`. Leaves: numbers for `StationFacts`. Never: memory for a station where all is well.
"""

from typing import Any, Final

from ingest.live.station import MISSED_INTERVALS, LiveStation
from ingest.model import Occupancy

SLICES: Final = 6
"""Of a span. Larger: more to keep of each station. Smaller: what is told as the last hour is up to a slice more."""

HOUR_MS: Final = 3_600_000
CONNECTS_MS: Final = 30 * 60_000


class RecentCounts:
    """How often something happened at a station in the last `span_ms`, and up to one slice more."""

    def __init__(self, span_ms: int) -> None:
        self._slice_ms = span_ms // SLICES
        self._counts: dict[str, dict[int, int]] = {}

    def note(self, station: str, now_ms: int, times: int = 1) -> None:
        """It happened."""
        if times > 0:
            slices = self._counts.setdefault(station, {})
            place = now_ms // self._slice_ms
            slices[place] = slices.get(place, 0) + times

    def of(self, station: str, now_ms: int) -> int:
        """How often; what is too old is forgotten, and a station with it of which nothing is left."""
        slices = self._counts.get(station)
        if slices is None:
            return 0
        oldest = now_ms // self._slice_ms - SLICES
        for place in [place for place in slices if place < oldest]:
            del slices[place]
        if not slices:
            del self._counts[station]
        return sum(slices.values())


class Losses:
    """Readings that the station numbered in the last hour, and how many of them have not come.

    Only stations with a hole are kept. `begin` once, after a restart, lest old holes look new.
    """

    def __init__(self) -> None:
        self._marks: dict[str, list[tuple[int, int, int]]] = {}
        """By station, oldest first: when, readings numbered until then, of them missing."""

    def begin(self, live: LiveStation, now_ms: int) -> None:
        """What is missing by now was missed before."""
        numbered, missing = totals(live)
        if missing:
            self._marks[live.id] = [(now_ms, numbered, missing)]

    def note(self, live: LiveStation, now_ms: int) -> tuple[int, int]:
        """To be called in each sweep: numbered and missing of the last hour; (0, 0) of a station without a hole."""
        numbered, missing = totals(live)
        marks = self._marks.get(live.id)
        if marks is None:
            if not missing:
                return 0, 0
            # No hole until the last sweep, so nobody wrote down what was numbered an hour ago: by the interval.
            an_hour = sum(1 for _ in live.tracks()) * HOUR_MS // max(1, live.interval_ms)
            marks = self._marks[live.id] = [(now_ms - HOUR_MS, max(0, numbered - an_hour), 0)]
        elif not missing:
            del self._marks[live.id]
            return 0, 0
        while len(marks) > 1 and marks[1][0] <= now_ms - HOUR_MS:
            del marks[0]
        _, numbered_before, missing_before = marks[0]
        if now_ms - marks[-1][0] >= HOUR_MS // SLICES:
            marks.append((now_ms, numbered, missing))
        newly_missing = max(0, missing - missing_before)
        return max(newly_missing, numbered - numbered_before), newly_missing


def totals(live: LiveStation) -> tuple[int, int]:
    """Readings that a station has numbered, over all kinds and remembered boots, and how many of them are missing."""
    numbered = missing = 0
    for _, track in live.tracks():
        if track.ranges is None and track.older is None:  # nearly always
            numbered += track.contiguous
            continue
        numbered += track.highest + sum(seqs.highest for seqs in (track.older or {}).values())
        missing += sum(high - low + 1 for gaps in track.named_holes().values() for low, high in gaps)
    return numbered, missing


def clock_off_ms(live: LiveStation, now_ms: int) -> int | None:
    """How far a station's clock is behind ours (negative: ahead), by the kind that shows least; None: nothing recent.

    The least, because a backlog makes readings of one kind look late; how recent, by our own clock.
    """
    oldest_ms = now_ms - MISSED_INTERVALS * live.interval_ms
    offs = (track.received_ms - track.ts_ms for _, track in live.tracks() if track.received_ms >= oldest_ms)
    return min(offs, key=abs, default=None)


class LastVisits:
    """When the people meter of a station last moved; for the stations that are asked about."""

    def __init__(self) -> None:
        self._moved: dict[str, tuple[int, int, int]] = {}
        """By station: epoch, entered, since when."""

    def note(self, station: str, body: Occupancy, now_ms: int) -> int:
        """Take in the newest reading, at each sweep; when the meter moved last, or was first seen."""
        known = self._moved.get(station)
        if known is None or known[:2] != (body.epoch, body.entered):
            known = self._moved[station] = (body.epoch, body.entered, now_ms)
        return known[2]

    def dump(self) -> dict[str, Any]:
        """As JSON has it; `load` is the reverse."""
        return {station: list(moved) for station, moved in self._moved.items()}

    def load(self, dumped: dict[str, Any]) -> None:
        """Take over what `dump` gave."""
        self._moved = {station: (epoch, entered, at_ms) for station, (epoch, entered, at_ms) in dumped.items()}
