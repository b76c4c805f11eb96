"""How fast medicine is used: pieces a day, by station and article.

Enters: readings of medicine boxes in the order of their clocks, `now`. Leaves: rates and days to empty.
Never: takes a refill, a return or a clear-out for use, or memory for an article that never moved.
"""

import math
from array import array
from collections.abc import Mapping
from typing import Any, Final

from ingest.alerts.rules.medicine import Shelf
from ingest.model import Medicine

DAY_MS: Final = 86_400_000

FADE_MS: Final = 14 * DAY_MS
"""Pieces so long ago count 1/e. Larger: a heat wave is seen when it is over. Smaller: one busy day is a trend."""
OBSERVED_MS: Final = 3 * DAY_MS
"""Before that nothing is foretold. Larger: new stations wait. Smaller: the first piece taken empties it on paper."""
RETURN_MS: Final = 10 * 60_000
"""A piece that comes back so soon was not used. Larger: a refill soon after hides use. Smaller: who reads the leaflet
first and puts it back has used it."""
CLEARING_PIECES: Final = 5
"""A fall of so many pieces or more, and of half the par or more, between two reports that are not far apart is a lot
that was taken out (expired, or stolen) and no use. Larger: theft looks like thirst. Smaller: a group of runners does
not count."""
CLEARING_MS: Final = 60 * 60_000
"""How far apart the two reports may be for that. Larger: use during an outage looks like a clear-out. Smaller: a slow
station's clear-out looks like use."""
LISTS_MAX: Final = 20_000
"""Different lists of articles that stations share. Larger: memory for lists that nobody has any more. Smaller: stations
that are alike hold a list each."""


class _Use:
    """What was taken of one article."""

    __slots__ = ("at_ms", "recent", "weight")

    def __init__(self) -> None:
        self.weight = 0.0
        """Pieces, each faded by its age at `at_ms`."""
        self.at_ms = 0
        self.recent: list[list[int]] = []
        """[when, pieces] that may still come back, oldest first."""

    def take(self, pieces: int, at_ms: int) -> None:
        self.recent.append([at_ms, pieces])

    def put(self, pieces: int, at_ms: int) -> None:
        """Pieces came: a return or a refill. Either way what was taken just before has not been used."""
        while pieces and self.recent and at_ms - self.recent[-1][0] <= RETURN_MS:
            back = min(pieces, self.recent[-1][1])
            pieces -= back
            self.recent[-1][1] -= back
            if not self.recent[-1][1]:
                self.recent.pop()

    def settle(self, now_ms: int) -> None:
        """What can no longer come back is used."""
        while self.recent and now_ms - self.recent[0][0] > RETURN_MS:
            at_ms, pieces = self.recent.pop(0)
            self.weight = self.weight * _fading(at_ms - self.at_ms) + pieces
            self.at_ms = at_ms

    def weight_at(self, now_ms: int) -> float:
        self.settle(now_ms)
        return self.weight * _fading(now_ms - self.at_ms)


class _Box:
    """What is kept of a station: its last list and, once something moved, what was taken."""

    __slots__ = ("last_ms", "pieces", "since_ms", "skus", "uses")

    def __init__(self, at_ms: int, skus: tuple[str, ...], pieces: "array[int]") -> None:
        self.since_ms = self.last_ms = at_ms
        self.skus = skus
        self.pieces = pieces
        """Lot by lot, in the order of the list."""
        self.uses: dict[str, _Use] | None = None

    def totals(self) -> dict[str, int]:
        """By article, all its lots together, expired or not: what expires is not used by that."""
        totals: dict[str, int] = {}
        for sku, pieces in zip(self.skus, self.pieces, strict=True):
            totals[sku] = totals.get(sku, 0) + pieces
        return totals


