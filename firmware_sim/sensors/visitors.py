"""A random crowd: people who come by the hour of the day and stay a while.

Enters: a daily mean and a seeded generator. Leaves: crossings of the door. Never: counts; that is the door's.
"""

import heapq
from math import log
from random import Random
from typing import Final

from firmware_sim.local_time import HOUR_MS, MINUTE_MS
from firmware_sim.sensors.arrivals import VISITORS_BY_HOUR, Arrivals

_STAY_MEDIAN_MS: Final = 18 * MINUTE_MS
"""Larger: rooms of busy stations are always full. Smaller: hardly anybody is ever seen inside."""
_STAY_SPREAD: Final = 0.7
"""Sigma of the logarithm. Larger: some seem to live there. Smaller: all leave like clockwork."""
_STAY_MAX_MS: Final = 4 * HOUR_MS


class Visitors:
    """About `per_day` visits on an average day."""

    def __init__(self, per_day: float, rng: Random, start_ms: int) -> None:
        self._arrivals = Arrivals(per_day, VISITORS_BY_HOUR, rng, start_ms)
        self._rng = rng
        self._leaving_ms: list[int] = []

    def crossings(self, until_ms: int) -> tuple[int, int]:
        """How many came in and went out since the last call, up to and including an instant."""
        came = went = 0
        for arrived_ms in self._arrivals.until(until_ms):
            came += 1
            heapq.heappush(self._leaving_ms, arrived_ms + self._stay_ms())
        while self._leaving_ms and self._leaving_ms[0] <= until_ms:
            heapq.heappop(self._leaving_ms)
            went += 1
        return came, went

    def _stay_ms(self) -> int:
        return min(_STAY_MAX_MS, int(self._rng.lognormvariate(log(_STAY_MEDIAN_MS), _STAY_SPREAD)))
