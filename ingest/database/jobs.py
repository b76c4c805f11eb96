"""Jobs as they are kept.

Enters: jobs. Leaves: those that a restart begins with, and pages of all. Never: decides what a job becomes.
"""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, Select, bindparam, delete, or_, select

from ingest.alerts.records import AlertFilter
from ingest.alerts.work import Job
from ingest.database.bodies import readable
from ingest.database.bulk import BulkWriter, last_wins
from ingest.database.stations import stands_in
from ingest.database.tables import JOB

BODY: Final = TypeAdapter(Job)

UPSERT: Final = BulkWriter(JOB, last_wins)
LIVE: Final = select(JOB.c.body).where(JOB.c.live.is_(True)).order_by(JOB.c.id)
GET: Final = select(JOB.c.body).where(JOB.c.id == bindparam("job"))
SINCE: Final = select(JOB.c.body).where(JOB.c.opened_ms >= bindparam("since_ms")).order_by(JOB.c.id)
PRUNE: Final = delete(JOB).where(JOB.c.live.is_(False), JOB.c.changed_ms < bindparam("older_than_ms"))


def upsert(connection: Connection, jobs: Iterable[tuple[Job, bool]]) -> None:
    """Write jobs, each with whether memory goes on holding it."""
    rows = {job.id: _row(job, is_live) for job, is_live in jobs}
    UPSERT.write(connection, [row for _, row in sorted(rows.items())])


def live(connection: Connection) -> list[Job]:
    """All that memory must hold."""
    return readable(BODY, connection.scalars(LIVE), "job")


def get(connection: Connection, job_id: str) -> Job | None:
    """One, however old."""
    return next(iter(readable(BODY, connection.scalars(GET, {"job": job_id}), "job")), None)


def opened_since(connection: Connection, since_ms: int) -> list[Job]:
    """Those opened then or later, for the figures of crews."""
    return readable(BODY, connection.scalars(SINCE, {"since_ms": since_ms}), "job")


def page(connection: Connection, wanted: AlertFilter, before: tuple[int, str] | None, limit: int) -> list[Job]:
    """Newest first; `before` is (opened_ms, id) of the last of the page before."""
    return readable(BODY, connection.scalars(page_query(wanted, before, limit)), "job")


def page_query(wanted: AlertFilter, before: tuple[int, str] | None, limit: int) -> Select[Any]:
    """The query of `page`."""
    kept = JOB.c
    query = select(kept.body).order_by(kept.opened_ms.desc(), kept.id.desc()).limit(limit)
    for column, value in (
        (kept.place, wanted.station),
        (kept.severity, wanted.severity),
        (kept.crew, wanted.crew),
    ):
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        opened_ms, job_id = before
        query = query.where(or_(kept.opened_ms < opened_ms, (kept.opened_ms == opened_ms) & (kept.id < job_id)))
    if wanted.regions:
        there = or_(kept.place.in_(sorted(wanted.regions)), stands_in(kept.place, wanted.regions))
        query = query.where(there)
    return query


def prune(connection: Connection, older_than_ms: int) -> int:
    """Drop what was closed and last changed before an instant; how many went."""
    return connection.execute(PRUNE, {"older_than_ms": older_than_ms}).rowcount


def _row(job: Job, is_live: bool) -> tuple[Any, ...]:
    body = BODY.dump_json(job).decode()
    return job.id, job.place, job.crew, job.state, job.severity, job.opened_ms, job.changed_ms, is_live, body
