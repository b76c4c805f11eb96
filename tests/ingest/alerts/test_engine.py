"""What crews will hear of, told second by second with the real rules: cabinets, boxes, stations, districts, and us."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.topics import Kind
from ingest.alerts.model import AlertState, Scope
from ingest.alerts.rules.book import RuleBook
from ingest.alerts.rules.settings import AlertSettings
from tests.ingest.alerts.fleet_story import Fleet, box, cabinet, station
from tests.ingest.making import reading


def test_a_cabinet_that_overheats() -> None:
    """A cell at 47 °C for two minutes, then 56, then 61: warned of, critical, an emergency at once; and its end."""
    fleet = Fleet()
    fleet.born(0)
    for second, cell_c in ((0, 47), (60, 47.5), (120, 48), (180, 56), (240, 61), (300, 30), (360, 30)):
        fleet.sends(second, Kind.BATTERY, cabinet(cell_c))
        fleet.passes(second + 15)
    cells = [line for line in fleet.told() if "cell_hot" in line]
    assert cells == [
        "0 pending warning cell_hot st-1 slot/1",
        "120 fired warning cell_hot st-1 slot/1",
        "195 worse critical cell_hot st-1 slot/1",
        "240 worse emergency cell_hot st-1 slot/1",
        "360 resolved emergency cell_hot st-1 slot/1",
    ]


def test_a_cabinet_that_heats_itself_up() -> None:
    """3 K a minute above 40 °C for three minutes is critical before any threshold of heat is."""
    fleet = Fleet()
    for minute in range(5):
        fleet.sends(60 * minute, Kind.BATTERY, cabinet(38 + 3 * minute))
    assert any("fired critical cell_rising st-1 slot/1" in line for line in fleet.told())


def test_a_station_that_dies_on_fire_is_never_all_clear() -> None:
    """Smoke, then the will: the smoke is unknown, explained by the dark station, and nothing is resolved for days."""
    fleet = Fleet()
    fleet.born(0)
    fleet.sends(0, Kind.BATTERY, cabinet(25, smoke=True))
    assert fleet.news() == ["0 fired emergency smoke st-1 cabinet"]
    fleet.dies(10)
    for second in range(15, 200_000, 5_000):
        fleet.sweeps(second)
    told = fleet.news()
    assert "10 went_unknown emergency smoke st-1 cabinet" in told
    assert not any("resolved" in line for line in told)
    smoke = next(alert for alert in fleet.open() if alert.key.rule == "smoke")
    assert (smoke.state, smoke.unknown_since_ms) == (AlertState.UNKNOWN, fleet.ms(0))
    cause = fleet.engine.inhibited_by(smoke)
    assert cause is not None
    assert (cause.rule, cause.place) == ("dark", "st-1")


def test_a_cell_that_is_not_reported_any_more_is_unknown_and_a_battery_taken_out_is_good() -> None:
    """A missing value proves nothing; a slot that says `empty` does."""
    fleet = Fleet()
    fleet.sends(0, Kind.BATTERY, cabinet(62))
    fleet.sends(60, Kind.BATTERY, cabinet(None))
    assert fleet.told()[-1] == "60 went_unknown emergency cell_hot st-1 slot/1"
    taken_out = cabinet(62)
    taken_out["slots"][0] = {"slot": 1, "state": "empty", "door": "closed"}
    for second in (120, 180, 240):
        fleet.sends(second, Kind.BATTERY, taken_out)
    assert [line for line in fleet.told() if "cell_hot" in line][-1] == "180 resolved emergency cell_hot st-1 slot/1"


def test_an_empty_medicine_box() -> None:
    """At the minimum for half an hour: a warning. Nothing essential left: critical. Refilled: good again."""
    fleet = Fleet()
    for minute in range(41):
        fleet.sends(60 * minute, Kind.MEDICINE, box(5 if minute < 35 else 0))
        fleet.passes(60 * minute)
    assert fleet.news() == [
        "0 pending warning stock_low st-1 item/hxzq-10ml",
        "1800 fired warning stock_low st-1 item/hxzq-10ml",
        "2400 worse critical stock_low st-1 item/hxzq-10ml",
    ]
    for minute in range(41, 45):
        fleet.sends(60 * minute, Kind.MEDICINE, box(20))
    assert fleet.news() == ["2520 resolved critical stock_low st-1 item/hxzq-10ml"]


def test_a_station_that_falls_silent_and_speaks_again() -> None:
    """Three intervals without a word, then five minutes: a warning; a quarter of an hour with a cabinet: critical."""
    fleet = Fleet()
    fleet.born(0)
    for second in range(0, 301, 60):
        fleet.counts(second)
    for second in range(315, 1_800, 15):
        fleet.sweeps(second)
    dark = [line for line in fleet.news() if " dark " in line]
    assert dark == [
        "495 pending warning dark st-1",
        "795 fired warning dark st-1",
        "1395 worse critical dark st-1",
    ]
    fleet.counts(1_800)
    fleet.counts(1_860)
    fleet.sweeps(1_875)
    assert [line for line in fleet.news() if " dark " in line] == ["1875 resolved critical dark st-1"]


def test_a_smart_station_that_was_never_heard_is_told_after_a_day() -> None:
    """One without sensors is not expected to speak."""
    fleet = Fleet([station(1), station(2, smart=False)])
    for hour in range(26):
        fleet.sweeps(3_600 * hour)
    assert fleet.told() == ["0 pending warning never_seen st-1", "86400 fired warning never_seen st-1"]


def test_a_district_that_goes_dark_is_one_cause() -> None:
    """Twelve stations lose their network in a minute: their region is told at once and explains each of them."""
    fleet = Fleet([*(station(n) for n in range(1, 13)), *(station(n, district="110108") for n in range(13, 41))])
    for n in range(1, 41):
        fleet.born(0, f"st-{n}")
    fleet.sweeps(1)
    for n in range(1, 13):
        fleet.dies(60 + n, f"st-{n}")
    fleet.sweeps(75)
    fired = [line for line in fleet.told() if "fired" in line]
    assert fired == ["75 fired critical region_dark 110000", "75 fired critical region_dark 110105"]
    station_alerts = [alert for alert in fleet.open() if alert.key.scope is Scope.STATION]
    causes = {fleet.engine.inhibited_by(alert) for alert in station_alerts}
    assert {cause.place for cause in causes if cause is not None} == {"110000"}


def test_what_is_still_dark_when_its_region_is_back_stands_for_itself() -> None:
    """All come back but one: the region is over, and the one has no cause above it any more."""
    fleet = Fleet(12)
    for n in range(1, 13):
        fleet.born(0, f"st-{n}")
    fleet.sweeps(1)
    for n in range(1, 13):
        fleet.dies(10, f"st-{n}")
    fleet.sweeps(15)
    for n in range(1, 12):
        fleet.born(600, f"st-{n}", boot=2)
    for second in range(600, 3_000, 15):
        for n in range(1, 12):
            fleet.counts(second, 1, f"st-{n}") if second % 60 == 0 else None
        fleet.sweeps(second)
    last = next(alert for alert in fleet.open() if alert.key == alert.key._replace(rule="dark", place="st-12", part=""))
    assert last.state is AlertState.FIRING
    assert fleet.engine.inhibited_by(last) is None


def test_a_platform_that_is_blind_judges_nobody_and_says_so_once() -> None:
    """The broker is lost for an hour: no station is dark because of it, and clocks go on where they stood."""
    fleet = Fleet(3)
    for n in (1, 2, 3):
        fleet.born(0, f"st-{n}")
        fleet.counts(0, 1, f"st-{n}")
    fleet.sends(0, Kind.BATTERY, cabinet(47))
    fleet.engine.blind(fleet.ms(70), fleet.ms(60), "no broker")
    for second in range(75, 3_660, 15):
        fleet.sweeps(second)
    assert fleet.told() == [
        "0 pending warning cell_hot st-1 slot/1",
        "70 pending critical platform_blind platform",
        "90 fired critical platform_blind platform",
    ]
    held = fleet.open()[0]
    cause = fleet.engine.inhibited_by(held)
    assert cause is not None
    assert cause.scope is Scope.PLATFORM
    fleet.engine.sighted(fleet.ms(3_660))
    fleet.sends(3_690, Kind.BATTERY, cabinet(47))
    fleet.passes(3_719)
    assert fleet.news() == []
    fleet.passes(3_721)
    assert "fired warning cell_hot st-1 slot/1" in fleet.news()[0]


def test_a_backlog_fires_nothing_that_is_over() -> None:
    """An hour of readings kept while offline, hot in the middle and cool at the end, is the past."""
    fleet = Fleet()
    fleet.born(0)
    fleet.sends(0, Kind.BATTERY, cabinet(25))
    fleet.told()
    hot = [(60 * n, 70 if 10 < n < 40 else 25) for n in range(1, 60)]
    live = fleet.books.picture.station("st-1")
    for second, cell_c in hot:
        kept = reading(Kind.BATTERY, "st-1", ts=fleet.ms(second), seq=second, **cabinet(cell_c))
        fleet.steps._take(live, kept._replace(received_ms=fleet.ms(3_600)), fleet.ms(3_600), is_kept=True)
    assert fleet.told() == []


def test_a_rule_that_is_switched_off_ends_its_alerts() -> None:
    """With the settings named as the reason."""
    fleet = Fleet()
    fleet.sends(0, Kind.BATTERY, cabinet(62))
    fleet.told()
    fleet.engine._rules = RuleBook(AlertSettings.model_validate({"rules": {"cell_hot": {"enabled": False}}}))
    fleet.sends(60, Kind.BATTERY, cabinet(62))
    assert fleet.news() == ["60 resolved emergency cell_hot st-1 slot/1"]
    assert next(iter(fleet.open())).resolved_by == "settings"


def test_after_a_kill_everything_is_found_again_and_nothing_is_told_twice() -> None:
    """Alerts as they were written; what was seen and not written yet is found by the first sweep."""
    fleet = Fleet(2)
    for n in (1, 2):
        fleet.born(0, f"st-{n}")
    fleet.sends(0, Kind.BATTERY, cabinet(62))
    fleet.told()
    written = [replace(alert) for alert in fleet.open()]
    fleet.sends(5, Kind.BATTERY, cabinet(70), "st-2")
    lost = fleet.engine.take_changes()
    assert [change.alert.key.place for change in lost] == ["st-2"]
    engine = fleet.make_engine(fleet.ms(30))
    engine.restore(written, {"watch": {"alive": str(fleet.ms(10))}}, fleet.ms(30))
    fleet.sweeps(31)
    assert fleet.news() == ["31 fired emergency cell_hot st-2 slot/1"]
    again = next(alert for alert in fleet.open() if alert.key.place == "st-2")
    assert again.id == lost[0].alert.id
    fleet.sends(60, Kind.BATTERY, cabinet(62))
    fleet.sends(60, Kind.BATTERY, cabinet(70), "st-2")
    assert [line for line in fleet.news() if "cell_hot" in line] == []


readings = st.lists(st.tuples(st.sampled_from([20.0, 46.0, 57.0, 62.0]), st.booleans()), min_size=1, max_size=12)


@settings(deadline=None)
@given(readings, st.randoms(use_true_random=False))
def test_late_readings_in_any_order_change_nothing(sent: list[tuple[float, bool]], chance: object) -> None:
    """What was sampled before the newest reading is history, in whatever order it comes."""
    fleet = Fleet()
    for n, (cell_c, smoke) in enumerate(sent, start=1):
        fleet.sends(60 * n, Kind.BATTERY, cabinet(cell_c, smoke=smoke), seq=100 + n)
    before = fleet.told()
    late = list(enumerate(sent, start=1))
    chance.shuffle(late)  # type: ignore[attr-defined]  # hypothesis gives a Random
    for n, (cell_c, smoke) in late:
        one = reading(Kind.BATTERY, "st-1", ts=fleet.ms(n), seq=n, **cabinet(cell_c, smoke=not smoke))
        fleet.steps.reading(one._replace(received_ms=fleet.ms(60 * len(sent))), fleet.ms(60 * len(sent)))
    assert fleet.told() == before
