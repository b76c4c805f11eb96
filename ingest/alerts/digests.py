"""The one message of the morning: which crew's is due, and what it says.

Enters: crews with their hours, the book of jobs, the time. Leaves: what can wait, by crew. Never: what cannot wait.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from ingest.alerts.crews import Roster
from ingest.alerts.jobs import JobBook
from ingest.alerts.model import Alert, Severity
from ingest.alerts.shifts import Calendar
from ingest.alerts.telling import Muffled
from ingest.alerts.work import Crew, Digested, Job, JobState

LATE_MS: Final = 4 * 3_600_000
"""How late it may still be sent. Larger: after a long outage, the morning's digest in the evening. Smaller: an outage
over breakfast costs the day's."""


class Contents(NamedTuple):
    """What a crew's digest says."""

    jobs: Sequence[tuple[Job, Sequence[str]]]
    """Oldest first, each with the ids of its audible alerts."""
    alerts: tuple[str, ...]
    """Ids of alerts that make no job, oldest first."""
    severity: Severity


class Digests:
    """Begins with the days that are done."""

    def __init__(self, calendar: Calendar, digested: Iterable[Digested] = ()) -> None:
        self._calendar = calendar
        self._done = {one.crew: one.day for one in digested}
        self._roster: Roster | None = None
        self._today: date | None = None
        self._due_ms: dict[str, int] = {}
        """By crew, of today's that are not done."""
        self.due_ms: int | None = None
        """When to ask again: for the next digest, or for the next day."""

    def due(self, book: JobBook, muffled: Muffled, now_ms: int) -> list[tuple[Crew, Digested, Contents]]:
        """The digests of now, each with the day that is done thereby, empty ones too."""
        today = self._calendar.day(now_ms)
        if today != self._today or book.roster is not self._roster:
            self._plan(book.roster, today, now_ms)
        if self.due_ms is None or self.due_ms > now_ms:
            return []
        jobs, alerts = _waiting_jobs(book, muffled), _waiting_alerts(book, muffled)
        found: list[tuple[Crew, Digested, Contents]] = []
        for crew in book.roster:
            if self._due_ms.get(crew.id, now_ms + 1) <= now_ms:
                mine = jobs.get(crew.id, [])
                severity = max((job.severity for job, _ in mine), key=lambda one: one.rank, default=Severity.INFO)
                contents = Contents(mine, tuple(alerts.get(crew.id, ())), severity)
                found.append((crew, Digested(crew.id, str(today)), contents))
        return found

    def told(self, marks: Iterable[Digested], now_ms: int) -> None:
        """These days are done; what `due` gave and is not among them is due again."""
        self._done |= {mark.crew: mark.day for mark in marks}
        if self._roster is not None:
            self._plan(self._roster, self._calendar.day(now_ms), now_ms)

    def _plan(self, roster: Roster, today: date, now_ms: int) -> None:
        self._due_ms = {
            crew.id: due_ms
            for crew in roster
            if self._done.get(crew.id) != str(today) and (due_ms := self._of_day_ms(crew, today, now_ms)) is not None
        }
        self._roster, self._today = roster, today
        tomorrow_ms = self._calendar.instant_ms(today + timedelta(days=1), "00:00")
        self.due_ms = min(self._due_ms.values(), default=tomorrow_ms)

    def _of_day_ms(self, crew: Crew, day: date, now_ms: int) -> int | None:
        """When the crew works that day, not before its time for digests; None: it does not, or it is too late."""
        start_ms = self._calendar.start_ms(crew.hours, self._calendar.instant_ms(day, crew.digest_at))
        if not crew.channels or start_ms is None or self._calendar.day(start_ms) != day:
            return None
        # A crew that never had one is new: its first morning is still to come.
        late_ms = LATE_MS if crew.id in self._done else 0
        return start_ms if now_ms <= start_ms + late_ms else None


def _waiting_jobs(book: JobBook, muffled: Muffled) -> dict[str | None, list[tuple[Job, Sequence[str]]]]:
    found: dict[str | None, list[tuple[Job, Sequence[str]]]] = {}
    for job in sorted(book.jobs.values(), key=lambda job: (job.opened_ms, job.id)):
        if job.state is JobState.OPEN and job.severity.rank < Severity.CRITICAL.rank:
            audible = [alert for alert in book.open_alerts(job) if muffled(alert) is None]
            if audible:
                found.setdefault(job.crew, []).append((job, [alert.id for alert in audible]))
    return found


def _waiting_alerts(book: JobBook, muffled: Muffled) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for alert in sorted(_informing(book), key=lambda alert: (alert.since_ms, alert.id)):
        if muffled(alert) is None:
            for crew in book.roster.crews_of(alert.key):
                found.setdefault(crew, []).append(alert.id)
    return found


def _informing(book: JobBook) -> Iterator[Alert]:
    return (alert for alert in book.jobless() if alert.severity is Severity.INFO)
