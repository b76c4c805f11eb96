"""What will be empty before somebody comes, as findings."""

from datetime import date
from typing import Final

import pytest

from ingest.alerts.model import GOOD, Finding
from ingest.alerts.rules import forecast
from ingest.alerts.rules.catalogue import DEFAULT_RULES
from ingest.alerts.rules.charging import Charging
from ingest.alerts.rules.consumption import DAY_MS, Consumption
from ingest.alerts.rules.medicine import Shelf
from ingest.alerts.rules.rule import NOTHING_KNOWN, Known
from ingest.model import Article
from tests.ingest.alerts.rules.stories import box, cabinet
from tests.ingest.making import MINUTE_MS, NOW_MS

TODAY: Final = date(2026, 11, 26)
SHELF: Final = Shelf([Article("balm", "清凉油", "Balm", "盒", 10, 3, essential=True)])


def foretold(pieces: int, days: float = 10, known: Known = NOTHING_KNOWN, sku: str = "balm") -> list[Finding]:
    """After ten days of one piece a day, with so many pieces left."""
    consumption = Consumption()
    for day in range(11):
        consumption.note("st-1", box({"sku": "balm", "qty": 30 - day}, ts=NOW_MS + day * DAY_MS), SHELF)
    body = box({"sku": sku, "qty": pieces})
    now_ms = NOW_MS + int(days * DAY_MS) + 30 * MINUTE_MS
    return list(forecast.medicine("st-1", body, DEFAULT_RULES, consumption, TODAY, now_ms, known))


@pytest.mark.parametrize(("pieces", "reached", "held"), [(5, 0, 0), (8, GOOD, 0), (20, GOOD, GOOD), (0, 0, 0)])
def test_medicine_that_will_be_empty_before_the_round(pieces: int, reached: int, held: int) -> None:
    """A week is warned of; clear with two days more."""
    (finding,) = foretold(pieces)
    assert (finding.rule, finding.part) == ("stock_out_soon", "item/balm")
    assert (finding.reached, finding.held) == (reached, held)
    assert finding.value == pytest.approx(pieces, rel=0.1)


def test_too_early_to_say_is_unknown_for_an_open_alert() -> None:
    """A platform that has just learnt too little resolves nothing."""
    known = {("stock_out_soon", "item/balm"): None}
    assert foretold(5, days=2) == []
    assert foretold(5, days=2, known=known) == [Finding("stock_out_soon", "item/balm", None, None)]


def test_what_nobody_takes_any_more_is_good() -> None:
    """An open alert of an article without use is clear, with no number of days."""
    found = {one.part: one for one in foretold(5, known={("stock_out_soon", "item/mask"): None})}
    assert found["item/mask"] == Finding("stock_out_soon", "item/mask", GOOD, GOOD)


def test_batteries_that_will_be_gone_within_the_hour() -> None:
    """Three there, one as good as charged, six an hour go: forty minutes. Good without riders, unknown at first."""
    charging = Charging()
    assert list(forecast.battery("st-1", cabinet(), DEFAULT_RULES, charging, NOW_MS)) == [
        Finding("battery_out_soon", "cabinet", None, None)
    ]
    for turn in range(73):
        charging.note("st-1", cabinet(ts=NOW_MS + turn * 10 * MINUTE_MS, swaps=turn))
    now_ms = NOW_MS + 720 * MINUTE_MS
    (soon,) = forecast.battery("st-1", cabinet(), DEFAULT_RULES, charging, now_ms)
    assert soon.reached == 0
    assert soon.value == pytest.approx(40, abs=1)
    (idle,) = forecast.battery("st-1", cabinet(), DEFAULT_RULES, charging, now_ms + 2 * DAY_MS)
    assert idle == Finding("battery_out_soon", "cabinet", GOOD, GOOD)
