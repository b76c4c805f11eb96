"""The names of faults, and one line of text for each way they can be asked for.

Enters: `overheat,after=120,lasts=600,station=bj-007` or `cut,per_day=6,lasts=60..900` or `duplicates,share=0.05`.
Leaves: a schedule, or how to make a disturbance. Never: guesses; a wrong word is answered with the right ones.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from firmware_sim.faults.device import Cut, Death, NewEpoch, NewSwapEpoch, Reboot, SlightlyWrongClock, WrongClock
from firmware_sim.faults.network import Duplicates, Losses, Reordering
from firmware_sim.faults.physical import MainsFailure, Overheat, Smoke, Theft, Warm
from firmware_sim.faults.schedules import Once, Recurring
from firmware_sim.site import Disturbance, Fault, Schedule

FAULTS: Final[dict[str, Callable[[], Fault]]] = {
    "cut": Cut,
    "reboot": Reboot,
    "epoch": NewEpoch,
    "swap-epoch": NewSwapEpoch,
    "clock": WrongClock,
    "drift": SlightlyWrongClock,
    "death": Death,
    "overheat": Overheat,
    "warm": Warm,
    "smoke": Smoke,
    "mains": MainsFailure,
    "theft": Theft,
}
"""Faults of a station: `per_day` and `lasts=MIN..MAX`, or `after` and `lasts`, in seconds; for the stations whose ids
match `station=` (an id, or a pattern such as `bj-chaoyang-*`), else for all. `from=live` spares the history."""

DISTURBANCES: Final = ("duplicates", "reordering", "losses")
"""Faults of messages: `share` (0..1), and `depth` for reordering."""

_DEPTH: Final = 5
"""How many messages overtake a late one, at most, unless told otherwise."""


class UnknownFault(ValueError):
    """The text names no fault, or lacks what the fault needs; it says what would be right."""


def parse_fault(text: str) -> Schedule | Callable[[], Disturbance]:
    """The fault that a line of text asks for; raises `UnknownFault`."""
    name, *pairs = text.split(",")
    options = dict(pair.partition("=")[::2] for pair in pairs)
    try:
        found = _disturbance(name, options) if name in DISTURBANCES else _schedule(name, options)
    except (KeyError, ValueError) as error:
        raise UnknownFault(
            f"{text!r}: {error}; write NAME,per_day=N,lasts=A..B[,from=live] or NAME,after=S,lasts=S, either with"
            f" station=ID or station=PATTERN-* if you like, with NAME of {', '.join(FAULTS)},"
            f" or NAME,share=0.05 with NAME of {', '.join(DISTURBANCES)}"
        ) from error
    if options:
        raise UnknownFault(f"{text!r}: {name} has no {', '.join(options)}")
    return found


def _disturbance(name: str, options: dict[str, str]) -> Callable[[], Disturbance]:
    share = float(options.pop("share"))
    if not 0 <= share <= 1:
        raise ValueError("share must be 0..1")
    if name == "duplicates":
        return partial(Duplicates, share)
    if name == "losses":
        return partial(Losses, share)
    return partial(Reordering, share, int(options.pop("depth", _DEPTH)))


def _schedule(name: str, options: dict[str, str]) -> Schedule:
    make = FAULTS[name]
    lasts, stations = options.pop("lasts", None), options.pop("station", None)
    if "per_day" in options:
        shortest, _, longest = (lasts or "60").partition("..")
        spared = options.pop("from", "history")
        if spared not in {"live", "history"}:
            raise ValueError("from must be live or history")
        per_day, lasts_s = float(options.pop("per_day")), (float(shortest), float(longest or shortest))
        return Recurring(make, per_day, lasts_s, stations, spares_history=spared == "live")
    after_s = float(options.pop("after"))
    return Once(make, after_s, None if lasts is None else float(lasts), stations)
