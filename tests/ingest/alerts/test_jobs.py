"""Jobs from their opening to their end, as stories; and what holds whatever happens."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.alerts.job_steps import WrongStep
from ingest.alerts.jobs import JobBook, UnknownJob
from ingest.alerts.model import AlertState, Change, Severity
from ingest.alerts.work import Job, JobState, JobStep
from tests.ingest.alerts.crew_world import CALENDAR, HOUR_S, NIGHT_CREW, TIANHE, CrewWorld

CRITICAL, EMERGENCY, INFO, WARNING = Severity.CRITICAL, Severity.EMERGENCY, Severity.INFO, Severity.WARNING


def test_open_alerts_of_a_station_are_one_job() -> None:
    """Two faults of one station are one job, as bad as the worse of them; another station's is another."""
    world = CrewWorld()
    world.bad("hot")
    world.bad("stock", severity=CRITICAL, rule="stock_low", part="item/hxzq-10ml")
    world.bad("other", "gd-2")
    (first, second) = sorted(world.jobs.values(), key=lambda job: job.place)
    assert (first.place, sorted(first.alerts), first.severity) == ("gd-1", ["hot", "stock"], CRITICAL)
    assert (second.place, sorted(second.alerts), second.severity) == ("gd-2", ["other"], WARNING)


def test_crews_with_different_kinds_have_a_job_each() -> None:
    """The battery crew hears of the slot, the medicine crew of the box."""
    battery = replace(TIANHE, id="battery", kinds=frozenset({"battery"}))
    medicine = replace(TIANHE, id="medicine", kinds=frozenset({"medicine"}))
    world = CrewWorld(battery, medicine)
    world.bad("hot")
    world.bad("stock", rule="stock_low", part="item/hxzq-10ml")
    assert {job.crew: job.alerts for job in world.jobs.values()} == {"battery": {"hot"}, "medicine": {"stock"}}


def test_pending_and_informing_alerts_make_no_job() -> None:
    """What is not certain yet, and what can wait for the digest, is no work; worse, it is."""
    world = CrewWorld()
    world.hear(world.change("soon", AlertState.PENDING))
    world.bad("expires", severity=INFO, rule="expiry", part="item/hxzq-10ml")
    assert world.jobs == {}
    world.bad("expires", severity=CRITICAL)
    assert world.job.alerts == {"expires"}


def test_job_goes_from_open_to_closed_by_people_and_readings() -> None:
    """Acknowledged, begun, repaired; it closes only after the readings have been good for five minutes."""
    world = CrewWorld()
    world.bad()
    world.at(60)
    world.act("acknowledge", world.job, arrival_ms=world.now_ms + HOUR_S * 1_000)
    world.at(HOUR_S)
    world.act("start", world.job)
    world.at(HOUR_S + 600)
    world.act("repaired", world.job)
    world.at(HOUR_S + 900)
    assert world.job.state is JobState.REPAIRED
    world.good()
    world.at(HOUR_S + 1_199)
    assert world.job.state is JobState.REPAIRED
    world.at(HOUR_S + 1_200)
    assert (world.job.state, world.job.closed_by) == (JobState.CLOSED, "readings")
    assert world.steps() == ["opened", "acknowledged", "started", "repaired", "good", "closed"]


def test_fault_that_comes_back_while_good_keeps_the_job_open() -> None:
    """Good for four minutes is not good for five."""
    world = CrewWorld()
    world.bad()
    world.at(60)
    world.good()
    world.at(300)
    world.bad()
    world.at(HOUR_S)
    assert (world.job.state, world.job.reopened) == (JobState.OPEN, 0)


def test_unknown_alert_keeps_the_job_open() -> None:
    """One alert is resolved and the other silent: after a day the job is still there."""
    world = CrewWorld()
    world.bad("hot")
    world.bad("cold", part="slot/4")
    world.good("hot")
    world.silent("cold")
    world.at(24 * HOUR_S)
    assert world.job.state is not JobState.CLOSED
    assert [*world.job.alerts, *world.job.done_alerts] == ["cold", "hot"]


