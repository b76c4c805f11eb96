"""Crews, jobs and messages put together for stories: a clock that is moved by hand, and what everybody was told.

Enters: what happens to alerts, acts of people, the seconds that pass. Leaves: jobs and messages in order.
Never: a rule, a database or a channel; and no instant between two that are due is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from ingest.alerts.crews import Roster
from ingest.alerts.job_settings import JobSettings
from ingest.alerts.jobs import JobBook
from ingest.alerts.model import (
    PLATFORM_PLACE,
    Alert,
    AlertKey,
    AlertState,
    Change,
    ChangeKind,
    Scope,
    Severity,
)
from ingest.alerts.shifts import Calendar
from ingest.alerts.silences import Silences
from ingest.alerts.teller import Decision, Teller
from ingest.alerts.telling import Terms, muffled
from ingest.alerts.work import Crew, Digested, EscalationStep, Job, JobChange, Notice, Pace, Silence, Told, WhyNot

MONDAY_MS: Final = 1_796_000_400_000
"""Monday 30 November 2026, 09:00 in Shanghai; stories count their seconds from here."""
HOUR_S: Final = 3_600
CALENDAR: Final = Calendar(ZoneInfo("Asia/Shanghai"))
KINDS: Final = {"cell_hot": "battery", "smoke": "battery", "stock_low": "medicine", "expiry": "medicine"}
PATHS: Final = {
    "gd-1": ("440000", "440100", "440106"),
    "gd-2": ("440000", "440100", "440106"),
    "gd-3": ("440000", "440300", "440305"),
    "bj-1": ("110000", "110105"),
    "440000": ("440000",),
    "440100": ("440000", "440100"),
    "440106": ("440000", "440100", "440106"),
    "440300": ("440000", "440300"),
    "440305": ("440000", "440300", "440305"),
    "110000": ("110000",),
    "110105": ("110000", "110105"),
}

TIANHE: Final = Crew(
    "tianhe",
    "天河组",
    frozenset({"440106"}),
    channels=("tianhe",),
    chain=(EscalationStep(900, ("lead",)), EscalationStep(2_700, ("province",), Severity.CRITICAL)),
)


class Message(NamedTuple):
    """A message as a story tells it."""

    at_s: float
    channel: str
    why: str
    jobs: Sequence[str]
    """The places of the jobs."""


def path_of(scope: Scope, place: str) -> Sequence[str]:
    """Where the places of the stories lie; a province's stations may be invented as `PROVINCE-NUMBER`."""
    invented = (place[:6],) if scope is Scope.STATION and place[6:7] == "-" else ()
    return PATHS.get(place, invented)


