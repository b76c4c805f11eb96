"""What may stand in each field of a crew, a channel or a maintenance window, whatever kind of file it stands in.

Enters: what a person wrote. Leaves: values, or `WrongCell` with what would be right. Never: a guess at a wrong value.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from enum import StrEnum
from itertools import pairwise
from typing import Final, TypeVar

import opening_hours

from ingest.alerts.model import PLATFORM_PLACE, Severity
from ingest.alerts.rules.rule import Subject
from ingest.alerts.shifts import Calendar
from ingest.alerts.work import EscalationStep
from ingest.registry.csv_rows import WrongCell, text_cell
from ingest.registry.regions import RegionTree, UnknownRegion

NAME_LONGEST: Final = 64
KINDS: Final = tuple(subject.value for subject in Subject if subject is not Subject.REGION)
"""What a crew can say that it repairs. A region's alerts are for those who repair stations."""
DELAY_LONGEST_S: Final = 7 * 86_400.0
"""A longer delay of a chain is rather a unit mistaken."""

_ID: Final = re.compile(r"[0-9a-z][0-9a-z_-]{0,31}")
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DELAY: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(s|min|h)")
_UNIT_S: Final = {"s": 1.0, "min": 60.0, "h": 3_600.0}

One = TypeVar("One", bound=StrEnum)


def id_of(text: str) -> str:
    """Name of a crew or a channel, as files and addresses carry it."""
    if not _ID.fullmatch(text):
        candidate = re.sub(r"[^0-9a-z_-]+", "-", text.lower()).strip("-_")
        right = f", for example {candidate}" if _ID.fullmatch(candidate) else ""
        raise WrongCell(
            f"not an id: {text!r}", f"write 1 to 32 of 0-9 a-z _ -, beginning with a letter or digit{right}"
        )
    return text


def name_of(text: str) -> str:
    """What people call it."""
    if not text:
        raise WrongCell("empty", "write what people call it")
    return text_cell(text, NAME_LONGEST)


def one_of(text: str, choices: Iterable[str]) -> str:
    """One of a few words."""
    known = list(choices)
    if text not in known:
        close = get_close_matches(text.lower(), known, n=1)
        raise WrongCell(f"unknown: {text!r}", f"write {close[0]}" if close else f"write one of {', '.join(known)}")
    return text


def regions_of(codes: Sequence[str], tree: RegionTree) -> frozenset[str]:
    """Codes of divisions of any level, or `platform`; none: everywhere."""
    found = set()
    for code in codes:
        try:
            found.add(code if code == PLATFORM_PLACE else tree.resolve(code).region.code)
        except UnknownRegion as unknown:
            raise WrongCell(str(unknown), "write six-digit codes of provinces, cities or districts") from None
    return frozenset(found)


def kinds_of(words: Sequence[str]) -> frozenset[str]:
    """What a crew repairs; none: everything."""
    return frozenset(one_of(word, KINDS) for word in words)


def hours_of(text: str, calendar: Calendar, now_ms: int) -> str:
    """Opening hours in OpenStreetMap syntax, open at some time in the year to come; empty: always."""
    hours = text or "24/7"
    if not opening_hours.validate(hours):
        remedy = "write for example 24/7, or Mo-Fr 08:00-18:00; PH off"
        raise WrongCell(f"not opening hours in OpenStreetMap syntax: {text!r}", remedy)
    if calendar.start_ms(hours, now_ms) is None:
        raise WrongCell(f"the crew never works by {text!r}", "write hours that are open within the year")
    return hours


def clock_of(text: str) -> str:
    """A local time of day."""
    if not _CLOCK.fullmatch(text):
        raise WrongCell(f"not a time of day: {text!r}", "write HH:MM, for example 08:00")
    return text


def channels_of(names: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    """Names of channels that exist, at least one."""
    if not names:
        raise WrongCell("no channel", "nobody would be told: name at least one channel")
    for name in names:
        if name not in known:
            close = get_close_matches(name, list(known), n=1)
            remedy = f"write {close[0]}" if close else "write a [[channels]] for it, or import that first"
            raise WrongCell(f"there is no channel {name!r}", remedy)
    return tuple(dict.fromkeys(names))


def delay_of(text: str) -> float:
    """Seconds from `15 min`, `90 s` or `2 h`."""
    found = _DELAY.fullmatch(text.strip())
    delay_s = float(found[1]) * _UNIT_S[found[2]] if found else -1.0
    if not 0 < delay_s <= DELAY_LONGEST_S:
        raise WrongCell(
            f"not a delay: {text!r}", "write a number above 0 and its unit, as 90 s, 15 min or 2 h, up to a week"
        )
    return delay_s


def step_of(after: str, channels: Sequence[str], least: str, known: Collection[str]) -> EscalationStep:
    """One step of a chain; an empty `least` is a warning."""
    severity = Severity(one_of(least or Severity.WARNING.value, (one.value for one in list(Severity)[1:])))
    return EscalationStep(delay_of(after), channels_of(channels, known), severity)


def chain_of(steps: Sequence[EscalationStep]) -> tuple[EscalationStep, ...]:
    """Steps whose delays grow."""
    for before, after in pairwise(steps):
        if after.after_s <= before.after_s:
            problem = f"a step after {after.after_s:g} s follows one after {before.after_s:g} s"
            raise WrongCell(problem, "each delay counts from when the crew was told: write them growing")
    return tuple(steps)
