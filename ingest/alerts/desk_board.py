"""The `AlertBoard` port over the desk: what is open from memory, records from the database, and human acts.

Enters: questions and acts of the API. Leaves: nouns, once an act is durable. Never: an act without its line in the
audit log, or a change of state of its own: jobs, engine and silences decide.
"""

import json
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

from ingest.alerts import desk_records as records
from ingest.alerts import silences as rules_of_silence
from ingest.alerts.board import ActRefused, NotThere, everything
from ingest.alerts.composing import Composer
from ingest.alerts.desk import Desk, Do
from ingest.alerts.directory import Directory
from ingest.alerts.engine import Engine
from ingest.alerts.figures import figures_of
from ingest.alerts.job_steps import WrongStep
from ingest.alerts.jobs import UnknownJob
from ingest.alerts.links import WrongLink, verify
from ingest.alerts.model import Alert, AlertState, Severity
from ingest.alerts.records import (
    AlertFilter,
    AlertRecord,
    AlertView,
    BoardEvent,
    CrewFigures,
    JobRecord,
    KeptAct,
    LinkOffer,
)
from ingest.alerts.silences import WrongSilence
from ingest.alerts.work import (
    Act,
    ChannelSetting,
    Crew,
    Job,
    JobChange,
    JobState,
    Notice,
    Outgoing,
    SendResult,
    Silence,
    Why,
)
from ingest.alerts.writ import CHANNEL, CREW, SILENCE
from ingest.database import acts as act_table
from ingest.database import alert_notes, outbox
from ingest.database import alerts as alert_table
from ingest.database import jobs as job_table

LINKS: Final = "link"
"""The book of consumed links: name is the nonce, the body when it expires."""
USED_LINK: Final = "this link was used before"


class Parts(NamedTuple):
    """What the board is over."""

    desk: Desk
    engine: Engine
    directory: Directory
    composer: Composer
    now_ms: Callable[[], int]


