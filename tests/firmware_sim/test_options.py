"""The command line, the plan of a fleet and the fitting out of its stations."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from firmware_sim.broker_url import BrokerUrl, parse_broker_url
from firmware_sim.faults.device import Cut
from firmware_sim.faults.schedules import Recurring
from firmware_sim.flash import Memory
from firmware_sim.local_time import DAY_MS, HOUR_MS, local_day, local_text
from firmware_sim.options import parser, runs_ahead, settings_of
from firmware_sim.outfit import fit_out
from firmware_sim.plan import BadPlan, FleetSettings, make_plans, numbered_ids, read_plans
from firmware_sim.scenarios import SCENARIOS
from firmware_sim.truth import Truth

NOW_MS = 1_795_330_800_000
CALIT2 = Path(__file__).parents[1] / "data" / "calit2.csv"


def settings(*arguments: str) -> FleetSettings:
    """What a command line asks for."""
    return settings_of(parser().parse_args(arguments), NOW_MS)


def test_defaults_are_one_calm_station_now() -> None:
    """Without arguments one station lives in real time from now on, over a line of its own."""
    plain = settings()
    assert plain.broker == BrokerUrl("127.0.0.1", 1883)
    assert (len(plain.stations), plain.start_ms, plain.duration_s, plain.speed) == (1, NOW_MS, None, 1.0)
    assert (plain.carriers, plain.scenario) == (0, SCENARIOS["calm"])


def test_fast_run_with_an_end_ends_now() -> None:
    """Readings from the future would be refused, so a fast run begins so that it ends now."""
    fast = settings("--speed", "max", "--duration", "3600")
    assert (fast.start_ms, fast.speed) == (NOW_MS - HOUR_MS, None)
    assert not runs_ahead(fast, NOW_MS)


def test_run_into_the_future_is_noticed() -> None:
    """A fast run without an end, or one that starts too late, is told of."""
    assert runs_ahead(settings("--speed", "60"), NOW_MS)
    assert runs_ahead(settings("--speed", "60", "--duration", "7200", "--start", local(NOW_MS)), NOW_MS)
    assert runs_ahead(settings("--start", local(NOW_MS + HOUR_MS)), NOW_MS)
    assert not runs_ahead(settings(), NOW_MS)


def local(ts_ms: int) -> str:
    """As it is written on the command line."""
    return local_text(ts_ms).replace(" ", "T")


def test_trace_sets_start_duration_speed_and_door() -> None:
    """A trace alone is replayed whole, at full speed, by a station with a door only."""
    replay = settings("--trace", str(CALIT2), "--trace-last-day", "yesterday", "--ids", "cal-001")
    assert replay.trace is not None
    assert replay.speed is None
    assert local_day(replay.trace.end_ms - 1) == date.fromordinal(local_day(NOW_MS).toordinal() - 1)
    assert replay.start_ms == replay.trace.start_ms
    assert replay.duration_s == 105 * 86_400 + 120
    assert replay.stations[0].sensors == ("occupancy",)


def test_trace_may_be_shifted_and_begun_later() -> None:
    """A shift in days moves it; a history lies before the live part."""
    replay = settings("--trace", str(CALIT2), "--trace-shift-days", "2", "--history-days", "5")
    assert replay.trace is not None
    assert local_day(replay.trace.start_ms) == date(2005, 7, 26)
    assert replay.start_ms == replay.trace.start_ms + 5 * DAY_MS
    assert settings("--trace", str(CALIT2), "--trace-last-day", "2026-03-01").trace is not None


def test_faults_are_added_to_the_scenario() -> None:
    """Whatever the scenario has, the faults of the command line come on top."""
    found = settings("--scenario", "flaky", "--fault", "cut,per_day=6,lasts=1..2", "--fault", "losses,share=0.1")
    assert len(found.scenario.schedules) == len(SCENARIOS["flaky"].schedules) + 1
    assert found.scenario.schedules[-1] == Recurring(Cut, 6.0, (1.0, 2.0))
    assert len(found.scenario.disturbances) == len(SCENARIOS["flaky"].disturbances) + 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--broker", "tcp://x"], "mqtt://"),
        (["--ids", "OK,no"], "0-9 a-z"),
        (["--ids", "bj-1,bj-1"], "once"),
        (["--sensors", "occupancy,tea"], "tea"),
        (["--fault", "fire"], "overheat"),
        (["--speed", "0"], "greater"),
        (["--interval", "0"], "longer"),
        (["--history-interval", "-1"], "longer"),
        (["--unconfirmed", "10"], "1000"),
        (["--stations", "0"], "at least one"),
    ],
)
def test_wrong_argument_is_answered_with_a_right_one(arguments: list[str], words: str) -> None:
    """The error says what would be right."""
    with pytest.raises(ValueError, match=words):
        settings(*arguments)


def test_large_fleet_shares_carriers() -> None:
    """Up to 200 stations have their own lines, more share a few, unless told otherwise."""
    assert settings("--stations", "200").carriers == 0
    assert settings("--stations", "201").carriers == 4
    assert settings("--stations", "9", "--connections", "2").carriers == 2


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("mqtt://10.0.0.7", BrokerUrl("10.0.0.7", 1883)),
        ("mqtts://sim:p%40ss@broker.example:9999", BrokerUrl("broker.example", 9999, True, "sim", "p@ss")),
        ("mqtts://host", BrokerUrl("host", 8883, True)),
    ],
)
def test_broker_url_has_its_parts(text: str, parts: BrokerUrl) -> None:
    """Scheme, user, password, host and port; the port of the scheme where none is given."""
    assert parse_broker_url(text) == parts


def test_secrets_are_not_shown() -> None:
    """What is printed of an address has no user and no password in it."""
    assert str(parse_broker_url("mqtts://u:secret@host")) == "mqtts://host:8883"


def test_plans_have_a_likely_mix() -> None:
    """Every station has a door; about one in six a cabinet, three in five a medicine box."""
    plans = make_plans(numbered_ids(3_000), seed=1)
    kinds = Counter(kind for plan in plans for kind in plan.sensors)
    assert kinds["occupancy"] == 3_000
    assert kinds["battery"] / 3_000 == pytest.approx(0.17, abs=0.03)
    assert kinds["medicine"] / 3_000 == pytest.approx(0.59, abs=0.04)
    assert sum(plan.visits_per_day for plan in plans) / 3_000 == pytest.approx(12.4, abs=0.6)


def test_plans_depend_on_id_and_seed_only() -> None:
    """A station is the same in a larger fleet."""
    assert make_plans(["bj-1", "bj-2"], 7)[1] == make_plans(["bj-2"], 7)[0]


def test_station_file_says_what_it_knows(tmp_path: Path) -> None:
    """Columns that are there are kept to; what a row leaves out is filled in."""
    file = tmp_path / "stations.csv"
    file.write_text("id,sensors,visits_per_day,password\nbj-1,occupancy+battery,30,pw\nbj-2,,,\n")
    first, second = read_plans(file, 1, 12.4, None)
    assert (first.sensors, first.visits_per_day, first.password) == (("occupancy", "battery"), 30.0, "pw")
    assert second == make_plans(["bj-2"], 1)[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("station\nbj-1\n", "line 1"),
        ("id,sensors\nbj-1,tea\n", "line 2.*tea"),
        ("id\nX\n", "line 2"),
        ("id,visits_per_day\nbj-1,many\n", "line 2"),
    ],
)
def test_bad_station_file_names_the_line(tmp_path: Path, text: str, words: str) -> None:
    """What is wrong with the file is said where it is wrong."""
    file = tmp_path / "stations.csv"
    file.write_text(text)
    with pytest.raises(BadPlan, match=words):
        read_plans(file, 1, 12.4, None)


def test_remembered_station_goes_on_where_it_was() -> None:
    """The next boot, the old counters, the readings without receipt, and a truth that counts only what is new."""
    plain = settings("--ids", "bj-1", "--history-days", "14", "--sensors", "occupancy")
    memory = Memory(3, NOW_MS - HOUR_MS, {"occupancy": 2}, {"occupancy": {"entered": 500, "left": 499}})
    memory.ring.append(("occupancy", 3, 77, '{"ts":1}'))
    truth = Truth()
    site = fit_out(plain.stations[0], plain, truth, memory)
    assert site.station.boot == 4
    assert len(site.station.ring) == 1
    assert NOW_MS - HOUR_MS < site.next_due_ms <= NOW_MS - HOUR_MS + 61_000
    while site.next_due_ms < NOW_MS:
        site.step(site.next_due_ms)
    counters = site.station.sensors["occupancy"].counters
    assert counters is not None
    assert counters.epoch == 2
    assert sum(truth.days("bj-1").values()) == counters.values["entered"] - 500


def test_rush_brings_more_people() -> None:
    """Six times the people at the same doors."""
    calm, rush = (
        settings("--ids", "bj-1", "--scenario", name, "--sensors", "occupancy", "--visits-per-day", "50")
        for name in ("calm", "rush")
    )
    counts = []
    for world in (calm, rush):
        truth = Truth()
        site = fit_out(world.stations[0], world, truth)
        while site.next_due_ms < NOW_MS + 7 * DAY_MS:
            site.step(site.next_due_ms)
        counts.append(sum(truth.days("bj-1").values()))
    assert counts[1] / counts[0] == pytest.approx(6, rel=0.2)
