"""When nobody is told, as stories: at night, under a silence, as a consequence, in a storm; and people who ask why."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.alerts.model import AlertKey, AlertState, ChangeKind, Scope, Severity
from ingest.alerts.work import JobState, JobStep, Why, WhyNot
from tests.ingest.alerts.crew_world import HOUR_S, NIGHT_CREW, REGION_DARK, TIANHE, CrewWorld

CRITICAL, EMERGENCY, INFO = Severity.CRITICAL, Severity.EMERGENCY, Severity.INFO
DARK = AlertKey(Scope.STATION, "gd-1", "dark")


def test_warning_at_night_waits_for_the_digest_or_the_shift() -> None:
    """20:00: a warning. Nothing that night; at 08:00 one digest that names it, and no message beside it."""
    world = CrewWorld(replace(NIGHT_CREW, chain=()))
    world.at(11 * HOUR_S)
    world.bad()
    world.at(23 * HOUR_S + 600)
    assert world.messages() == [(23 * HOUR_S, "tianhe", "digest", ("gd-1",))]


def test_critical_fault_at_night_waits_for_the_shift() -> None:
    """20:00: a critical fault; at 08:00 the crew is told, and the chain counts from there."""
    world = CrewWorld(NIGHT_CREW)
    world.at(11 * HOUR_S)
    world.bad(severity=CRITICAL)
    world.at(24 * HOUR_S)
    assert world.whys("tianhe") == [(23 * HOUR_S, "opened")]
    assert world.whys("lead") == [(23 * HOUR_S + 900, "escalated")]


def test_chain_counts_working_time() -> None:
    """17:50: told. Of the 15 minutes five are left at 18:00; the lead hears of it at 08:05:30 (30 s group wait)."""
    world = CrewWorld(NIGHT_CREW)
    world.at(8 * HOUR_S + 50 * 60)
    world.bad(severity=CRITICAL)
    world.at(24 * HOUR_S)
    assert world.whys("lead") == [(23 * HOUR_S + 330, "escalated")]


def test_emergency_at_night_wakes_crew_and_lead() -> None:
    """03:00: smoke. Told at once; the lead after 15 minutes of the clock, the province after 45."""
    world = CrewWorld(NIGHT_CREW)
    world.at(18 * HOUR_S)
    world.bad("smoke", severity=EMERGENCY, rule="smoke", part="cabinet")
    world.at(19 * HOUR_S)
    assert world.whys("tianhe") == [(18 * HOUR_S, "opened")]
    assert world.whys("lead") == [(18 * HOUR_S + 900, "escalated")]
    assert world.whys("province") == [(18 * HOUR_S + 2_700, "escalated")]


def test_night_is_reported_in_the_morning_even_if_it_is_over() -> None:
    """Told at 17:00, good at 19:00: the crew hears of that when its shift begins, three days later over a weekend."""
    world = CrewWorld(replace(NIGHT_CREW, chain=()))
    friday = 4 * 24 * HOUR_S
    world.at(friday + 8 * HOUR_S)
    world.bad(severity=CRITICAL)
    world.at(friday + 10 * HOUR_S)
    world.good()
    world.at(friday + 3 * 24 * HOUR_S)
    assert world.whys() == [(friday + 8 * HOUR_S + 30, "opened"), (friday + 71 * HOUR_S, "resolved")]


def test_what_only_informs_comes_in_the_digest_alone() -> None:
    """An item that expires in a month makes no job; each morning one message names it, and jobs that can wait."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.bad("expires", severity=INFO, rule="expiry", part="item/hxzq-10ml")
    world.at(2 * 24 * HOUR_S)
    assert world.jobs == {}
    assert world.whys() == [(23 * HOUR_S, "digest"), (47 * HOUR_S, "digest")]
    assert [notice.alerts for notice in world.notices] == [("expires",)] * 2
    world.good("expires")
    world.at(3 * 24 * HOUR_S)
    assert len(world.notices) == 2


