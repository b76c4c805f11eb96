"""The alert board of the small world: jobs and alerts in dictionaries, acts that change them and are remembered.

Enters: nothing. Leaves: an implementation of `AlertBoard`. Never: a mock that knows what will be asked.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from ingest.alerts.board import ActRefused, NotThere, everything
from ingest.alerts.model import Alert, AlertKey, AlertState, ChangeKind, Severity
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
    PastChange,
)
from ingest.alerts.work import (
    Act,
    ChannelSetting,
    Crew,
    Job,
    JobState,
    Outgoing,
    SendResult,
    Silence,
)
from tests.api.alert_world import (
    CHANNEL,
    CREW,
    LINK,
    MINUTE_MS,
    alerts_of_now,
    alerts_over,
    jobs_of_now,
    lost_message,
    silences_of_now,
)
from tests.api.stillness import NOW_MS


@dataclass
class MemoryBoard:
    """The port over dictionaries."""

    known_alerts: dict[str, Alert] = field(default_factory=alerts_of_now)
    known_jobs: dict[str, Job] = field(default_factory=jobs_of_now)
    over: list[Alert] = field(default_factory=alerts_over)
    known_silences: dict[str, Silence] = field(default_factory=silences_of_now)
    known_crews: list[Crew] = field(default_factory=lambda: [CREW])
    known_channels: list[ChannelSetting] = field(default_factory=lambda: [CHANNEL])
    causes: dict[str, AlertKey] = field(default_factory=dict)
    """By id of an alert."""
    acts: list[Act] = field(default_factory=list)
    trial: SendResult = field(default_factory=lambda: SendResult(ok=True))
    used_links: set[str] = field(default_factory=set)
    fails_with: Exception | None = None
    """What everything that asks the database raises."""
    watchers: list[asyncio.Queue[BoardEvent]] = field(default_factory=list)
    is_watched: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when somebody subscribes."""

    def alerts(self, is_wanted: Callable[[Alert], bool] = everything) -> Sequence[Alert]:
        """See the port."""
        return list(filter(is_wanted, self.known_alerts.values()))

    def view(self, alert_id: str) -> AlertView | None:
        """See the port."""
        found = self.known_alerts.get(alert_id)
        if found is None:
            return None
        job = next((one.id for one in self.known_jobs.values() if alert_id in one.alerts), None)
        return AlertView(found, job, self.causes.get(alert_id), None)

    def jobs(self, is_wanted: Callable[[Job], bool] = everything) -> Sequence[Job]:
        """See the port."""
        return list(filter(is_wanted, self.known_jobs.values()))

    def crews(self) -> Sequence[Crew]:
        """See the port."""
        return self.known_crews

    def channels(self) -> Sequence[ChannelSetting]:
        """See the port."""
        return self.known_channels

    def silences(self) -> Sequence[Silence]:
        """See the port."""
        return list(self.known_silences.values())

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
        self._ask()
        over = (AlertView.alone(one) for one in self.over if one.id == alert_id)
        view = self.view(alert_id) or next(over, None)
        if view is None:
            return None
        fired = PastChange(ChangeKind.FIRED, view.alert.since_ms, view.alert.severity, view.alert.value)
        return AlertRecord(view, [fired], self._acts_of({alert_id}))

    async def job(self, job_id: str) -> JobRecord | None:
        """See the port."""
        self._ask()
        found = self.known_jobs.get(job_id)
        if found is None:
            return None
        alerts = sorted((self.known_alerts[one] for one in found.alerts), key=lambda one: -one.severity.rank)
        bring = [Bring("article", "hxzq-10ml", 28), Bring("extinguisher")]
        return JobRecord(found, alerts, bring, self._acts_of({job_id, *found.alerts}), [lost_message()])

    async def past_alerts(self, wanted: AlertFilter, before: tuple[int, str] | None, limit: int) -> Sequence[Alert]:
        """See the port."""
        self._ask()
        found = [
            one
            for one in self.over
            if _is_in(one.key.place, wanted.regions)
            and wanted.station in (None, one.key.place)
            and wanted.rule in (None, one.key.rule)
            and wanted.severity in (None, one.severity)
            and (before is None or (one.changed_ms, one.id) < before)
        ]
        return sorted(found, key=lambda one: (one.changed_ms, one.id), reverse=True)[:limit]

    async def past_jobs(self, wanted: AlertFilter, before: tuple[int, str] | None, limit: int) -> Sequence[Job]:
        """See the port."""
        self._ask()
        found = [
            one
            for one in self.known_jobs.values()
            if _is_in(one.place, wanted.regions)
            and wanted.station in (None, one.place)
            and wanted.crew in (None, one.crew)
            and wanted.severity in (None, one.severity)
            and (before is None or (one.opened_ms, one.id) < before)
        ]
        return sorted(found, key=lambda one: (one.opened_ms, one.id), reverse=True)[:limit]

    async def audit(self, subject: str | None, before_id: int | None, limit: int) -> Sequence[KeptAct]:
        """See the port."""
        self._ask()
        subjects = {act.subject for act in self.acts} if subject is None else {subject}
        return [one for one in self._acts_of(subjects) if before_id is None or one.id < before_id][:limit]

    async def messages(self, most: int) -> Sequence[Outgoing]:
        """See the port."""
        self._ask()
        return [lost_message()][:most]

    async def figures(self, since_ms: int) -> Sequence[CrewFigures]:
        """See the port."""
        self._ask()
        assert since_ms < NOW_MS
        return [CrewFigures(CREW.id, 12, 11, 9, 342.0, 8_280.0)]

    async def acknowledge(
        self, job_id: str, who: str, *, until_ms: int | None = None, arrival_ms: int | None = None, comment: str = ""
    ) -> Job:
        """See the port."""
        return self._step(
            job_id,
            who,
            "acknowledge",
            comment,
            state=JobState.ACKNOWLEDGED,
            acknowledged_by=who,
            acknowledged_ms=NOW_MS,
            acknowledged_until_ms=until_ms,
            arrival_ms=arrival_ms,
        )

    async def start(self, job_id: str, who: str) -> Job:
        """See the port."""
        return self._step(job_id, who, "start", "", state=JobState.IN_PROGRESS)

    async def repaired(self, job_id: str, who: str, comment: str = "") -> Job:
        """See the port."""
        return self._step(job_id, who, "repaired", comment, state=JobState.REPAIRED, repaired_ms=NOW_MS)

    async def close(self, job_id: str, who: str, reason: str) -> Job:
        """See the port."""
        known = self.known_jobs.get(job_id)
        if known is not None and known.severity is Severity.EMERGENCY:
            raise ActRefused("smoke is not confirmed on site yet: confirm it first")
        return self._step(job_id, who, "close", reason, state=JobState.CLOSED, closed_by=who, closed_ms=NOW_MS)

    async def assign(self, job_id: str, who: str, crew: str) -> Job:
        """See the port."""
        if crew not in {one.id for one in self.known_crews}:
            raise ActRefused(f"there is no crew {crew}")
        return self._step(job_id, who, "assign", crew, crew=crew)

    async def confirm(self, alert_id: str, who: str, comment: str = "") -> Alert:
        """See the port."""
        return self._change(alert_id, who, "confirm", comment, confirmed_ms=NOW_MS)

    async def resolve(self, alert_id: str, who: str, reason: str) -> Alert:
        """See the port."""
        over = {"state": AlertState.RESOLVED, "resolved_ms": NOW_MS, "resolved_by": who}
        return self._change(alert_id, who, "resolve", reason, **over)

    async def comment(self, subject: str, who: str, text: str) -> None:
        """See the port."""
        known = self.known_jobs.get(subject)
        alerts = {one.id: one for one in (*self.over, *self.known_alerts.values())}
        self._note(who, "comment", subject, text, alerts[subject].key.place if known is None else known.place)

    async def silence(self, silence: Silence, who: str) -> Silence:
        """See the port."""
        if silence.ends_ms <= silence.starts_ms:
            raise ActRefused("it ends before it starts: write a later end")
        made = replace(silence, id=f"s{len(self.known_silences) + 1}", created_ms=NOW_MS)
        self._note(who, "silence", made.id, silence.reason, silence.station or silence.region or "")
        self.known_silences[made.id] = made
        return made

    async def end_silence(self, silence_id: str, who: str) -> Silence:
        """See the port."""
        if silence_id not in self.known_silences:
            raise NotThere(f"there is no silence {silence_id} (any more)")
        ended = replace(self.known_silences[silence_id], expired_ms=NOW_MS)
        self._note(who, "unsilence", silence_id, "", ended.station or ended.region or "")
        self.known_silences[silence_id] = ended
        return ended

    async def set_crews(self, crews: Sequence[Crew], channels: Sequence[ChannelSetting], who: str) -> None:
        """See the port."""
        known = {one.name for one in channels}
        for crew in crews:
            if not known.issuperset(crew.channels):
                raise ActRefused(f"crew {crew.id} names channels that there are not")
        self._note(who, "crew", "crews", f"{len(crews)} crews, {len(channels)} channels", "")
        self.known_crews, self.known_channels = list(crews), list(channels)

    async def try_channel(self, channel: str, who: str) -> SendResult:
        """See the port."""
        if channel not in {one.name for one in self.known_channels}:
            raise NotThere(f"there is no channel {channel}")
        self._note(who, "test", channel, self.trial.reason, "")
        return self.trial

    async def link(self, text: str) -> LinkOffer | None:
        """See the port; `LINK` is for the job j2."""
        self._ask()
        if text != LINK:
            return None
        is_used = text in self.used_links
        return LinkOffer(self.known_jobs["j2"], "acknowledge", CREW.id, NOW_MS + 60 * MINUTE_MS, is_used)

    async def redeem(self, text: str, arrival_ms: int | None = None) -> Job:
        """See the port."""
        offer = await self.link(text)
        if offer is None:
            raise NotThere("this link opens nothing")
        if offer.is_used:
            raise ActRefused("this link was used before", "used_link")
        done = await self.acknowledge(offer.job.id, offer.crew, arrival_ms=arrival_ms)
        self.used_links.add(text)
        return done

    # ---- inside ----

    def _ask(self) -> None:
        if self.fails_with is not None:
            raise self.fails_with

    def _acts_of(self, subjects: set[str]) -> list[KeptAct]:
        kept = [KeptAct(number, act) for number, act in enumerate(self.acts, start=1)]
        return [one for one in reversed(kept) if one.act.subject in subjects]

    def _note(self, who: str, what: str, subject: str, detail: str, place: str) -> None:
        self._ask()
        self.acts.append(Act(NOW_MS, who, what, subject, detail, place))

    def _step(self, job_id: str, who: str, what: str, detail: str, **changes: object) -> Job:
        known = self.known_jobs.get(job_id)
        if known is None:
            raise NotThere(f"there is no job {job_id} (any more)")
        if known.state is JobState.CLOSED:
            raise ActRefused(f"job {job_id} is closed", "closed")
        self._note(who, what, job_id, detail, known.place)
        changed = self.known_jobs[job_id] = replace(known, **changes)  # type: ignore[arg-type]  # fields of Job
        self.publish(BoardEvent("job", changed.place, job=changed))
        return changed

    def _change(self, alert_id: str, who: str, what: str, detail: str, **changes: object) -> Alert:
        known = self.known_alerts.get(alert_id)
        if known is None:
            raise NotThere(f"alert {alert_id} is over, or never was")
        self._note(who, what, alert_id, detail, known.key.place)
        changed = self.known_alerts[alert_id] = replace(known, **changes)  # type: ignore[arg-type]  # fields of Alert
        self.publish(BoardEvent("alert", changed.key.place, alert=changed))
        return changed

    def publish(self, event: BoardEvent) -> None:
        """Tell everybody who watches."""
        for queue in self.watchers:
            queue.put_nowait(event)


def _is_in(place: str, regions: frozenset[str]) -> bool:
    """Stations in regions of Beijing are those whose id begins with bj-."""
    return not regions or any(place == code or (code.startswith("11") and place.startswith("bj-")) for code in regions)
