"""What the board reads of one alert or job, in one look at the database.

Enters: a connection, an id. Leaves: the kept noun with all that belongs to it. Never: writes.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from ingest.alerts.model import Alert
from ingest.alerts.records import KeptAct, PastChange
from ingest.alerts.work import Job, Outgoing
from ingest.database import acts, alerts, jobs, outbox


def alert_record(connection: Connection, alert_id: str) -> tuple[Alert | None, Sequence[PastChange], Sequence[KeptAct]]:
    """The alert, the steps of its life, what people did about it."""
    kept = alerts.get(connection, alert_id)
    return kept, alerts.changes_of(connection, alert_id), acts.page(connection, subject=alert_id)


def job_record(
    connection: Connection, job_id: str
) -> tuple[Job | None, Sequence[Alert], Sequence[KeptAct], Sequence[Outgoing]]:
    """The job, its alerts, what people did about it, what was told of it."""
    job = jobs.get(connection, job_id)
    ids = sorted(job.alerts | job.done_alerts) if job is not None else []
    found = [alert for alert in (alerts.get(connection, one) for one in ids) if alert is not None]
    return job, found, acts.page(connection, subject=job_id), outbox.of_job(connection, job_id)
