"""Who is told what and when, as stories: what happens at which second, and what everybody hears."""

from dataclasses import replace

from ingest.alerts.model import Severity
from ingest.alerts.work import EscalationStep
from tests.ingest.alerts.crew_world import HOUR_S, TIANHE, CrewWorld

CRITICAL, EMERGENCY, WARNING = Severity.CRITICAL, Severity.EMERGENCY, Severity.WARNING


def test_fault_is_told_once_after_the_group_wait() -> None:
    """0 s: a slot is hot. 10 s: another one. 30 s: one message about both. Nothing more within four hours."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.bad("hot-3")
    world.at(10)
    world.bad("hot-4", part="slot/4")
    world.at(4 * HOUR_S)
    assert world.messages() == [(30, "tianhe", "opened", ("gd-1",))]
    assert len(world.jobs) == 1
    world.at(4 * HOUR_S + 30)
    assert world.whys() == [(30, "opened"), (4 * HOUR_S + 30, "repeat")]


def test_fault_that_goes_within_the_group_wait_is_not_told() -> None:
    """0 s: a slot is hot. 20 s: it is good. Nobody hears of it, and the job closes by itself."""
    world = CrewWorld()
    world.bad()
    world.at(20)
    world.good()
    world.at(HOUR_S)
    assert world.messages() == []
    assert world.steps() == ["opened", "good", "closed"]


def test_emergency_is_told_at_once() -> None:
    """0 s: smoke. 0 s: everybody of the crew hears it."""
    world = CrewWorld(replace(TIANHE, channels=("tianhe", "radio")))
    world.bad("smoke", rule="smoke", part="cabinet", severity=EMERGENCY)
    assert world.whys("tianhe") == [(0, "opened")]
    assert world.whys("radio") == [(0, "opened")]


def test_emergency_does_not_wait_behind_a_warning() -> None:
    """30 s: the crew hears of a warning. 31 s: smoke at another station is told at once."""
    world = CrewWorld()
    world.bad()
    world.at(31)
    world.bad("smoke", "gd-2", EMERGENCY, rule="smoke", part="cabinet")
    assert world.messages() == [(30, "tianhe", "opened", ("gd-1",)), (31, "tianhe", "opened", ("gd-2",))]


def test_severity_that_changes_is_told_again_and_the_same_is_not() -> None:
    """Warning, critical, critical, warning: three messages, and none for what stayed the same."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.bad()
    world.at(120)
    world.bad(severity=CRITICAL)
    world.at(130)
    world.bad(severity=CRITICAL)
    world.at(200)
    world.bad(severity=WARNING)
    world.at(HOUR_S)
    assert world.whys() == [(30, "opened"), (120, "worse"), (420, "better")]


def test_further_fault_is_told_after_the_group_interval() -> None:
    """30 s: told. 60 s: a second slot. 330 s: one message about what joined."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.bad("hot-3")
    world.at(60)
    world.bad("hot-4", part="slot/4")
    world.at(HOUR_S)
    assert world.whys() == [(30, "opened"), (330, "more")]


def test_further_faults_that_come_together_are_told_together() -> None:
    """Long after the first message two more slots, ten seconds apart: one message, 30 s after the first of them."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.bad("hot-3")
    world.at(1_000)
    world.bad("hot-4", part="slot/4")
    world.at(1_010)
    world.bad("hot-5", part="slot/5")
    world.at(HOUR_S)
    assert world.whys() == [(30, "opened"), (1_030, "more")]


def test_fault_that_comes_and_goes_beside_another_is_told_once() -> None:
    """Of a slot that was told before nobody is told as more, however many have joined and gone since."""
    world = CrewWorld(replace(TIANHE, chain=()))
    for number, (what, alert_id) in enumerate(
        [("bad", "a"), ("bad", "b"), ("good", "a"), ("bad", "c"), ("bad", "a")], start=0
    ):
        world.at(number * 1_000)
        if what == "bad":
            world.bad(alert_id, part=f"slot/{alert_id}")
        else:
            world.good(alert_id)
    world.at(2 * HOUR_S)
    assert world.whys() == [(30, "opened"), (1_030, "more"), (3_030, "more")]


def test_two_channels_of_a_crew_keep_their_own_pace() -> None:
    """A channel that is shared with another crew is told five minutes later; the crew's own is not kept waiting."""
    one = replace(TIANHE, channels=("tianhe", "shared"), chain=())
    other = replace(one, id="nanshan", regions=frozenset({"440305"}), channels=("nanshan", "shared"))
    world = CrewWorld(one, other)
    world.bad("hot-3", "gd-3")
    world.at(10)
    world.bad("hot-1", "gd-1")
    world.at(HOUR_S)
    assert world.whys("tianhe") == [(40, "opened")]
    assert world.messages("shared") == [(30, "shared", "opened", ("gd-3",)), (330, "shared", "opened", ("gd-1",))]


