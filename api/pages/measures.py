"""The columns of the nation's table: what is counted of a region, in words and numbers.

Enters: a `Summary`, a wording. Leaves: amounts: a number to sort and shade by, its text, how sure it is.
Never: a share of nothing, or a count without its quality.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from api.language import Language, Wording
from ingest.model import Quality, RegionDay, Summary

_TEN_THOUSAND: Final = 10_000
_THOUSAND: Final = 1_000
_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of a region."""

    number: float | None
    """None: not known."""
    text: str
    """Without its unit, which stands beside the measure's name."""
    note: str = ""
    """How sure it is, or what it is a part of."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A column."""

    key: str
    """In the address of the page."""
    of: Callable[[Wording, Summary], Amount]

    def label(self, say: Wording) -> str:
        """Its name, with its unit."""
        return (
            say("measure.service", service=say.service(self.key))
            if self.key in SERVICE_MEASURES
            else say(f"measure.{self.key}")
        )


SERVICE_MEASURES: Final = (
    "battery_swap",
    "meal_discount",
    "medicine",
    "legal_advice",
    "volunteer",
    "haircut",
    "donation_shelf",
)
"""Services that the union publishes the numbers of."""


def _plain(say: Wording, number: int) -> Amount:
    return Amount(number, say("count", n=number))


def _people(say: Wording, summary: Summary) -> Amount:
    if not summary.people_from:
        return Amount(None, say("unknown"), say("no_station_counts"))
    return Amount(
        summary.people_present,
        say("count", n=summary.people_present),
        say("from_stations", n=summary.people_from),
    )


def _visits(say: Wording, day: RegionDay) -> Amount:
    if not day.stations:
        return Amount(None, say("unknown"), say("no_station_counts"))
    at_least = day.quality is Quality.AT_LEAST
    return Amount(day.visits, say("at_least" if at_least else "count", n=day.visits), say(f"quality.{day.quality}"))


def _online(say: Wording, summary: Summary) -> Amount:
    """Of the stations that are built to report, or that reported all the same."""
    reporting = max(summary.smart, summary.online + summary.dark)
    if not reporting:
        return Amount(None, say("none"))
    share = summary.online / reporting
    return Amount(share, f"{share:.0%}", say("part_of", n=summary.online, all=reporting))


def _service(code: str) -> Measure:
    return Measure(code, lambda say, summary: _plain(say, summary.services.get(code, 0)))


MEASURES: Final = (
    Measure("stations", lambda say, summary: _plain(say, summary.stations)),
    Measure("people_present", _people),
    Measure("visits_today", lambda say, summary: _visits(say, summary.today)),
    Measure("visits_yesterday", lambda say, summary: _visits(say, summary.yesterday)),
    Measure("online_share", _online),
    Measure("smart", lambda say, summary: _plain(say, summary.smart)),
    Measure("all_day", lambda say, summary: _plain(say, summary.all_day)),
    Measure("extended", lambda say, summary: _plain(say, summary.extended)),
    Measure("model", lambda say, summary: _plain(say, summary.model)),
    *(_service(code) for code in SERVICE_MEASURES),
    Measure("donated", lambda say, summary: _plain(say, summary.donated)),
    Measure("claimed", lambda say, summary: _plain(say, summary.claimed)),
)
BY_KEY: Final = {measure.key: measure for measure in MEASURES}


def short(say: Wording, measure: Measure, amount: Amount) -> str:
    """The number in four characters or so, for where there is little room: `1.2万`, `12k`, `83%`."""
    number = amount.number
    if number is None:
        return "–"
    if measure.key == "online_share":
        return f"{number:.0%}"
    if say.language is Language.ZH:
        return f"{number:.0f}" if number < _TEN_THOUSAND else f"{_rounded(number / _TEN_THOUSAND)}万"
    if number < _THOUSAND:
        return f"{number:.0f}"
    return f"{_rounded(number / _THOUSAND)}k" if number < _MILLION else f"{_rounded(number / _MILLION)}M"


def _rounded(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0") if number < 10 else f"{number:.0f}"  # noqa: PLR2004 - two digits tell enough
