"""What will be empty before somebody comes, from readings to alerts: learnt, foretold, unknown, and over a restart."""

from gateway.topics import Kind
from ingest.alerts.engine import FORESIGHT_PARTS
from ingest.alerts.model import AlertState
from ingest.alerts.rules.settings import AlertSettings
from tests.ingest.alerts.fleet_story import Fleet, box, cabinet

HOUR_S = 3_600
DAY_S = 86_400


def foretell(fleet: Fleet, second: float) -> None:
    """Sweeps until each station was foretold of."""
    for _ in range(FORESIGHT_PARTS):
        fleet.sweeps(second)


def lines(fleet: Fleet, rule: str) -> list[str]:
    """What happened of late to alerts of a rule."""
    return [line for line in fleet.news() if f" {rule} " in line]


def use(fleet: Fleet, days: int, per_day: int = 2) -> None:
    """So many days of use of what is in the box, a piece at a time, spread over the day."""
    for piece in range(days * per_day + 1):
        fleet.sends(piece * DAY_S / per_day, Kind.MEDICINE, box(20 - piece))


def test_medicine_that_will_be_empty_before_the_round() -> None:
    """Two a day and ten left: five days. Told when it was so for an hour; over when it has been full for an hour."""
    fleet = Fleet()
    use(fleet, days=5)
    at_s = 5 * DAY_S
    for hour, qty in enumerate((10, 10, 20, 20)):
        fleet.sends(at_s + hour * HOUR_S, Kind.MEDICINE, box(qty))
        foretell(fleet, at_s + hour * HOUR_S)
    assert lines(fleet, "stock_out_soon") == [
        f"{at_s} pending warning stock_out_soon st-1 item/hxzq-10ml",
        f"{at_s + HOUR_S} fired warning stock_out_soon st-1 item/hxzq-10ml",
        f"{at_s + 3 * HOUR_S} resolved warning stock_out_soon st-1 item/hxzq-10ml",
    ]


def test_what_is_foretold_of_a_station_that_died_is_unknown() -> None:
    """Silence refills no box."""
    fleet = Fleet()
    use(fleet, days=5)
    for hour in (0, 1):
        fleet.sends(5 * DAY_S + hour * HOUR_S, Kind.MEDICINE, box(10))
        foretell(fleet, 5 * DAY_S + hour * HOUR_S)
    fleet.dies(5 * DAY_S + HOUR_S + 10)
    foretell(fleet, 9 * DAY_S)
    alert = next(alert for alert in fleet.open() if alert.key.rule == "stock_out_soon")
    assert alert.state is AlertState.UNKNOWN


def test_batteries_that_will_be_gone() -> None:
    """Three ready, six riders an hour: warned of once that lasts for five minutes, before the cabinet is empty."""
    fleet = Fleet()
    for turn in range(13):
        fleet.sends(turn * 600, Kind.BATTERY, cabinet(25, swaps=turn))
        foretell(fleet, turn * 600)
    assert lines(fleet, "battery_out_soon") == [
        "3600 pending warning battery_out_soon st-1 cabinet",
        "4200 fired warning battery_out_soon st-1 cabinet",
    ]


def test_restart_forgets_neither_use_nor_riders() -> None:
    """What was learnt in days is there after a kill; a last reading that comes again is no use."""
    fleet = Fleet()
    use(fleet, days=5)
    for turn in range(7):
        fleet.sends(5 * DAY_S - 3_600 + turn * 600, Kind.BATTERY, cabinet(25, swaps=turn))
    notes = fleet.engine.take_notes(fleet.ms(5 * DAY_S))
    kept = {book: {name: note for name, note in of.items() if note is not None} for book, of in notes.items()}
    engine = fleet.make_engine(fleet.ms(5 * DAY_S))
    engine.restore([], kept, fleet.ms(5 * DAY_S))
    fleet.sends(5 * DAY_S + 60, Kind.MEDICINE, box(10))
    foretell(fleet, 5 * DAY_S + 60)
    told = fleet.news()
    assert f"{5 * DAY_S + 60} pending warning stock_out_soon st-1 item/hxzq-10ml" in told
    assert f"{5 * DAY_S + 60} pending warning battery_out_soon st-1 cabinet" in told


def test_forecast_that_was_switched_off_is_over() -> None:
    """The settings end it, and not a reading."""
    fleet = Fleet()
    use(fleet, days=5)
    for hour in (0, 1):
        fleet.sends(5 * DAY_S + hour * HOUR_S, Kind.MEDICINE, box(10))
        foretell(fleet, 5 * DAY_S + hour * HOUR_S)
    alerts = fleet.open()
    fleet.rules = type(fleet.rules)(AlertSettings.model_validate({"rules": {"stock_out_soon": {"enabled": False}}}))
    engine = fleet.make_engine(fleet.ms(5 * DAY_S + HOUR_S))
    engine.restore(alerts, {}, fleet.ms(5 * DAY_S + HOUR_S))
    foretell(fleet, 5 * DAY_S + HOUR_S + 30)
    over = next(alert for alert in fleet.open() if alert.key.rule == "stock_out_soon")
    assert (over.state, over.resolved_by) == (AlertState.RESOLVED, "settings")
