"""Alerts and jobs in words: what is wrong, since when, how bad, who goes.

Enters: alerts and jobs, a wording, the present. Leaves: lines for the console's pages.
Never: an alert of which nothing is known as if it were over: it says since when there is no word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from api.instants import local
from api.language import Language, Wording
from api.pages.cards import say_distance
from api.pages.frame import Address
from api.platform import ApiPlatform
from api.positions import Position, metres_between
from ingest.alerts.model import PLATFORM_PLACE, Alert, AlertState, Severity
from ingest.alerts.records import Bring
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.work import Job, JobState
from ingest.model import Station

ICONS: Final = {
    Severity.INFO: "clock",
    Severity.WARNING: "unknown",
    Severity.CRITICAL: "closed",
    Severity.EMERGENCY: "fire",
}
"""Beside the word, so that the colour is never alone."""
_INSTANT: Final = "instant"

_NO_PERSON: Final = {"readings": "ops.by_readings", "settings": "ops.by_settings", "registry": "ops.by_registry"}
"""Who closes a job without a person: see docs/alerts.md, "What else may end or stop an alert"."""


@dataclass(frozen=True, slots=True)
class Present:
    """What all lines of one page have in common."""

    platform: ApiPlatform
    say: Wording
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """Of the stations."""
        return self.platform.settings.zone

    def time(self, instant_ms: int) -> str:
        """As people say it now."""
        return self.say.time(local(instant_ms, self.zone), self.now)


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One fault."""

    id: str
    name: str
    part: str
    value: str
    """The last one that was known, with its unit; empty where there is none."""
    severity: Severity
    severity_word: str
    icon: str
    said: str
    """Since when, or since when there is no word of it."""
    is_unknown: bool
    is_over: bool
    wants_confirm: bool
    """Only a person on site can say that it is safe."""


@dataclass(frozen=True, slots=True)
class JobLine:
    """One piece of work."""

    id: str
    page: str
    place: str
    where: str
    """The regions above it."""
    distance: str
    severity: Severity
    severity_word: str
    icon: str
    state_word: str
    said: str
    """Who goes and when they arrive, or that nobody does yet."""
    alerts: tuple[AlertLine, ...]
    is_open: bool
    may_acknowledge: bool
    station: str | None
    """Its id, where the place is one."""


def alert_line(present: Present, alert: Alert) -> AlertLine:
    """A fault in words."""
    say, rule = present.say, RULES.get(alert.key.rule)
    unit = "" if rule is None else rule.unit if say.language is Language.EN else rule.unit_zh
    is_unknown = alert.state is AlertState.UNKNOWN
    is_over = alert.state is AlertState.RESOLVED
    if is_unknown:
        said = say("ops.no_word_since", time=present.time(alert.unknown_since_ms or alert.changed_ms))
    elif is_over:
        said = say("ops.over_since", time=present.time(alert.resolved_ms or alert.changed_ms))
    else:
        said = say(f"ops_alert.{alert.state}", time=present.time(alert.since_ms))
    latched = rule is not None and rule.setting.latched
    return AlertLine(
        id=alert.id,
        name=rule_name(present, alert.key.rule),
        part=part_in_words(present, alert.key.part),
        value=_value(present, alert.value, unit),
        severity=alert.severity,
        severity_word=say(f"severity.{alert.severity}"),
        icon=ICONS[alert.severity],
        said=said,
        is_unknown=is_unknown,
        is_over=is_over,
        wants_confirm=latched and alert.confirmed_ms is None and not is_over,
    )


def job_line(present: Present, job: Job, alerts: Sequence[Alert], near: Position | None) -> JobLine:
    """A job in words, with those alerts; `near`: from where it is seen."""
    say, registry = present.say, present.platform.registry
    station = registry.station(job.place)
    region = registry.region(job.place) if station is None else None
    if station is not None:
        place, path = say.station(station), [say.region(one) for one in registry.path(station)]
    elif region is not None:
        place, path = say.region(region), []
    else:
        place, path = say("ops.platform") if job.place == PLATFORM_PLACE else job.place, []
    metres = metres_to(station, near)
    return JobLine(
        id=job.id,
        page=Address(f"/ops/jobs/{job.id}").text(say.language),
        place=place,
        where=" · ".join(path),
        distance="" if metres is None else say_distance(say, metres),
        severity=job.severity,
        severity_word=say(f"severity.{job.severity}"),
        icon=ICONS[job.severity],
        state_word=say(f"job.{job.state}"),
        said=_who(present, job),
        alerts=tuple(alert_line(present, alert) for alert in alerts),
        is_open=job.state is not JobState.CLOSED,
        may_acknowledge=job.state in {JobState.OPEN, JobState.ACKNOWLEDGED},
        station=None if station is None else station.id,
    )


def metres_to(station: Station | None, near: Position | None) -> float | None:
    """How far a station is; None: where it is, or from where it is seen, is not known."""
    return None if station is None or near is None else metres_between(near, station.lat, station.lon)


def _who(present: Present, job: Job) -> str:
    say = present.say
    if job.state is JobState.CLOSED:
        by = say(_NO_PERSON[job.closed_by]) if job.closed_by in _NO_PERSON else job.closed_by
        return say("ops.closed_by", who=by, time=present.time(job.closed_ms or job.changed_ms))
    if not job.acknowledged_by:
        return say("ops.nobody_goes", time=present.time(job.opened_ms))
    if job.arrival_ms is None:
        return say("ops.goes", who=job.acknowledged_by)
    return say("ops.arrives", who=job.acknowledged_by, time=present.time(job.arrival_ms))


def rule_name(present: Present, code: str) -> str:
    """What people call a rule; its code where there is none of this code."""
    rule = RULES.get(code)
    return code if rule is None else rule.en if present.say.language is Language.EN else rule.zh


def part_in_words(present: Present, part: str) -> str:
    """`slot/3` is slot 3, `item/hxzq-10ml` the article's name."""
    say = present.say
    kind, _, name = part.partition("/")
    if kind == "slot" and name:
        return say("ops.slot", n=name)
    if kind == "item":
        return article_name(present, name)
    return say(f"part.{part}") if part in {"cabinet", "box", "door"} else part


def article_name(present: Present, sku: str) -> str:
    """From the catalogue; the sku where it is not in it."""
    article = next((one for one in present.platform.registry.articles() if one.sku == sku), None)
    if article is None:
        return sku
    return (article.name_en if present.say.language is Language.EN else "") or article.name


def bring_in_words(present: Present, one: Bring) -> str:
    """What to take along, and how many."""
    say = present.say
    if one.what == "article":
        name = article_name(present, one.name)
    elif one.what == "battery":
        name = say("bring.battery", slot=one.name)
    else:
        name = say(f"bring.{one.what}") if f"bring.{one.what}" in say.catalogue else one.what
    return name if one.pieces is None or one.what == "battery" else say("ops.bring", name=name, n=one.pieces)


def _value(present: Present, value: float | str | None, unit: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if unit == _INSTANT:
        return present.time(round(value))
    return f"{value:.4g} {unit}".strip()
