"""What the platform says of each day, held to the truth.

Enters: people by day as recorded, counts as published. Leaves: which days differ, and the figures of the JSON line.
Never: forgives a difference because of its label.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

EXACT: Final = "exact"
AT_LEAST: Final = "at_least"
QUALITIES: Final = (EXACT, "provisional", AT_LEAST)


class Told(NamedTuple):
    """A day as /v1/visits tells it."""

    visits: int
    quality: str


class Difference(NamedTuple):
    """A day that is not as recorded."""

    day: date
    truth: int
    told: Told | None
    """None where the platform says nothing of a day that was recorded."""

    def __str__(self) -> str:
        told = "nothing" if self.told is None else f"{self.told.visits} ({self.told.quality})"
        return f"{self.day}: recorded {self.truth}, published {told}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The comparison of all days."""

    days: int
    """Days that were recorded."""
    wrong: list[Difference]
    """Days of any label whose number differs; also days without a record on which somebody was counted."""
    mislabelled: set[date]
    """Days called exact with a number that is not the truth."""
    sum_ok: bool
    """All published days add up to all recorded people."""
    labels: Mapping[str, int]
    """How many of the recorded days bear each label."""

    @property
    def holds(self) -> bool:
        """Whether the replay has passed."""
        return not self.wrong and not self.mislabelled and self.sum_ok

    def figures(self) -> dict[str, int | bool]:
        """For the JSON line."""
        return {
            "days": self.days,
            "wrong": len(self.wrong),
            "mislabelled": len(self.mislabelled),
            "sum_ok": self.sum_ok,
            **self.labels,
        }


def judge(truth: Mapping[date, int], told: Mapping[date, Told], seen_mislabelled: set[date]) -> Verdict:
    """Compare; `seen_mislabelled` are days that were called exact too early at some time during the replay."""
    wrong = []
    for day in sorted(truth.keys() | told.keys()):
        found = told.get(day)
        if found is None or found.visits != truth.get(day, 0):
            wrong.append(Difference(day, truth.get(day, 0), found))
    counted = Counter(told[day].quality for day in truth if day in told)
    return Verdict(
        days=len(truth),
        wrong=wrong,
        mislabelled=mislabelled(truth, told) | seen_mislabelled,
        sum_ok=sum(found.visits for found in told.values()) == sum(truth.values()),
        labels={quality: counted[quality] for quality in QUALITIES},
    )


def mislabelled(truth: Mapping[date, int], told: Mapping[date, Told]) -> set[date]:
    """Days that are called exact, and are not. Holds at any time: whoever says exact may not be corrected later."""
    return {day for day, found in told.items() if found.quality == EXACT and found.visits != truth.get(day, 0)}
