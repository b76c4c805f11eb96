"""The medicine box and the donation shelf."""

from datetime import timedelta
from random import Random
from typing import Any

from firmware_sim.local_time import DAY_MS, HOUR_MS, local_day, local_hour
from firmware_sim.sensors.medicine import ARTICLES, MedicineBox
from firmware_sim.sensors.shelf import Shelf

START_MS = 1_795_330_800_000


def stock(box: MedicineBox) -> int:
    """Pieces in the box."""
    return sum(lot.qty for lot in box.lots)


def test_use_takes_single_pieces() -> None:
    """Between two readings of a minute stock falls by ones, until a crew comes."""
    box = MedicineBox(40, Random(1), START_MS)
    falls = []
    before = stock(box)
    for minute in range(6 * 60):
        box.advance(START_MS + minute * 60_000)
        falls.append(before - stock(box))
        before = stock(box)
    assert sum(falls) > 0
    assert max(falls) <= 3


def test_crew_fills_up_to_par_in_office_hours_and_removes_what_expired() -> None:
    """Within a month a crew has come; then every article is at par and no lot is past its day."""
    box = MedicineBox(0, Random(3), START_MS)
    box.lots[0].expires = local_day(START_MS) - timedelta(days=1)
    for hour in range(1, 60 * 24):
        now_ms = START_MS + hour * HOUR_MS
        before = stock(box)
        box.advance(now_ms)
        if stock(box) > before:
            break
    assert 8 <= local_hour(now_ms - HOUR_MS) <= 16
    assert all(lot.expires >= local_day(now_ms) for lot in box.lots)
    for article in ARTICLES:
        assert sum(lot.qty for lot in box.lots if lot.sku == article.sku) == article.par


def test_lots_expire_in_the_box() -> None:
    """Some first lots pass their day while they lie there, as long as no crew comes."""
    box = MedicineBox(0, Random(5), START_MS)
    assert any(lot.expires < local_day(START_MS) + timedelta(days=365) for lot in box.lots)


def test_expired_pieces_are_not_used() -> None:
    """What is past its day stays until a crew takes it."""
    box = MedicineBox(500, Random(2), START_MS)
    for lot in box.lots:
        lot.expires = local_day(START_MS) - timedelta(days=1)
    before = stock(box)
    box.advance(START_MS + HOUR_MS)
    assert stock(box) == before


def test_box_never_names_more_than_64_lots_or_negative_pieces() -> None:
    """Years of use and refills keep within the protocol."""
    box = MedicineBox(30, Random(9), START_MS)
    for week in range(1, 150):
        box.advance(START_MS + week * 7 * DAY_MS)
        items: Any = box.body()["items"]
        assert len(items) <= 64
        assert all(item["qty"] >= 0 for item in items)


def test_door_stands_open_for_a_minute_after_a_use() -> None:
    """A reading soon after somebody took a piece shows the door open, later ones closed."""
    box = MedicineBox(300, Random(4), START_MS)
    doors = []
    for second in range(0, 3_600, 10):
        box.advance(START_MS + second * 1_000)
        doors.append(box.body()["door"])
    assert {"open", "closed"} == set(doors)


def test_shelf_adds_up() -> None:
    """What lies there is what lay there plus donated minus claimed, and never less than nothing."""
    shelf = Shelf(20, Random(6), START_MS)
    first = shelf.on_shelf
    for hour in range(30 * 24):
        shelf.advance(START_MS + hour * HOUR_MS)
        assert shelf.on_shelf >= 0
    donated, claimed = shelf.counters.values["donated"], shelf.counters.values["claimed"]
    assert min(donated, claimed) > 300
    assert shelf.on_shelf == first + donated - claimed
    assert shelf.body() == {"on_shelf": shelf.on_shelf, "donated": donated, "claimed": claimed, "epoch": 1}
