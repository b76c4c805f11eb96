"""The outbox keeps each message once, and gives it until it is settled."""

from dataclasses import replace

from ingest.alerts.lane import Ended
from ingest.alerts.model import Severity
from ingest.alerts.work import Delivery, Outgoing
from ingest.database import outbox
from ingest.database.database import Database
from tests.ingest.alerts.making import MINUTE_MS, NOW_MS, message


async def queue(database: Database, *messages: Outgoing) -> None:
    """Queue messages in one transaction."""
    await database.run(lambda c: outbox.add(c, messages))


async def due(database: Database, now_ms: int = NOW_MS) -> list[Outgoing]:
    """What is to be tried."""
    return await database.read(lambda c: outbox.due(c, now_ms, 10))


async def test_a_message_comes_back_whole_with_a_number(database: Database) -> None:
    """Its text in any script."""
    await queue(database, message())
    [one] = await due(database)
    assert one.id > 0
    assert one == message(id=one.id)


async def test_the_same_key_is_never_queued_twice(database: Database) -> None:
    """Neither in one transaction, nor after a crash, nor after it was sent."""
    await queue(database, message(), message())
    [one] = await due(database)
    await database.run(lambda c: outbox.mark(c, replace(one, state=Delivery.SENT, tries=1, sent_ms=NOW_MS)))
    await queue(database, message(title="again"), message("k-2"))
    assert [other.notice.key for other in await due(database)] == ["k-2"]
    assert [other.notice.key for other in await database.read(lambda c: outbox.newest(c, 9))] == ["k-2", "k-1"]


async def test_emergencies_are_given_first_and_nothing_before_its_time(database: Database) -> None:
    """Then whatever has waited longest."""
    await queue(
        database,
        message("late", next_ms=NOW_MS + MINUTE_MS),
        message("second", next_ms=NOW_MS - 1),
        message("first", next_ms=NOW_MS - 2),
        message("fire", severity=Severity.EMERGENCY),
    )
    assert [one.notice.key for one in await due(database)] == ["fire", "first", "second"]
    assert await database.read(outbox.next_ms) == NOW_MS - 2


async def test_a_failed_try_waits_and_says_why(database: Database) -> None:
    """Until its next time, and for ever once it is given up."""
    await queue(database, message())
    [one] = await due(database)
    failed = replace(one, tries=1, next_ms=NOW_MS + MINUTE_MS, reason="errcode 310000: sign not match")
    await database.run(lambda c: outbox.mark(c, failed))
    assert await due(database) == []
    assert await due(database, NOW_MS + MINUTE_MS) == [failed]
    await database.run(lambda c: outbox.mark(c, replace(failed, state=Delivery.GIVEN_UP)))
    assert await due(database, NOW_MS + MINUTE_MS) == []
    assert await database.read(outbox.next_ms) is None
    assert [kept.reason for kept in await database.read(lambda c: outbox.of_job(c, "j-1"))] == [failed.reason]


async def test_old_settled_messages_are_dropped_and_waiting_ones_never(database: Database) -> None:
    """However long a channel has been away."""
    await queue(database, message(), message("k-2", state=Delivery.SENT))
    assert await database.run(lambda c: outbox.prune(c, NOW_MS + 1)) == 1
    assert [one.notice.key for one in await due(database)] == ["k-1"]
    assert await database.read(lambda c: outbox.of_job(c, "j-2")) == []


async def test_a_channel_that_is_away_does_not_stand_before_others(database: Database) -> None:
    """Of each channel so many, however much waits for one of them."""
    of_other = message("other")
    of_other = replace(of_other, notice=of_other.notice._replace(channel="mail"))
    await queue(database, *(message(f"k-{number}", next_ms=NOW_MS - 9) for number in range(5)), of_other)
    found = await database.read(lambda c: outbox.due(c, NOW_MS, 2))
    assert [one.notice.key for one in found] == ["k-0", "other", "k-1"]


async def test_what_a_new_process_must_know_is_found(database: Database) -> None:
    """What waits after a failed try, whenever its time comes; and when messages were sent lately."""
    await queue(database, message("new"), message("failed", tries=2, next_ms=NOW_MS + MINUTE_MS))
    await queue(database, message("old", state=Delivery.SENT, sent_ms=NOW_MS - MINUTE_MS))
    await queue(database, message("fresh", state=Delivery.SENT, sent_ms=NOW_MS, tries=3))
    await queue(database, message("lost", state=Delivery.GIVEN_UP, next_ms=NOW_MS, tries=1))
    assert [one.notice.key for one in await database.read(outbox.tried)] == ["failed"]
    ended = await database.read(lambda c: outbox.ended_since(c, NOW_MS))
    assert ended == [Ended("robot", NOW_MS, 3), Ended("robot", NOW_MS, 1)]
