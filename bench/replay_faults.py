"""What befalls the station, the broker and the platform during a replay, and when: all of it from one seed.

Enters: how severe, from when to when, a seeded generator. Leaves: misfortunes, in order of the stations' time.
Never: takes the power from a day's last reading. Whoever came after it would belong to the next day by docs/visits.md,
and the recorded sums could not be met by anybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final, NamedTuple

from bench.replay_trace import DAY_MS, midnight_after_ms

MINUTE_MS: Final = 60_000

CUT_PART: Final = 6
"""A cut lasts at most this part of the replay. Larger: cuts are all short. Smaller: one cut hides all the others."""
LONG_CUT: Final = 0.3
"""Share of the cuts that last for hours or days. Larger: most of a replay is backlog. Smaller: too little is."""
REBOOT_MS: Final = (20_000, 40 * MINUTE_MS)
"""How long the power is away."""
TRIES: Final = 100
"""To find a place for a power loss. Larger: time for nothing. Smaller: one is left out that had a place."""


class What(StrEnum):
    """A misfortune; the last three befall servers, and last until they are up again."""

    CUT = "cut"
    REBOOT = "reboot"
    NEW_EPOCH = "new epoch"
    PLATFORM_KILLED = "platform killed"
    BROKER_KILLED = "broker killed"
    BROKER_STOPPED = "broker stopped"


SERVERS: Final = frozenset({What.PLATFORM_KILLED, What.BROKER_KILLED, What.BROKER_STOPPED})


class Misfortune(NamedTuple):
    """One of them, in ms since the Unix epoch by the station's time."""

    at_ms: int
    until_ms: int
    """Equal to `at_ms` where it has no length in the station's time."""
    what: What


@dataclass(frozen=True, slots=True)
class Severity:
    """How many of each in a whole replay, and the shares of messages that the network disturbs."""

    counts: dict[What, int]
    duplicates: float = 0.0
    reordering: float = 0.0
    depth: int = 1
    """How many messages overtake a late one, at most."""
    losses: float = 0.0
    """Acknowledged by the broker and never seen by the platform: only a missing receipt tells."""
    backlog_losses: float = 0.0
    """The same of backlogs alone. Live readings arrive before it is noticed, so for a while days are torn, and may not
    be called exact."""

    @property
    def server_faults(self) -> int:
        """Kills and stops, of broker and platform."""
        return sum(count for what, count in self.counts.items() if what in SERVERS)


SEVERITIES: Final = {
    "none": Severity({}),
    "light": Severity(
        {
            What.CUT: 12,
            What.REBOOT: 4,
            What.NEW_EPOCH: 1,
            What.PLATFORM_KILLED: 2,
            What.BROKER_STOPPED: 1,
        },
        duplicates=0.02,
        reordering=0.02,
        depth=3,
        losses=0.001,
        backlog_losses=0.1,
    ),
    "heavy": Severity(
        {
            What.CUT: 60,
            What.REBOOT: 25,
            What.NEW_EPOCH: 4,
            What.PLATFORM_KILLED: 6,
            What.BROKER_KILLED: 2,
            What.BROKER_STOPPED: 2,
        },
        duplicates=0.08,
        reordering=0.08,
        depth=12,
        losses=0.005,
        backlog_losses=0.3,
    ),
}


def plan(severity: Severity, start_ms: int, end_ms: int, interval_ms: int, rng: Random) -> list[Misfortune]:
    """All misfortunes between two instants, by time; the station samples at multiples of `interval_ms`."""
    lasts = _last_readings(start_ms, end_ms, interval_ms)
    planned: list[Misfortune] = []
    for what, count in sorted(severity.counts.items()):
        for _ in range(count):
            planned += _one(what, start_ms, end_ms, lasts, rng)
    return sorted(planned)


def longest_offline_ms(planned: list[Misfortune]) -> int:
    """An upper bound of the time that the station is without line in one piece: all cuts, end to end."""
    return sum(one.until_ms - one.at_ms for one in planned if one.what is What.CUT)


def _one(what: What, start_ms: int, end_ms: int, lasts: list[int], rng: Random) -> Iterator[Misfortune]:
    if what is What.REBOOT:
        yield from _power_loss(start_ms, end_ms, lasts, rng)
        return
    at_ms = rng.randrange(start_ms, end_ms)
    length_ms = _cut_ms(end_ms - start_ms, rng) if what is What.CUT else 0
    yield Misfortune(at_ms, min(at_ms + length_ms, end_ms - 1), what)


def _cut_ms(span_ms: int, rng: Random) -> int:
    hours = (2, 60) if rng.random() < LONG_CUT else (0.02, 2)
    return min(round(rng.uniform(*hours) * 60 * MINUTE_MS), span_ms // CUT_PART)


def _power_loss(start_ms: int, end_ms: int, lasts: list[int], rng: Random) -> Iterator[Misfortune]:
    """One that spares the last reading of every day; none where no place is found."""
    for _ in range(TRIES):
        at_ms = rng.randrange(start_ms, end_ms)
        until_ms = at_ms + rng.randint(*REBOOT_MS)
        if until_ms < end_ms and not any(at_ms <= last_ms <= until_ms for last_ms in lasts):
            yield Misfortune(at_ms, until_ms, What.REBOOT)
            return


def _last_readings(start_ms: int, end_ms: int, interval_ms: int) -> list[int]:
    """The instants of the last reading of each local day."""
    midnights = range(midnight_after_ms(start_ms), end_ms + 1, DAY_MS)
    return [(midnight_ms - 1) // interval_ms * interval_ms for midnight_ms in midnights]
