"""The audit log, and what the books of alerts remember beside it."""

from ingest.alerts.records import KeptAct
from ingest.alerts.work import Act
from ingest.database import acts, alert_notes
from ingest.database.database import Database

FIRST = Act(1, "Li", "acknowledge", "j-1", "in 20 min", "st-1")
SECOND = Act(2, "王", "close", "j-2", "误报", "st-2")


async def test_acts_come_back_newest_first_page_by_page(database: Database) -> None:
    """All of them, or those about one subject."""
    await database.run(lambda c: acts.add(c, [FIRST, SECOND]))
    newest, oldest = await database.read(acts.page)
    assert (newest.act, oldest.act) == (SECOND, FIRST)
    assert await database.read(lambda c: acts.page(c, before_id=newest.id, limit=1)) == [oldest]
    assert await database.read(lambda c: acts.page(c, subject="j-2")) == [KeptAct(newest.id, SECOND)]


async def test_acts_go_by_age_alone(database: Database) -> None:
    """What is older than an instant."""
    await database.run(lambda c: acts.add(c, [FIRST, SECOND]))
    assert await database.run(lambda c: acts.prune(c, 2)) == 1
    assert [kept.act for kept in await database.read(acts.page)] == [SECOND]


async def test_notes_of_a_book_come_back_and_are_forgotten_by_name(database: Database) -> None:
    """The last word on each name; books do not see each other."""
    await database.run(lambda c: alert_notes.write(c, "told", {"j-1": "1", "j-2": "2"}, 7))
    await database.run(lambda c: alert_notes.write(c, "crew", {"j-1": "{}"}, 7))
    await database.run(lambda c: alert_notes.write(c, "told", {"j-1": "3", "j-2": None}, 8))
    assert await database.read(lambda c: alert_notes.every(c, "told")) == {"j-1": "3"}
    assert await database.run(lambda c: alert_notes.prune(c, "crew", 8)) == 1
    assert await database.read(lambda c: alert_notes.every(c, "crew")) == {}