class CrewWorld:
    """Everything between the life of alerts and the outbox."""

    def __init__(
        self, *crews: Crew, terms: Terms | None = None, settings: JobSettings | None = None, begin_ms: int = MONDAY_MS
    ) -> None:
        self.begin_ms = self.now_ms = begin_ms
        self.terms = terms or Terms()
        self.settings = settings
        self.roster = Roster(crews or (TIANHE,), lambda rule: KINDS.get(rule, "station"), path_of)
        self.book = JobBook(self.roster, CALENDAR, settings)
        self.silences = Silences(path_of)
        self.teller = Teller(CALENDAR, self.terms)
        self.alerts: dict[str, Alert] = {}
        self.causes: dict[str, AlertKey] = {}
        """By place of the alerts that it inhibits."""
        self.sees = True
        """Whether readings come in."""
        self.notices: list[Notice] = []
        self.changes: list[JobChange] = []
        self.jobs: dict[str, Job] = {}
        """All that ever were."""
        self.told: dict[tuple[str, str], Told] = {}
        self.paces: dict[str, Pace] = {}
        self.digested: dict[str, Digested] = {}

    # ---- what happens ----

    def bad(
        self,
        alert_id: str = "hot",
        place: str = "gd-1",
        severity: Severity = Severity.WARNING,
        *,
        rule: str = "cell_hot",
        part: str = "slot/3",
        scope: Scope = Scope.STATION,
    ) -> None:
        """An alert fires; one that is known gets worse, better, or comes back."""
        self.hear(self.change(alert_id, AlertState.FIRING, place, severity, rule=rule, part=part, scope=scope))

    def silent(self, alert_id: str = "hot") -> None:
        """Nothing trustworthy is heard of it any more."""
        self.hear(self.change(alert_id, AlertState.UNKNOWN, severity=self.alerts[alert_id].severity))

    def good(self, alert_id: str = "hot") -> None:
        """It is resolved by readings."""
        self.hear(self.change(alert_id, AlertState.RESOLVED, severity=self.alerts[alert_id].severity))

    def change(
        self,
        alert_id: str,
        state: AlertState,
        place: str = "gd-1",
        severity: Severity = Severity.WARNING,
        *,
        rule: str = "cell_hot",
        part: str = "slot/3",
        scope: Scope = Scope.STATION,
    ) -> Change:
        """A step of an alert's life, now; it is noted as its present state."""
        before = self.alerts.get(alert_id)
        key = AlertKey(scope, place, rule, part) if before is None else before.key
        alert = Alert(
            key, alert_id, state, severity, 0, self.now_ms, self.now_ms, 1.0, self.now_ms, fired_ms=self.now_ms
        )
        self.alerts[alert_id] = alert
        return Change(_kind(before, alert), alert, self.now_ms, before)

    def hear(self, *changes: Change) -> None:
        """Changes of alerts come in, at once."""
        steps = self.book.take(changes, self.inhibited_by, self.now_ms, sees=self.sees, owes=self.teller.owes)
        self.after(steps)
        assert self.book.mishaps.take() is None

    def act(self, name: str, job: Job, **arguments: Any) -> None:
        """A person does something to a job."""
        self.after(getattr(self.book, name)(job.id, **{"who": "王", "now_ms": self.now_ms, **arguments}))

    def at(self, second: float) -> None:
        """Let time pass up to a second of the story, stopping wherever something is due."""
        end_ms = self.begin_ms + int(second * 1_000)
        while True:
            due = [at for at in (self.book.due_ms(), self.teller.due_ms()) if at is not None]
            next_ms = min(due, default=end_ms)
            if next_ms > end_ms:
                break
            self.now_ms = max(self.now_ms, next_ms)
            self.hear()
            if self.now_ms >= end_ms:
                break
        self.now_ms = end_ms
        self.hear()

    def silence(self, second: float, **matchers: Any) -> None:
        """Somebody silences something until a second of the story."""
        ends_ms = self.begin_ms + int(second * 1_000)
        self.silences.put(Silence(f"s-{second}", "王", "检修", self.now_ms, ends_ms, **matchers))

    def restart(self) -> None:
        """Everything is dumped to JSON and begun again from it, as after a crash."""
        jobs = _through_json(TypeAdapter(Job), (job for job in self.book.jobs.values()))
        self.book = JobBook(self.roster, CALENDAR, self.settings, jobs, self.alerts.values())
        told = _through_json(TypeAdapter(Told), self.told.values())
        paces = _through_json(TypeAdapter(Pace), self.paces.values())
        digested = _through_json(TypeAdapter(Digested), self.digested.values())
        self.teller = Teller(CALENDAR, self.terms, told, paces, digested)

    def after(self, changes: Iterable[JobChange]) -> None:
        """What follows from steps of jobs."""
        steps = list(changes)
        decision = self.teller.decide(self.book, self.muffled, [change.job.id for change in steps], self.now_ms)
        assert self.teller.mishaps.take() is None
        self._remember(decision)
        for change in (*steps, *decision.job_changes):
            self.changes.append(change)
            self.jobs[change.job.id] = change.job

    def _remember(self, decision: Decision) -> None:
        self.notices.extend(decision.notices)
        self.told |= {(told.job, told.channel): told for told in decision.told}
        for forgotten in decision.forgotten:
            del self.told[forgotten]
        self.paces |= {pace.channel: pace for pace in decision.paces}
        self.digested |= {mark.crew: mark for mark in decision.digested}

    # ---- what is asked ----

    def inhibited_by(self, alert: Alert) -> AlertKey | None:
        """The cause above the alert's place, unless it is the cause itself."""
        above = (
            self.causes.get(place) for place in (alert.key.place, *reversed(path_of(alert.key.scope, alert.key.place)))
        )
        return next((cause for cause in above if cause is not None and cause != alert.key), None)

    def muffled(self, alert: Alert) -> WhyNot | None:
        """Why nobody is told of an alert."""
        return muffled(alert, self.inhibited_by, self.silences, self.now_ms)

    @property
    def job(self) -> Job:
        """The only job, or the newest."""
        return max(self.jobs.values(), key=lambda job: (job.opened_ms, job.id))

    def messages(self, channel: str | None = None) -> list[Message]:
        """All messages so far, of a channel."""
        return [
            Message(
                (notice.due_ms - self.begin_ms) / 1_000,
                notice.channel,
                notice.why.value,
                tuple(self.jobs[job].place for job in notice.jobs),
            )
            for notice in self.notices
            if channel in (None, notice.channel)
        ]

    def whys(self, channel: str | None = None) -> list[tuple[float, str]]:
        """When and why, of a channel."""
        return [(message.at_s, message.why) for message in self.messages(channel)]

    def steps(self) -> list[str]:
        """The steps of all jobs so far."""
        return [change.step.value for change in self.changes]


def _kind(before: Alert | None, alert: Alert) -> ChangeKind:
    if alert.state is AlertState.RESOLVED:
        return ChangeKind.RESOLVED
    if alert.state is AlertState.UNKNOWN:
        return ChangeKind.WENT_UNKNOWN
    if before is None:
        return ChangeKind.FIRED
    if before.state is AlertState.RESOLVED:
        return ChangeKind.REOPENED
    if before.severity is alert.severity:
        return ChangeKind.KNOWN_AGAIN
    return ChangeKind.WORSE if alert.severity.rank > before.severity.rank else ChangeKind.BETTER


def _through_json(adapter: TypeAdapter[Any], things: Iterable[Any]) -> list[Any]:
    return [adapter.validate_json(adapter.dump_json(thing)) for thing in things]


REGION_DARK: Final[Mapping[str, AlertKey]] = {
    code: AlertKey(Scope.REGION, code, "region_dark") for code in ("440000", "440106")
}
PLATFORM_BLIND: Final = AlertKey(Scope.PLATFORM, PLATFORM_PLACE, "platform_blind")
NIGHT_CREW: Final = replace(TIANHE, hours="Mo-Fr 08:00-18:00; PH off")
