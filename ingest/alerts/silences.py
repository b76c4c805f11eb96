"""What is not told for a while because a person said so, and why: silences, planned maintenance among them.

Enters: silences, alerts, where places lie, the time. Leaves: which silence covers an alert.
Never: hides an alert or a job, or keeps an emergency quiet whose rule was not named.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

from ingest.alerts.crews import PathOf
from ingest.alerts.model import PLATFORM_PLACE, Alert, AlertKey, Scope, Severity
from ingest.alerts.work import Silence

LONGEST_S: Final = 90 * 86_400.0
"""Larger: nobody remembers why it is quiet. Smaller: a station under reconstruction is silenced over and over."""
AHEAD_S: Final = 366 * 86_400.0
"""Larger: a slip of the finger in the year stands in every list. Smaller: next year's inspection cannot be planned."""
REASON_LONGEST: Final = 500
KEPT_MS: Final = 86_400_000
"""How long one that is over is still shown; after that the audit log tells of it. Larger: a list of what is long over.
Smaller: whoever comes back in the morning does not see why it was quiet at night."""


class SilencePhase(StrEnum):
    """Where a silence is."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


class WrongSilence(ValueError):
    """This cannot be meant; the text says what would be right, `key` and `values` the same in two languages."""

    def __init__(self, text: str, key: str = "", **values: object) -> None:
        super().__init__(text)
        self.key = key
        self.values = values


def phase(silence: Silence, now_ms: int) -> SilencePhase:
    """Where it is at an instant."""
    if now_ms >= silence.until_ms:
        return SilencePhase.EXPIRED
    return SilencePhase.ACTIVE if now_ms >= silence.starts_ms else SilencePhase.PENDING


def ended(silence: Silence, now_ms: int) -> Silence:
    """Ended early by a person; one that is over stays as it was."""
    return silence if phase(silence, now_ms) is SilencePhase.EXPIRED else replace(silence, expired_ms=now_ms)


def checked(silence: Silence) -> Silence:
    """The silence itself; raises `WrongSilence`."""
    if silence.station is silence.region is silence.rule is silence.part is None:
        raise WrongSilence("it would silence everything: name a station, region, rule or part")
    if silence.ends_ms <= silence.starts_ms:
        raise WrongSilence("it ends before it starts: write a later end", "ends_early")
    if silence.starts_ms - silence.created_ms > AHEAD_S * 1_000:
        raise WrongSilence("it starts more than a year from now: set it when the time comes")
    if silence.ends_ms - silence.starts_ms > LONGEST_S * 1_000:
        raise WrongSilence(
            f"it lasts longer than {LONGEST_S / 86_400:g} days: end it earlier, and set it again if need be",
            "lasts_long",
            days=round(LONGEST_S / 86_400),
        )
    if not silence.author.strip() or not silence.reason.strip():
        raise WrongSilence("nobody could ask about it: name an author and a reason", "wordless")
    if len(silence.reason) > REASON_LONGEST:
        problem = f"the reason is longer than {REASON_LONGEST} characters"
        raise WrongSilence(problem, "long", n=len(silence.reason), most=REASON_LONGEST)
    return silence


class Silences:
    """All silences of now, and for `KEPT_MS` those that are over."""

    def __init__(self, path_of: PathOf, silences: Iterable[Silence] = ()) -> None:
        self._path_of = path_of
        self._silences = {silence.id: silence for silence in silences}

    @property
    def all(self) -> Mapping[str, Silence]:
        """By id."""
        return self._silences

    def put(self, silence: Silence) -> None:
        """Add one, or replace it by id."""
        self._silences[silence.id] = silence

    def take_old(self, now_ms: int) -> list[Silence]:
        """Take out those that have been over for long, and give them away."""
        gone = [silence for silence in self._silences.values() if silence.until_ms < now_ms - KEPT_MS]
        for silence in gone:
            del self._silences[silence.id]
        return gone

    def of(self, alert: Alert, now_ms: int) -> Silence | None:
        """The silence that covers an alert now; of several the one that lasts longest."""
        active = [one for one in self._silences.values() if one.starts_ms <= now_ms < one.until_ms]
        covering = [one for one in active if self._covers(one, alert)]
        return max(covering, key=lambda one: (one.until_ms, one.id), default=None)

    def _covers(self, silence: Silence, alert: Alert) -> bool:
        if alert.severity is Severity.EMERGENCY and silence.rule is None:
            return False
        return matches(silence, alert.key) and (silence.region is None or self._is_in(alert.key, silence.region))

    def _is_in(self, key: AlertKey, region: str) -> bool:
        return key.place != PLATFORM_PLACE and region in self._path_of(key.scope, key.place)


def matches(silence: Silence, key: AlertKey) -> bool:
    """Whether station, rule and part fit, where they are given; a part fits what is within it (`slot`: `slot/3`)."""
    return (
        (silence.station is None or (key.scope is Scope.STATION and key.place == silence.station))
        and (silence.rule is None or key.rule == silence.rule)
        and (silence.part is None or key.part == silence.part or key.part.startswith(f"{silence.part}/"))
    )
