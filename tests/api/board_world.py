"""The alert board of the small world: jobs and alerts in dictionaries, acts that change them and are remembered.

Enters: nothing. Leaves: an implementation of `AlertBoard`. Never: a mock that knows what will be asked.
"""

# ruff: noqa: ARG002 - the arguments are the port's; the small world has one page of everything

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from ingest.alerts.board import ActRefused, NotThere
from ingest.alerts.model import Alert, AlertKey, AlertState, Scope, Severity
from ingest.alerts.records import (
    AlertFilter,
    AlertRecord,
    AlertView,
    BoardEvent,
    Bring,
    CrewFigures,
    JobRecord,
    KeptAct,
    LinkOffer,
)
from ingest.alerts.work import (
    Act,
    ChannelSetting,
    Crew,
    Delivery,
    Job,
    JobState,
    Notice,
    Outgoing,
    SendResult,
    Silence,
    Why,
)
from tests.api.stillness import NOW_MS

MINUTE_MS = 60_000
CREW = Crew("dongcheng", "东城巡检队", frozenset({"110101"}), channels=("dingtalk-dc",))


def alert(
    alert_id: str,
    rule: str,
    place: str,
    severity: Severity,
    part: str = "",
    value: float | str | None = None,
    **changes: object,
) -> Alert:
    """A firing alert, ten minutes old; `changes` are fields of `Alert`."""
    since_ms = NOW_MS - 10 * MINUTE_MS
    fields: dict[str, object] = {
        "key": AlertKey(Scope.STATION, place, rule, part),
        "id": alert_id,
        "state": AlertState.FIRING,
        "severity": severity,
        "level": 0,
        "since_ms": since_ms,
        "changed_ms": since_ms,
        "value": value,
        "value_ms": NOW_MS - MINUTE_MS,
        "fired_ms": since_ms,
    }
    return Alert(**(fields | changes))  # type: ignore[arg-type]  # the fields are those of Alert by construction


def job(job_id: str, place: str, severity: Severity, *alerts: str, **changes: object) -> Job:
    """An open job, ten minutes old; `changes` are fields of `Job`."""
    opened_ms = NOW_MS - 10 * MINUTE_MS
    made = Job(job_id, place, CREW.id, JobState.OPEN, severity, opened_ms, opened_ms, frozenset(alerts))
    return replace(made, **changes)  # type: ignore[arg-type]  # of Job by construction


def _alerts() -> dict[str, Alert]:
    unknown = {"state": AlertState.UNKNOWN, "unknown_since_ms": NOW_MS - 88 * MINUTE_MS}
    pending = {"state": AlertState.PENDING, "fired_ms": None}
    every = (
        alert("a1", "smoke", "bj-0001", Severity.EMERGENCY, "cabinet"),
        alert("a2", "cell_hot", "bj-0001", Severity.CRITICAL, "slot/3", 56.5),
        alert("a3", "stock_low", "bj-0003", Severity.WARNING, "item/hxzq-10ml", 2, **unknown),
        alert("a4", "dark", "gd-0001", Severity.WARNING),
        alert("a5", "box_hot", "bj-0002", Severity.WARNING, "box", 31.5, **pending),
    )
    return {one.id: one for one in every}


def _jobs() -> dict[str, Job]:
    every = (
        job("j2", "bj-0003", Severity.WARNING, "a3"),
        job("j1", "bj-0001", Severity.EMERGENCY, "a1", "a2"),
        job("j3", "gd-0001", Severity.WARNING, "a4", crew=None),
    )
    return {one.id: one for one in every}


def _message() -> Outgoing:
    notice = Notice("k1", CREW.id, "dingtalk-dc", Why.OPENED, ("j1",), Severity.EMERGENCY, NOW_MS)
    return Outgoing(1, notice, "冒烟", "", "{}", NOW_MS - MINUTE_MS, Delivery.GIVEN_UP, 3, 0, "310000 sign not match")


