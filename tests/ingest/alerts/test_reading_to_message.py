"""From what stations send to what crews are told: real steps, rules, lives, jobs and decisions, a turn every second."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from gateway.topics import Kind
from ingest.alerts.crews import Roster
from ingest.alerts.jobs import JobBook
from ingest.alerts.model import Severity
from ingest.alerts.places import Places
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.shifts import Calendar
from ingest.alerts.silences import Silences
from ingest.alerts.teller import Teller
from ingest.alerts.telling import muffled
from ingest.alerts.work import Crew, EscalationStep, Job, JobState
from tests.ingest.alerts.fleet_story import Fleet, box, cabinet, station

CHAOYANG = Crew(
    "chaoyang",
    "朝阳组",
    frozenset({"110105"}),
    channels=("chaoyang",),
    chain=(EscalationStep(900, ("lead",)),),
)
HAIDIAN = replace(CHAOYANG, id="haidian", name="海淀组", regions=frozenset({"110108"}), channels=("haidian",), chain=())


class Watch:
    """A fleet, its crews, and what they were told as (second, channel, why, severity, places)."""

    def __init__(self, fleet: Fleet, *crews: Crew) -> None:
        self.fleet = fleet
        self.places = Places(fleet.registry)
        calendar = Calendar(ZoneInfo("Asia/Shanghai"))
        roster = Roster(crews or (CHAOYANG,), lambda rule: RULES[rule].subject.value, self.places.path)
        self.book = JobBook(roster, calendar)
        self.teller = Teller(calendar)
        self.silences = Silences(self.places.path)
        self.jobs: dict[str, Job] = {}
        self.told: list[tuple[float, str, str, str, tuple[str, ...]]] = []

    def turn(self, second: float, *, sweep: bool) -> None:
        """What the desk does with whatever happened."""
        engine, now_ms = self.fleet.engine, self.fleet.ms(second)
        if sweep:
            self.fleet.sweeps(second)
        engine.tick(now_ms)
        steps = self.book.take(engine.take_changes(), engine.inhibited_by, now_ms)
        why_not = partial(muffled, inhibited_by=engine.inhibited_by, silences=self.silences, now_ms=now_ms)
        assert self.book.mishaps.take() is None
        decision = self.teller.decide(self.book, why_not, {step.job.id for step in steps}, now_ms)
        self.jobs |= {step.job.id: step.job for step in (*steps, *decision.job_changes)}
        self.told += [
            (
                second,
                notice.channel,
                notice.why.value,
                notice.severity.value,
                tuple(self.jobs[job].place for job in notice.jobs),
            )
            for notice in decision.notices
        ]

    def lives(self, until: int, events: Mapping[int, Callable[[], None]]) -> None:
        """A turn every second, with what happens at some of them; a look at all stations every 15."""
        for second in range(until):
            events.get(second, _nothing)()
            self.turn(second, sweep=second % 15 == 0)

    def heard(self, channel: str) -> list[tuple[float, str, str]]:
        """When, why and how bad, of a channel."""
        return [(second, why, severity) for second, to, why, severity, _ in self.told if to == channel]


def _nothing() -> None:
    """Nothing happens at most seconds."""


def test_cabinet_that_overheats_is_told_as_it_gets_worse_and_when_it_is_good() -> None:
    """47 °C for two minutes, 56 °C, 61 °C, and cool again: each step once, within seconds where it must be."""
    fleet = Fleet()
    watch = Watch(fleet)
    fleet.born(0)
    cells = {0: 47, 60: 47.5, 120: 48, 180: 56, 240: 61} | dict.fromkeys(range(300, 1_500, 60), 30)

    def sends(second: int) -> None:
        fleet.sends(second, Kind.BATTERY, cabinet(cells[second]))

    watch.lives(1_500, {second: partial(sends, second) for second in cells})
    assert watch.heard("chaoyang")[:3] == [
        (150, "opened", "warning"),
        (190, "worse", "critical"),
        (240, "worse", "emergency"),
    ]
    assert [why for _, why, _ in watch.heard("chaoyang")[3:]] == ["resolved"]
    assert watch.heard("lead") == []
    (job,) = watch.jobs.values()
    assert (job.place, job.state, job.closed_by) == ("st-1", JobState.CLOSED, "readings")


def test_station_that_dies_on_fire_is_told_and_never_all_clear() -> None:
    """Smoke, then the last will: told at once, the lead after 15 minutes, and for a day no word that it is good."""
    fleet = Fleet()
    watch = Watch(fleet)
    fleet.born(0)
    fleet.sends(0, Kind.BATTERY, cabinet(25, smoke=True))
    watch.lives(1_000, {10: lambda: fleet.dies(10)})
    assert watch.told[0] == (0, "chaoyang", "opened", "emergency", ("st-1",))
    assert watch.heard("lead") == [(900, "escalated", "emergency")]
    for second in range(1_005, 86_400, 300):
        watch.turn(second, sweep=True)
    assert "resolved" not in {why for _, _, why, _, _ in watch.told}
    assert [job.state for job in watch.jobs.values()] == [JobState.OPEN]


def test_district_that_goes_dark_is_one_message_a_crew_and_one_when_it_is_back() -> None:
    """Twelve of forty stations die at once, which is three in ten of Beijing: each crew there hears of that, once.

    Nobody hears of a station. Twenty minutes later they are back, and each who was told hears of it.
    """
    fleet = Fleet([*(station(n) for n in range(1, 13)), *(station(n, district="110108") for n in range(13, 41))])
    watch = Watch(fleet, CHAOYANG, HAIDIAN)
    for number in range(1, 41):
        fleet.born(0, f"st-{number}")

    def die() -> None:
        for number in range(1, 13):
            fleet.dies(20, f"st-{number}")

    def come_back() -> None:
        for number in range(1, 13):
            fleet.born(1_200, f"st-{number}", boot=2)

    def count(second: int) -> None:
        for number in range(1, 41):
            if number > 12 or not 20 < second < 1_200:
                boot = 2 if number <= 12 and second > 1_200 else 1
                fleet.counts(second, name=f"st-{number}", boot=boot)

    events = {second: partial(count, second) for second in range(1, 2_400, 60)}
    watch.lives(2_400, {**events, 20: die, 1_200: come_back})
    assert watch.told == [
        (50, "chaoyang", "opened", "critical", ("110000",)),
        (50, "haidian", "opened", "critical", ("110000",)),
        (950, "lead", "escalated", "critical", ("110000",)),
        (1_590, "chaoyang", "resolved", "critical", ("110000",)),
        (1_590, "haidian", "resolved", "critical", ("110000",)),
        (1_590, "lead", "resolved", "critical", ("110000",)),
    ]


def test_theft_of_stock_is_told_to_who_repairs_boxes() -> None:
    """An essential article is gone within a minute: critical after five; the medicine crew hears of it, no other."""
    boxes = replace(CHAOYANG, id="boxes", channels=("boxes",), kinds=frozenset({"medicine"}), chain=())
    fleet = Fleet()
    watch = Watch(fleet, CHAOYANG, boxes)
    fleet.born(0)

    def sends(second: int) -> None:
        fleet.sends(second, Kind.MEDICINE, box(20 if second < 60 else 0))

    watch.lives(600, {second: partial(sends, second) for second in range(0, 600, 60)})
    assert watch.heard("boxes")[0][1:] == ("opened", Severity.CRITICAL.value)
    assert 360 <= watch.heard("boxes")[0][0] <= 400
    assert watch.heard("chaoyang") == []
