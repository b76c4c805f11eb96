"""The book of jobs: the open alerts of one place that one crew covers are one job, until readings prove it good.

Enters: changes of alerts, what inhibits what, acts of people, the time. Leaves: `JobChange`s, when to be asked.
Never: tells anybody, or closes a job of which an alert is bad or unknown without a person who says so.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from ingest.alerts import job_steps as steps
from ingest.alerts.causes import InhibitedBy, cause_of
from ingest.alerts.crews import Roster
from ingest.alerts.job_settings import ARRIVAL_MS, OWED_LONGEST_MS, OWED_LOOK_MS, JobSettings
from ingest.alerts.job_shelf import JobShelf
from ingest.alerts.job_steps import BY_READINGS, UNDER_WAY, WrongStep
from ingest.alerts.mishaps import Mishaps
from ingest.alerts.model import Alert, AlertKey, AlertState, Change, ChangeKind, Severity
from ingest.alerts.shifts import Calendar
from ingest.alerts.work import Job, JobChange, JobState, JobStep

BAD: Final = (AlertState.FIRING, AlertState.UNKNOWN)
RETURNS: Final = (ChangeKind.FIRED, ChangeKind.REOPENED, ChangeKind.WORSE)
"""What opens a job again that a person closed while its alert stood."""
HELD_LOOK_MS: Final = 60_000
"""How often alerts without a job are looked at whose cause did not say that it is over. Larger: what a cause leaves
behind by another way than its end waits longer. Smaller: in a storm, a walk over tens of thousands each time."""


class UnknownJob(KeyError):
    """No job of this id is in memory."""


class JobBook:
    """Begins with the jobs and the alerts that were live when it ended."""

    def __init__(
        self,
        roster: Roster,
        calendar: Calendar,
        settings: JobSettings | None = None,
        jobs: Iterable[Job] = (),
        alerts: Iterable[Alert] = (),
    ) -> None:
        self._roster = roster
        self._calendar = calendar
        self._settings = settings or JobSettings()
        self._shelf = JobShelf(self._due_of)
        self._homeless: dict[AlertKey | None, dict[str, None]] = {}
        """Bad alerts without a job, by what inhibits them; under None those that must be looked at."""
        self._held_look_ms: int | None = None
        self._owed_ms: dict[str, int] = {}
        """By id of a job whose end somebody still has to hear of: when to ask again."""
        self._sees = True
        self._again: list[Change] = []
        """Changes of alerts of which a step failed, in order."""
        self.mishaps = Mishaps()
        for job in jobs:
            self._shelf.keep(job)
        for alert in alerts:
            if alert.state is not AlertState.PENDING:
                self._shelf.hear(alert)
                if alert.state in BAD and not self._shelf.jobs_of(alert.id):
                    self._look_for_home(alert.id)
                    self._held_look_ms = 0
        for job in self._shelf.jobs.values():
            for alert_id in sorted(job.alerts):
                ended = self._shelf.alerts.get(alert_id)
                if ended is not None and ended.state is AlertState.RESOLVED:
                    # Its end was durable, and the step of the job was not.
                    self._again.append(Change(ChangeKind.RESOLVED, ended, ended.changed_ms))

    # ---- what it holds ----

    @property
    def jobs(self) -> Mapping[str, Job]:
        """By id: open ones, and those that may still open again."""
        return self._shelf.jobs

    @property
    def alerts(self) -> Mapping[str, Alert]:
        """By id: all that fired and have not expired."""
        return self._shelf.alerts

    @property
    def roster(self) -> Roster:
        """The crews of now."""
        return self._roster

    def jobs_of(self, alert_id: str) -> Sequence[Job]:
        """The jobs that an alert belongs or belonged to, the open ones first."""
        return self._shelf.jobs_of(alert_id)

    def open_alerts(self, job: Job) -> list[Alert]:
        """Those that are not resolved, worst first."""
        found = [self.alerts[alert_id] for alert_id in job.alerts if alert_id in self.alerts]
        return sorted(found, key=lambda alert: (-alert.severity.rank, alert.id))

    def jobless(self) -> Iterator[Alert]:
        """Bad alerts that make no job: what only informs, and what follows from something else."""
        return (alert for alert in self.alerts.values() if alert.state in BAD and not self.jobs_of(alert.id))

    def due_ms(self) -> int | None:
        """When `take` has something to do even if no alert changes."""
        found = (self._shelf.due_ms(), self._held_look_ms, 0 if self._again else None)
        return min((due_ms for due_ms in found if due_ms is not None), default=None)

    # ---- what happens to it ----

    def take(
        self,
        changes: Iterable[Change],
        inhibited_by: InhibitedBy,
        now_ms: int,
        *,
        sees: bool = True,
        owes: Callable[[str], bool] = lambda _job: False,
    ) -> list[JobChange]:
        """What changes of alerts, in order, and the time do to the jobs.

        `sees`: whether readings come in; without them none is proven good, and what was good before must be so anew.
        `owes`: whether somebody still has to hear that a job is over; it is not forgotten before. A step that fails is
        taken again the next time, and those of other jobs are taken now; see `mishaps`.
        """
        done: list[JobChange] = []
        waiting, self._again = [*self._again, *changes], []
        failed: set[str] = set()
        for change in waiting:
            if change.alert.id in failed:  # in order
                self._again.append(change)
                continue
            with self.mishaps.spare(f"{change.kind} of {change.alert.key}", partial(failed.add, change.alert.id)):
                self._change(change, done)
            if change.alert.id in failed:
                self._again.append(change)
        self._house(inhibited_by, now_ms, done)
        if sees and not self._sees:
            self._prove_anew(now_ms)
        self._sees = sees
        not_taken: list[str] = []
        while (due := self._shelf.next_due(now_ms)) is not None:
            job, due_ms = due
            if not sees and job.good_since_ms is not None and job.closed_ms is None:
                not_taken.append(job.id)
                continue
            is_over = job.closed_ms is not None and not job.alerts
            if is_over and now_ms - (job.closed_ms or 0) < OWED_LONGEST_MS and owes(job.id):
                self._owed_ms[job.id] = now_ms + OWED_LOOK_MS
                not_taken.append(job.id)
                continue
            with self.mishaps.spare(f"what is due of job {job.id}", partial(not_taken.append, job.id)):
                self._time_is_up(job, due_ms, done)
        for job_id in not_taken:
            self._shelf.due_again(job_id)
        return done

    def _prove_anew(self, now_ms: int) -> None:
        """Readings come in again: what was good has to be good for as long as if it began now."""
        for job in list(self.jobs.values()):
            if job.good_since_ms is not None and job.closed_ms is None:
                self._shelf.keep(replace(job, good_since_ms=now_ms))

    def _change(self, change: Change, done: list[JobChange]) -> None:
        alert = change.alert
        if change.kind is ChangeKind.EXPIRED:
            self._shelf.forget(alert.id)
            return
        if change.kind is ChangeKind.DROPPED:
            self._release(alert.key)
            return
        if alert.state is AlertState.PENDING:
            return
        self._shelf.hear(alert)
        jobs = self.jobs_of(alert.id)
        if alert.state in BAD:
            standing = [job for job in jobs if job.state is not JobState.CLOSED]
            for job in standing:
                self._worsen(job, alert, change.at_ms, done)
            is_settled = any(alert.id in job.alerts for job in jobs) and change.kind not in RETURNS
            if not standing and not is_settled:
                self._look_for_home(alert.id)
        else:
            for job in jobs:
                if alert.id in job.alerts:
                    self._resolve(job, alert, change.at_ms, done)
            self._release(alert.key)

    def _release(self, cause: AlertKey) -> None:
        """What it inhibited is to be looked at."""
        if cause in self._homeless:
            self._homeless.setdefault(None, {}).update(self._homeless.pop(cause))

    def _look_for_home(self, alert_id: str) -> None:
        self._homeless.setdefault(None, {})[alert_id] = None

    def _house(self, inhibited_by: InhibitedBy, now_ms: int, done: list[JobChange]) -> None:
        """Give a job to each bad alert that has none, unless it only informs or follows from something else."""
        if self._held_look_ms is not None and self._held_look_ms <= now_ms:
            waiting = {alert_id: None for held in self._homeless.values() for alert_id in held}
            self._homeless.clear()
        else:
            waiting = self._homeless.pop(None, {})
        for alert_id in waiting:
            alert = self.alerts.get(alert_id)
            if alert is None or alert.state not in BAD or alert.severity is Severity.INFO:
                continue
            with self.mishaps.spare(f"a job for {alert.key}", partial(self._look_for_home, alert_id)):
                cause = cause_of(alert, inhibited_by)
                if cause is None:
                    self._give_job(alert, now_ms, done)
                else:
                    self._homeless.setdefault(cause, {})[alert_id] = None
        self._held_look_ms = (now_ms // HELD_LOOK_MS + 1) * HELD_LOOK_MS if self._homeless else None

    def _give_job(self, alert: Alert, now_ms: int, done: list[JobChange]) -> None:
        for crew in self._roster.crews_of(alert.key) or (None,):
            mine = [job for job in self._shelf.at(alert.key.place) if job.crew == crew]
            standing = next((job for job in mine if job.state is not JobState.CLOSED), None)
            before = next((job for job in mine if self._returns(job, alert, now_ms)), None)
            if standing is not None:
                self._worsen(standing, alert, now_ms, done)
            elif before is not None:
                again = steps.with_alert(steps.reopened(before, now_ms), alert, now_ms)
                severity = steps.worst(self.open_alerts(again)) or alert.severity
                self._step(JobStep.REOPENED, replace(again, severity=severity), now_ms, done)
            else:
                new = steps.opened(self._new_id(alert.key.place, now_ms), crew, alert, now_ms)
                self._step(JobStep.OPENED, new, now_ms, done)

    def _returns(self, job: Job, alert: Alert, now_ms: int) -> bool:
        """Whether a closed job was about this fault, a short while ago."""
        closed_ms = now_ms if job.closed_ms is None else job.closed_ms
        return now_ms < closed_ms + int(self._settings.reopen_s * 1_000) and steps.fault_of(alert) in job.faults

    def _worsen(self, job: Job, alert: Alert, now_ms: int, done: list[JobChange]) -> None:
        """A bad alert joins a job, comes back to it, or is worse or better there."""
        if alert.id not in job.alerts:
            job = self._step(JobStep.JOINED, steps.with_alert(job, alert, now_ms), now_ms, done)
        self._weigh(job, now_ms, done)

    def _weigh(self, job: Job, now_ms: int, done: list[JobChange]) -> None:
        severity = steps.worst(self.open_alerts(job)) or job.severity
        if severity is job.severity:
            return
        step = JobStep.WORSE if severity.rank > job.severity.rank else JobStep.BETTER
        weighed = replace(job, severity=severity, changed_ms=now_ms)
        if severity is Severity.EMERGENCY and job.state is not JobState.CLOSED:
            # Who acknowledged it, or had it escalated to them, knows of something less.
            weighed = steps.unheld(weighed, now_ms)
            step = JobStep.OUTGROWN if job.state in UNDER_WAY else step
        self._step(step, weighed, now_ms, done)

    def _resolve(self, job: Job, alert: Alert, now_ms: int, done: list[JobChange]) -> None:
        lighter = steps.without_alert(job, alert.id, now_ms)
        if lighter.good_since_ms is None or job.state is JobState.CLOSED:
            self._weigh(self._step(JobStep.LEFT, lighter, now_ms, done), now_ms, done)
        else:
            self._step(JobStep.GOOD, lighter, now_ms, done)

    def _time_is_up(self, job: Job, due_ms: int, done: list[JobChange]) -> None:
        if job.state is JobState.CLOSED and job.alerts:
            # A person closed it, and the fault still stands when the window is over.
            mine = [one for one in self._shelf.at(job.place) if one.crew == job.crew]
            if (standing := next((one for one in mine if one.state is not JobState.CLOSED), None)) is not None:
                self._hand_over(job, standing, due_ms, done)
                return
            severity = steps.worst(self.open_alerts(job)) or job.severity
            self._step(JobStep.REOPENED, replace(steps.reopened(job, due_ms), severity=severity), due_ms, done)
        elif job.state is JobState.CLOSED:
            done.append(JobChange(JobStep.FORGOTTEN, job, due_ms, job))
            self._owed_ms.pop(job.id, None)
            self._shelf.drop(job)
        elif job.alerts:
            # It may have been good when the acknowledgement ended, and turned bad since.
            expired_ms = max(due_ms, job.changed_ms)
            self._step(JobStep.ACK_EXPIRED, steps.unheld(job, expired_ms), expired_ms, done)
        else:
            self._step(JobStep.CLOSED, steps.closed(job, self._proven_by(job), due_ms), due_ms, done)

    def _hand_over(self, job: Job, standing: Job, now_ms: int, done: list[JobChange]) -> None:
        """What still stands of a closed job goes into the one that is open there: one crew has one job at a place."""
        for alert in self.open_alerts(job):
            self._worsen(self.jobs[standing.id], alert, now_ms, done)
            job = steps.without_alert(job, alert.id, now_ms)
        self._step(JobStep.LEFT, replace(job, alerts=frozenset()), now_ms, done)

    def _proven_by(self, job: Job) -> str:
        """Who says that all is good: the readings, unless a person ended one of the alerts."""
        ended = [self.alerts[alert_id].resolved_by for alert_id in sorted(job.done_alerts) if alert_id in self.alerts]
        return next((who for who in ended if who not in ("", BY_READINGS)), BY_READINGS)

    # ---- what people do to it ----

    def acknowledge(
        self, job_id: str, who: str, now_ms: int, until_ms: int | None = None, arrival_ms: int | None = None
    ) -> list[JobChange]:
        """Somebody looks after it, until the end of the crew's shift unless told otherwise.

        Raises `UnknownJob`, and `WrongStep` for a closed job or an instant that cannot be meant.
        """
        job = self._known(job_id)
        latest_ms = now_ms + int(self._settings.acknowledged_longest_s * 1_000)
        if until_ms is not None and not now_ms < until_ms <= latest_ms:
            hours = self._settings.acknowledged_longest_s / 3_600
            raise WrongStep(f"an acknowledgement ends in the future, within {hours:g} hours; for longer, silence it")
        if arrival_ms is not None and abs(arrival_ms - now_ms) > ARRIVAL_MS:
            raise WrongStep("an arrival lies within a week")
        until_ms = self._until_ms(job, now_ms) if until_ms is None else until_ms
        return self._act(JobStep.ACKNOWLEDGED, steps.acknowledged(job, who, now_ms, until_ms, arrival_ms), who, now_ms)

    def start(self, job_id: str, who: str, now_ms: int) -> list[JobChange]:
        """Somebody is at it. Raises `UnknownJob`, `WrongStep`."""
        job = self._known(job_id)
        return self._act(JobStep.STARTED, steps.started(job, who, now_ms, self._until_ms(job, now_ms)), who, now_ms)

    def repaired(self, job_id: str, who: str, now_ms: int) -> list[JobChange]:
        """Somebody says that it is done; readings have to prove it. Raises `UnknownJob`, `WrongStep`."""
        job = self._known(job_id)
        return self._act(JobStep.REPAIRED, steps.repaired(job, who, now_ms, self._until_ms(job, now_ms)), who, now_ms)

    def close(self, job_id: str, who: str, now_ms: int) -> list[JobChange]:
        """A person closes it, for a reason that the audit log keeps. Raises `UnknownJob`, `WrongStep`.

        If its fault still stands when the reopen window is over, it opens again.
        """
        return self._act(JobStep.CLOSED, steps.closed(self._known(job_id), who, now_ms), who, now_ms)

    def assign(self, job_id: str, crew: str, who: str, now_ms: int) -> list[JobChange]:
        """Another crew takes it over, from the beginning. Raises `UnknownJob`, `WrongStep`."""
        job = self._known(job_id)
        if self._roster.get(crew) is None:
            raise WrongStep(f"there is no crew {crew!r}")
        if job.state is JobState.CLOSED:
            raise WrongStep(f"job {job.id} is closed; it opens again by itself if the fault returns")
        for other in self._shelf.at(job.place):
            if other.crew == crew and other.state is not JobState.CLOSED:
                raise WrongStep(f"crew {crew} has job {other.id} at this place already")
        return self._act(JobStep.ASSIGNED, replace(steps.unheld(job, now_ms), crew=crew), who, now_ms)

    def escalated(self, taken: Mapping[str, int], now_ms: int) -> list[JobChange]:
        """By id of a job: how many steps of its chain have been taken now."""
        done: list[JobChange] = []
        for job_id, count in taken.items():
            job = self.jobs.get(job_id)
            if job is not None:
                self._step(JobStep.ESCALATED, replace(job, escalated=count, changed_ms=now_ms), now_ms, done)
        return done

    def set_roster(self, roster: Roster, now_ms: int) -> list[JobChange]:
        """New crews: open jobs that no crew of theirs has go to the one that covers them now, if there is one."""
        self._roster = roster
        done: list[JobChange] = []
        for job in list(self.jobs.values()):
            if job.state is JobState.CLOSED or roster.get(job.crew) is not None:
                continue
            crew = next((crew for alert in self.open_alerts(job) for crew in roster.crews_of(alert.key)), None)
            if crew != job.crew:
                self._step(JobStep.ASSIGNED, replace(job, crew=crew, changed_ms=now_ms), now_ms, done)
        return done

    # ---- inside ----

    def _act(self, step: JobStep, after: Job, who: str, now_ms: int) -> list[JobChange]:
        done: list[JobChange] = []
        self._step(step, after, now_ms, done, who)
        return done

    def _step(self, step: JobStep, after: Job, now_ms: int, done: list[JobChange], who: str = "") -> Job:
        done.append(JobChange(step, after, now_ms, self.jobs.get(after.id), who))
        self._shelf.keep(after)
        return after

    def _due_of(self, job: Job) -> int | None:
        """When the job takes a step by itself."""
        if job.closed_ms is not None:
            stays_s = self._settings.reopen_s if job.alerts else self._settings.keep_s
            owed_ms = 0 if job.alerts else self._owed_ms.get(job.id, 0)
            return max(job.closed_ms + int(stays_s * 1_000), owed_ms)
        if job.good_since_ms is not None:
            return job.good_since_ms + int(self._settings.close_after_s * 1_000)
        return job.acknowledged_until_ms

    def _until_ms(self, job: Job, now_ms: int) -> int:
        latest_ms = now_ms + int(self._settings.acknowledged_s * 1_000)
        crew = self._roster.get(job.crew)
        shift_ends_ms = None if crew is None else self._calendar.end_ms(crew.hours, now_ms)
        return latest_ms if shift_ends_ms is None else min(latest_ms, shift_ends_ms)

    def _known(self, job_id: str) -> Job:
        if job_id not in self.jobs:
            raise UnknownJob(job_id)
        return self.jobs[job_id]

    def _new_id(self, place: str, now_ms: int) -> str:
        """Of the place and the instant, so that the same readings make the same job again."""
        job_id = f"{place}-{now_ms:x}"
        while job_id in self.jobs:
            job_id += "b"
        return job_id