@dataclass
class MemoryBoard:
    """The port over dictionaries."""

    known_alerts: dict[str, Alert] = field(default_factory=_alerts)
    known_jobs: dict[str, Job] = field(default_factory=_jobs)
    acts: list[Act] = field(default_factory=list)
    watchers: list[asyncio.Queue[BoardEvent]] = field(default_factory=list)
    is_watched: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when somebody subscribes."""

    def alerts(self) -> Sequence[AlertView]:
        """See the port."""
        of = {alert_id: one.id for one in self.known_jobs.values() for alert_id in one.alerts}
        return [AlertView(one, of.get(one.id), None, None) for one in self.known_alerts.values()]

    def jobs(self) -> Sequence[Job]:
        """See the port."""
        return list(self.known_jobs.values())

    def crews(self) -> Sequence[Crew]:
        """See the port."""
        return [CREW]

    def channels(self) -> Sequence[ChannelSetting]:
        """See the port."""
        return []

    def silences(self) -> Sequence[Silence]:
        """See the port."""
        return []

    async def subscribe(self) -> AsyncIterator[BoardEvent]:
        """See the port."""
        queue: asyncio.Queue[BoardEvent] = asyncio.Queue()
        self.watchers.append(queue)
        self.is_watched.set()
        try:
            while True:
                yield await queue.get()
        finally:
            self.watchers.remove(queue)

    async def alert(self, alert_id: str) -> AlertRecord | None:
        """See the port."""
        return next((AlertRecord(view) for view in self.alerts() if view.alert.id == alert_id), None)

    async def job(self, job_id: str) -> JobRecord | None:
        """See the port."""
        found = self.known_jobs.get(job_id)
        if found is None:
            return None
        alerts = sorted((self.known_alerts[one] for one in found.alerts), key=lambda one: -one.severity.rank)
        kept = [KeptAct(number, act) for number, act in enumerate(self.acts) if act.subject in {job_id, *found.alerts}]
        return JobRecord(found, alerts, [Bring("article", "hxzq-10ml", 28), Bring("extinguisher")], kept, [_message()])

    async def past_alerts(self, wanted: AlertFilter, before: tuple[int, str] | None, limit: int) -> Sequence[Alert]:
        """See the port."""
        return []

    async def past_jobs(self, wanted: AlertFilter, before: tuple[int, str] | None, limit: int) -> Sequence[Job]:
        """See the port."""
        return []

    async def audit(self, subject: str | None, before_id: int | None, limit: int) -> Sequence[KeptAct]:
        """See the port."""
        return []

    async def messages(self, most: int) -> Sequence[Outgoing]:
        """See the port."""
        return [_message()]

    async def figures(self, since_ms: int) -> Sequence[CrewFigures]:
        """See the port."""
        return [CrewFigures(CREW.id, 12, 11, 9, 342.0, 8_280.0)]

    async def acknowledge(
        self, job_id: str, who: str, *, until_ms: int | None = None, arrival_ms: int | None = None, comment: str = ""
    ) -> Job:
        """See the port."""
        self.acts.append(Act(NOW_MS, who, "acknowledge", job_id, comment))
        return self._change(
            job_id,
            state=JobState.ACKNOWLEDGED,
            acknowledged_by=who,
            acknowledged_ms=NOW_MS,
            acknowledged_until_ms=until_ms,
            arrival_ms=arrival_ms,
        )

    async def start(self, job_id: str, who: str) -> Job:
        """See the port."""
        self.acts.append(Act(NOW_MS, who, "start", job_id))
        return self._change(job_id, state=JobState.IN_PROGRESS)

    async def repaired(self, job_id: str, who: str, comment: str = "") -> Job:
        """See the port."""
        self.acts.append(Act(NOW_MS, who, "repaired", job_id, comment))
        return self._change(job_id, state=JobState.REPAIRED)

    async def close(self, job_id: str, who: str, reason: str) -> Job:
        """See the port."""
        if self.known_jobs[job_id].severity is Severity.EMERGENCY:
            raise ActRefused("smoke is not confirmed on site yet: confirm it first")
        self.acts.append(Act(NOW_MS, who, "close", job_id, reason))
        return self._change(job_id, state=JobState.CLOSED, closed_by=who, closed_ms=NOW_MS)

    async def assign(self, job_id: str, who: str, crew: str) -> Job:
        """See the port."""
        return self._change(job_id, crew=crew)

    async def confirm(self, alert_id: str, who: str, comment: str = "") -> Alert:
        """See the port."""
        self.acts.append(Act(NOW_MS, who, "confirm", alert_id, comment))
        found = self.known_alerts[alert_id] = replace(self.known_alerts[alert_id], confirmed_ms=NOW_MS)
        return found

    async def resolve(self, alert_id: str, who: str, reason: str) -> Alert:
        """See the port."""
        raise NotImplementedError

    async def comment(self, subject: str, who: str, text: str) -> None:
        """See the port."""
        self.acts.append(Act(NOW_MS, who, "comment", subject, text))

    async def silence(self, silence: Silence) -> Silence:
        """See the port."""
        raise NotImplementedError

    async def end_silence(self, silence_id: str, who: str) -> Silence:
        """See the port."""
        raise NotImplementedError

    async def set_crews(self, crews: Sequence[Crew], channels: Sequence[ChannelSetting], who: str) -> None:
        """See the port."""
        raise NotImplementedError

    async def try_channel(self, channel: str, who: str) -> SendResult:
        """See the port."""
        raise NotImplementedError

    async def link(self, text: str) -> LinkOffer | None:
        """See the port."""
        raise NotImplementedError

    async def redeem(self, text: str, arrival_ms: int | None = None) -> Job:
        """See the port."""
        raise NotImplementedError

    def _change(self, job_id: str, **changes: object) -> Job:
        if job_id not in self.known_jobs:
            raise NotThere("there is no such job")
        changed = self.known_jobs[job_id] = replace(self.known_jobs[job_id], **changes)  # type: ignore[arg-type]
        for queue in self.watchers:
            queue.put_nowait(BoardEvent("job", changed.place, job=changed))
        return changed
