"""What somebody at the door would find."""

from datetime import date

from api.offer import Offer, heat_skus, offer_of
from ingest.model import StationStatus
from tests.api.stillness import NOW_MS, TODAY
from tests.api.world import ARTICLES, battery, dark, live, medicine, occupancy, station

HEAT = heat_skus({article.sku: article for article in ARTICLES})


def _counts(offer: Offer) -> tuple[int | None, ...]:
    stocks = (offer.seats_free, offer.batteries_charged, offer.heat_medicine)
    return tuple(None if stock is None else stock.count for stock in stocks)


def _offer(status: StationStatus, *, capacity: int = 20, today: date = TODAY) -> Offer:
    return offer_of(station(1, capacity=capacity), status, HEAT, today)


def test_it_counts_seats_batteries_and_heat_medicine() -> None:
    """Free seats are what is left of the capacity; only ready batteries and heat medicine that is good count."""
    status = live("bj-0001", occupancy(11, NOW_MS), battery(5, NOW_MS), medicine(12, NOW_MS))
    assert _counts(_offer(status)) == (9, 5, 12)


def test_more_people_than_seats_is_no_seat() -> None:
    """An overfull station has no seat, not a negative number of them."""
    assert _counts(_offer(live("bj-0001", occupancy(23, NOW_MS)))) == (0, None, None)


def test_an_unknown_capacity_has_no_free_seats_to_tell() -> None:
    """A station of unknown capacity is not shown as full."""
    assert _counts(_offer(live("bj-0001", occupancy(3, NOW_MS)), capacity=0)) == (None, None, None)


def test_medicine_is_good_on_its_last_day() -> None:
    """A lot that expires today counts today and not tomorrow."""
    status = live("bj-0001", medicine(12, NOW_MS))
    assert _counts(_offer(status, today=date(2027, 3, 31)))[2] == 12
    assert _counts(_offer(status, today=date(2027, 4, 1)))[2] == 0


def test_what_is_stale_stays_known_to_be_stale() -> None:
    """A count carries the reading that it was taken from."""
    stock = _offer(dark("bj-0001", NOW_MS, occupancy(4, NOW_MS - 9))).seats_free
    assert stock is not None
    assert stock.seen.is_stale
    assert stock.as_of_ms == NOW_MS - 9
