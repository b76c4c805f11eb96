"""Jobs and alerts in memory: found by place, by alert, and by when a job takes a step by itself.

Enters: jobs and alerts as they become. Leaves: the same, found quickly. Never: decides what becomes of them.
"""

import heapq
from collections.abc import Callable, Sequence

from ingest.alerts.model import Alert
from ingest.alerts.work import Job, JobState


class JobShelf:
    """`due_of` says when a job takes a step by itself; None: it does not."""

    def __init__(self, due_of: Callable[[Job], int | None]) -> None:
        self.jobs: dict[str, Job] = {}
        """By id."""
        self.alerts: dict[str, Alert] = {}
        """By id."""
        self._due_of = due_of
        self._at_place: dict[str, list[str]] = {}
        self._jobs_of: dict[str, list[str]] = {}
        self._timers: list[tuple[int, str]] = []

    def keep(self, job: Job) -> None:
        """As it is now, in place of what it was."""
        before = self.jobs.get(job.id)
        if before is None:
            self._at_place.setdefault(job.place, []).append(job.id)
        self.jobs[job.id] = job
        for alert_id in job.alerts | job.done_alerts:
            known = self._jobs_of.setdefault(alert_id, [])
            if job.id not in known:
                known.append(job.id)
        due_ms = self._due_of(job)
        if due_ms is not None and (before is None or due_ms != self._due_of(before)):
            heapq.heappush(self._timers, (due_ms, job.id))

    def drop(self, job: Job) -> None:
        """Out of memory."""
        del self.jobs[job.id]
        _take_out(self._at_place, job.place, job.id)
        for alert_id in job.alerts | job.done_alerts:
            _take_out(self._jobs_of, alert_id, job.id)

    def hear(self, alert: Alert) -> None:
        """An alert as it is now. Changes come in order; their times do not tell it, for a clock may be set back."""
        self.alerts[alert.id] = alert

    def forget(self, alert_id: str) -> None:
        """An alert is out of memory."""
        self.alerts.pop(alert_id, None)

    def at(self, place: str) -> Sequence[Job]:
        """The jobs of a place, as they were opened."""
        return [self.jobs[job_id] for job_id in self._at_place.get(place, ())]

    def jobs_of(self, alert_id: str) -> Sequence[Job]:
        """The jobs that an alert belongs or belonged to, the open ones first."""
        found = [self.jobs[job_id] for job_id in self._jobs_of.get(alert_id, ())]
        return sorted(found, key=lambda job: (job.state is JobState.CLOSED, job.id))

    def due_ms(self) -> int | None:
        """When the first job takes a step by itself."""
        while self._timers:
            due_ms, job_id = self._timers[0]
            job = self.jobs.get(job_id)
            if job is not None and self._due_of(job) == due_ms:
                return due_ms
            heapq.heappop(self._timers)
        return None

    def due_again(self, job_id: str) -> None:
        """Its step was not taken; it is due as before."""
        job = self.jobs.get(job_id)
        due_ms = None if job is None else self._due_of(job)
        if due_ms is not None:
            heapq.heappush(self._timers, (due_ms, job_id))

    def next_due(self, now_ms: int) -> tuple[Job, int] | None:
        """A job whose time is up, with when it was; None: no other. It is to take its step before the next is asked."""
        due_ms = self.due_ms()
        if due_ms is None or due_ms > now_ms:
            return None
        _, job_id = heapq.heappop(self._timers)
        return self.jobs[job_id], due_ms


def _take_out(index: dict[str, list[str]], key: str, value: str) -> None:
    index[key].remove(value)
    if not index[key]:
        del index[key]