def test_digest_leaves_out_what_somebody_looks_after() -> None:
    """A job that is acknowledged over the morning is not in the digest; with nothing else there is none."""
    world = CrewWorld()
    world.at(20 * HOUR_S)
    world.bad()
    world.at(20 * HOUR_S + 60)
    world.act("acknowledge", world.job)
    world.at(24 * HOUR_S)
    assert "digest" not in [why for _, why in world.whys()]


def test_silence_keeps_quiet_and_its_end_tells() -> None:
    """A silenced station makes a job, of which nobody hears; when the silence is over and it is still bad, they do."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.silence(HOUR_S, station="gd-1")
    world.bad()
    world.at(HOUR_S - 1)
    assert world.messages() == []
    assert world.job.alerts == {"hot"}
    world.at(HOUR_S + 60)
    assert world.whys() == [(HOUR_S, "opened")]


def test_silence_of_a_station_leaves_an_emergency_audible() -> None:
    """Smoke at a silenced station is told; to silence it somebody has to name the rule."""
    world = CrewWorld()
    world.silence(HOUR_S, station="gd-1")
    world.bad("smoke", severity=EMERGENCY, rule="smoke", part="cabinet")
    assert world.whys() == [(0, "opened")]
    world = CrewWorld()
    world.silence(HOUR_S, station="gd-1", rule="smoke")
    world.bad("smoke", severity=EMERGENCY, rule="smoke", part="cabinet")
    assert world.messages() == []


def test_silenced_fault_is_not_what_a_crew_is_told_as_more() -> None:
    """A second fault that is silenced joins the job without a message."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.silence(HOUR_S, rule="stock_low")
    world.bad()
    world.at(60)
    world.bad("stock", severity=CRITICAL, rule="stock_low", part="item/hxzq-10ml")
    world.at(HOUR_S - 60)
    assert world.whys() == [(30, "opened")]


def test_consequence_is_not_told_while_its_cause_stands() -> None:
    """A station that is dark within a dark district has no job; when the district is back and it is not, it has."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.causes["440106"] = REGION_DARK["440106"]
    world.bad("district", "440106", CRITICAL, rule="region_dark", part="", scope=Scope.REGION)
    world.bad("dark-1", "gd-1", rule="dark", part="")
    world.bad("dark-2", "gd-2", rule="dark", part="")
    world.at(600)
    assert world.messages() == [(30, "tianhe", "opened", ("440106",))]
    assert {job.place for job in world.jobs.values()} == {"440106"}
    world.good("dark-1")
    del world.causes["440106"]
    world.good("district")
    world.at(HOUR_S)
    assert world.messages()[1:] == [(630, "tianhe", "opened", ("gd-2",)), (930, "tianhe", "resolved", ("440106",))]


def test_critical_fault_of_a_station_that_fell_silent_is_told() -> None:
    """0 s: 56 °C. 5 s: the station is dark. A cabinet that burns down is dark, too: nothing explains it away."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.bad(severity=CRITICAL)
    world.at(5)
    world.causes["gd-1"] = DARK
    world.at(30)
    assert world.whys() == [(30, "opened")]
    world.silent()
    world.causes["440106"] = REGION_DARK["440106"]
    world.at(60)
    world.bad("warm", "gd-2", rule="cell_hot")
    world.causes["gd-2"] = DARK
    world.at(HOUR_S)
    assert world.whys() == [(30, "opened")]


