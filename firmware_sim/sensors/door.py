"""The people counter above the door.

Enters: a crowd, and how often the sensor looks away. Leaves: entered, left and who should still be inside.
Never: knows who is inside; it believes its own counts, as real ones do.
"""

from random import Random
from typing import Final, Protocol

from firmware_sim.local_time import HOUR_MS, day_start_ms, local_day
from firmware_sim.sensors.sensor import Counters

_ZEROED_AT_MS: Final = 4 * HOUR_MS
"""Local time at which the firmware takes the room for empty: a door that misses people would fill it for ever."""

_PRESENT_MAX: Final = 100_000
"""The protocol's limit. A door that sees nobody leave would reach it, and have every further reading refused."""


class Crowd(Protocol):
    """People who cross a threshold."""

    def crossings(self, until_ms: int, /) -> tuple[int, int]:
        """How many came in and went out since the last call, up to and including an instant."""


class Door:
    """Counts a crowd; of those who pass, a share goes unseen, each way its own."""

    kind = "occupancy"

    def __init__(self, crowd: Crowd, rng: Random, misses_in: float = 0.0, misses_out: float = 0.0) -> None:
        self.counters = Counters("entered", "left")
        self._crowd = crowd
        self._rng = rng
        self._misses_in = misses_in
        self._misses_out = misses_out
        self._present = 0
        self._zero_at_ms: int | None = None

    def advance(self, now_ms: int) -> None:
        """Count until an instant."""
        if self._zero_at_ms is None:
            self._zero_at_ms = _next_zeroing_ms(now_ms)
        elif now_ms >= self._zero_at_ms:
            self._present = 0
            self._zero_at_ms = _next_zeroing_ms(now_ms)
        came, went = self._crowd.crossings(now_ms)
        entered = self._seen(came, self._misses_in)
        left = self._seen(went, self._misses_out)
        self.counters.add("entered", entered)
        self.counters.add("left", left)
        self._present = min(_PRESENT_MAX, max(0, self._present + entered - left))

    def body(self) -> dict[str, object]:
        """Fields of an occupancy reading."""
        return {"present": self._present, **self.counters.values, "epoch": self.counters.epoch}

    def _seen(self, passed: int, misses: float) -> int:
        if not misses:
            return passed
        return sum(self._rng.random() >= misses for _ in range(passed))


def _next_zeroing_ms(now_ms: int) -> int:
    today_ms = day_start_ms(local_day(now_ms)) + _ZEROED_AT_MS
    return today_ms if today_ms > now_ms else today_ms + 24 * HOUR_MS
