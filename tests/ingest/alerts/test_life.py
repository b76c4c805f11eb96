"""Lives of alerts, told second by second: each edge of the life cycle once, then what never happens."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts import life
from ingest.alerts.life import FLIPS_MAX, PENDING_UNKNOWN_MS, LifeSettings, Lived
from ingest.alerts.model import (
    GOOD,
    Alert,
    AlertKey,
    AlertState,
    Change,
    ChangeKind,
    Finding,
    LevelSetting,
    RuleSetting,
    Scope,
    Severity,
)
from ingest.alerts.rules.rule import Bad, levels_of
from tests.ingest.alerts.making import NOW_MS, SECOND_MS

CELL = RuleSetting(
    levels=(
        LevelSetting(Severity.WARNING, 120, 45),
        LevelSetting(Severity.CRITICAL, 10, 55),
        LevelSetting(Severity.EMERGENCY, 0, 60),
    ),
    clear_by=3,
    clear_s=60,
)
SMOKE = RuleSetting(levels=(LevelSetting(Severity.EMERGENCY, 0),), clear_s=60, latched=True)
SETTINGS = LifeSettings(reopen_s=3_600)
KEY = AlertKey(Scope.STATION, "st-1", "cell_hot", "slot/3")


@dataclass
class Story:
    """One part of a station, told at seconds after the beginning."""

    setting: RuleSetting = CELL
    alert: Alert | None = None
    changes: list[Change] = field(default_factory=list)

    def reads(self, second: float, value: float | None) -> None:
        """A reading; None: the value is missing."""
        if value is None:
            self._live(life.unheard(self.alert, self._ms(second)))
            return
        reached, held = levels_of(value, Bad.AT_LEAST, self.setting)
        self.finds(second, Finding("cell_hot", "slot/3", reached, held, value))

    def finds(self, second: float, finding: Finding) -> None:
        """A finding."""
        now_ms = self._ms(second)
        self._live(life.found(self.alert, KEY, finding, self.setting, at_ms=now_ms, now_ms=now_ms))

    def smokes(self, second: float, level: int) -> None:
        """Smoke, or none (`GOOD`)."""
        self.finds(second, Finding("smoke", "cabinet", level, level))

    def waits(self, second: float) -> None:
        """Nothing but time."""
        if self.alert is not None:
            self._live(life.ripened(self.alert, self.setting, SETTINGS, self._ms(second)))

    def told(self) -> list[tuple[float, str]]:
        """What happened, by the second."""
        return [((change.at_ms - NOW_MS) / SECOND_MS, change.kind.value) for change in self.changes]

    def due_s(self) -> float | None:
        """When time alone will change something."""
        assert self.alert is not None
        due_ms = life.due_ms(self.alert, self.setting, SETTINGS)
        return None if due_ms is None else (due_ms - NOW_MS) / SECOND_MS

    @staticmethod
    def _ms(second: float) -> int:
        return NOW_MS + int(second * SECOND_MS)

    def _live(self, lived: Lived) -> None:
        self.alert = lived.alert
        self.changes.extend(lived.changes)


def state(story: Story) -> AlertState:
    """Of an alert that there is."""
    assert story.alert is not None
    return story.alert.state


def test_a_level_fires_after_its_hold_off_between_readings_too() -> None:
    """At 0 s 47 °C: pending. At 120 s nothing new, and it fires: the value is still trusted."""
    story = Story()
    story.reads(0, 47)
    assert (state(story), story.due_s()) == (AlertState.PENDING, 120)
    story.waits(119)
    story.waits(120)
    assert story.told() == [(0, "pending"), (120, "fired")]
    assert story.alert is not None
    assert (story.alert.severity, story.alert.value, story.alert.fired_ms) == (Severity.WARNING, 47, NOW_MS + 120_000)


def test_the_worst_level_fires_at_once() -> None:
    """61 °C is an emergency at the first reading; nobody hears a warning first."""
    story = Story()
    story.reads(0, 61)
    assert story.told() == [(0, "fired")]
    assert story.alert is not None
    assert story.alert.severity is Severity.EMERGENCY


def test_a_break_begins_the_hold_off_anew() -> None:
    """One reading below the threshold, even within the hysteresis: not yet told, so nothing holds it."""
    story = Story()
    story.reads(0, 47)
    story.reads(60, 44)
    story.reads(120, 47)
    story.waits(239)
    assert story.told() == [(0, "pending"), (60, "dropped"), (120, "pending")]
    story.waits(240)
    assert story.told()[-1] == (240, "fired")


def test_it_gets_worse_and_better_and_says_so_once() -> None:
    """Each change of severity is told, the same severity is not; better only after a minute of it."""
    story = Story()
    for second, value in ((0, 56), (10, 57), (60, 61), (120, 62), (180, 56), (240, 56), (300, 50), (360, 50)):
        story.reads(second, value)
    assert story.told() == [
        (0, "pending"),
        (10, "fired"),
        (60, "worse"),
        (240, "better"),
        (360, "better"),
    ]
    assert story.alert is not None
    assert (story.alert.severity, story.alert.worst) == (Severity.WARNING, 62)


def test_it_resolves_below_the_clear_level_by_readings_that_stay_good() -> None:
    """43 °C is below 45 and not 3 K below: it holds. 41 °C for a minute of readings resolves it; time does not."""
    story = Story()
    story.reads(0, 56)
    story.waits(10)
    for second in (60, 120, 180):
        story.reads(second, 43)
    assert state(story) is AlertState.FIRING
    story.reads(240, 41)
    story.waits(300)
    assert state(story) is AlertState.FIRING
    story.reads(300, 41)
    assert story.told()[-1] == (300, "resolved")
    assert story.alert is not None
    assert story.alert.resolved_by == "readings"


def test_silence_never_resolves_and_keeps_the_last_word() -> None:
    """No word since the last reading: unknown, with its value and time; heard again and still bad: known again."""
    story = Story()
    story.reads(0, 61)
    story.reads(60, 61.5)
    story.reads(300, None)
    assert story.alert is not None
    assert (story.alert.state, story.alert.value, story.alert.unknown_since_ms) == (
        AlertState.UNKNOWN,
        61.5,
        NOW_MS + 60_000,
    )
    for second in range(600, 90_000, 600):
        story.reads(second, None)
        story.waits(second)
    assert state(story) is AlertState.UNKNOWN
    story.reads(90_000, 61)
    assert story.told() == [(0, "fired"), (300, "went_unknown"), (90_000, "known_again")]


def test_a_cure_that_is_interrupted_by_silence_begins_anew() -> None:
    """Good, then nothing for long, then good: only readings that follow each other prove anything."""
    story = Story()
    story.reads(0, 61)
    story.reads(60, 30)
    story.reads(300, None)
    story.reads(600, 30)
    assert state(story) is AlertState.FIRING
    story.reads(660, 30)
    assert story.told() == [(0, "fired"), (300, "went_unknown"), (600, "known_again"), (660, "resolved")]


def test_a_fault_that_is_not_told_yet_waits_out_a_silence_and_is_forgotten_after_an_hour() -> None:
    """Seen on both sides of a gap it began where it was first seen; never seen again, nobody need know."""
    story = Story()
    story.reads(0, 47)
    story.reads(100, None)
    assert (state(story), story.due_s()) == (AlertState.PENDING, 100 + PENDING_UNKNOWN_MS / SECOND_MS)
    story.waits(130)
    assert state(story) is AlertState.PENDING
    story.reads(150, 47)
    assert story.told() == [(0, "pending"), (150, "fired")]

    forgotten = Story()
    forgotten.reads(0, 47)
    forgotten.reads(100, None)
    forgotten.reads(3_699, None)
    forgotten.reads(3_700, None)
    assert forgotten.told() == [(0, "pending"), (3_700, "dropped")]


def test_the_hour_after_which_a_fault_is_forgotten_stands_still_while_nobody_can_see() -> None:
    """Not heard of since 100 s, and two hours of blindness: forgotten an hour of sight later, not of the clock."""
    story = Story()
    story.reads(0, 47)
    story.reads(100, None)
    assert story.alert is not None
    story.alert = life.shifted(story.alert, 7_200 * SECOND_MS)
    assert (story.alert.value_ms, story.due_s()) == (NOW_MS, 10_900)
    story.reads(10_899, None)
    story.reads(10_900, None)
    assert story.told() == [(0, "pending"), (10_900, "dropped")]


def test_smoke_is_resolved_by_readings_only_after_a_person_confirmed() -> None:
    """A person who was there, then a minute without smoke; smoke after the confirmation makes it void."""
    story = Story(SMOKE)
    story.smokes(0, 0)
    for second in (60, 120, 600):
        story.smokes(second, GOOD)
    assert state(story) is AlertState.FIRING
    assert story.alert is not None
    story._live(life.confirmed(story.alert, NOW_MS + 610_000))
    story.smokes(620, 0)
    story.smokes(680, GOOD)
    story.smokes(760, GOOD)
    assert state(story) is AlertState.FIRING
    story._live(life.confirmed(story.alert, NOW_MS + 770_000))
    story.smokes(780, GOOD)
    assert [kind for _, kind in story.told()] == ["fired", "confirmed", "confirmed", "resolved"]


def test_a_fault_that_returns_within_the_window_is_the_same_alert() -> None:
    """It keeps its id and is opened again, after its hold-off; later than the window it is another one."""
    story = Story()
    story.reads(0, 56)
    story.waits(10)
    story.reads(60, 30)
    story.reads(120, 30)
    assert story.alert is not None
    first = story.alert.id
    story.reads(1_000, 56)
    assert state(story) is AlertState.RESOLVED
    story.waits(1_010)
    assert (state(story), story.alert.id, story.alert.reopened) == (AlertState.FIRING, first, 1)
    story.reads(1_060, 30)
    story.reads(1_120, 30)
    assert story.due_s() == 1_120 + 3_600
    story.waits(1_120 + 3_600)
    assert story.alert is None
    assert [kind for _, kind in story.told()][-3:] == ["reopened", "resolved", "expired"]
    story.reads(6_000, 61)
    assert story.alert.id != first


def test_a_person_ends_it_and_the_next_bad_reading_opens_it_again() -> None:
    """With the name of the person, and through the hold-off."""
    story = Story()
    story.reads(0, 56)
    story.waits(10)
    assert story.alert is not None
    story._live(life.resolved_by(story.alert, "Li", NOW_MS + 20_000))
    assert (state(story), story.alert.resolved_by) == (AlertState.RESOLVED, "Li")
    story.reads(60, 56)
    story.reads(70, 56)
    assert [kind for _, kind in story.told()] == ["pending", "fired", "resolved", "reopened"]


def test_what_flaps_is_neither_resolved_nor_told_better_until_it_is_steady() -> None:
    """Smoke that comes and goes with every reading fires once; steady again, it may resolve."""
    flapping = RuleSetting(levels=(LevelSetting(Severity.CRITICAL, 0),), clear_s=0)
    story = Story(flapping)
    for second in range(0, 10 * FLIPS_MAX, 10):
        story.smokes(second, GOOD if second % 20 else 0)
    kinds = [kind for _, kind in story.told()]
    told = kinds.index("flapping")
    assert kinds[told:] == ["flapping"]
    for second in range(10 * FLIPS_MAX, 20 * FLIPS_MAX, 10):
        story.smokes(second, GOOD)
    assert [kind for _, kind in story.told()][told:][:3] == ["flapping", "steady", "resolved"]


def test_time_in_which_the_platform_was_blind_has_not_passed() -> None:
    """A hold-off and a cure go on where they were."""
    story = Story()
    story.reads(0, 47)
    assert story.alert is not None
    story.alert = life.shifted(story.alert, 1_000 * SECOND_MS)
    story.waits(1_119)
    assert state(story) is AlertState.PENDING
    story.waits(1_120)
    assert state(story) is AlertState.FIRING


def test_the_same_fault_makes_the_same_name_again() -> None:
    """After a crash a replay of the same readings is the same alert; of another slot it is another."""
    other = KEY._replace(part="slot/4")
    assert life.alert_id(KEY, NOW_MS) == life.alert_id(KEY, NOW_MS)
    assert len({life.alert_id(KEY, NOW_MS), life.alert_id(KEY, NOW_MS + 1), life.alert_id(other, NOW_MS)}) == 3


# ---- what never happens ----

steps = st.lists(
    st.tuples(
        st.integers(1, 400),
        st.sampled_from(["read", "read", "read", "wait", "silent"]),
        st.sampled_from([20.0, 43.0, 46.0, 56.0, 61.0]),
    ),
    max_size=60,
)


def play(told: Sequence[tuple[int, str, float]]) -> Story:
    """A story of readings, waits and silences."""
    story, second = Story(), 0
    for passed, what, value in told:
        second += passed
        if what == "wait":
            story.waits(second)
        else:
            story.reads(second, value if what == "read" else None)
    return story


@given(steps)
def test_only_a_good_reading_resolves(told: list[tuple[int, str, float]]) -> None:
    """Whatever happens: at the instant of a resolution there was a reading, and it was clear."""
    good = set()
    second = 0
    for passed, what, value in told:
        second += passed
        if what == "read" and value < 42:
            good.add(second)
    resolved = [at for at, kind in play(told).told() if kind == "resolved"]
    assert good.issuperset(resolved)


@given(steps)
def test_nothing_is_told_twice_without_a_change_between(told: list[tuple[int, str, float]]) -> None:
    """Firing follows no firing, a resolution no resolution, and each severity another."""
    last: Change | None = None
    for change in play(told).changes:
        if last is not None:
            assert (change.kind, change.alert.severity) != (last.kind, last.alert.severity)
        last = change if change.kind not in {ChangeKind.FLAPPING, ChangeKind.STEADY} else last


@given(steps)
def test_the_states_follow_each_other_as_drawn(told: list[tuple[int, str, float]]) -> None:
    """No step from unknown or pending to resolved, none from nothing to unknown."""
    allowed = {
        None: {AlertState.PENDING, AlertState.FIRING},
        AlertState.PENDING: {AlertState.FIRING, AlertState.PENDING},
        AlertState.FIRING: {AlertState.FIRING, AlertState.UNKNOWN, AlertState.RESOLVED},
        AlertState.UNKNOWN: {AlertState.FIRING, AlertState.UNKNOWN},
        AlertState.RESOLVED: {AlertState.FIRING, AlertState.RESOLVED},
    }
    for change in play(told).changes:
        before = None if change.before is None else change.before.state
        assert change.alert.state in allowed[before]


@pytest.mark.parametrize("times", [2, 3])
@given(told=steps)
def test_each_look_twice_comes_to_the_same(times: int, told: list[tuple[int, str, float]]) -> None:
    """The same reading looked at again changes nothing: what a restart and a sweep do."""
    once, again, second = Story(), Story(), 0
    for passed, what, value in told:
        second += passed
        once.reads(second, value if what == "read" else None)
        for _ in range(times):
            again.reads(second, value if what == "read" else None)
    assert once.told() == again.told()