def test_warning_is_taken_in_when_the_station_was_not_dark_after_all() -> None:
    """A station seems to fall silent and is heard again before anybody is told: its warning is told then."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.causes["gd-1"] = DARK
    pending = world.change("dark", AlertState.PENDING, rule="dark", part="")
    world.hear(pending)
    world.bad()
    world.at(20)
    assert world.jobs == {}
    del world.causes["gd-1"]
    world.hear(pending._replace(kind=ChangeKind.DROPPED, at_ms=world.now_ms))
    assert world.job.alerts == {"hot"}
    world.at(HOUR_S)
    assert world.whys() == [(50, "opened")]


@pytest.mark.parametrize("spread_s", [0, 60, 240])
def test_province_that_goes_dark_makes_three_messages_a_crew_at_most(spread_s: int) -> None:
    """A hundred stations go dark one by one before the province's alert explains them, and come back one by one."""
    crew = replace(TIANHE, regions=frozenset({"440000"}))
    world = CrewWorld(crew)
    for number in range(100):
        world.at(spread_s * number / 100)
        world.bad(f"dark-{number}", f"440000-{number:03}", rule="dark", part="")
    world.at(spread_s + 1)
    world.causes["440000"] = REGION_DARK["440000"]
    world.bad("province", "440000", CRITICAL, rule="region_dark", part="", scope=Scope.REGION)
    world.at(HOUR_S)
    assert len(world.messages("tianhe")) <= 3
    assert len(world.messages("lead")) <= 3
    del world.causes["440000"]
    before = len(world.messages("tianhe"))
    world.good("province")
    for number in range(100):
        world.at(HOUR_S + spread_s * number / 100)
        world.good(f"dark-{number}")
    world.at(3 * HOUR_S)
    told = world.messages("tianhe")[before:]
    assert len(told) <= 3
    assert {message.why for message in told} <= {"opened", "resolved"}
    assert world.messages("tianhe")[-1].why == "resolved"


def test_busy_hour_is_bounded() -> None:
    """Critical faults at a hundred stations, one every ten seconds: three messages in five minutes, none left out."""
    world = CrewWorld(replace(TIANHE, regions=frozenset({"440000"}), chain=()))
    for number in range(100):
        world.at(number * 10)
        world.bad(f"hot-{number}", f"440000-{number:03}", CRITICAL)
    world.at(1_800)
    times = [message.at_s for message in world.messages()]
    assert all(sum(start <= at < start + 300 for at in times) <= 3 for start in times)
    assert {place for message in world.messages() for place in message.jobs} == {f"440000-{n:03}" for n in range(100)}


def test_chain_of_many_crews_gets_one_message() -> None:
    """The lead of two crews hears of both their jobs in one message."""
    other = replace(TIANHE, id="nanshan", regions=frozenset({"440305"}), channels=("nanshan",))
    world = CrewWorld(TIANHE, other)
    world.bad("hot-1", "gd-1")
    world.bad("hot-3", "gd-3")
    world.at(HOUR_S)
    assert world.messages("lead") == [(930, "lead", "escalated", ("gd-1", "gd-3"))]
    assert next(notice.crew for notice in world.notices if notice.channel == "lead") is None


def test_job_without_a_crew_is_told_to_nobody_and_goes_to_the_next_crew() -> None:
    """Beijing has no crew: the job waits; with the import of one it is told."""
    world = CrewWorld()
    world.bad("hot", "bj-1")
    world.at(600)
    assert (world.messages(), world.job.crew) == ([], None)
    beijing = replace(TIANHE, id="beijing", regions=frozenset({"110000"}), channels=("beijing",), chain=())
    world.after(world.book.set_roster(CrewWorld(TIANHE, beijing).roster, world.now_ms))
    assert world.messages() == [(600, "beijing", "opened", ("bj-1",))]