def test_same_fault_after_the_window_is_another_job() -> None:
    """Within two hours of the close it is the same job, later a new one; another fault is always a new one."""
    world = CrewWorld()
    world.bad()
    world.at(60)
    world.good()
    world.at(HOUR_S)
    world.bad("stock", rule="stock_low", part="item/hxzq-10ml")
    assert len(world.jobs) == 2
    world.at(4 * HOUR_S)
    world.good("stock")
    world.at(5 * HOUR_S)
    world.bad("hot-again")
    assert len(world.jobs) == 3


def test_fault_is_known_when_it_returns_under_another_id() -> None:
    """The alert's own window may be shorter than the job's: place, rule and part say that it is the same fault."""
    world = CrewWorld()
    world.bad("hot-1")
    world.good("hot-1")
    world.at(HOUR_S)
    world.bad("hot-2")
    assert (len(world.jobs), world.job.reopened, *world.job.alerts) == (1, 1, "hot-2")


def test_acknowledgement_ends_with_the_shift_and_after_eight_hours_at_most() -> None:
    """At 09:00 until 17:00; at 16:00 until the crew goes home at 18:00; or as long as somebody says."""
    world = CrewWorld(NIGHT_CREW)
    world.bad()
    world.act("acknowledge", world.job)
    assert world.job.acknowledged_until_ms == world.begin_ms + 8 * HOUR_S * 1_000
    world.at(7 * HOUR_S)
    world.act("acknowledge", world.job)
    assert world.job.acknowledged_until_ms == world.begin_ms + 9 * HOUR_S * 1_000
    world.act("acknowledge", world.job, until_ms=world.now_ms + 60_000)
    assert world.job.acknowledged_until_ms == world.now_ms + 60_000
    world.at(7 * HOUR_S + 60)
    assert (world.job.state, world.job.acknowledged_by) == (JobState.OPEN, "")
    assert world.job.first_acknowledged_ms == world.begin_ms


def test_acknowledgement_does_not_expire_while_all_is_good() -> None:
    """It was repaired within the acknowledgement, which ends while the readings prove it: no step back."""
    world = CrewWorld()
    world.bad()
    world.act("acknowledge", world.job, until_ms=world.now_ms + 120_000)
    world.at(100)
    world.good()
    world.at(HOUR_S)
    assert world.steps() == ["opened", "acknowledged", "good", "closed"]


def test_acknowledgement_that_ended_while_good_is_over_when_the_fault_returns() -> None:
    """It ended at 120 s while all was good; bad again at 200 s, the job is open and its chain counts from there."""
    world = CrewWorld()
    world.bad()
    world.act("acknowledge", world.job, until_ms=world.now_ms + 120_000)
    world.at(100)
    world.good()
    world.at(200)
    world.bad()
    assert (world.job.state, world.job.escalate_from_ms) == (JobState.OPEN, world.begin_ms + 200_000)


