"""Who is told when nobody acknowledges: crew, district lead, province, each after a delay.

Enters: a job, its crew, when the crew was told. Leaves: the steps of the chain with the instants when they fall due.
Never: escalates what somebody looks after, or what the crew has not been told itself.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ingest.alerts.model import Severity
from ingest.alerts.shifts import Calendar
from ingest.alerts.work import Crew, Job, JobState


class DueStep(NamedTuple):
    """A step of the chain, for one job."""

    number: int
    """Counted from 1."""
    due_ms: int
    channels: Sequence[str]


def due_steps(job: Job, crew: Crew, told_ms: int | None, calendar: Calendar) -> list[DueStep]:
    """All steps that a job takes if nobody acknowledges it, taken ones too.

    `told_ms`: when the crew was first told since the job was opened (again) or its acknowledgement expired; None: not
    yet. Delays count the crew's working time, since a crew that sleeps cannot answer; those of emergencies all time.
    """
    if job.state is not JobState.OPEN or not job.alerts:
        return []
    if told_ms is None:
        if crew.channels:
            return []
        told_ms = job.escalate_from_ms
    found: list[DueStep] = []
    for number, step in enumerate(crew.chain, start=1):
        if job.severity.rank < step.least.rank:
            continue
        if job.severity is Severity.EMERGENCY:
            due_ms: int | None = told_ms + int(step.after_s * 1_000)
        else:
            due_ms = calendar.after_ms(crew.hours, told_ms, step.after_s)
        if due_ms is not None:
            found.append(DueStep(number, due_ms, step.channels))
    return found
