"""How fast medicine is used, and what is no use: refills, returns, clear-outs, expiry, the same reading again."""

import json
import math
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.rules.consumption import DAY_MS, FADE_MS, OBSERVED_MS, RETURN_MS, Consumption
from ingest.alerts.rules.medicine import Shelf
from ingest.model import Article
from tests.ingest.alerts.rules.stories import box
from tests.ingest.making import MINUTE_MS, NOW_MS

SHELF: Final = Shelf([Article("balm", "清凉油", "Balm", "盒", 10, 3, essential=True)])
HOUR_MS: Final = 60 * MINUTE_MS

Report = tuple[int, Mapping[str, int]]
"""Ms since the story began, pieces by article."""


def watched(reports: Iterable[Report], consumption: Consumption | None = None) -> Consumption:
    """After these reports of one box."""
    consumption = consumption or Consumption()
    for ms, stock in reports:
        consumption.note("st-1", box(*({"sku": sku, "qty": qty} for sku, qty in stock.items()), ts=NOW_MS + ms), SHELF)
    return consumption


def balm(*reports: tuple[int, int]) -> Consumption:
    """After these reports of one article."""
    return watched((ms, {"balm": qty}) for ms, qty in reports)


def rate(consumption: Consumption, days: float) -> float | None:
    """Pieces of balm a day, so many days after the begin."""
    rates = consumption.rates("st-1", NOW_MS + int(days * DAY_MS))
    return None if rates is None else rates.get("balm", 0.0)


def test_one_piece_a_day_is_one_piece_a_day() -> None:
    """After a month of it, refilled every week, the rate is what it is, and stock divided by it the days."""
    stock, reports = 10, [(0, 10)]
    for day in range(1, 31):
        stock -= 1
        reports.append((day * DAY_MS, stock))
        if day % 7 == 0:
            stock = 10
            reports.append((day * DAY_MS + 2 * HOUR_MS, stock))
    consumption = balm(*reports)
    assert rate(consumption, 30.2) == pytest.approx(1, rel=0.05)
    left = consumption.days_to_empty("st-1", "balm", stock, NOW_MS + int(30.2 * DAY_MS))
    assert left == pytest.approx(stock, rel=0.05)


def test_nothing_is_foretold_from_the_first_days() -> None:
    """Before three days it is unknown; a stranger is unknown; an article that nobody takes lasts for ever."""
    consumption = balm((0, 10), (HOUR_MS, 9))
    assert rate(consumption, 2.9) is None
    assert consumption.days_to_empty("st-1", "balm", 9, NOW_MS) is None
    assert consumption.days_to_empty("st-2", "balm", 9, NOW_MS + OBSERVED_MS) is None
    assert consumption.days_to_empty("st-1", "mask", 9, NOW_MS + OBSERVED_MS) == math.inf


def test_use_of_old_fades() -> None:
    """A heat wave that is over for two weeks counts a third."""
    consumption = balm((0, 10), (DAY_MS, 7), (40 * DAY_MS, 7))
    balm_use = (consumption._boxes["st-1"].uses or {})["balm"]
    weights = [balm_use.weight_at(NOW_MS + DAY_MS + ms) for ms in (2 * RETURN_MS, FADE_MS)]
    assert weights == [pytest.approx(3, rel=0.01), pytest.approx(3 / math.e)]


@pytest.mark.parametrize(
    ("reports", "used"),
    [
        # Taken, read, put back after four minutes: not used.
        ([(0, 8), (60, 7), (300, 8)], 0),
        # Three taken, one put back: two used.
        ([(0, 8), (60, 5), (300, 6)], 2),
        # Put back the next day: a refill of one, and the first was used.
        ([(0, 8), (60, 7), (86_400, 8)], 1),
        # A refill is no use, and does not undo what was used an hour before.
        ([(0, 8), (60, 6), (3_660, 20)], 2),
        # A crew takes all out and fills up: nothing used.
        ([(0, 4), (60, 0), (200, 10)], 0),
        # Cleared out at once: half of the par and more within an hour. Or stolen; no thirst in either case.
        ([(0, 10), (600, 2)], 0),
        # The same over a day that nobody reported of: used.
        ([(0, 10), (86_400, 2)], 8),
        # Four of a group at once are use.
        ([(0, 10), (60, 6)], 4),
        # The same report again, and an old one that comes late.
        ([(0, 8), (60, 7), (60, 7), (30, 3), (90, 7)], 1),
    ],
)
def test_what_is_use(reports: list[tuple[int, int]], used: int) -> None:
    """Seconds and pieces, and how many of them count."""
    consumption = balm(*((second * 1_000, qty) for second, qty in reports))
    uses = consumption._boxes["st-1"].uses or {}
    later_ms = NOW_MS + reports[-1][0] * 1_000 + 2 * RETURN_MS
    weight = uses["balm"].weight_at(later_ms) if uses else 0
    assert weight == pytest.approx(used, rel=0.1)


