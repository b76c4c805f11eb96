"""What goes wrong with a station, and that it is mended."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

import pytest

from firmware_sim.faults.catalogue import FAULTS, UnknownFault, parse_fault
from firmware_sim.faults.device import Cut, Reboot
from firmware_sim.faults.network import Duplicates, Losses, Reordering
from firmware_sim.faults.schedules import Once, Recurring
from firmware_sim.local_time import DAY_MS, MINUTE_MS
from firmware_sim.scenarios import SCENARIOS
from firmware_sim.sensors.cabinet import Cabinet
from firmware_sim.sensors.door import Door
from firmware_sim.sensors.medicine import MedicineBox
from firmware_sim.sensors.sensor import Sensor
from firmware_sim.sensors.shelf import Shelf
from firmware_sim.sensors.visitors import Visitors
from firmware_sim.site import Disturbance, Fault, Schedule, Site
from firmware_sim.station import Station, StationSettings
from firmware_sim.wire import Message

START_MS = 1_795_330_800_000


def a_site(
    *schedules: Schedule, disturbances: Sequence[Disturbance] = (), seed: int = 1, live_ms: int = START_MS
) -> Site:
    """A connected station with every sensor, reporting each minute."""
    rng = Random(seed)
    sensors: list[Sensor] = [
        Door(Visitors(200, rng, START_MS), rng),
        Cabinet(12, 60, rng, START_MS),
        MedicineBox(5, rng, START_MS),
        Shelf(5, rng, START_MS),
    ]
    station = Station("bj-007", sensors, StationSettings(), START_MS)
    site = Site(station, START_MS, live_ms, Random(seed), schedules, disturbances)
    station.connected(START_MS)
    return site


def run(site: Site, until_ms: int) -> list[Message]:
    """Let everything happen that is due before an instant."""
    messages = []
    while site.next_due_ms < until_ms:
        messages += site.step(site.next_due_ms)
    return messages


def once(name: str, after_s: float = 600, lasts_s: float | None = 1_800) -> Once:
    """A fault of the catalogue after ten minutes, for half an hour."""
    return Once(FAULTS[name], after_s, lasts_s)


def fields(site: Site, kind: str) -> dict[str, object]:
    """What a reading would say now."""
    sensor = site.sensor(kind)
    assert sensor is not None
    return sensor.body()


def minute(number: float) -> int:
    """An instant of the run."""
    return START_MS + int(number * MINUTE_MS)


def test_cut_takes_the_line_and_gives_it_back() -> None:
    """The station could be online before and after, not during; two cuts at once end with the later."""
    site = a_site(once("cut"), once("cut", 1_200, 3_600))
    wanted = []
    for number in (9, 11, 45, 81):
        run(site, minute(number))
        wanted.append(site.wants_line)
    assert wanted == [True, False, False, True]
    assert site.station.tally["cuts"] == 2


def test_reboot_takes_no_readings_while_off_and_starts_with_the_next_boot() -> None:
    """Seqs have no hole: what was not sampled took no number; the door counted on meanwhile."""
    site = a_site(once("reboot", 600, 300))
    run(site, minute(9.5))
    assert site.has_power
    run(site, minute(12))
    assert not site.has_power
    assert not site.wants_line
    run(site, minute(60))
    names = [entry.name for entry in site.station.ring if entry.name.kind == "occupancy"]
    assert [name.seq for name in names if name.boot == 1] == list(range(1, 11))
    assert [name.seq for name in names if name.boot == 2] == list(range(1, 45))


def test_new_epoch_restarts_the_door_only() -> None:
    """The door counts from zero in epoch 2; the cabinet counts on."""
    site = a_site(once("epoch", 600, 0))
    run(site, minute(9))
    before = fields(site, "occupancy")
    run(site, minute(12))
    after = fields(site, "occupancy")
    assert (before["epoch"], after["epoch"]) == (1, 2)
    assert fields(site, "battery")["epoch"] == 1


@pytest.mark.parametrize(("name", "most_ms"), [("clock", None), ("drift", 3 * MINUTE_MS)])
def test_clock_goes_wrong_and_is_set_right(name: str, most_ms: int | None) -> None:
    """A lost clock is years off and would be refused; a drifting one is not."""
    site = a_site(once(name))
    run(site, minute(20))
    error_ms = abs(site.station.clock_error_ms)
    assert error_ms > 30 * DAY_MS if most_ms is None else 0 < error_ms <= most_ms
    run(site, minute(45))
    assert site.station.clock_error_ms == 0


def test_death_is_for_ever_unless_it_has_an_end() -> None:
    """A dead station samples nothing; one that rises again has the next boot number."""
    dead, risen = a_site(once("death", lasts_s=None)), a_site(once("death"))
    run(dead, minute(90))
    run(risen, minute(90))
    assert dead.is_dead
    assert dead.station.tally["sampled.occupancy"] == 10
    assert (risen.wants_line, risen.station.boot) == (True, 2)


def cells(site: Site) -> list[float]:
    """The cells' temperatures, °C."""
    cabinet = site.sensor("battery")
    assert isinstance(cabinet, Cabinet)
    return [slot.cell_c for slot in cabinet.slots]


