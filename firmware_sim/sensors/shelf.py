"""The donation shelf: people bring things, people take things.

Enters: donors, takers. Leaves: what lies there and how much ever came and went. Never: what the things are.
"""

from random import Random

from firmware_sim.sensors.arrivals import VISITORS_BY_HOUR, Arrivals
from firmware_sim.sensors.sensor import Counters


class Shelf:
    """`gifts_per_day` things are brought, and as many people look for one."""

    kind = "exchange"

    def __init__(self, gifts_per_day: float, rng: Random, start_ms: int) -> None:
        self.counters = Counters("donated", "claimed")
        self.on_shelf = rng.randint(3, 15)
        self._donors = Arrivals(gifts_per_day, VISITORS_BY_HOUR, rng, start_ms)
        self._takers = Arrivals(gifts_per_day, VISITORS_BY_HOUR, rng, start_ms)

    def advance(self, now_ms: int) -> None:
        """Let givers and takers come until an instant, in the order they came."""
        people = [(at_ms, 1) for at_ms in self._donors.until(now_ms)]
        people += [(at_ms, -1) for at_ms in self._takers.until(now_ms)]
        for _, change in sorted(people):
            if change < 0 and not self.on_shelf:
                continue
            self.on_shelf += change
            self.counters.add("donated" if change > 0 else "claimed")

    def body(self) -> dict[str, object]:
        """Fields of an exchange reading."""
        return {"on_shelf": self.on_shelf, **self.counters.values, "epoch": self.counters.epoch}