def test_job_that_a_person_closed_opens_again_if_the_fault_stands() -> None:
    """Closed by a person while it is bad: quiet for the window; then the fault is told again, the same job."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.bad()
    world.at(60)
    world.act("close", world.job)
    world.at(2 * HOUR_S + 59)
    assert (world.job.state, world.job.closed_by) == (JobState.CLOSED, "王")
    world.at(2 * HOUR_S + 120)
    assert (world.job.state, world.job.reopened) == (JobState.OPEN, 1)
    assert [why for _, why in world.whys()] == ["opened", "closed", "reopened"]


def test_job_that_a_person_closed_opens_again_when_it_gets_worse() -> None:
    """Who closed a warning did not mean the fire."""
    world = CrewWorld()
    world.bad()
    world.at(60)
    world.act("close", world.job)
    world.at(90)
    world.bad(severity=EMERGENCY)
    assert (world.job.state, world.job.severity) == (JobState.OPEN, EMERGENCY)
    assert world.whys()[-1] == (90, "reopened")


def test_job_that_a_person_closed_rightly_stays_closed() -> None:
    """Its fault is resolved afterwards: nothing opens, and nobody is told that readings prove it."""
    world = CrewWorld()
    world.bad()
    world.at(60)
    world.act("close", world.job)
    world.good()
    world.at(24 * HOUR_S)
    assert world.job.state is JobState.CLOSED
    assert [why for _, why in world.whys()] == ["opened", "closed"]


def test_job_is_closed_in_the_name_of_who_ended_an_alert() -> None:
    """A person said that the fault is none: the job closes, and is not told as proven by readings."""
    world = CrewWorld()
    world.bad()
    world.at(60)
    change = world.change("hot", AlertState.RESOLVED)
    world.hear(change._replace(alert=replace(change.alert, resolved_by="王")))
    world.at(HOUR_S)
    assert (world.job.state, world.job.closed_by) == (JobState.CLOSED, "王")
    assert [why for _, why in world.whys()] == ["opened", "closed"]


def test_assigned_job_begins_anew_with_the_other_crew() -> None:
    """Another crew is told of it, and nobody has acknowledged it there."""
    other = replace(TIANHE, id="other", channels=("other",), regions=frozenset({"110000"}))
    world = CrewWorld(TIANHE, other)
    world.bad()
    world.at(60)
    world.act("acknowledge", world.job)
    world.act("assign", world.job, crew="other")
    world.at(100)
    assert (world.job.crew, world.job.state) == ("other", JobState.OPEN)
    assert world.whys("other") == [(90, "opened")]


def test_step_that_cannot_be_taken_is_refused_with_what_can_be_done() -> None:
    """A closed job, an unknown one, an instant in the past, a crew that is not there or has a job at the place."""
    other = replace(TIANHE, id="medicine", kinds=frozenset({"medicine"}))
    world = CrewWorld(TIANHE, other)
    world.bad()
    with pytest.raises(WrongStep, match="in the future, within 72 hours; for longer, silence it"):
        world.act("acknowledge", world.job, until_ms=world.now_ms)
    with pytest.raises(WrongStep, match="there is no crew 'nobody'"):
        world.act("assign", world.job, crew="nobody")
    hot = world.job
    world.bad("stock", rule="stock_low", part="item/hxzq-10ml")
    with pytest.raises(WrongStep, match="crew medicine has job gd-1-"):
        world.act("assign", hot, crew="medicine")
    world.act("close", hot)
    for name in ("acknowledge", "start", "repaired", "close"):
        with pytest.raises(WrongStep, match="is closed; it opens again by itself"):
            world.act(name, hot)
    with pytest.raises(UnknownJob):
        world.book.start("nothing", "王", world.now_ms)


def test_job_is_forgotten_when_its_time_is_over() -> None:
    """Three days after the close it is only in the records, and so is what was told of it."""
    world = CrewWorld()
    world.bad()
    world.at(60)
    world.good()
    world.at(73 * HOUR_S)
    assert world.steps()[-1] == "forgotten"
    assert (dict(world.book.jobs), world.told) == ({}, {})


def test_a_clock_that_is_set_back_loses_no_change() -> None:
    """Eight hours ahead when it fired, right when it is resolved: the job ends all the same, and worse is told, too."""
    world = CrewWorld()
    world.now_ms += 8 * 3_600_000
    world.hear(world.change("hot", AlertState.FIRING))
    world.now_ms -= 8 * 3_600_000
    world.hear(world.change("hot", AlertState.FIRING, severity=EMERGENCY))
    assert [job.severity for job in world.book.jobs.values()] == [EMERGENCY]
    world.hear(world.change("hot", AlertState.RESOLVED))
    assert [job.alerts for job in world.book.jobs.values()] == [frozenset()]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([AlertState.FIRING, AlertState.UNKNOWN, AlertState.RESOLVED]),
        st.sampled_from([WARNING, CRITICAL, EMERGENCY]),
        st.integers(1, 400),
    ),
    max_size=12,
)


def changes_of(steps: list[tuple[str, AlertState, Severity, int]]) -> list[Change]:
    """Steps of the lives of alerts, each so many seconds after the one before."""
    world = CrewWorld()
    found = []
    for alert_id, state, severity, after_s in steps:
        world.now_ms += after_s * 1_000
        found.append(world.change(alert_id, state, severity=severity, part=f"slot/{alert_id}"))
    return found


@given(STEPS)
def test_job_is_closed_only_when_all_its_alerts_are_resolved(
    steps: list[tuple[str, AlertState, Severity, int]],
) -> None:
    """Whatever happens, at the end open jobs hold exactly the alerts that are not resolved."""
    changes = changes_of(steps)
    last = {change.alert.id: change.alert for change in changes}
    world = CrewWorld()
    book = JobBook(world.roster, CALENDAR)
    for change in changes:
        for step in book.take([change], lambda _: None, change.at_ms):
            assert step.step is not JobStep.CLOSED or not step.job.alerts
    standing = {alert_id for job in book.jobs.values() if job.state is not JobState.CLOSED for alert_id in job.alerts}
    assert standing == {alert_id for alert_id, alert in last.items() if alert.state is not AlertState.RESOLVED}


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["bad", "good", "silent", "acknowledge", "start", "repaired", "close", "wait"]),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([INFO, WARNING, CRITICAL, EMERGENCY]),
        st.integers(0, 7_200),
    ),
    max_size=14,
)
Event = tuple[str, str, Severity, int]


def live_through(events: list[Event], restarts: frozenset[int] = frozenset()) -> CrewWorld:
    """A world after all events, restarted after some of them."""
    world = CrewWorld(NIGHT_CREW, begin_ms=CrewWorld().begin_ms + 5 * HOUR_S * 1_000)
    second = 0.0
    for number, (what, alert_id, severity, after_s) in enumerate(events):
        second += after_s
        world.at(second)
        if what == "bad":
            world.bad(alert_id, severity=severity, part=f"slot/{alert_id}")
        elif what in ("good", "silent") and alert_id in world.alerts:
            getattr(world, what)(alert_id)
        elif what in ("acknowledge", "start", "repaired", "close"):
            for job in [job for job in world.book.jobs.values() if job.state is not JobState.CLOSED]:
                world.act(what, job)
        if number in restarts:
            world.restart()
    world.at(second + 30 * HOUR_S)
    return world


@settings(deadline=None, max_examples=60)
@given(EVENTS, st.frozensets(st.integers(0, 13)))
def test_restart_changes_nothing(events: list[Event], restarts: frozenset[int]) -> None:
    """Dumped and restored at any points, the same jobs take the same steps and the same messages go out."""
    through, broken = live_through(events), live_through(events, restarts)
    assert broken.notices == through.notices
    assert broken.changes == through.changes
    assert dict(broken.book.jobs) == dict(through.book.jobs)


@settings(deadline=None, max_examples=60)
@given(EVENTS)
def test_nothing_is_told_twice_without_a_change(events: list[Event]) -> None:
    """Each message has a key of its own; between two of the same kind about a job lie a change of it or four hours."""
    world = live_through(events)
    assert len({notice.key for notice in world.notices}) == len(world.notices)
    heard: dict[tuple[str, str], tuple[int, str]] = {}
    for notice in world.notices:
        for job in notice.jobs:
            before = heard.get((notice.channel, job))
            heard[notice.channel, job] = (notice.due_ms, notice.why)
            if before is None or notice.why in ("repeat", "escalated", "digest"):
                continue
            since = [change for change in world.changes if change.job.id == job and change.at_ms <= notice.due_ms]
            changed = [change for change in since if change.at_ms >= before[0] or notice.why != before[1]]
            # What happened at night is told in the morning, when the digest may have been between.
            assert changed or before[1] == "digest", (notice, before)


@settings(deadline=None, max_examples=60)
@given(EVENTS)
def test_acknowledged_job_never_escalates_before_it_expires(events: list[Event]) -> None:
    """No step of a chain is taken while somebody looks after the job, or while it is over."""
    world = live_through(events)
    state: dict[str, Job] = {}
    for change in world.changes:
        if change.step is JobStep.ESCALATED:
            assert state[change.job.id].state is JobState.OPEN
        state[change.job.id] = change.job


@settings(deadline=None, max_examples=60)
@given(EVENTS)
def test_nothing_is_forgotten(events: list[Event]) -> None:
    """After a working day the crew knows all of every open job, and the end of every job that it was told of."""
    world = live_through(events)
    for job in world.book.jobs.values():
        told = world.told.get((job.id, "tianhe"))
        if job.state is JobState.CLOSED:
            assert told is None or told.is_over
        elif job.alerts:
            assert told is not None
            assert (told.alerts >= job.alerts, told.severity, told.is_over) == (True, job.severity, False)
