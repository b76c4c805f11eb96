"""When a fault comes: again and again by chance, or once at a set time.

Enters: how to make a fault, how often, how long. Leaves: episodes. Never: knows what the fault does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random

from firmware_sim.local_time import DAY_MS, SECOND_MS
from firmware_sim.site import Episode, Fault


@dataclass(frozen=True, slots=True)
class Recurring:
    """By chance, `per_day` times on average, each for between `lasts_s[0]` and `lasts_s[1]` seconds.

    `stations` is a pattern of ids as a shell's, `bj-chaoyang-*`; None means all.
    """

    make: Callable[[], Fault]
    per_day: float
    lasts_s: tuple[float, float]
    stations: str | None = None
    spares_history: bool = False
    """Nothing breaks before live time begins."""

    def first(self, station_id: str, start_ms: int, live_ms: int, rng: Random) -> Episode | None:
        """The first episode, in history already unless that is spared."""
        if not _is_meant(station_id, self.stations):
            return None
        return self._after(live_ms if self.spares_history else start_ms, rng)

    def following(self, episode: Episode, rng: Random) -> Episode | None:
        """The next one, which waits for the end of this one."""
        return None if episode.end_ms is None else self._after(episode.end_ms, rng)

    def _after(self, from_ms: int, rng: Random) -> Episode | None:
        if self.per_day <= 0:
            return None
        begin_ms = from_ms + 1 + int(rng.expovariate(self.per_day / DAY_MS))
        return Episode(begin_ms, begin_ms + round(rng.uniform(*self.lasts_s) * SECOND_MS), self.make())


@dataclass(frozen=True, slots=True)
class Once:
    """At a set time after live time begins; `lasts_s` None means for ever, `stations` as in `Recurring`."""

    make: Callable[[], Fault]
    after_s: float
    lasts_s: float | None
    stations: str | None = None

    def first(self, station_id: str, _start_ms: int, live_ms: int, _rng: Random) -> Episode | None:
        """The episode, where this station is meant."""
        if not _is_meant(station_id, self.stations):
            return None
        begin_ms = live_ms + round(self.after_s * SECOND_MS)
        return Episode(
            begin_ms, None if self.lasts_s is None else begin_ms + round(self.lasts_s * SECOND_MS), self.make()
        )

    def following(self, _episode: Episode, _rng: Random) -> Episode | None:
        """None: once is once."""
        return None


def _is_meant(station_id: str, stations: str | None) -> bool:
    return stations is None or fnmatchcase(station_id, stations)
