"""Whether a channel is told of a job, and why or why not: the decision itself, for one job and one channel.

Enters: a job, its audible alerts, what the channel was told before. Leaves: news with the instant from which it may be
told, or the reason why there is none. Never: groups, counts or sends messages.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from ingest.alerts.causes import InhibitedBy, cause_of
from ingest.alerts.job_steps import BY_READINGS
from ingest.alerts.model import Alert, Severity
from ingest.alerts.silences import Silences
from ingest.alerts.work import Job, JobState, Told, Why, WhyNot


@dataclass(frozen=True, slots=True)
class Terms:
    """How long news waits for company, and how much of it a channel bears."""

    group_wait_s: float = 30.0
    """Before the first message about a job. Larger: a crew hears later of a hot cabinet. Smaller: what follows from one
    fault within the minute makes a message each."""
    group_interval_s: float = 300.0
    """Between messages that can wait. Larger: a second fault is told late. Smaller: a bad hour is forty messages."""
    repeat_s: float = 4 * 3_600.0
    """Until a job that nobody acknowledged is told again. Larger: who missed it misses it. Smaller: noise."""
    burst: int = 3
    """Messages, emergencies apart, that a channel gets within `burst_s`. Larger: in a storm the phone rings without a
    pause. Smaller: a critical fault waits behind a lesser one."""
    burst_s: float = 300.0


Muffled = Callable[[Alert], WhyNot | None]
"""Why nobody is told of an alert now; None: it is audible."""


class Pressing(IntEnum):
    """How long news may wait."""

    CAN_WAIT = 0
    """For the next message of the group interval."""
    SOON = 1
    """For the group wait."""
    AT_ONCE = 2
    """For nothing, at no hour."""


class News(NamedTuple):
    """What a channel does not know yet."""

    why: Why
    ready_ms: int
    """From when on it may be told, as far as this job goes."""
    pressing: Pressing
    severity: Severity
    step: int = 0
    """Of the chain, by which the channel is told; 0: as one of the crew."""


_BY_SEVERITY = {Severity.EMERGENCY: Pressing.AT_ONCE, Severity.CRITICAL: Pressing.SOON}


def muffled(alert: Alert, inhibited_by: InhibitedBy, silences: Silences, now_ms: int) -> WhyNot | None:
    """Why nobody is told of an alert; None: it is audible."""
    if silences.of(alert, now_ms) is not None:
        return WhyNot.SILENCED
    return None if cause_of(alert, inhibited_by) is None else WhyNot.INHIBITED


def news(job: Job, audible: Sequence[Alert], told: Told | None, terms: Terms) -> News | None:
    """What a channel of the crew does not know of a job, or will not know before long; None: it knows all.

    `audible`: the job's open alerts of which people may be told, worst first. What is over is told only to whom it was
    told that it began; what a person closed is not told as good.
    """
    if job.state is JobState.CLOSED:
        return _end(job, told, terms)
    return next(_bad_news(job, audible, told, terms), None)


def _bad_news(job: Job, audible: Sequence[Alert], told: Told | None, terms: Terms) -> Iterator[News]:
    """The most important first."""
    if not audible:
        return
    worst = audible[0].severity
    pressing = _BY_SEVERITY.get(worst, Pressing.CAN_WAIT)
    wait_ms = 0 if pressing is Pressing.AT_ONCE else int(terms.group_wait_s * 1_000)
    if told is None:
        yield News(Why.OPENED, job.escalate_from_ms + wait_ms, pressing, worst)
        return
    if told.is_over or job.reopened > told.reopened:
        yield News(Why.REOPENED, job.escalate_from_ms + wait_ms, pressing, worst)
    if worst.rank > told.severity.rank:
        yield News(Why.WORSE, told.at_ms + wait_ms, pressing, worst)
    more = [alert for alert in audible if alert.id not in told.alerts]
    if more:
        yield _more_news(more, told, terms, worst)
    if job.state is JobState.OPEN and job.escalate_from_ms > told.from_ms:
        yield News(Why.ACK_EXPIRED, job.escalate_from_ms, pressing, worst)
    if job.severity.rank < told.severity.rank:
        yield News(Why.BETTER, told.at_ms + int(terms.group_interval_s * 1_000), Pressing.CAN_WAIT, worst)
    if job.state is JobState.OPEN:
        yield News(Why.REPEAT, told.at_ms + int(terms.repeat_s * 1_000), pressing, worst)


def _more_news(more: Sequence[Alert], told: Told, terms: Terms, worst: Severity) -> News:
    pressing = _BY_SEVERITY.get(more[0].severity, Pressing.CAN_WAIT)
    if pressing is Pressing.AT_ONCE:
        return News(Why.MORE, told.at_ms, pressing, worst)
    wait_ms, interval_ms = int(terms.group_wait_s * 1_000), int(terms.group_interval_s * 1_000)
    since_ms = min(alert.changed_ms for alert in more)
    after_last_ms = told.at_ms + (wait_ms if pressing is Pressing.SOON else interval_ms)
    return News(Why.MORE, max(since_ms + wait_ms, after_last_ms), pressing, worst)


def _end(job: Job, told: Told | None, terms: Terms) -> News | None:
    if told is None or told.is_over or job.closed_ms is None:
        return None
    why = Why.RESOLVED if job.closed_by == BY_READINGS else Why.CLOSED
    pressing = Pressing.SOON if job.severity is Severity.EMERGENCY else Pressing.CAN_WAIT
    return News(why, job.closed_ms + int(terms.group_wait_s * 1_000), pressing, job.severity)
