"""Who is told what and when: what is due on every channel, in few messages, and the digest of what can wait.

Enters: the book of jobs, what keeps alerts quiet, which jobs changed, the time.
Leaves: a `Decision`, to be made durable as a whole, and when to decide again.
Never: sends, or forgets what it could not tell yet.
"""

import heapq
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, NamedTuple

from ingest.alerts.crews import Roster
from ingest.alerts.digests import Digests
from ingest.alerts.escalation import due_steps
from ingest.alerts.jobs import JobBook
from ingest.alerts.mishaps import Mishaps
from ingest.alerts.model import Alert, Severity
from ingest.alerts.shifts import Calendar
from ingest.alerts.telling import Muffled, News, Pressing, Terms, news
from ingest.alerts.work import Crew, Digested, Job, JobChange, JobState, Notice, Pace, Told, Why, WhyNot

MUFFLED_LOOK_MS: Final = 30_000
"""How often a job is looked at of which an alert is kept quiet. Larger: the end of a cause or a silence is told later.
Smaller: in a storm, more looks that find nothing."""

OVER: Final = (Why.RESOLVED, Why.CLOSED)
"""What is never told in one message with what is bad, nor with each other."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is told now, and what has to be remembered of it: all of it in one transaction."""

    notices: tuple[Notice, ...] = ()
    told: tuple[Told, ...] = ()
    """In place of what was remembered of the same job and channel."""
    paces: tuple[Pace, ...] = ()
    digested: tuple[Digested, ...] = ()
    forgotten: tuple[tuple[str, str], ...] = ()
    """Job and channel of which nothing needs to be remembered any more."""
    job_changes: tuple[JobChange, ...] = ()
    """Of jobs that were escalated; the book holds them already."""


class Verdict(NamedTuple):
    """What becomes of one job on one channel, for people who ask."""

    channel: str
    why: Why | None
    """What would be told next; None: nothing."""
    why_not: WhyNot | None
    """Why it is not told now; None: it is."""
    at_ms: int | None
    """When it is told, or looked at again; None: when something changes."""


class _Item(NamedTuple):
    """News of one job for one channel."""

    job: Job
    channel: str
    group: str
    """Messages hold one group: a crew's own news, or (empty) what comes to a channel of the chains of several crews."""
    news: News
    ready_ms: int
    """Quiet hours counted in."""
    audible: tuple[str, ...]


