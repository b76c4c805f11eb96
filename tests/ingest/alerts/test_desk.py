"""The desk on a real database: what is decided is durable before it is told, survives a kill, and is told once."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection

from gateway.topics import Kind
from ingest.alerts.board import ActRefused, NotThere
from ingest.alerts.records import BoardEvent
from ingest.alerts.work import ChannelKind, ChannelSetting, JobState, Silence
from ingest.alerts.writ import remembered
from ingest.ports import TransientStoreError
from tests.ingest.alerts.desk_story import EAST, HOOK, office, on_fire
from tests.ingest.alerts.fleet_story import Fleet, cabinet

WAIT_S = 10


async def test_a_fault_becomes_a_job_and_a_message_in_one_turn(tmp_path: Path) -> None:
    """With names, in the channel's language, with a link that acknowledges; and the crew's channel alone has it."""
    async with office(Fleet(), tmp_path) as one:
        job_id = await on_fire(one)
        [message] = await one.queued()
        assert message.notice.jobs == (job_id,)
        assert (message.notice.channel, message.notice.crew) == ("hook", "east")
        assert "驿站1" in message.text
        assert "https://stations.example/a/" in message.text
        record = await one.board.job(job_id)
        assert record is not None
        assert [alert.key.rule for alert in record.alerts] == ["smoke"]
        assert [kept.notice.key for kept in record.messages] == [message.notice.key]
        assert "extinguisher" in {thing.what for thing in record.bring}


async def test_a_killed_desk_goes_on_and_tells_nothing_twice(tmp_path: Path) -> None:
    """Alerts, job, acknowledgement and queue are as they were; the same reading again says nothing new."""
    fleet = Fleet()
    async with office(fleet, tmp_path) as one:
        job_id = await on_fire(one)
        one.at(5)
        await one.board.acknowledge(job_id, "Li", arrival_ms=fleet.ms(600))
        before = await one.queued()
    async with office(fleet, tmp_path, 20) as again:
        [job] = again.board.jobs()
        assert (job.id, job.state, job.acknowledged_by) == (job_id, JobState.ACKNOWLEDGED, "Li")
        fleet.sends(60, Kind.BATTERY, cabinet(25, smoke=True))
        for second in range(60, 600, 60):
            fleet.sweeps(second)
            await again.turn(second)
        assert await again.queued() == before
        [smoke] = again.board.alerts(lambda alert: alert.key.rule == "smoke")
        assert smoke.fired_ms == fleet.ms(0)


async def test_smoke_ends_by_a_confirmation_and_readings_and_the_job_with_it(tmp_path: Path) -> None:
    """Confirmed on site, a minute without smoke, a minute of good: closed by readings, and told once."""
    fleet = Fleet()
    async with office(fleet, tmp_path) as one:
        job_id = await on_fire(one)
        [smoke] = one.board.alerts()
        one.at(30)
        await one.board.confirm(smoke.id, "Li", "灭火器已更换")
        for second in (60, 120, 180):
            fleet.sends(second, Kind.BATTERY, cabinet(25))
            await one.turn(second)
        await one.turn(260)
        assert [job.state for job in one.board.jobs()] == [JobState.CLOSED]
        messages = await one.queued()
        assert [message.notice.why.value for message in messages] == ["opened", "resolved"]
        acts = await one.board.audit(None, None, 10)
        assert (acts[0].act.who, acts[0].act.what) == ("Li", "confirm")
        record = await one.board.alert(smoke.id)
        assert record is not None
        assert [step.kind.value for step in record.changes] == ["fired", "confirmed", "resolved"]
        assert await one.board.job(job_id) is not None


async def test_an_act_that_cannot_be_is_refused_and_leaves_no_line(tmp_path: Path) -> None:
    """Words that say what can be done; the audit log has what was done and nothing else."""
    async with office(Fleet(), tmp_path) as one:
        job_id = await on_fire(one)
        with pytest.raises(NotThere, match="j-nobody"):
            await one.board.acknowledge("j-nobody", "Li")
        await one.board.close(job_id, "Li", "误报")
        with pytest.raises(ActRefused, match="closed"):
            await one.board.start(job_id, "Li")
        with pytest.raises(ActRefused, match="name a station, region, rule or part"):
            await one.board.silence(Silence("", "Li", "why", 0, 10), "Li")
        with pytest.raises(ActRefused, match="channels that there are not"):
            await one.board.set_crews([EAST], [], "Li")
        with pytest.raises(NotThere):
            await one.board.try_channel("nowhere", "Li")
        assert [kept.act.what for kept in await one.board.audit(None, None, 10)] == ["close", "crew"]


async def test_a_silence_keeps_quiet_and_is_remembered(tmp_path: Path) -> None:
    """What it covers is on the board and nobody is told; over a restart too, until it is ended."""
    fleet = Fleet()
    async with office(fleet, tmp_path) as one:
        await one.board.set_crews([EAST], [HOOK], "admin")
        silence = await one.board.silence(
            Silence("", "Chen", "改造", fleet.ms(0), fleet.ms(86_400), station="st-1", rule="smoke"), "Chen"
        )
        fleet.born(0)
        fleet.sends(0, Kind.BATTERY, cabinet(25, smoke=True))
        await one.turn(1)
        assert await one.queued() == []
        [silent] = one.board.alerts()
        view = one.board.view(silent.id)
        assert view is not None
        assert view.silenced_by == silence.id
    async with office(fleet, tmp_path, 10) as again:
        await again.turn(60)
        assert await again.queued() == []
        await again.board.end_silence(silence.id, "Chen")
        await again.turn(61)
        await again.turn(120)
        assert [message.notice.why.value for message in await again.queued()] == ["opened"]


async def test_a_silence_that_is_over_for_a_day_is_only_in_the_audit_log(tmp_path: Path) -> None:
    """It is shown for a day, and gone from memory and database then, over a restart too."""
    fleet = Fleet()
    async with office(fleet, tmp_path) as one:
        await one.board.silence(Silence("", "Chen", "改造", fleet.ms(0), fleet.ms(60), station="st-1"), "Chen")
        await one.turn(86_460)
        assert len(one.board.silences()) == 1
        await one.turn(86_461)
        assert one.board.silences() == []
    async with office(fleet, tmp_path, 90_000) as again:
        assert again.board.silences() == []
        assert [kept.act.detail for kept in await again.board.audit(None, None, 10)] == ["改造"]


async def test_a_link_acknowledges_once(tmp_path: Path) -> None:
    """Looking at it changes nothing; its second use is refused, over a restart too; a forged one opens nothing."""
    fleet = Fleet()
    async with office(fleet, tmp_path) as one:
        job_id = await on_fire(one)
        [message] = await one.queued()
        token = message.text.partition("https://stations.example/a/")[2].split(")")[0].split()[0]
        offer = await one.board.link(token)
        assert offer is not None
        assert (offer.job.id, offer.crew) == (job_id, "east")
        assert one.board.jobs()[0].state is JobState.OPEN
        one.at(10)
        assert (await one.board.redeem(token)).acknowledged_by == "east"
        used = await one.board.link(token)
        assert used is not None
        assert (used.is_used, used.job.acknowledged_by) == (True, "east")
        assert await one.board.link("x" + token) is None
    async with office(fleet, tmp_path, 20) as again:
        with pytest.raises(ActRefused, match="used before"):
            await again.board.redeem(token)


async def test_while_the_database_is_away_nothing_is_told_and_then_everything_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was decided waits in memory; acts are refused meanwhile; afterwards each message is there once."""
    fleet = Fleet()
    async with office(fleet, tmp_path) as one:
        await one.board.set_crews([EAST], [HOOK], "admin")
        works = one.database.run

        async def away(_function: object) -> None:
            raise TransientStoreError("the disk is full")

        monkeypatch.setattr(one.database, "run", away)
        fleet.born(0)
        fleet.sends(0, Kind.BATTERY, cabinet(25, smoke=True))
        one.at(1)
        assert not await one.desk.turn()
        [job] = one.board.jobs()
        with pytest.raises(TransientStoreError, match="disk is full"):
            await one.board.acknowledge(job.id, "Li")
        assert one.board.jobs()[0].state is JobState.OPEN
        fleet.sends(60, Kind.BATTERY, cabinet(62, smoke=True))
        one.at(60)
        assert not await one.desk.turn()
        monkeypatch.setattr(one.database, "run", works)
        one.at(61)
        assert await one.desk.turn()
        messages = await one.queued()
        assert messages[0].notice.why.value == "opened"
        assert len({message.notice.key for message in messages}) == len(messages)


