"""The steps that a job can take: acknowledged, started, repaired, closed, opened again.

Enters: a job, who, when. Leaves: the job after the step. Never: which step is due, or who may take it.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ingest.alerts.model import Alert, Severity
from ingest.alerts.work import Job, JobState

BY_READINGS: Final = "readings"
UNDER_WAY: Final = (JobState.ACKNOWLEDGED, JobState.IN_PROGRESS, JobState.REPAIRED)
"""Somebody looks after it until `acknowledged_until_ms`."""


class WrongStep(ValueError):
    """The job cannot take this step now; the text says what can be done."""


def fault_of(alert: Alert) -> str:
    """What `Job.faults` knows an alert by, when it returns under another id."""
    return f"{alert.key.rule} {alert.key.part}".rstrip()


def opened(job_id: str, crew: str | None, alert: Alert, now_ms: int) -> Job:
    """A new job for an alert."""
    return Job(
        job_id,
        alert.key.place,
        crew,
        JobState.OPEN,
        alert.severity,
        opened_ms=now_ms,
        changed_ms=now_ms,
        alerts=frozenset({alert.id}),
        escalate_from_ms=now_ms,
        faults=frozenset({fault_of(alert)}),
    )


def with_alert(job: Job, alert: Alert, now_ms: int) -> Job:
    """An alert that is bad (again) belongs to the job."""
    return replace(
        job,
        alerts=job.alerts | {alert.id},
        done_alerts=job.done_alerts - {alert.id},
        faults=job.faults | {fault_of(alert)},
        good_since_ms=None,
        changed_ms=now_ms,
    )


def without_alert(job: Job, alert_id: str, now_ms: int) -> Job:
    """An alert is resolved; with the last one the job is good from now on."""
    alerts = job.alerts - {alert_id}
    good_since_ms = job.good_since_ms if alerts or job.state is JobState.CLOSED else now_ms
    done = job.done_alerts | {alert_id}
    return replace(job, alerts=alerts, done_alerts=done, good_since_ms=good_since_ms, changed_ms=now_ms)


def worst(alerts: Iterable[Alert]) -> Severity | None:
    """The highest severity; None of none."""
    return max((alert.severity for alert in alerts), key=lambda severity: severity.rank, default=None)


def reopened(job: Job, now_ms: int) -> Job:
    """Open again, as if nobody had looked after it."""
    again = replace(unheld(job, now_ms), closed_ms=None, closed_by="", good_since_ms=None)
    return replace(again, reopened=job.reopened + 1)


def acknowledged(job: Job, who: str, now_ms: int, until_ms: int, arrival_ms: int | None) -> Job:
    """Somebody looks after it; a later acknowledgement replaces an earlier one."""
    _refuse_closed(job)
    state = job.state if job.state in UNDER_WAY else JobState.ACKNOWLEDGED
    return replace(_held(job, who, now_ms, until_ms), state=state, arrival_ms=arrival_ms)


def started(job: Job, who: str, now_ms: int, until_ms: int) -> Job:
    """Somebody is at it. Whoever starts has acknowledged."""
    _refuse_closed(job)
    held = job if job.state in UNDER_WAY else _held(job, who, now_ms, until_ms)
    return replace(held, state=JobState.IN_PROGRESS, repaired_ms=None, changed_ms=now_ms)


def repaired(job: Job, who: str, now_ms: int, until_ms: int) -> Job:
    """Somebody says that it is done; readings have to prove it."""
    _refuse_closed(job)
    held = job if job.state in UNDER_WAY else _held(job, who, now_ms, until_ms)
    return replace(held, state=JobState.REPAIRED, repaired_ms=now_ms, changed_ms=now_ms)


def unheld(job: Job, from_ms: int) -> Job:
    """Open, as if nobody had ever looked after it: its escalation begins anew."""
    return replace(
        job,
        state=JobState.OPEN,
        acknowledged_by="",
        acknowledged_ms=None,
        acknowledged_until_ms=None,
        arrival_ms=None,
        repaired_ms=None,
        escalated=0,
        escalate_from_ms=from_ms,
        changed_ms=from_ms,
    )


def closed(job: Job, who: str, now_ms: int) -> Job:
    """It is over."""
    _refuse_closed(job)
    return replace(job, state=JobState.CLOSED, closed_ms=now_ms, closed_by=who, changed_ms=now_ms)


def _held(job: Job, who: str, now_ms: int, until_ms: int) -> Job:
    first_ms = now_ms if job.first_acknowledged_ms is None else job.first_acknowledged_ms
    return replace(
        job,
        acknowledged_by=who,
        acknowledged_ms=now_ms,
        acknowledged_until_ms=until_ms,
        first_acknowledged_ms=first_ms,
        changed_ms=now_ms,
    )


def _refuse_closed(job: Job) -> None:
    if job.state is JobState.CLOSED:
        raise WrongStep(f"job {job.id} is closed; it opens again by itself if the fault returns")