def test_resolved_is_told_once_and_only_to_whom_it_was_told() -> None:
    """The crew hears that all is good after it stayed so for five minutes; the lead, who was never told, does not."""
    world = CrewWorld()
    world.bad()
    world.at(600)
    world.good()
    world.at(HOUR_S)
    assert world.messages() == [(30, "tianhe", "opened", ("gd-1",)), (930, "tianhe", "resolved", ("gd-1",))]


def test_unknown_is_never_told_as_resolved() -> None:
    """60 s: the station falls silent. A day later nobody has heard that its fault is gone, and the job is open."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.bad()
    world.at(60)
    world.silent()
    world.at(24 * HOUR_S)
    assert "resolved" not in [why for _, why in world.whys()]
    assert world.job.alerts == {"hot"}


def test_fault_that_returns_reopens_the_job() -> None:
    """It was told as good at 930 s and is bad again at 1200 s: the same job, told again."""
    world = CrewWorld(replace(TIANHE, chain=()))
    world.bad()
    world.at(600)
    world.good()
    world.at(1_200)
    world.bad()
    world.at(HOUR_S)
    assert len(world.jobs) == 1
    assert world.job.reopened == 1
    assert world.whys() == [(30, "opened"), (930, "resolved"), (1_230, "reopened")]


def test_chain_is_told_until_somebody_acknowledges() -> None:
    """15 min without an answer: the lead. Then he acknowledges, and the province never hears of it."""
    world = CrewWorld()
    world.bad(severity=CRITICAL)
    world.at(1_000)
    assert world.messages("lead") == [(930, "lead", "escalated", ("gd-1",))]
    assert world.job.escalated == 1
    world.act("acknowledge", world.job)
    world.at(3 * HOUR_S)
    assert world.messages("province") == []
    world.good()
    world.at(4 * HOUR_S)
    assert world.whys("lead")[1:] == [(3 * HOUR_S + 330, "resolved")]


def test_chain_stops_where_the_fault_is_not_bad_enough() -> None:
    """A warning comes to the lead and no further; when it is critical the province hears of it as well."""
    world = CrewWorld()
    world.bad()
    world.at(HOUR_S)
    assert (world.whys("lead"), world.whys("province")) == ([(930, "escalated")], [])
    world.bad(severity=CRITICAL)
    assert world.whys("province") == [(HOUR_S, "escalated")]


def test_acknowledgement_that_expires_lets_escalation_go_on() -> None:
    """60 s: acknowledged for an hour. Then nobody is at it: the crew is told again, 15 min later the lead."""
    world = CrewWorld()
    world.bad()
    world.at(60)
    world.act("acknowledge", world.job, until_ms=world.now_ms + HOUR_S * 1_000)
    world.at(2 * HOUR_S)
    assert world.whys("tianhe") == [(30, "opened"), (60 + HOUR_S, "ack_expired")]
    assert world.whys("lead") == [(60 + HOUR_S + 900, "escalated")]


def test_chain_runs_again_after_an_acknowledgement_that_expired() -> None:
    """The lead heard of it, somebody went, and did not arrive: the lead hears of it a second time."""
    world = CrewWorld()
    world.bad()
    world.at(1_000)
    world.act("acknowledge", world.job, until_ms=world.now_ms + 1_000_000)
    world.at(HOUR_S)
    assert world.whys("lead") == [(930, "escalated"), (2_900, "escalated")]


def test_chain_may_name_the_crew_itself() -> None:
    """A reminder to the crew's own channel is a step like another: taken once, whatever is told there afterwards."""
    world = CrewWorld(replace(TIANHE, chain=(EscalationStep(900, ("tianhe",)),)))
    world.bad()
    world.at(1_200)
    world.bad("hot-4", part="slot/4")
    world.at(HOUR_S)
    assert world.whys() == [(30, "opened"), (930, "escalated"), (1_230, "more")]


def test_emergency_voids_an_acknowledgement_of_less() -> None:
    """60 s: a warning is acknowledged. 120 s: smoke. Everybody is told at once, and the chain runs again."""
    world = CrewWorld()
    world.bad()
    world.at(60)
    world.act("acknowledge", world.job)
    world.at(120)
    world.bad("smoke", severity=EMERGENCY, rule="smoke", part="cabinet")
    world.at(1_100)
    assert world.whys("tianhe") == [(30, "opened"), (120, "worse")]
    assert world.whys("lead") == [(1_020, "escalated")]
    assert "outgrown" in world.steps()


def test_acknowledged_job_is_not_repeated() -> None:
    """Who said that he goes is not asked again for as long as he said."""
    world = CrewWorld()
    world.bad()
    world.at(60)
    world.act("acknowledge", world.job)
    world.at(8 * HOUR_S)
    assert world.whys() == [(30, "opened")]
