"""The four worlds a fleet can live in, from a calm day to one where everything happens.

Enters: a name. Leaves: crowds, door quality, faults. Never: chance; that comes with the seed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from firmware_sim.faults.device import Cut, Death, NewEpoch, NewSwapEpoch, Reboot, SlightlyWrongClock, WrongClock
from firmware_sim.faults.network import Duplicates, Losses, Reordering
from firmware_sim.faults.physical import MainsFailure, Overheat, Smoke, Theft, Warm
from firmware_sim.faults.schedules import Recurring
from firmware_sim.site import Disturbance, Schedule


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens, how often, to every station alike."""

    summary: str
    crowd: float = 1.0
    """How many times the usual number of people, riders and givers."""
    misses_in: float = 0.0
    """Share of the people coming in whom the door does not see; they are in no truth."""
    misses_out: float = 0.0
    schedules: Sequence[Schedule] = ()
    disturbances: Sequence[Callable[[], Disturbance]] = ()


CALM: Final = Scenario("nothing goes wrong; doors miss one in a hundred", misses_in=0.01, misses_out=0.01)

RUSH: Final = Scenario("six times the people; doors miss more of those who leave", 6.0, 0.01, 0.03)

FLAKY: Final = Scenario(
    "a bad network: cuts, messages twice, late or lost, and a reboot now and then",
    misses_in=0.01,
    misses_out=0.02,
    schedules=(
        Recurring(Cut, 4, (60, 1_800)),
        Recurring(Reboot, 0.3, (20, 90)),
        Recurring(SlightlyWrongClock, 0.2, (600, 7_200)),
    ),
    disturbances=(
        partial(Losses, 0.002),
        partial(Duplicates, 0.03),
        partial(Reordering, 0.03, 4),
    ),
)

CHAOS: Final = Scenario(
    "all of that more often, and sensors replaced, clocks lost, batteries on fire, thieves, stations that die",
    crowd=2.0,
    misses_in=0.02,
    misses_out=0.05,
    schedules=(
        Recurring(Cut, 12, (30, 14_400)),
        Recurring(Reboot, 3, (20, 300)),
        Recurring(NewEpoch, 0.2, (0, 0)),
        Recurring(NewSwapEpoch, 0.1, (0, 0)),
        Recurring(SlightlyWrongClock, 0.5, (600, 7_200)),
        Recurring(WrongClock, 0.2, (300, 3_600)),
        Recurring(Warm, 0.5, (900, 3_600)),
        Recurring(Overheat, 0.2, (900, 3_600)),
        Recurring(Smoke, 0.1, (300, 1_800)),
        Recurring(MainsFailure, 0.3, (600, 7_200)),
        Recurring(Theft, 0.1, (0, 0)),
        Recurring(Death, 0.02, (86_400, 864_000)),
    ),
    disturbances=(
        partial(Losses, 0.01),
        partial(Duplicates, 0.1),
        partial(Reordering, 0.1, 12),
    ),
)

SCENARIOS: Final = {"calm": CALM, "rush": RUSH, "flaky": FLAKY, "chaos": CHAOS}
