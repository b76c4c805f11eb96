"""When people come: a random process whose rate follows the hour of the day.

Enters: a daily mean, a profile of 24 hours, a seeded generator. Leaves: instants, in order. Never: what they do.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from firmware_sim.local_time import DAY_MS, is_weekend, local_hour

VISITORS_BY_HOUR: Final = (
    0.2, 0.1, 0.1, 0.1, 0.2, 0.6, 1.2, 2.0, 3.2, 4.6, 6.2, 9.4,
    12.0, 11.2, 9.6, 7.4, 5.6, 5.0, 5.4, 5.2, 4.0, 3.0, 2.0, 1.0,
)  # fmt: skip
"""Street cleaners rest in the morning, couriers before and after lunch, everybody from the midday heat."""

RIDERS_BY_HOUR: Final = (
    1.2, 0.8, 0.4, 0.3, 0.3, 0.6, 1.8, 3.4, 4.2, 5.2, 8.4, 9.6,
    8.2, 6.0, 4.8, 4.6, 5.6, 8.2, 9.0, 7.4, 5.4, 3.8, 2.4, 1.6,
)  # fmt: skip
"""Food couriers change batteries before lunch and before supper."""

CREW_BY_HOUR: Final = (0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 4, 2, 0, 1, 3, 3, 1, 0, 0, 0, 0, 0, 0, 0)
"""Those who refill boxes work office hours."""

_SATURDAY_SUNDAY: Final = 0.8
"""How many come at a weekend, against a weekday: fewer offices order lunch."""
_WEEK_MEAN: Final = (5 + 2 * _SATURDAY_SUNDAY) / 7


class Arrivals:
    """A Poisson process of `per_day` arrivals on the average day of a week."""

    def __init__(self, per_day: float, by_hour: Sequence[float], rng: Random, start_ms: int) -> None:
        mean = sum(by_hour) / len(by_hour)
        self._relative = [weight / mean / _WEEK_MEAN for weight in by_hour]
        self._peak = max(self._relative)
        self._gap_ms = DAY_MS / (per_day * self._peak) if per_day > 0 else None
        self._rng = rng
        self._candidate_ms: float = start_ms
        self._next_ms = self._draw()

    def until(self, now_ms: int) -> Iterator[int]:
        """The arrivals not given yet, up to and including an instant."""
        while self._next_ms is not None and self._next_ms <= now_ms:
            yield self._next_ms
            self._next_ms = self._draw()

    def _draw(self) -> int | None:
        """Candidates at the peak's rate, each taken with the share that its hour has of the peak."""
        if self._gap_ms is None:
            return None
        while True:
            self._candidate_ms += self._rng.expovariate(1 / self._gap_ms)
            instant_ms = int(self._candidate_ms) + 1
            relative = self._relative[local_hour(instant_ms)] * (_SATURDAY_SUNDAY if is_weekend(instant_ms) else 1)
            if self._rng.random() * self._peak < relative:
                return instant_ms