async def test_who_watches_is_told_after_it_is_durable(tmp_path: Path) -> None:
    """An event of an alert and one of its job; what it tells can be asked for."""
    async with office(Fleet(), tmp_path) as one:

        async def follow() -> list[BoardEvent]:
            return [event async for event in one.board.subscribe()]

        following = asyncio.create_task(follow())
        await asyncio.sleep(0)
        job_id = await on_fire(one)
        one.desk.broadcast.close()
        events = await asyncio.wait_for(following, WAIT_S)
        told = {event.what for event in events}
        assert told >= {"alert", "job"}
        assert {event.job.id for event in events if event.job is not None} == {job_id}


async def test_a_secret_stands_in_the_database_only_as_it_was_given(tmp_path: Path) -> None:
    """A reference to the environment stays one; what is shown has no secrets at all."""
    robot = ChannelSetting("hook", ChannelKind.WEBHOOK, "http://127.0.0.1:9/", {"secret": "env:HOOK_SECRET"})
    async with office(Fleet(), tmp_path) as one:
        await one.board.set_crews([EAST], [robot], "admin")

        def kept(connection: Connection) -> dict[str, str]:
            return dict(remembered(connection).channels[0].secrets)

        assert await one.database.read(kept) == {"secret": "env:HOOK_SECRET"}
        assert "env:HOOK_SECRET" not in repr(one.board.channels())