class DeskBoard:
    """Answers from memory at once; acts one after another."""

    def __init__(self, parts: Parts) -> None:
        self._desk = parts.desk
        self._engine = parts.engine
        self._directory = parts.directory
        self._composer = parts.composer
        self._now_ms = parts.now_ms
        self._books = parts.desk.books
        self._redeemed: set[str] = set()
        """Links used in this process; those of earlier ones are in the database."""

    # ---- what is open ----

    def alerts(self, is_wanted: Callable[[Alert], bool] = everything) -> Sequence[Alert]:
        """See the port."""
        return sorted(filter(is_wanted, self._engine.alerts), key=_urgency)

    def view(self, alert_id: str) -> AlertView | None:
        """See the port."""
        alert = self._engine.alerts.of_id(alert_id)
        return None if alert is None else self._view(alert)

    def jobs(self, is_wanted: Callable[[Job], bool] = everything) -> Sequence[Job]:
        """See the port."""
        return sorted(
            filter(is_wanted, self._books.jobs.jobs.values()),
            key=lambda job: (job.state is JobState.CLOSED, -job.severity.rank, job.opened_ms, job.id),
        )

    def crews(self) -> Sequence[Crew]:
        """See the port."""
        return self._directory.crews

    def channels(self) -> Sequence[ChannelSetting]:
        """See the port."""
        return list(self._directory.channels.values())

    def silences(self) -> Sequence[Silence]:
        """See the port."""
        return sorted(self._books.silences.all.values(), key=lambda one: (one.starts_ms, one.id))

    def subscribe(self) -> AsyncIterator[BoardEvent]:
        """See the port."""
        return self._desk.broadcast.follow()

    # ---- records ----

    async def alert(self, alert_id: str) -> AlertRecord | None:
        """See the port."""
        alert = self._engine.alerts.of_id(alert_id)
        kept, changes, done = await self._desk.read(partial(records.alert_record, alert_id=alert_id))
        found = alert or kept
        return None if found is None else AlertRecord(self._view(found), changes, done)

    async def job(self, job_id: str) -> JobRecord | None:
        """See the port."""
        kept, alerts, done, messages = await self._desk.read(partial(records.job_record, job_id=job_id))
        job = self._books.jobs.jobs.get(job_id) or kept
        if job is None:
            return None
        held = self._books.jobs.alerts
        found = {alert.id: held.get(alert.id, alert) for alert in alerts}
        found |= {one: held[one] for one in job.alerts | job.done_alerts if one in held}
        ordered = sorted(found.values(), key=_urgency)
        return JobRecord(job, ordered, self._composer.bring(job, ordered), done, messages)

    async def past_alerts(self, wanted: AlertFilter, before: tuple[int, str] | None, limit: int) -> Sequence[Alert]:
        """See the port."""
        return await self._desk.read(partial(alert_table.page, wanted=wanted, before=before, limit=limit))

    async def past_jobs(self, wanted: AlertFilter, before: tuple[int, str] | None, limit: int) -> Sequence[Job]:
        """See the port."""
        return await self._desk.read(partial(job_table.page, wanted=wanted, before=before, limit=limit))

    async def audit(self, subject: str | None, before_id: int | None, limit: int) -> Sequence[KeptAct]:
        """See the port."""
        return await self._desk.read(partial(act_table.page, subject=subject, before_id=before_id, limit=limit))

    async def messages(self, most: int) -> Sequence[Outgoing]:
        """See the port."""
        return await self._desk.read(partial(outbox.newest, most=most))

    async def figures(self, since_ms: int) -> Sequence[CrewFigures]:
        """See the port."""
        jobs = await self._desk.read(partial(job_table.opened_since, since_ms=since_ms))
        held = self._books.jobs.jobs
        return figures_of([held.get(job.id, job) for job in jobs])

    # ---- acts upon a job ----

    async def acknowledge(
        self, job_id: str, who: str, *, until_ms: int | None = None, arrival_ms: int | None = None, comment: str = ""
    ) -> Job:
        """See the port."""
        book = self._books.jobs
        return await self._job_act(
            job_id, who, "acknowledge", comment, lambda now: book.acknowledge(job_id, who, now, until_ms, arrival_ms)
        )

    async def start(self, job_id: str, who: str) -> Job:
        """See the port."""
        return await self._job_act(job_id, who, "start", "", lambda now: self._books.jobs.start(job_id, who, now))

    async def repaired(self, job_id: str, who: str, comment: str = "") -> Job:
        """See the port."""
        return await self._job_act(
            job_id, who, "repaired", comment, lambda now: self._books.jobs.repaired(job_id, who, now)
        )

    async def close(self, job_id: str, who: str, reason: str) -> Job:
        """See the port."""
        return await self._job_act(job_id, who, "close", reason, lambda now: self._books.jobs.close(job_id, who, now))

    async def assign(self, job_id: str, who: str, crew: str) -> Job:
        """See the port."""
        return await self._job_act(
            job_id, who, "assign", crew, lambda now: self._books.jobs.assign(job_id, crew, who, now)
        )

    # ---- acts upon an alert ----

    async def confirm(self, alert_id: str, who: str, comment: str = "") -> Alert:
        """See the port."""
        alert = self._open_alert(alert_id)
        setting = self._engine.setting_of(alert.key)
        if setting is None or not setting.latched:
            raise ActRefused(
                "this alert ends by readings; only what must be seen on site (smoke) is confirmed", "by_readings"
            )
        return await self._alert_act(alert, who, "confirm", comment, lambda now: self._engine.confirm(alert_id, now))

    async def resolve(self, alert_id: str, who: str, reason: str) -> Alert:
        """See the port."""
        alert = self._open_alert(alert_id)
        return await self._alert_act(
            alert, who, "resolve", reason, lambda now: self._engine.resolve(alert_id, who, now)
        )

    async def comment(self, subject: str, who: str, text: str) -> None:
        """See the port."""
        job, alert = self._books.jobs.jobs.get(subject), self._engine.alerts.of_id(subject)
        place = job.place if job else alert.key.place if alert else None
        if place is None:
            record = await self.job(subject) or await self.alert(subject)
            if record is None:
                raise NotThere(f"there is no job or alert {subject}")
            place = record.job.place if isinstance(record, JobRecord) else record.view.alert.key.place
        await self._desk.act(lambda _now: (), self._act(who, "comment", subject, text, place))

    # ---- silences, crews, channels, links ----

    async def silence(self, silence: Silence, who: str) -> Silence:
        """See the port."""
        now_ms = self._now_ms()
        named = replace(silence, id=silence.id or f"s-{secrets.token_hex(4)}", created_ms=now_ms)
        try:
            rules_of_silence.checked(named)
        except WrongSilence as wrong:
            raise ActRefused(str(wrong), wrong.key, **wrong.values) from wrong
        act = self._act(who, "silence", named.id, named.reason, named.station or named.region or "")
        return await self._put_silence(named, act)

    async def end_silence(self, silence_id: str, who: str) -> Silence:
        """See the port."""
        silence = self._books.silences.all.get(silence_id)
        if silence is None:
            raise NotThere(f"there is no silence {silence_id} (any more)")
        ended = rules_of_silence.ended(silence, self._now_ms())
        act = self._act(who, "unsilence", silence_id, "", silence.station or silence.region or "")
        return await self._put_silence(ended, act)

    async def _put_silence(self, silence: Silence, act: Act) -> Silence:
        def put(_now_ms: int) -> Sequence[JobChange]:
            self._books.silences.put(silence)
            return ()

        await self._desk.act(put, act, [("silence", silence.id, SILENCE.dump_json(silence))])
        return silence

    async def set_crews(self, crews: Sequence[Crew], channels: Sequence[ChannelSetting], who: str) -> None:
        """See the port."""
        known = {channel.name for channel in channels}
        for crew in crews:
            wanted = {*crew.channels, *(name for step in crew.chain for name in step.channels)}
            if wanted - known:
                raise ActRefused(
                    f"crew {crew.id} names channels that there are not: {', '.join(sorted(wanted - known))}"
                )
        gone_crews = {crew.id for crew in self._directory.crews} - {crew.id for crew in crews}
        gone_channels = self._directory.channels.keys() - known
        notes: list[tuple[str, str, bytes | None]] = [("crew", crew.id, CREW.dump_json(crew)) for crew in crews]
        notes += [("channel", channel.name, CHANNEL.dump_json(channel)) for channel in channels]
        notes += [("crew", name, None) for name in gone_crews]
        notes += [("channel", name, None) for name in gone_channels]

        def put(now_ms: int) -> Sequence[JobChange]:
            return self._books.jobs.set_roster(self._directory.load(crews, channels), now_ms)

        detail = f"{len(crews)} crews, {len(channels)} channels"
        await self._desk.act(put, self._act(who, "crew", "crews", detail, ""), notes)

    async def try_channel(self, channel: str, who: str) -> SendResult:
        """See the port."""
        route = self._directory.route(channel)
        if channel not in self._directory.channels:
            raise NotThere(f"there is no channel {channel}: `yizhan crews show` lists those that there are")
        if route is None:
            raise ActRefused(self._directory.why_not(channel))
        now_ms = self._now_ms()
        notice = Notice(f"trial/{channel}/{now_ms}", None, channel, Why.TRIAL, (), Severity.INFO, now_ms)
        result = await route.sender.send(self._composer.message(notice, now_ms))
        detail = "sent" if result.ok else result.reason
        await self._desk.act(lambda _now: (), self._act(who, "test", channel, detail, ""))
        return result

    async def link(self, text: str) -> LinkOffer | None:
        """See the port."""
        try:
            grant = verify(text, self._composer.key, self._now_ms())
        except WrongLink:
            return None
        used = await self._desk.read(partial(alert_notes.every, book=LINKS))
        job = self._books.jobs.jobs.get(grant.job)
        if job is None:
            return None
        return LinkOffer(job, grant.action, grant.crew, grant.expires_ms, is_used=grant.nonce in used)

    async def redeem(self, text: str, arrival_ms: int | None = None) -> Job:
        """See the port."""
        try:
            grant = verify(text, self._composer.key, self._now_ms())
        except WrongLink as wrong:
            raise NotThere(str(wrong)) from wrong
        if grant.nonce in await self._desk.read(partial(alert_notes.every, book=LINKS)):
            raise ActRefused(USED_LINK, "used_link")
        used = [(LINKS, grant.nonce, json.dumps(grant.expires_ms).encode())]

        def acknowledge(now_ms: int) -> Sequence[JobChange]:
            # Asked again in the turn: who presses twice asks the database twice before either act is kept.
            if grant.nonce in self._redeemed:
                raise ActRefused(USED_LINK, "used_link")
            done = self._books.jobs.acknowledge(grant.job, grant.crew, now_ms, None, arrival_ms)
            self._redeemed.add(grant.nonce)
            return done

        return await self._job_act(
            grant.job,
            grant.crew,
            grant.action.value,
            f"by a link sent to {grant.channel}",
            acknowledge,
            used,
        )

    # ---- inside ----

    async def _job_act(
        self,
        job_id: str,
        who: str,
        what: str,
        detail: str,
        do: Do,
        notes: Sequence[tuple[str, str, bytes | None]] = (),
    ) -> Job:
        job = self._books.jobs.jobs.get(job_id)
        if job is None:
            raise NotThere(f"job {job_id} is not open: it was closed long ago, or never was", "closed")
        try:
            await self._desk.act(do, self._act(who, what, job_id, detail, job.place), notes)
        except UnknownJob as unknown:
            raise NotThere(f"job {job_id} is not open any more", "closed") from unknown
        except WrongStep as wrong:
            raise ActRefused(str(wrong), "closed" if job.state is JobState.CLOSED else "") from wrong
        return self._books.jobs.jobs.get(job_id, job)

    async def _alert_act(self, alert: Alert, who: str, what: str, detail: str, do: Callable[[int], None]) -> Alert:
        def done(now_ms: int) -> Sequence[JobChange]:
            do(now_ms)
            return ()

        await self._desk.act(done, self._act(who, what, alert.id, detail, alert.key.place))
        return self._engine.alerts.of_id(alert.id) or alert

    def _open_alert(self, alert_id: str) -> Alert:
        alert = self._engine.alerts.of_id(alert_id)
        if alert is None or alert.state is AlertState.RESOLVED:
            raise NotThere(f"alert {alert_id} is not open: it is over, or never was", "alert_over")
        return alert

    def _view(self, alert: Alert) -> AlertView:
        silence = self._books.silences.of(alert, self._now_ms())
        jobs = self._books.jobs.jobs_of(alert.id)
        return AlertView(
            alert,
            jobs[0].id if jobs else None,
            self._engine.inhibited_by(alert) if alert.state is not AlertState.RESOLVED else None,
            silence.id if silence is not None else None,
        )

    def _act(self, who: str, what: str, subject: str, detail: str, place: str) -> Act:
        return Act(self._now_ms(), _plain(who), what, _plain(subject), _plain(detail), place)


def _plain(words: str) -> str:
    """As every database takes it: one act that PostgreSQL refuses would hold up all that is told after it."""
    return words.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _urgency(alert: Alert) -> tuple[int, int, int, str]:
    order = {AlertState.FIRING: 0, AlertState.UNKNOWN: 0, AlertState.PENDING: 1, AlertState.RESOLVED: 2}
    return order[alert.state], -alert.severity.rank, alert.since_ms, alert.id