def test_channel_that_a_crew_gets_hears_what_is_open() -> None:
    """With the import of a further channel it is told of the open jobs in one message; the others hear nothing new."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.bad("a", "gd-1")
    world.bad("b", "gd-2")
    world.at(600)
    more = CrewWorld(replace(TIANHE, channels=("tianhe", "radio"), chain=())).roster
    world.after(world.book.set_roster(more, world.now_ms))
    world.at(HOUR_S)
    assert world.whys("tianhe") == [(30, "opened")]
    assert world.messages("radio") == [(600, "radio", "opened", ("gd-1", "gd-2"))]


def test_good_news_waits_where_a_channel_has_had_enough() -> None:
    """Two critical messages, then a third that is due with the end of another job: the end waits for room."""
    world = CrewWorld(replace(TIANHE, regions=frozenset({"440000"}), chain=()))
    world.bad("a", "440000-1", CRITICAL)
    world.at(40)
    world.good("a")
    for second, number in ((300, 2), (331, 3), (340, 4)):
        world.at(second)
        world.bad(f"b-{number}", f"440000-{number}", CRITICAL)
    world.at(HOUR_S)
    assert world.whys() == [(30, "opened"), (330, "opened"), (361, "opened"), (391, "opened"), (691, "resolved")]


STORM = st.lists(
    st.tuples(
        st.sampled_from(["bad", "bad", "good", "acknowledge", "close"]),
        st.integers(0, 5),
        st.sampled_from([Severity.WARNING, CRITICAL]),
        st.integers(0, 400),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=60)
@given(STORM)
def test_channel_bears_its_bound_whatever_happens(events: list[tuple[str, int, Severity, int]]) -> None:
    """In any five minutes three messages at most, digests apart; and no job is told as good that has not closed."""
    world = CrewWorld(replace(TIANHE, regions=frozenset({"440000"}), channels=("tianhe", "lead")))
    second = 0
    for what, number, severity, after_s in events:
        second += after_s
        world.at(second)
        if what == "bad":
            world.bad(f"a-{number}", f"440000-{number}", severity)
        elif what == "good" and f"a-{number}" in world.alerts:
            world.good(f"a-{number}")
        elif what in ("acknowledge", "close"):
            for job in [job for job in world.book.jobs.values() if job.state is not JobState.CLOSED][:1]:
                world.act(what, job)
    world.at(second + HOUR_S)
    for channel in ("tianhe", "lead"):
        times = [at_s for at_s, why in world.whys(channel) if why != "digest"]
        assert all(sum(begin <= at_s < begin + 300 for at_s in times) <= 3 for begin in times)
    closed = {(change.job.id, change.at_ms) for change in world.changes if change.step is JobStep.CLOSED}
    for notice in world.notices:
        if notice.why is Why.RESOLVED:
            assert all(any(job == one and at_ms <= notice.due_ms for one, at_ms in closed) for job in notice.jobs)


def why_not(world: CrewWorld) -> WhyNot | None:
    """Why the crew is not told of the newest job."""
    (verdict,) = world.teller.verdicts(world.book, world.muffled, world.job.id, world.now_ms)
    return verdict.why_not


def test_people_who_ask_hear_why_nobody_is_told() -> None:
    """Each reason has its name: grouped, same, inhibited, silenced, quiet hours."""
    world = CrewWorld(replace(NIGHT_CREW, chain=()))
    world.bad()
    assert why_not(world) is WhyNot.GROUPED
    world.at(40)
    assert why_not(world) is WhyNot.SAME
    world.causes["440106"] = REGION_DARK["440106"]
    assert why_not(world) is WhyNot.INHIBITED
    world.silence(60, station="gd-1")
    assert why_not(world) is WhyNot.SILENCED
    world = CrewWorld(replace(NIGHT_CREW, chain=()))
    world.at(11 * HOUR_S)
    world.bad(severity=CRITICAL)
    world.at(11 * HOUR_S + 31)
    assert why_not(world) is WhyNot.QUIET_HOURS


def test_fourth_message_in_five_minutes_waits_by_its_name() -> None:
    """Three critical faults are told in 90 s; of the fourth people hear that the channel has had enough for now."""
    world = CrewWorld(replace(TIANHE, regions=frozenset({"440000"}), chain=()))
    for number in range(4):
        world.at(number * 31)
        world.bad(f"hot-{number}", f"440000-{number}", CRITICAL)
    world.at(124)
    assert len(world.messages()) == 3
    assert why_not(world) is WhyNot.RATE
    world.at(329)
    assert len(world.messages()) == 3
    world.at(330)
    assert world.messages()[3:] == [(330, "tianhe", "opened", ("440000-3",))]
