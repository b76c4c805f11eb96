"""What InfluxDB holds after an outage, and what the platform says of it, held to what the stations sampled.

Enters: names of readings, published days, dead letters, the platform's figures. Leaves: the figures of one JSON line.
Never: takes the platform's word for what is stored.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

Days = Mapping[str, Mapping[date, int]]
"""Visits by station and local day."""


class Name(NamedTuple):
    """What names a reading for ever."""

    station: str
    kind: str
    boot: int
    seq: int


class Letter(NamedTuple):
    """A message that was, or is to be, a dead letter."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """All that is looked at when everything has come to rest."""

    sampled: frozenset[Name]
    stored: Mapping[Name, int]
    """How many rows of each name the store has."""
    truth: Days
    published: Days
    poison: Mapping[Letter, int]
    """What was sent that nobody may take."""
    letters: Mapping[Letter, int]
    accounts: Mapping[str, float]
    """The platform's metrics, summed over their labels."""
    imbalances: int
    """At how many looks during the run the accounts did not add up."""
    was_killed: bool
    """The platform: then its figures speak of its last process alone."""
    unconfirmed: int
    """Readings for which no station got a receipt."""
    overwritten: int
    """Readings for which a station's ring had no room: a fault of the bench."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The comparison, and what differs in words."""

    figures: Mapping[str, Any]
    complaints: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not self.complaints


def names_of(sampled: Mapping[str, Mapping[str, Mapping[int, int]]]) -> frozenset[Name]:
    """Every name that was given: per station, kind and boot, seqs from 1 to a number."""
    return frozenset(
        Name(station, kind, boot, seq)
        for station, kinds in sampled.items()
        for kind, boots in kinds.items()
        for boot, count in boots.items()
        for seq in range(1, count + 1)
    )


def judge(found: Found) -> Verdict:
    """Compare everything; each difference is a complaint."""
    lost = found.sampled - found.stored.keys()
    double = [name for name, rows in found.stored.items() if rows > 1]
    strange = found.stored.keys() - found.sampled
    wrong_days = [*_wrong_days(found.truth, found.published)]
    books = [*_wrong_books(found)]
    unexpected = Counter(found.letters) - Counter(found.poison)
    missing = Counter(found.poison) - Counter(found.letters)
    complaints = [
        *([f"{found.unconfirmed} readings got no receipt"] if found.unconfirmed else []),
        *([f"the stations' rings were too small for {found.overwritten} readings"] if found.overwritten else []),
        *_listed("lost", lost),
        *_listed("stored twice", double),
        *_listed("stored and never sampled", strange),
        *wrong_days,
        *books,
        *_listed("a dead letter that should be none", unexpected),
        *_listed("should be a dead letter", missing),
    ]
    figures = {
        "sent": len(found.sampled),
        "stored": sum(found.stored.values()),
        "lost": len(lost),
        "double": len(double),
        "strange": len(strange),
        "counts_ok": not wrong_days,
        "accounting_ok": not books,
        "poison": sum(found.poison.values()),
        "dead_letters": sum(found.letters.values()),
        "letters_ok": not unexpected and not missing,
    }
    return Verdict(figures, tuple(complaints))


def _wrong_days(truth: Days, published: Days) -> Iterable[str]:
    for station, days in truth.items():
        told = published.get(station, {})
        for day in sorted(days.keys() | told.keys()):
            if days.get(day, 0) != told.get(day, 0):
                yield f"{station}, {day}: {days.get(day, 0)} came, published {told.get(day, 'nothing')}"


def _wrong_books(found: Found) -> Iterable[str]:
    accounts = found.accounts
    if found.imbalances:
        yield f"the accounts did not add up at {found.imbalances} looks"
    for account in ("accounting_balance", "spooled", "in_flight"):
        if accounts.get(account, 0):
            yield f"in the end {account} is {accounts[account]:g}, not 0"
    stored = accounts.get("stored_total", 0)
    if not found.was_killed and stored != len(found.sampled):
        yield f"the platform says that it stored {stored:g} of {len(found.sampled)} readings"


def _listed(what: str, things: Iterable[object], most: int = 5) -> Iterable[str]:
    """A few of them; all would hide the rest of the verdict."""
    ordered = sorted(things, key=str)
    yield from (f"{what}: {thing}" for thing in ordered[:most])
    if len(ordered) > most:
        yield f"{what}: {len(ordered) - most} more"
