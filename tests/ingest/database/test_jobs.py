"""Jobs are kept and found again."""

from dataclasses import replace
from functools import partial

from ingest.alerts.model import Severity
from ingest.alerts.records import AlertFilter
from ingest.alerts.work import Job, JobState
from ingest.database import jobs
from ingest.database.database import Database
from tests.ingest.alerts.making import MINUTE_MS, NOW_MS, job


async def keep(database: Database, *entries: tuple[Job, bool]) -> None:
    """Write jobs in one transaction."""
    await database.run(lambda c: jobs.upsert(c, entries))


async def test_a_job_comes_back_whole(database: Database) -> None:
    """Every field; a closed one that memory lets go is still a record."""
    acknowledged = job(state=JobState.ACKNOWLEDGED, acknowledged_by="Li", arrival_ms=NOW_MS + MINUTE_MS)
    await keep(database, (acknowledged, True))
    assert await database.read(jobs.live) == [acknowledged]
    closed = replace(acknowledged, state=JobState.CLOSED, closed_ms=NOW_MS, alerts=frozenset())
    await keep(database, (closed, False))
    assert await database.read(jobs.live) == []
    assert await database.read(lambda c: jobs.get(c, "j-1")) == closed
    assert await database.read(lambda c: jobs.opened_since(c, NOW_MS)) == [closed]
    assert await database.read(lambda c: jobs.opened_since(c, NOW_MS + 1)) == []


async def test_pages_give_each_job_once_newest_first(database: Database) -> None:
    """Also where several were opened in one instant."""
    await keep(database, *((job(f"j-{n}"), True) for n in range(3)), (job("j-9", opened_ms=NOW_MS + 1), False))
    found, before = [], None
    while page := await database.read(partial(jobs.page, wanted=AlertFilter(), before=before, limit=2)):
        found += [one.id for one in page]
        before = (page[-1].opened_ms, page[-1].id)
    assert found == ["j-9", "j-2", "j-1", "j-0"]


async def test_jobs_are_found_by_crew_station_and_severity(database: Database) -> None:
    """Each filter alone."""
    await keep(database, (job(), True), (job("j-2", "st-2", crew=None, severity=Severity.EMERGENCY), True))

    async def ids(wanted: AlertFilter) -> list[str]:
        return [one.id for one in await database.read(partial(jobs.page, wanted=wanted, before=None, limit=9))]

    assert await ids(AlertFilter(crew="east")) == ["j-1"]
    assert await ids(AlertFilter(station="st-2")) == ["j-2"]
    assert await ids(AlertFilter(severity=Severity.EMERGENCY)) == ["j-2"]
    assert await ids(AlertFilter(regions=frozenset({"110000"}))) == []


async def test_old_closed_jobs_are_dropped(database: Database) -> None:
    """And no other."""
    await keep(database, (job(), False), (job("j-2"), True))
    assert await database.run(lambda c: jobs.prune(c, NOW_MS + 1)) == 1
    assert await database.read(lambda c: jobs.get(c, "j-1")) is None
    assert await database.read(jobs.live) == [job("j-2")]
