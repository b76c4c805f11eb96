"""The desk when something goes wrong: a lost answer, a cut turn, what nobody can read, judge or word any more."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, func, update

from gateway.topics import Kind
from ingest.alerts.board import ActRefused
from ingest.alerts.model import AlertState, Change
from ingest.alerts.work import Job, JobState
from ingest.database import alert_notes
from ingest.database import alerts as alert_table
from ingest.database.tables import ALERT, ALERT_NOTE
from ingest.ports import TransientStoreError
from tests.ingest.alerts.desk_story import EAST, HOOK, Office, office, on_fire
from tests.ingest.alerts.fleet_story import Fleet, cabinet, station

T = TypeVar("T")


async def steps_of_smoke(one: Office) -> list[str]:
    """As the database tells its life."""
    [smoke] = one.board.alerts(lambda alert: alert.key.rule == "smoke")
    record = await one.board.alert(smoke.id)
    assert record is not None
    return [step.kind.value for step in record.changes]


async def test_what_was_kept_though_the_answer_was_lost_is_not_kept_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that breaks at the commit: each step of a life, act and message is there once after the next try."""
    async with office(Fleet(), tmp_path) as one:
        job_id = await on_fire(one)
        works, losing = one.database.run, True

        async def lost(function: Callable[[Connection], T]) -> T:
            done = await works(function)
            if losing:
                raise TransientStoreError("the connection was lost")
            return done

        monkeypatch.setattr(one.database, "run", lost)
        one.fleet.dies(5)
        one.at(5)
        with pytest.raises(TransientStoreError, match="it is noted"):
            await one.board.acknowledge(job_id, "Li")
        losing = False
        await one.turn(6)
        assert await steps_of_smoke(one) == ["fired", "went_unknown"]
        assert [kept.act.what for kept in await one.board.audit(None, None, 10)] == ["acknowledge", "crew"]


async def test_a_turn_that_is_cut_off_is_let_out_by_the_next_and_kept_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As at a stop, where the desk's own loop ends first and the last turn follows."""
    async with office(Fleet(), tmp_path) as one:
        await one.board.set_crews([EAST], [HOOK], "admin")
        one.fleet.born(0)
        one.fleet.sends(0, Kind.BATTERY, cabinet(25, smoke=True))
        works, under_way = one.database.run, asyncio.Event()

        async def slow(function: Callable[[Connection], T]) -> T:
            done = await works(function)
            under_way.set()
            await asyncio.Event().wait()
            return done

        monkeypatch.setattr(one.database, "run", slow)
        turn = asyncio.create_task(one.desk.turn())
        await under_way.wait()
        turn.cancel()
        await asyncio.gather(turn, return_exceptions=True)
        monkeypatch.setattr(one.database, "run", works)
        await one.desk.last_turn()
        assert await steps_of_smoke(one) == ["fired"]
        assert len(await one.queued()) == 1


async def test_an_alert_of_a_rule_that_is_gone_ends_and_its_job_with_it(tmp_path: Path) -> None:
    """After an upgrade that renamed a rule: the platform starts, and what nobody can judge is over, by the settings."""
    fleet = Fleet()
    async with office(fleet, tmp_path) as one:
        await on_fire(one)

        def rename(connection: Connection) -> None:
            renamed = func.replace(ALERT.c.body, '"smoke"', '"old_smoke"')
            connection.execute(update(ALERT).values(rule="old_smoke", body=renamed))

        await one.database.run(rename)
    async with office(fleet, tmp_path, 10) as again:
        fleet.sends(10.2, Kind.BATTERY, cabinet(25))
        fleet.sweeps(10.5)
        await again.turn(11)
        states = {alert.key.rule: alert.state for alert in again.board.alerts()}
        assert states["old_smoke"] is AlertState.RESOLVED
        await again.turn(120)
        [ended] = [job for job in again.board.jobs() if job.state is JobState.CLOSED]
        assert ended.closed_by == "settings"


async def test_what_nobody_can_read_any_more_is_left_and_told_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A body that another version wrote: the platform starts with the rest, names what it left, and keeps it."""
    fleet = Fleet(2)
    async with office(fleet, tmp_path) as one:
        await on_fire(one)

        def spoil(connection: Connection) -> None:
            connection.execute(update(ALERT).values(body='{"v": 2}'))
            connection.execute(update(ALERT_NOTE).where(ALERT_NOTE.c.book == "told").values(body="[]"))

        await one.database.run(spoil)
    async with office(fleet, tmp_path, 10) as again:
        assert [crew.id for crew in again.board.crews()] == ["east"]
        assert len(again.board.jobs()) == 1
        assert "1 of alert cannot be read" in caplog.text
        assert "1 of told cannot be read" in caplog.text


@pytest.mark.parametrize("body", ["[]x", '{"v": 2}', "7", "[[1, 2]]"])
async def test_what_was_learnt_and_cannot_be_read_stops_no_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, body: str
) -> None:
    """Each book of the engine's notes: it goes on without, says so, and the job stands."""
    fleet = Fleet(2)
    async with office(fleet, tmp_path) as one:
        await on_fire(one)

        def spoil(connection: Connection) -> None:
            alert_notes.write(connection, "memory", {"st-2": body}, 0)
            alert_notes.write(connection, "use", {"medicine/st-2": body, "battery/st-2": body}, 0)
            alert_notes.write(connection, "watch", {"alive": body + "x", "visits": body}, 0)

        await one.database.run(spoil)
    async with office(fleet, tmp_path, 10) as again:
        await again.turn(11)
        assert len(again.board.jobs()) == 1
        assert "1 of memory cannot be read" in caplog.text
        assert "2 of use cannot be read" in caplog.text
        assert "of watch cannot be read" in caplog.text


