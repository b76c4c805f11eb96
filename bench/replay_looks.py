"""Looks at the published counts, in a process of its own: the simulated fleet would leave it no time in ours.

Enters: the platform's address, people by day as recorded. Leaves: days that were called exact too early.
Never: minds that the platform is away; it is killed all the time.
"""

import json
import multiprocessing
import sys
import urllib.request
from collections.abc import Mapping
from datetime import date, timedelta
from http.client import HTTPException
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Final, NamedTuple, Self

from bench.replay_verdict import AT_LEAST, Told, mislabelled

LOOK_S: Final = 0.2
"""Between two looks at counts that change twice a second at most. Larger: a wrong label is missed. Smaller: the
platform serves little else."""
DAYS_AT_ONCE: Final = 400
"""What /v1/visits gives in one answer."""
ANSWER_S: Final = 60.0


class Seen(NamedTuple):
    """What all looks together saw."""

    looks: int
    mislabelled: set[date]
    """Called exact with a number that is not the truth: whatever is called exact must be so from then on."""
    torn: set[date]
    """Called at_least for a while. None at all: the labels have not been put to the test."""


def published(address: str, station: str, first: date, last: date) -> dict[date, Told]:
    """The counts of a station; raises OSError or HTTPException while the platform is away."""
    told: dict[date, Told] = {}
    while first <= last:
        until = min(last, first + timedelta(days=DAYS_AT_ONCE - 1))
        url = f"{address}/v1/visits?station={station}&from={first}&to={until}"
        with urllib.request.urlopen(url, timeout=ANSWER_S) as answer:
            days = json.load(answer)["data"]["stations"][0]["days"]
        told |= {date.fromisoformat(day["day"]): Told(day["visits"], day["quality"]) for day in days}
        first = until + timedelta(days=1)
    return told


class Looks:
    """Looks from `start` on; `stop` gives what was seen."""

    def __init__(self, address: str, station: str, truth: Mapping[date, int]) -> None:
        self._ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_look, args=(address, station, dict(truth), theirs), daemon=True
        )

    def stop(self) -> Seen:
        """End them; raises EOFError if they ended by themselves."""
        self._ours.send("stop")
        seen: Seen = self._ours.recv()
        return seen

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join()


def _look(address: str, station: str, truth: dict[date, int], pipe: Connection) -> None:
    looks = 0
    lies: set[date] = set()
    torn: set[date] = set()
    while not pipe.poll(LOOK_S):
        try:
            told = published(address, station, min(truth), max(truth) + timedelta(days=1))
        except (OSError, HTTPException):
            continue
        looks += 1
        torn |= {day for day, found in told.items() if found.quality == AT_LEAST}
        for day in sorted(mislabelled(truth, told) - lies):
            lies.add(day)
            sys.stderr.write(f"{day} is called exact with {told[day].visits}; {truth.get(day, 0)} came\n")
    pipe.send(Seen(looks, lies, torn))