class Teller:
    """Begins with what was remembered when it ended."""

    def __init__(
        self,
        calendar: Calendar,
        terms: Terms | None = None,
        told: Iterable[Told] = (),
        paces: Iterable[Pace] = (),
        digested: Iterable[Digested] = (),
    ) -> None:
        self._calendar = calendar
        self._terms = terms or Terms()
        self._told: dict[str, dict[str, Told]] = {}
        for one in told:
            self._told.setdefault(one.job, {})[one.channel] = one
        self._paces = {pace.channel: pace for pace in paces}
        self._digests = Digests(calendar, digested)
        self._looks: dict[str, int] = {}
        self._timers: list[tuple[int, str]] = []
        self._roster: Roster | None = None
        """By which all jobs were looked at; with other crews, other channels may have to be told."""
        self._again: set[str] = set()
        """Jobs of which a step failed."""
        self.mishaps = Mishaps()

    def due_ms(self) -> int | None:
        """When `decide` has something to do even if nothing changes; 0, at once, before the first time."""
        if self._roster is None:
            return 0
        while self._timers and self._looks.get(self._timers[0][1]) != self._timers[0][0]:
            heapq.heappop(self._timers)
        found = [due_ms for due_ms, _ in self._timers[:1]]
        if self._digests.due_ms is not None:
            found.append(self._digests.due_ms)
        return min(found, default=None)

    def decide(self, book: JobBook, muffled: Muffled, changed: Iterable[str], now_ms: int) -> Decision:
        """What is told now. `changed`: ids of jobs that took a step since the last decision.

        What fails is told the next time, and the rest now; see `mishaps`.
        """
        look = {*changed, *self._again} if book.roster is self._roster else {*book.jobs, *self._told}
        self._roster = book.roster
        self._again.clear()
        done = _Done()
        with self.mishaps.spare("the digests"):
            self._digest(book, muffled, now_ms, done)
        while self._timers and self._timers[0][0] <= now_ms:
            due_ms, job_id = heapq.heappop(self._timers)
            if self._looks.get(job_id) == due_ms:
                look.add(job_id)
        ready: dict[str, list[_Item]] = {}
        for job_id in sorted(look):
            with self._sparing(job_id):
                job = book.jobs.get(job_id)
                if job is None:
                    self._forget(job_id, done)
                    continue
                for item in self._look(job, book, muffled, now_ms):
                    ready.setdefault(item.channel, []).append(item)
        for channel, items in sorted(ready.items()):
            with self.mishaps.spare(f"a message to {channel}", partial(self._again.update, _jobs_of(items))):
                self._tell(channel, items, now_ms, done)
        steps = {job_id: number for job_id, number in done.steps.items() if number > book.jobs[job_id].escalated}
        job_changes = book.escalated(steps, now_ms)
        for job_id in sorted({told.job for told in done.told.values()}):
            with self._sparing(job_id):
                for item in self._look(book.jobs[job_id], book, muffled, now_ms):
                    allowed_ms, _ = self._allowed(item.channel, item.news.pressing, now_ms)
                    self._look_at(job_id, max(allowed_ms, now_ms + 1), sooner=True)
        return done.decision(job_changes)

    def _sparing(self, job_id: str) -> AbstractContextManager[None]:
        return self.mishaps.spare(f"what is to be told of job {job_id}", partial(self._again.add, job_id))

    def owes(self, job_id: str) -> bool:
        """Whether a channel was told of a job, and not yet that it is over."""
        return any(not told.is_over for told in self._told.get(job_id, {}).values())

    def verdicts(self, book: JobBook, muffled: Muffled, job_id: str, now_ms: int) -> list[Verdict]:
        """Why each channel is told of a job, or is not; changes nothing."""
        job = book.jobs[job_id]
        items, hushed = self._items(job, book, muffled, now_ms)
        found: list[Verdict] = []
        for item in items:
            at_ms, why_not = item.ready_ms, None
            if item.ready_ms > now_ms:
                is_quiet = item.news.ready_ms <= now_ms
                waits = WhyNot.SAME if item.news.why is Why.REPEAT else WhyNot.GROUPED
                why_not = WhyNot.QUIET_HOURS if is_quiet else waits
            else:
                at_ms, why_not = self._allowed(item.channel, item.news.pressing, now_ms)
            found.append(Verdict(item.channel, item.news.why, why_not, at_ms))
        crew = book.roster.get(job.crew)
        known = {item.channel for item in items}
        silent = [channel for channel in (crew.channels if crew else ()) if channel not in known]
        return found + [Verdict(channel, None, hushed or WhyNot.SAME, None) for channel in silent]

    # ---- what there is to tell ----

    def _look(self, job: Job, book: JobBook, muffled: Muffled, now_ms: int) -> list[_Item]:
        """What may be told of a job now; of the rest it is noted when to look again."""
        items, hushed = self._items(job, book, muffled, now_ms)
        looks_ms = [item.ready_ms for item in items if item.ready_ms > now_ms]
        if hushed is not None:
            looks_ms.append((now_ms // MUFFLED_LOOK_MS + 1) * MUFFLED_LOOK_MS)
        self._look_at(job.id, min(looks_ms, default=None))
        return [item for item in items if item.ready_ms <= now_ms]

    def _items(self, job: Job, book: JobBook, muffled: Muffled, now_ms: int) -> tuple[list[_Item], WhyNot | None]:
        """By channel what it does not know yet, and why some alert of the job is kept quiet."""
        reasons = [(alert, muffled(alert)) for alert in book.open_alerts(job)]
        audible = [alert for alert, reason in reasons if reason is None]
        hushed = next((reason for _, reason in reasons if reason is not None), None)
        ids = tuple(alert.id for alert in audible)
        crew = book.roster.get(job.crew)
        found = self._over(job) if job.state is JobState.CLOSED else self._bad(job, crew, audible, now_ms)
        items: list[_Item] = []
        for channel, one in sorted(found.items()):
            is_own = crew is not None and channel in crew.channels and one.why is not Why.ESCALATED
            ready_ms = self._working_ms(crew, one, now_ms)
            if ready_ms is not None:
                items.append(_Item(job, channel, crew.id if crew and is_own else "", one, ready_ms, ids))
        return items, hushed

    def _over(self, job: Job) -> dict[str, News]:
        told = self._told.get(job.id, {})
        found = {channel: news(job, (), one, self._terms) for channel, one in told.items()}
        return {channel: one for channel, one in found.items() if one is not None}

    def _bad(self, job: Job, crew: Crew | None, audible: Sequence[Alert], now_ms: int) -> dict[str, News]:
        if crew is None or not audible:
            return {}
        told = self._told.get(job.id, {})
        found = {channel: news(job, audible, told.get(channel), self._terms) for channel in crew.channels}
        current = [told[channel] for channel in crew.channels if channel in told]
        first_ms = min((one.first_ms for one in current if one.from_ms == job.escalate_from_ms), default=None)
        for number, due_ms, channels in due_steps(job, crew, first_ms, self._calendar):
            for channel in channels:
                known = told.get(channel)
                if known is not None and known.from_ms == job.escalate_from_ms and known.steps >= number:
                    continue
                waiting = found.get(channel)
                # Of two that are due the later step says more; of two that are not, the first one comes first.
                if waiting is None or due_ms <= max(now_ms, waiting.ready_ms):
                    pressing = Pressing.AT_ONCE if audible[0].severity is Severity.EMERGENCY else Pressing.SOON
                    found[channel] = News(Why.ESCALATED, due_ms, pressing, audible[0].severity, number)
        return {channel: one for channel, one in found.items() if one is not None}

    def _working_ms(self, crew: Crew | None, one: News, now_ms: int) -> int | None:
        """From when on it may be told, the crew's quiet hours counted in."""
        if crew is None or one.severity is Severity.EMERGENCY:
            return one.ready_ms
        return (
            self._calendar.start_ms(crew.hours, max(one.ready_ms, now_ms)) if one.ready_ms <= now_ms else one.ready_ms
        )

    # ---- messages ----

    def _tell(self, channel: str, items: Sequence[_Item], now_ms: int, done: "_Done") -> None:
        """Tell of all items in as few messages as can be, or look again when the channel may be told."""
        at_once = [item for item in items if item.news.pressing is Pressing.AT_ONCE]
        others = [item for item in items if item.news.pressing is not Pressing.AT_ONCE]
        pressing = max((item.news.pressing for item in others), default=Pressing.CAN_WAIT)
        allowed_ms, why_not = self._allowed(channel, pressing, now_ms)
        for group in _grouped(at_once):
            self._message(channel, group, now_ms, done)
        for group in _grouped(others):
            if why_not is None:
                # The first message may go; those beside it may as long as the bound is not reached.
                self._message(channel, group, now_ms, done)
                self._count(channel, now_ms, done)
                allowed_ms = self._room_ms(channel)
                why_not = WhyNot.RATE if allowed_ms > now_ms else None
                continue
            for item in group:
                self._look_at(item.job.id, allowed_ms, sooner=True)

    def _message(self, channel: str, items: Sequence[_Item], now_ms: int, done: "_Done") -> None:
        told: list[Told] = []
        sound: list[_Item] = []
        for item in sorted(items, key=lambda item: (-item.news.severity.rank, item.job.opened_ms, item.job.id)):
            with self._sparing(item.job.id):
                told.append(self._told_now(item.job, channel, item.news, item.audible, now_ms))
                sound.append(item)
        if not sound:
            return
        items, first = sound, sound[0]
        crews = {item.job.crew for item in items}
        notice = Notice(
            key=f"{channel}/{first.job.id}/{told[0].count}",
            crew=first.job.crew if len(crews) == 1 else None,
            channel=channel,
            why=first.news.why,
            jobs=_jobs_of(items),
            severity=first.news.severity,
            due_ms=now_ms,
        )
        # Nothing that can fail stands below: what counts as told is told.
        for item in items:
            if item.news.step:
                done.steps[item.job.id] = max(item.news.step, done.steps.get(item.job.id, 0))
        self._remember(told, done)
        done.notices.append(notice)

    def _told_now(self, job: Job, channel: str, one: News, audible: Iterable[str], now_ms: int) -> Told:
        """What is to be remembered of a message."""
        before = self._told.get(job.id, {}).get(channel)
        told = Told(
            job=job.id,
            channel=channel,
            severity=one.severity,
            alerts=frozenset(audible),
            at_ms=now_ms,
            from_ms=job.escalate_from_ms,
            first_ms=now_ms,
            count=1,
            reopened=job.reopened,
            steps=one.step,
            is_over=one.why in OVER,
        )
        if before is not None:
            told = replace(told, alerts=told.alerts | before.alerts, count=before.count + 1)
            if before.from_ms == told.from_ms:
                told = replace(told, first_ms=before.first_ms, steps=max(before.steps, told.steps))
        return told

    def _remember(self, told: Iterable[Told], done: "_Done") -> None:
        for one in told:
            self._told.setdefault(one.job, {})[one.channel] = one
            done.told[one.job, one.channel] = one

    def _allowed(self, channel: str, pressing: Pressing, now_ms: int) -> tuple[int, WhyNot | None]:
        """From when on a channel may be told, and why not before."""
        pace = self._paces.get(channel)
        if pace is None or pressing is Pressing.AT_ONCE:
            return now_ms, None
        gap_s = self._terms.group_wait_s if pressing is Pressing.SOON else self._terms.group_interval_s
        next_ms, room_ms = pace.recent_ms[-1] + int(gap_s * 1_000), self._room_ms(channel)
        if room_ms > max(next_ms, now_ms):
            return room_ms, WhyNot.RATE
        return (next_ms, WhyNot.GROUPED) if next_ms > now_ms else (now_ms, None)

    def _room_ms(self, channel: str) -> int:
        """From when on a further message does not break the bound."""
        pace = self._paces.get(channel)
        if pace is None or len(pace.recent_ms) < self._terms.burst:
            return 0
        return pace.recent_ms[-self._terms.burst] + int(self._terms.burst_s * 1_000)

    def _count(self, channel: str, now_ms: int, done: "_Done") -> None:
        known = self._paces.get(channel)
        recent_ms = (*(known.recent_ms if known else ()), now_ms)[-self._terms.burst :]
        self._paces[channel] = done.paces[channel] = Pace(channel, recent_ms)

    def _digest(self, book: JobBook, muffled: Muffled, now_ms: int, done: "_Done") -> None:
        """Tell what can wait where the time for it has come."""
        for crew, mark, contents in self._digests.due(book, muffled, now_ms):
            channels = crew.channels if contents.jobs or contents.alerts else ()
            jobs = tuple(job.id for job, _ in contents.jobs)
            told = [
                self._told_now(job, channel, News(Why.DIGEST, now_ms, Pressing.CAN_WAIT, job.severity), audible, now_ms)
                for channel in channels
                for job, audible in contents.jobs
            ]
            for channel in channels:
                self._count(channel, now_ms, done)
                key = f"{channel}/digest/{crew.id}/{mark.day}"
                done.notices.append(
                    Notice(key, crew.id, channel, Why.DIGEST, jobs, contents.severity, now_ms, contents.alerts)
                )
            self._remember(told, done)
            done.digested[crew.id] = mark
        if done.digested:
            self._digests.told(done.digested.values(), now_ms)

    # ---- when to look again ----

    def _look_at(self, job_id: str, at_ms: int | None, *, sooner: bool = False) -> None:
        known_ms = self._looks.get(job_id)
        if sooner and known_ms is not None and at_ms is not None:
            at_ms = min(known_ms, at_ms)
        if at_ms is None:
            self._looks.pop(job_id, None)
        elif at_ms != known_ms:
            self._looks[job_id] = at_ms
            heapq.heappush(self._timers, (at_ms, job_id))

    def _forget(self, job_id: str, done: "_Done") -> None:
        self._looks.pop(job_id, None)
        done.forgotten += [(job_id, channel) for channel in self._told.pop(job_id, {})]


def _jobs_of(items: Iterable[_Item]) -> tuple[str, ...]:
    return tuple(item.job.id for item in items)


def _grouped(items: Iterable[_Item]) -> list[list[_Item]]:
    """What may stand in one message: what is bad, what is good, and what a person closed; bad news first."""
    groups: dict[tuple[str, str], list[_Item]] = {}
    for item in items:
        over = item.news.why.value if item.news.why in OVER else ""
        groups.setdefault((over, item.group), []).append(item)
    return [groups[key] for key in sorted(groups)]


class _Done:
    """A decision as it is made."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.told: dict[tuple[str, str], Told] = {}
        self.paces: dict[str, Pace] = {}
        self.digested: dict[str, Digested] = {}
        self.steps: dict[str, int] = {}
        self.forgotten: list[tuple[str, str]] = []

    def decision(self, job_changes: Sequence[JobChange]) -> Decision:
        """The whole."""
        return Decision(
            tuple(self.notices),
            tuple(self.told.values()),
            tuple(self.paces.values()),
            tuple(self.digested.values()),
            tuple(self.forgotten),
            tuple(job_changes),
        )