class Consumption:
    """What is used of each article at each station.

    A fall is use, unless it is a clear-out (`CLEARING_PIECES`). A rise is a return as far as it makes up for what was
    taken within `RETURN_MS` before it, and a refill beyond that; neither is use, and neither makes the rate smaller.
    Use fades with `FADE_MS`, so the rate follows the season.
    """

    def __init__(self) -> None:
        self._boxes: dict[str, _Box] = {}
        self._lists: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._dirty: set[str] = set()

    def note(self, station: str, body: Medicine, shelf: Shelf) -> None:
        """Take in a reading; one that is not newer than the last is left aside."""
        skus = tuple([item.sku for item in body.items])
        pieces = array("I", [item.qty for item in body.items])
        box = self._boxes.get(station)
        if box is None:
            self._boxes[station] = _Box(body.ts, self._shared(skus), pieces)
        elif body.ts > box.last_ms:
            if pieces != box.pieces or skus != box.skus:
                self._move(box, skus, pieces, body.ts, shelf)
                self._dirty.add(station)
            box.last_ms = body.ts

    def _move(self, box: _Box, skus: tuple[str, ...], pieces: "array[int]", at_ms: int, shelf: Shelf) -> None:
        before, elapsed_ms = box.totals(), at_ms - box.last_ms
        box.skus, box.pieces = self._shared(skus), pieces
        after = box.totals()
        for sku in before.keys() | after.keys():
            change = after.get(sku, 0) - before.get(sku, 0)
            use = box.uses.get(sku) if box.uses is not None else None
            if change > 0 and use is not None:
                use.put(change, at_ms)
            elif change < 0 and not _is_clearing(shelf, sku, -change, elapsed_ms):
                if use is None:
                    box.uses = box.uses or {}
                    use = box.uses[sku] = _Use()
                use.settle(at_ms)
                use.take(-change, at_ms)

    def _shared(self, skus: tuple[str, ...]) -> tuple[str, ...]:
        if len(self._lists) >= LISTS_MAX:
            self._lists.clear()
        return self._lists.setdefault(skus, skus)

    # ---- what it tells ----

    def rates(self, station: str, now_ms: int) -> Mapping[str, float] | None:
        """Pieces a day of the articles that are used; None while it is too early to say."""
        box = self._boxes.get(station)
        if box is None or now_ms - box.since_ms < OBSERVED_MS:
            return None
        # What a use of one piece a day all along would weigh by now.
        one_a_day = FADE_MS / DAY_MS * (1 - _fading(now_ms - box.since_ms))
        weights = ((sku, use.weight_at(now_ms)) for sku, use in (box.uses or {}).items())
        return {sku: weight / one_a_day for sku, weight in weights if weight}

    def days_to_empty(self, station: str, sku: str, pieces: int, now_ms: int) -> float | None:
        """How long so many pieces last: infinity for what nobody takes, None while it is too early to say."""
        rates = self.rates(station, now_ms)
        if rates is None:
            return None
        return pieces / rates[sku] if rates.get(sku) else math.inf

    def is_used(self, station: str) -> bool:
        """Whether anything was ever taken there: else there is nothing to foretell."""
        box = self._boxes.get(station)
        return box is not None and bool(box.uses)

    # ---- what is kept ----

    def take_dirty(self) -> list[tuple[str, list[Any]]]:
        """Where something moved since the last call, by station, as JSON has it; `load` is the reverse.

        A box of which nothing was ever taken is not kept: after a restart it is as if it were new.
        """
        dirty, self._dirty = self._dirty, set()
        return [(station, self._dump(self._boxes[station])) for station in sorted(dirty) if station in self._boxes]

    @staticmethod
    def _dump(box: _Box) -> list[Any]:
        uses = {sku: [use.weight, use.at_ms, use.recent] for sku, use in (box.uses or {}).items()}
        return [box.since_ms, box.last_ms, list(box.skus), list(box.pieces), uses]

    def load(self, station: str, dumped: list[Any]) -> None:
        """Take over what `take_dirty` gave."""
        since_ms, last_ms, skus, pieces, uses = dumped
        box = _Box(since_ms, self._shared(tuple(skus)), array("I", pieces))
        box.last_ms = last_ms
        for sku, (weight, at_ms, recent) in uses.items():
            box.uses = box.uses or {}
            use = box.uses[sku] = _Use()
            use.weight, use.at_ms, use.recent = weight, at_ms, [list(one) for one in recent]
        self._boxes[station] = box


def _is_clearing(shelf: Shelf, sku: str, pieces: int, elapsed_ms: int) -> bool:
    article = shelf.articles.get(sku)
    half = article.par / 2 if article else 0
    return elapsed_ms <= CLEARING_MS and pieces >= max(CLEARING_PIECES, half)


def _fading(age_ms: int) -> float:
    return math.exp(-max(0, age_ms) / FADE_MS)
