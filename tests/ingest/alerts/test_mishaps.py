"""An error of ours in one alert, job or message: it is shown, the rest goes on, and nothing is forgotten."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.topics import Kind
from ingest.alerts import job_steps, jobs, life, teller
from ingest.alerts.foresight import Foresight
from ingest.alerts.job_shelf import JobShelf
from ingest.alerts.mishaps import Mishaps
from ingest.alerts.model import AlertState
from ingest.alerts.rules import cabinet as cabinet_rules
from ingest.alerts.rules import rising
from ingest.alerts.station_watch import StationWatch
from ingest.alerts.teller import Teller
from ingest.alerts.work import JobState
from tests.ingest.alerts.desk_story import EAST, HOOK, Office, office
from tests.ingest.alerts.fleet_story import Fleet, cabinet

JINXED = "st-1"


@contextlib.contextmanager
def jinx(owner: object, name: str, about: str = JINXED) -> Iterator[None]:
    """A function of ours fails whenever it is about one station, or whatever else its arguments tell of."""
    works = getattr(owner, name)

    def fails(*given: Any, **named: Any) -> Any:
        if about in repr((given, named)):
            raise ZeroDivisionError
        return works(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, fails)
        yield


async def smoke_at_both(one: Office) -> None:
    """A crew, and smoke at two stations in the same second."""
    await one.board.set_crews([EAST], [HOOK], "admin")
    for name in (JINXED, "st-2"):
        one.fleet.born(0, name)
        one.fleet.sends(0, Kind.BATTERY, cabinet(25, smoke=True), name)


async def told_of(one: Office) -> list[str]:
    """Places of jobs that messages are about, in order."""
    places = {job.id: job.place for job in one.board.jobs()}
    return [places[job] for message in await one.queued() for job in message.notice.jobs]


STEPS = [
    (JobShelf, "hear"),
    (jobs, "cause_of"),
    (job_steps, "opened"),
    (teller, "news"),
    (Teller, "_items"),
    (Teller, "_told_now"),
]


@pytest.mark.parametrize(("owner", "name"), STEPS, ids=[name for _, name in STEPS])
async def test_a_step_that_fails_for_one_station_silences_no_other_and_is_taken_again(
    tmp_path: Path, owner: object, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The crew hears of the other at once, /readyz and the log say where it failed, and once it works it is told."""
    async with office(Fleet(2), tmp_path) as one:
        await smoke_at_both(one)
        with jinx(owner, name):
            for second in (1, 2, 3):
                one.at(second)
                assert not await one.desk.turn()
        assert await told_of(one) == ["st-2"]
        assert not one.desk.check().ok
        assert "not all is told: the desk failed at" in one.desk.check().detail
        assert caplog.text.count("Traceback") == 1
        one.at(4)
        assert await one.desk.turn()
        assert one.desk.check().ok
        assert await told_of(one) == ["st-2", JINXED]
    async with office(Fleet(2), tmp_path, 10) as again:
        await again.turn(11)
        assert await told_of(again) == ["st-2", JINXED]


@pytest.mark.parametrize("name", ["unheld", "closed"])
async def test_what_is_due_of_a_job_is_due_until_it_is_done(tmp_path: Path, name: str) -> None:
    """An acknowledgement that ends, and a job that its readings prove good: of one station it fails for a while."""
    async with office(Fleet(2), tmp_path) as one:
        await smoke_at_both(one)
        await one.turn(1)
        if name == "unheld":
            for job in one.board.jobs():
                await one.board.acknowledge(job.id, "Li", until_ms=one.fleet.ms(60))
            done = JobState.OPEN
        else:
            for alert in one.board.alerts():
                await one.board.resolve(alert.id, "Li", "looked at it")
            done = JobState.CLOSED
        with jinx(job_steps, name):
            await one.turn(100)
            await one.turn(101)
            assert {job.place for job in one.board.jobs() if job.state is done} == {"st-2"}
        await one.turn(102)
        assert {job.state for job in one.board.jobs()} == {done}


