"""How jobs end, told as stories: over holidays, while nobody sees, after a crash, beside another job."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from ingest.alerts.jobs import JobBook
from ingest.alerts.model import AlertState, Severity
from ingest.alerts.work import Job, JobState
from tests.ingest.alerts.crew_world import CALENDAR, NIGHT_CREW, CrewWorld

HOUR_S = 3_600
NEW_YEARS_EVE_MS = int(datetime(2026, 12, 31, 17, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1_000)
WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL


def only(world: CrewWorld) -> Job:
    """The one job there is."""
    [job] = world.book.jobs.values()
    return job


def test_the_end_is_told_after_however_long_a_holiday() -> None:
    """Good on New Year's Eve after the shift; the crew hears of it on Monday at 8, 86 hours later, and then it goes."""
    world = CrewWorld(NIGHT_CREW, begin_ms=NEW_YEARS_EVE_MS)
    world.bad("hot", severity=CRITICAL)
    world.at(70 * 60)
    world.good("hot")
    world.at(86 * HOUR_S)
    assert only(world).state is JobState.CLOSED
    world.at(100 * HOUR_S)
    assert [one for one in world.whys("tianhe") if one[1] != "repeat"] == [(30, "opened"), (87 * HOUR_S, "resolved")]
    assert world.book.jobs == {}


def test_the_end_is_told_after_a_platform_that_was_away_for_days() -> None:
    """Good, then nothing runs for four days: what was due meanwhile is taken at once, and told before it goes."""
    world = CrewWorld()
    world.bad("hot", severity=CRITICAL)
    world.at(60)
    world.good("hot")
    world.now_ms += 96 * HOUR_S * 1_000
    world.hear()
    world.at(97 * HOUR_S)
    assert [why for _, why in world.whys()] == ["opened", "resolved"]


def test_no_job_is_proven_good_while_nobody_sees() -> None:
    """Good for a minute, blind for twenty: afterwards it has to be good for all of the five minutes."""
    world = CrewWorld()
    world.bad("hot", severity=CRITICAL)
    world.at(60)
    world.good("hot")
    world.at(120)
    world.sees = False
    for _ in range(20):
        world.now_ms += 60_000
        world.hear()
        assert only(world).closed_ms is None
    world.sees = True
    world.hear()
    world.at(1_320 + 299)
    assert only(world).closed_ms is None
    world.at(1_320 + 331)
    assert [why for _, why in world.whys()] == ["opened", "resolved"]


def test_an_end_that_was_durable_without_its_job_reaches_the_job_after_the_start() -> None:
    """A step that failed, and a kill before it could be taken again: the job ends all the same."""
    world = CrewWorld()
    world.bad("hot", severity=CRITICAL)
    world.at(60)
    job, alert = only(world), world.alerts["hot"]
    over = replace(alert, state=AlertState.RESOLVED, resolved_ms=world.now_ms, resolved_by="readings")
    book = JobBook(world.roster, CALENDAR, None, [job], [over])
    assert book.due_ms() == 0
    book.take([], world.inhibited_by, world.now_ms)
    [after] = book.jobs.values()
    assert (after.alerts, after.good_since_ms is not None) == (frozenset(), True)


def test_a_closed_job_whose_fault_stands_joins_the_one_that_is_open_there() -> None:
    """One crew has one job at a place: nothing opens again beside another."""
    world = CrewWorld()
    world.bad("hot", severity=WARNING, part="slot/1")
    world.at(60)
    world.act("close", only(world))
    world.at(600)
    world.bad("door", severity=WARNING, part="slot/2", rule="slot_door")
    world.at(1_200)
    world.bad("hot", severity=CRITICAL, part="slot/1")
    world.at(3 * HOUR_S)
    standing = [job for job in world.book.jobs.values() if job.state is not JobState.CLOSED]
    assert [job.alerts for job in standing] == [frozenset({"hot", "door"})]
    assert all(not job.alerts for job in world.book.jobs.values() if job.state is JobState.CLOSED)
    assert "reopened" not in [why for _, why in world.whys()]
