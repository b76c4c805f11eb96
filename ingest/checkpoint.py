"""The running checkpoint: which stations' snapshots go to the database with which batch.

Enters: stations that changed. Leaves: a share of them for each batch, and a mark when all have had their turn.
Never: names a station before the batch that it is written with holds, or follows, all that its snapshot shows.
"""

from typing import Final

from ingest.live.station import LiveStation

INTERVAL_MS: Final = 15_000
"""Between two sweeps. Larger: more readings to take in again after a crash. Smaller: more writing for the same."""
SHARE: Final = 500
"""Stations a batch. Larger: the acks of that batch wait longer (500 take about 10 ms). Smaller: a sweep of a fleet that
is all awake outlasts its interval."""


class Checkpoint:
    """Sweeps over what changed. A station that changes again after its turn is in the next sweep."""

    def __init__(self, now_ms: int) -> None:
        self._changed: list[LiveStation] = []
        self._sweep: list[LiveStation] = []
        self.started_ms = now_ms
        """When the running sweep began, or the last one."""
        self.is_running = False
        self._is_held = False

    def hold(self) -> None:
        """Give no mark until `release`: something older than now may be missing in the books."""
        self._is_held = True

    def release(self) -> None:
        """Nothing is missing any more. The next mark is of a sweep that begins after this."""
        self._is_held = self.is_running = False
        self._changed, self._sweep = self._sweep + self._changed, []

    def note(self, live: LiveStation) -> None:
        """This station changed."""
        if not live.is_dirty:
            live.is_dirty = True
            self._changed.append(live)

    def share(self, now_ms: int) -> list[LiveStation]:
        """Those whose turn it is; called as a batch is closed, so that what they show is durable with it."""
        # Where the clock was set back the interval is over too: else no mark would be given until it is where it was.
        if not self.is_running and not 0 <= now_ms - self.started_ms < INTERVAL_MS:
            self.is_running, self.started_ms = True, now_ms
            self._sweep, self._changed = self._changed, []
        share, self._sweep = self._sweep[-SHARE:], self._sweep[:-SHARE]
        for live in share:
            live.is_dirty = False
        return share

    def everything(self, now_ms: int) -> list[LiveStation]:
        """All that changed: for the last batch of an orderly stop."""
        rest = self._sweep + self._changed
        self._sweep, self._changed, self.is_running, self.started_ms = [], [], True, now_ms
        for live in rest:
            live.is_dirty = False
        return rest

    def mark(self) -> int | None:
        """When the sweep that has just been emptied began: all older changes are snapshots now.

        None while it runs, and while marks are held.
        """
        if not self.is_running or self._sweep:
            return None
        self.is_running = False
        return None if self._is_held else self.started_ms