def test_overheat_heats_one_battery() -> None:
    """One slot is far hotter than all others and reports its fault, then cools down."""
    site = a_site(once("overheat"))
    run(site, minute(35))
    assert sum(cell_c > 60 for cell_c in cells(site)) == 1
    assert b"cell_over_temperature" in json.dumps(fields(site, "battery")).encode()
    run(site, minute(150))
    assert max(cells(site)) < 45


def test_warm_stays_below_danger() -> None:
    """One battery gets too warm to charge, and no more."""
    site = a_site(once("warm"))
    run(site, minute(39))
    assert 45 < max(cells(site)) < 55


def test_smoke_sets_off_the_extinguisher_and_is_aired() -> None:
    """The reading shows both while it lasts."""
    site = a_site(once("smoke"))
    run(site, minute(20))
    assert (fields(site, "battery")["smoke"], fields(site, "battery")["suppress"]) == (True, "discharged")
    run(site, minute(45))
    assert (fields(site, "battery")["smoke"], fields(site, "battery")["suppress"]) == (False, "armed")


def test_mains_failure_shows() -> None:
    """The cabinet says that it is not fed by the grid, until it is again."""
    site = a_site(once("mains"))
    run(site, minute(20))
    assert fields(site, "battery")["mains"] is False
    run(site, minute(45))
    assert fields(site, "battery")["mains"] is True


def test_theft_empties_box_and_shelf_without_a_count() -> None:
    """Stock is gone and no counter moved: that is how a theft looks."""
    site = a_site(once("theft"))
    run(site, minute(9.9))
    before = fields(site, "exchange")
    run(site, minute(10.1))
    after = fields(site, "exchange")
    assert before["on_shelf"] != 0
    assert (after["on_shelf"], after["claimed"]) == (0, before["claimed"])
    items = fields(site, "medicine")["items"]
    assert isinstance(items, list)
    assert {item["qty"] for item in items} == {0}


def test_a_crew_fills_up_what_was_stolen() -> None:
    """At the end of a theft the box holds every article again; nobody gives to a shelf because of it."""
    site = a_site(once("theft", lasts_s=120.0))
    run(site, minute(13))
    items = fields(site, "medicine")["items"]
    assert isinstance(items, list)
    assert min(item["qty"] for item in items) > 0


def test_a_fault_comes_over_the_stations_whose_ids_match() -> None:
    """A district dies together, its neighbour lives."""
    death = parse_fault("death,after=60,lasts=60,station=bj-00*")
    assert isinstance(death, Once)
    assert death.first("bj-007", 0, 0, Random(1)) is not None
    assert death.first("bj-017", 0, 0, Random(1)) is None


def test_a_history_can_be_spared() -> None:
    """The first episode then comes after live time has begun."""
    fault = parse_fault("cut,per_day=100,lasts=60,from=live")
    assert isinstance(fault, Recurring)
    first = fault.first("bj-007", 0, 5 * DAY_MS, Random(1))
    assert first is not None
    assert first.begin_ms > 5 * DAY_MS


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_leaves_a_station_without_that_sensor_alone(name: str) -> None:
    """A door-only station lives through every fault of the catalogue, and every fault can be mended early."""
    rng = Random(1)
    station = Station("bj-007", [Door(Visitors(50, rng, START_MS), rng)], StationSettings(), START_MS)
    site = Site(station, START_MS, START_MS, rng, [once(name)])
    run(site, minute(20))
    site.calm_down(minute(20))
    assert site.wants_line
    assert station.clock_error_ms == 0


def test_once_counts_from_where_live_time_begins_and_means_one_station() -> None:
    """A fault that is asked for comes after history, at the station that is named."""
    live_ms = START_MS + DAY_MS
    late = a_site(Once(Cut, 60, 60, "bj-007"), live_ms=live_ms)
    spared = a_site(Once(Cut, 60, 60, "bj-008"), live_ms=live_ms)
    for site in (late, spared):
        run(site, live_ms + 90_000)
    assert (late.cuts, spared.cuts) == (1, 0)


def test_recurring_comes_as_often_as_asked() -> None:
    """A hundred cuts a day of a minute each, over two days; the next one waits for the end of this one."""
    site = a_site(Recurring(Cut, 100, (60, 60)))
    run(site, START_MS + 2 * DAY_MS)
    between_s = 86_400 / 100 + 60
    assert site.station.tally["cuts"] == pytest.approx(2 * 86_400 / between_s, abs=45)