async def test_a_station_that_left_the_registry_leaves_the_board(tmp_path: Path) -> None:
    """Its alerts end by the registry, its job is closed by it and never told as good."""
    fleet = Fleet(2)
    async with office(fleet, tmp_path) as one:
        await on_fire(one)
        fleet.registry.reload([station(2)], [])
        fleet.sweeps(30)
        for second in (31, 200):
            await one.turn(second)
        [job] = one.board.jobs()
        assert (job.state, job.closed_by) == (JobState.CLOSED, "registry")
        assert [message.notice.why.value for message in await one.queued()] == ["opened", "closed"]


async def test_a_link_that_is_pressed_twice_at_once_is_used_once(tmp_path: Path) -> None:
    """A phone that sends the form twice: one acknowledges, the other is told that it was used."""
    async with office(Fleet(), tmp_path) as one:
        await on_fire(one)
        [message] = await one.queued()
        token = message.text.partition("https://stations.example/a/")[2].split(")")[0].split()[0]
        done = await asyncio.gather(one.board.redeem(token), one.board.redeem(token), return_exceptions=True)
        assert {type(answer) for answer in done} == {Job, ActRefused}
        assert [kept.act.what for kept in await one.board.audit(None, None, 10)] == ["acknowledge", "crew"]


async def test_a_message_that_cannot_be_worded_goes_out_bare_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The crew hears of the fault all the same."""
    async with office(Fleet(), tmp_path) as one:

        def broken(*_: object) -> tuple[str, str]:
            raise KeyError

        monkeypatch.setattr("ingest.alerts.texts.Texts.__call__", broken)
        job_id = await on_fire(one)
        [message] = await one.queued()
        assert job_id in message.text
        assert message.notice.channel == "hook"


async def test_an_error_of_ours_does_not_end_the_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is shown to /readyz; what was found is kept, and the next turn goes on."""
    async with office(Fleet(), tmp_path) as one:
        await one.board.set_crews([EAST], [HOOK], "admin")
        one.fleet.born(0)
        one.fleet.sends(0, Kind.BATTERY, cabinet(25, smoke=True))
        decide = one.desk.books.teller.decide

        def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(one.desk.books.teller, "decide", broken)
        running = asyncio.create_task(one.desk.run())
        one.at(1)
        one.desk.wake()
        while one.desk.check().ok:  # noqa: ASYNC110 - the desk tells nobody that it failed but who asks
            await asyncio.sleep(0)
        assert not running.done()
        monkeypatch.setattr(one.desk.books.teller, "decide", decide)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await one.turn(2)
        assert one.desk.check().ok
        assert await steps_of_smoke(one) == ["fired"]
        assert len(await one.queued()) == 1


async def test_a_storm_is_kept_in_pieces_and_none_of_it_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No transaction holds more than a piece; while the database is away they wait, and follow in order."""
    monkeypatch.setattr("ingest.alerts.desk.CHANGES_MOST", 5)
    fleet = Fleet(12)
    async with office(fleet, tmp_path) as one:
        works, is_away, sizes = one.database.run, True, list[int]()

        async def run(function: Callable[[Connection], T]) -> T:
            if is_away:
                raise TransientStoreError("the disk is full")
            return await works(function)

        write = alert_table.write

        def counted(connection: Connection, changes: Sequence[Change]) -> None:
            sizes.append(len(changes))
            write(connection, changes)

        monkeypatch.setattr(one.database, "run", run)
        monkeypatch.setattr("ingest.database.alerts.write", counted)
        for number in range(1, 13):
            fleet.born(0, f"st-{number}")
            fleet.sends(0, Kind.BATTERY, cabinet(25, smoke=True), f"st-{number}")
        one.at(1)
        assert not await one.desk.turn()
        assert not await one.desk.turn()
        is_away = False
        await one.desk.last_turn()
        assert sizes == [5, 5, 2]
    async with office(fleet, tmp_path, 10) as again:
        assert len(again.board.alerts(lambda alert: alert.key.rule == "smoke")) == 12


async def test_a_comment_with_what_is_no_text_is_kept_without_it(tmp_path: Path) -> None:
    """PostgreSQL takes no NUL: one such act would hold up all that is told after it."""
    async with office(Fleet(), tmp_path) as one:
        job_id = await on_fire(one)
        await one.board.comment(job_id, "Li", "门\x00锁\ud800坏了")
        assert (await one.board.audit(job_id, None, 1))[0].act.detail == "门锁?坏了"
