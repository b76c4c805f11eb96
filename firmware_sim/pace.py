"""The stations' time: as fast as the wall's, faster, or as fast as possible.

Enters: the machine's monotonic clock. Leaves: the stations' now, and how long to wait for an instant of theirs.
Never: waits by itself.
"""

import time

from firmware_sim.local_time import SECOND_MS


class Pace:
    """Time runs from `start_ms` as fast as it may up to `live_ms`, from there at `speed` times real time."""

    def __init__(self, start_ms: int, live_ms: int, speed: float | None) -> None:
        self._began_s = time.monotonic()
        self._live_ms = live_ms
        self._speed = speed
        self._reached_ms = start_ms
        self._heading_ms = start_ms

    @property
    def is_unbounded(self) -> bool:
        """Time waits for nothing but the broker and the platform."""
        return self._speed is None

    @property
    def now_ms(self) -> int:
        """The stations' now: between the last instant that was worked off and the next one."""
        if self._speed is None:
            return self._reached_ms
        return max(self._reached_ms, min(self._heading_ms, self.live_from_ms))

    @property
    def link_ms(self) -> int:
        """The line's clock, which is the machine's: networks do not run faster with simulated time."""
        return round(time.monotonic() * SECOND_MS)

    @property
    def live_from_ms(self) -> int:
        """Where history ends: the stations' now by the wall's clock, so that history catches up with it."""
        if self._speed is None:
            return self._live_ms
        return self._live_ms + round((time.monotonic() - self._began_s) * self._speed * SECOND_MS)

    def wait_s(self, instant_ms: int) -> float:
        """Real seconds until an instant of the stations' time; 0 when it may come now."""
        if self._speed is None:
            return 0.0
        return max(0.0, (instant_ms - self.live_from_ms) / self._speed / SECOND_MS)

    def head_for(self, instant_ms: int) -> None:
        """The next instant at which anything is due."""
        self._heading_ms = instant_ms

    def reach(self, instant_ms: int) -> None:
        """It is now this late for the stations."""
        self._reached_ms = max(self._reached_ms, instant_ms)