def test_recurring_never_is_never() -> None:
    """A rate of zero plans nothing."""
    assert Recurring(Reboot, 0, (1, 1)).first("x", 0, 0, Random(1)) is None


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_same_seed_same_messages(name: str) -> None:
    """Two runs of a scenario give the same bytes; another seed gives others."""
    scenario = SCENARIOS[name]

    def day(seed: int) -> list[Message]:
        site = a_site(*scenario.schedules, disturbances=[make() for make in scenario.disturbances], seed=seed)
        return run(site, START_MS + DAY_MS)

    assert day(1) == day(1)
    assert day(1) != day(2)


def test_faults_do_not_depend_on_what_the_network_does() -> None:
    """Messages sent again draw from the network's own generator: cuts come when they would have come anyway."""

    def cuts_after(resends: int) -> int:
        site = a_site(Recurring(Cut, 20, (60, 60)), disturbances=[Duplicates(0.5)])
        for _ in range(resends):
            site.disturbed([Message("t", b"x")])
        run(site, START_MS + DAY_MS)
        return site.station.tally["cuts"]

    assert cuts_after(0) == cuts_after(1_000)


def numbered(count: int) -> list[Message]:
    """Messages that can be told apart."""
    return [Message("t", str(number).encode()) for number in range(count)]


def test_duplicates_come_twice_in_a_row() -> None:
    """Every message arrives, the set share of them twice."""
    tally: Counter[str] = Counter()
    arrived = Duplicates(0.1).pass_on(numbered(5_000), Random(1), tally)
    assert list(dict.fromkeys(arrived)) == numbered(5_000)
    assert len(arrived) - 5_000 == tally["duplicates"] == pytest.approx(500, abs=100)


def test_reordering_loses_nothing_and_bounds_how_late_a_message_is() -> None:
    """All arrive once, and a late message is overtaken by between one and `depth` punctual ones."""
    tally: Counter[str] = Counter()
    late, rng = Reordering(0.2, 5), Random(1)
    held: dict[Message, int] = {}
    arrived = []
    for one in numbered(3_000):
        now = late.pass_on([one], rng, tally)
        arrived += now
        if not now:
            held[one] = 0
            continue
        assert now[0] == one
        held = {message: overtaken + 1 for message, overtaken in held.items()}
        assert all(1 <= held.pop(message) <= 5 for message in now[1:])
    assert late.held_back() == list(held)
    assert sorted([*arrived, *held]) == sorted(numbered(3_000))
    assert tally["reordered"] == pytest.approx(600, abs=120)


def test_losses_take_their_share() -> None:
    """What is lost is counted and does not arrive."""
    tally: Counter[str] = Counter()
    arrived = Losses(0.05).pass_on(numbered(10_000), Random(1), tally)
    assert len(arrived) + tally["lost"] == 10_000
    assert tally["lost"] == pytest.approx(500, abs=100)


def test_birth_is_never_lost_doubled_or_late() -> None:
    """Retained state passes every disturbance untouched and first."""
    site = a_site(disturbances=[Losses(1.0)])
    birth = site.station.birth(START_MS)
    assert site.disturbed([birth, Message("t", b"reading")]) == [birth]


def test_line_lost_takes_what_was_under_way() -> None:
    """Messages held back by a network that goes down are lost with it, and counted; the ring still has them."""
    site = a_site(disturbances=[Reordering(1.0, 3)])
    assert run(site, minute(0.5)) == []
    site.line_lost()
    assert site.station.tally["lost"] == 4
    assert site.station.ring.unsent_count == 4


def test_calm_down_brings_what_was_held_back() -> None:
    """At the end of a run late messages arrive after all."""
    site = a_site(once("cut"), disturbances=[Reordering(1.0, 3)])
    run(site, minute(0.5))
    assert len(site.calm_down(minute(1))) == 4
    run(site, minute(60))
    assert site.station.tally["cuts"] == 0


def made(found: Schedule | Callable[[], Disturbance]) -> Fault | Disturbance:
    """What a parsed fault makes."""
    if callable(found):
        return found()
    episode = found.first("bj-007", 0, 0, Random(1))
    assert episode is not None
    return episode.fault


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("cut,per_day=6,lasts=60..900", Cut),
        ("cut,per_day=6", Cut),
        ("reboot,after=5,lasts=30,station=bj-007", Reboot),
        ("duplicates,share=0.05", Duplicates),
        ("reordering,share=0.05,depth=9", Reordering),
        ("losses,share=1", Losses),
    ],
)
def test_fault_in_words_is_the_fault_meant(text: str, kind: type) -> None:
    """The command line can ask for every fault and disturbance."""
    assert isinstance(made(parse_fault(text)), kind)


@pytest.mark.parametrize(
    "text",
    ["fire", "cut", "cut,per_day=often", "duplicates", "duplicates,share=2", "cut,per_day=1,colour=red", "cut,after="],
)
def test_fault_that_cannot_be_meant_is_explained(text: str) -> None:
    """The answer says what was written and, mostly, how to write it."""
    with pytest.raises(UnknownFault, match=text.split(",", maxsplit=1)[0]):
        parse_fault(text)