def test_lots_and_lists_that_change_their_order_are_no_use() -> None:
    """An article is the sum of its lots; one that is not listed any more is at 0."""
    two_lots = [{"sku": "balm", "qty": 2, "lot": "A"}, {"sku": "mask", "qty": 3}, {"sku": "balm", "qty": 2, "lot": "B"}]
    consumption = Consumption()
    for number, items in enumerate((two_lots, two_lots[::-1], [two_lots[2], two_lots[0], two_lots[1]])):
        consumption.note("st-1", box(*items, ts=NOW_MS + number * MINUTE_MS), SHELF)
    assert not consumption.is_used("st-1")
    consumption.note("st-1", box(two_lots[1], ts=NOW_MS + HOUR_MS), SHELF)
    assert consumption.is_used("st-1")
    assert rate(consumption, 10) == pytest.approx(4 * math.exp(-10 / 14) / 7.15, rel=0.01)


def test_expiry_alone_is_no_use() -> None:
    """A lot that expires is still in the box, and its pieces were not taken."""
    consumption = Consumption()
    item = {"sku": "balm", "qty": 4, "expires": date(2026, 11, 23).isoformat()}
    for day in range(6):
        consumption.note("st-1", box(item, ts=NOW_MS + day * DAY_MS), SHELF)
    assert rate(consumption, 6) == 0


def test_stations_with_the_same_list_share_it_and_what_never_moves_takes_no_memory() -> None:
    """110,000 boxes: a list of names is in memory once, and an article is remembered when it is first taken."""
    consumption = Consumption()
    for station in ("st-1", "st-2"):
        consumption.note(station, box({"sku": "balm", "qty": 4}, {"sku": "mask", "qty": 5}), SHELF)
    first, second = consumption._boxes.values()
    assert first.skus is second.skus
    assert first.uses is None
    assert consumption.take_dirty() == []


moves = st.lists(st.tuples(st.integers(1, 3 * HOUR_MS), st.integers(0, 20)), max_size=30)


def reports_of(steps: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """At growing times."""
    ms, reports = 0, [(0, 10)]
    for pause_ms, qty in steps:
        ms += pause_ms
        reports.append((ms, qty))
    return reports


@given(moves, st.integers(0, 30))
def test_restart_changes_nothing(steps: list[tuple[int, int]], cut: int) -> None:
    """What was kept and taken over again tells the same as what was never interrupted."""
    reports = [(0, 10), *((ms + DAY_MS, qty) for ms, qty in reports_of([(1, 9), *steps]))]
    cut += 2
    whole, before = balm(*reports), balm(*reports[: cut + 1])
    after = Consumption()
    for station, dumped in before.take_dirty():
        after.load(station, json.loads(json.dumps(dumped)))
    watched(((ms, {"balm": qty}) for ms, qty in reports[cut + 1 :]), after)
    assert rate(after, 30) == pytest.approx(rate(whole, 30))


@given(moves)
def test_every_report_twice_changes_nothing(steps: list[tuple[int, int]]) -> None:
    """A repeat is no use."""
    reports = reports_of(steps)
    assert rate(balm(*(one for one in reports for _ in range(2))), 30) == rate(balm(*reports), 30)


@given(moves)
def test_use_is_at_most_what_fell(steps: list[tuple[int, int]]) -> None:
    """Nothing is used that was not taken."""
    reports = reports_of(steps)
    fell = sum(max(0, before - after) for (_, before), (_, after) in pairwise(reports))
    weight = sum(use.weight_at(NOW_MS + 30 * DAY_MS) for use in (balm(*reports)._boxes["st-1"].uses or {}).values())
    assert 0 <= weight <= fell


@given(st.lists(st.tuples(st.integers(1, RETURN_MS - 1), st.integers(1, 4)), max_size=20))
def test_who_puts_everything_back_has_used_nothing(visits: list[tuple[int, int]]) -> None:
    """However often, as long as it is soon."""
    ms, reports = 0, [(0, 10)]
    for held_ms, pieces in visits:
        reports += [(ms + HOUR_MS, 10 - pieces), (ms + HOUR_MS + held_ms, 10)]
        ms += HOUR_MS + held_ms
    assert rate(balm(*reports), 30) == 0