async def test_a_digest_that_fails_is_sent_by_the_next_turn(tmp_path: Path) -> None:
    """A morning with something that can wait: the digest is not taken for told before there is a message of it."""
    async with office(Fleet(2), tmp_path) as one:
        await one.board.set_crews([EAST], [HOOK], "admin")
        hot = cabinet(47)
        one.fleet.born(0)
        one.fleet.sends(0, Kind.BATTERY, hot)
        await one.turn(1)
        for minute in range(1, 3):
            one.fleet.sends(60 * minute, Kind.BATTERY, hot)
        await one.turn(130)
        day_s = 17 * 3_600  # 08:00 of the next day
        await one.turn(day_s - 60)
        with jinx(Teller, "_told_now"):
            await one.turn(day_s + 1)
            assert "digest" not in [message.notice.why.value for message in await one.queued()]
        await one.turn(day_s + 2)
        await one.turn(day_s + 3)
        assert [message.notice.why.value for message in await one.queued()].count("digest") == 1


def test_a_rule_that_fails_on_a_slot_hides_no_smoke() -> None:
    """What rules said before one failed counts, and the open alert of the slot is unknown, not gone."""
    fleet = Fleet(1)
    fleet.born(0)
    fleet.sends(0, Kind.BATTERY, cabinet(62))
    with jinx(rising, "look", "slot/1"):
        fleet.sends(60, Kind.BATTERY, cabinet(20, smoke=True))
    mishap = fleet.engine.mishaps.take()
    assert mishap is not None
    assert mishap.about == "battery of st-1"
    states = {alert.key.rule: alert.state for alert in fleet.open()}
    assert states == {"cell_hot": AlertState.UNKNOWN, "smoke": AlertState.FIRING}


@pytest.mark.parametrize(("owner", "name"), [(cabinet_rules, "is_quiet"), (Foresight, "learn")])
def test_a_quick_look_or_a_lesson_that_fails_hides_no_smoke(owner: object, name: str) -> None:
    """Beside the full look nothing may stand in its way; a lesson that fails is the lookout's to tell."""
    fleet = Fleet(1)
    fleet.born(0)
    with jinx(owner, name, "smoke=True"), contextlib.suppress(ZeroDivisionError):
        fleet.sends(0, Kind.BATTERY, cabinet(25, smoke=True))
    assert [line for line in fleet.told() if "smoke" in line] == ["0 fired emergency smoke st-1 cabinet"]


def test_a_station_that_a_sweep_fails_at_ends_no_sweep() -> None:
    """Those behind it are dark all the same."""
    fleet = Fleet(3)
    for name in ("st-1", "st-2", "st-3"):
        fleet.born(0, name)
        fleet.counts(0, 1, name)
    with jinx(StationWatch, "facts"):
        for second in range(15, 900, 15):
            for _ in fleet.engine.sweep(fleet.ms(second)):
                pass
            fleet.engine.tick(fleet.ms(second))
    assert {alert.key.place for alert in fleet.open() if alert.key.rule == "dark"} == {"st-2", "st-3"}
    assert fleet.engine.mishaps.take() is not None
    fleet.sweeps(900)
    assert {alert.key.place for alert in fleet.open() if alert.key.rule == "dark"} == {"st-1", "st-2", "st-3"}


def test_a_timer_that_fails_runs_out_again() -> None:
    """Hot for its 120 s at two stations; of one the step fails, and is taken with the next tick."""
    fleet = Fleet(2)
    for name in ("st-1", "st-2"):
        fleet.born(0, name)
        fleet.sends(0, Kind.BATTERY, cabinet(47), name)
    with jinx(life, "ripened"):
        fleet.engine.tick(fleet.ms(120))
    assert [line.split()[4] for line in fleet.news() if "fired" in line] == ["st-2"]
    assert fleet.engine.mishaps.take() is not None
    fleet.passes(121)
    assert [line.split()[4] for line in fleet.news() if "fired" in line] == ["st-1"]


def test_of_a_storm_of_errors_the_first_is_held_and_the_rest_counted() -> None:
    """However many stations fail in a sweep, one is told with how many more."""
    mishaps = Mishaps()
    for number in range(1_000):
        with mishaps.spare(f"a sweep at st-{number}"):
            raise KeyError(number)
    mishap = mishaps.take()
    assert mishap is not None
    assert (mishap.about, repr(mishap.error)) == ("a sweep at st-0 and 999 more", "KeyError(0)")
    assert mishaps.take() is None
