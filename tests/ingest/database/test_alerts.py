"""Alerts are kept with the steps of their life, and come back as they were."""

from functools import partial

from ingest.alerts.model import AlertState, Change, ChangeKind, Severity
from ingest.alerts.records import AlertFilter, PastChange
from ingest.database import alerts, stations
from ingest.database.database import Database
from ingest.model import Station
from tests.ingest.alerts.making import MINUTE_MS, NOW_MS, alert

FIRED = Change(ChangeKind.FIRED, alert(), NOW_MS)
WORSE = Change(ChangeKind.WORSE, alert(severity=Severity.CRITICAL, value=56.0), NOW_MS + MINUTE_MS)
RESOLVED = Change(
    ChangeKind.RESOLVED, alert(state=AlertState.RESOLVED, resolved_ms=NOW_MS, value="armed"), NOW_MS + 2 * MINUTE_MS
)


async def write(database: Database, *changes: Change) -> None:
    """Keep changes in one transaction."""
    await database.run(lambda c: alerts.write(c, changes))


async def over(database: Database, *ids: str, station: str = "st-1", minute: int = 0) -> None:
    """Alerts that fired, were resolved, and are only records now."""
    for alert_id in ids:
        ended = alert(alert_id, station, state=AlertState.RESOLVED, changed_ms=NOW_MS + minute * MINUTE_MS)
        await write(database, Change(ChangeKind.FIRED, alert(alert_id, station), NOW_MS))
        await write(database, Change(ChangeKind.EXPIRED, ended, NOW_MS + minute * MINUTE_MS))


async def test_an_alert_comes_back_whole_with_its_life(database: Database) -> None:
    """Every field of its last step, and each step with its severity and value."""
    await write(database, FIRED, WORSE)
    await write(database, RESOLVED)
    assert await database.read(alerts.live) == [RESOLVED.alert]
    assert await database.read(lambda c: alerts.get(c, "a-1")) == RESOLVED.alert
    assert await database.read(lambda c: alerts.changes_of(c, "a-1")) == [
        PastChange(ChangeKind.FIRED, NOW_MS, "warning", 47.5),
        PastChange(ChangeKind.WORSE, NOW_MS + MINUTE_MS, "critical", 56.0),
        PastChange(ChangeKind.RESOLVED, NOW_MS + 2 * MINUTE_MS, "warning", "armed"),
    ]


async def test_a_whole_number_stays_one(database: Database) -> None:
    """Pieces of medicine are whole, and come back as such, without a word of complaint."""
    pieces = alert(value=3, worst=2)
    await write(database, Change(ChangeKind.FIRED, pieces, NOW_MS))
    [kept] = await database.read(alerts.live)
    assert (kept.value, type(kept.value), kept.worst) == (3, int, 2)
    [fired] = await database.read(lambda c: alerts.changes_of(c, "a-1"))
    assert type(fired.value) is int


async def test_an_alert_that_never_fired_leaves_nothing(database: Database) -> None:
    """A pending one survives a restart; when it goes away, so does its row."""
    pending = alert(state=AlertState.PENDING)
    await write(database, Change(ChangeKind.PENDING, pending, NOW_MS))
    assert await database.read(alerts.live) == [pending]
    await write(database, Change(ChangeKind.DROPPED, pending, NOW_MS + 1))
    assert await database.read(alerts.live) == []
    assert await database.read(lambda c: alerts.get(c, "a-1")) is None
    assert await database.read(lambda c: alerts.changes_of(c, "a-1")) == []


async def test_what_is_over_is_a_record_and_not_held(database: Database) -> None:
    """After the reopen window memory need not hold it; a page of records does."""
    await over(database, "a-1")
    assert await database.read(alerts.live) == []
    [record] = await database.read(partial(alerts.page, wanted=AlertFilter(), before=None, limit=10))
    assert record.id == "a-1"


async def test_pages_give_each_record_once(database: Database) -> None:
    """Newest change first, whatever the size of a page, also where several changed in one instant."""
    await over(database, "a-1", "a-2", "a-3")
    await over(database, "a-4", minute=1)
    found, before = [], None
    while page := await database.read(partial(alerts.page, wanted=AlertFilter(), before=before, limit=2)):
        found += [one.id for one in page]
        before = (page[-1].changed_ms, page[-1].id)
    assert found == ["a-4", "a-3", "a-2", "a-1"]


async def test_records_are_found_by_station_rule_severity_and_region(database: Database) -> None:
    """Each filter alone; a region means its stations and itself."""
    here = Station("st-1", "驿站", 39.9, 116.4, "110000", None, "110105")
    await database.run(lambda c: stations.save_all(c, [here], 0))
    await over(database, "a-1")
    await over(database, "a-2", station="st-2")
    await over(database, "a-3", station="110105")

    async def ids(wanted: AlertFilter) -> set[str]:
        return {one.id for one in await database.read(partial(alerts.page, wanted=wanted, before=None, limit=9))}

    assert await ids(AlertFilter(station="st-2")) == {"a-2"}
    assert await ids(AlertFilter(regions=frozenset({"110105"}))) == {"a-1", "a-3"}
    assert await ids(AlertFilter(rule="cell_hot")) == {"a-1", "a-2", "a-3"}
    assert await ids(AlertFilter(rule="smoke")) == set()
    assert await ids(AlertFilter(severity=Severity.CRITICAL)) == set()


async def test_old_records_are_dropped_and_live_ones_never(database: Database) -> None:
    """However long an alert has been firing, it stays."""
    await over(database, "a-1")
    await write(database, Change(ChangeKind.FIRED, alert("a-2"), NOW_MS))
    assert await database.run(lambda c: alerts.prune(c, NOW_MS + 1)) == 1
    assert [one.id for one in await database.read(alerts.live)] == ["a-2"]
    assert await database.read(lambda c: alerts.changes_of(c, "a-1")) == []
