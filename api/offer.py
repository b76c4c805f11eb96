"""What somebody at the door would find now: free seats, charged batteries, medicine against heat stroke.

Enters: a station, its live status, the catalogue. Leaves: numbers, each with its time and whether it is stale.
Never: reads a clock, or drops the staleness of what it counts.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from api.privacy import told_people
from ingest.model import Article, Battery, Kind, Medicine, Occupancy, Seen, Station, StationStatus


@dataclass(frozen=True, slots=True)
class Stock:
    """A number, and the reading that it was taken from."""

    count: int
    seen: Seen

    @property
    def as_of_ms(self) -> int:
        """When it was true."""
        return sampled_ms(self.seen)


@dataclass(frozen=True, slots=True)
class Offer:
    """None: the station does not report it."""

    seats_free: Stock | None
    batteries_charged: Stock | None
    heat_medicine: Stock | None


def sampled_ms(seen: Seen) -> int:
    """When a reading was taken; a station's clock that runs ahead cannot make that later than its arrival."""
    return min(seen.body.ts, seen.received_ms)


def heat_skus(articles: Mapping[str, Article]) -> frozenset[str]:
    """The articles that help against heat stroke."""
    return frozenset(sku for sku, article in articles.items() if article.for_heat)


def offer_of(station: Station, status: StationStatus, heat: AbstractSet[str], today: date, few: int = 1) -> Offer:
    """What the station offers; `today` is the local day, on which a medicine that expires on it is still good.

    `few` people are not told one by one, and so are the seats that they leave.
    """
    return Offer(
        seats_free=_seats_free(station, status.seen.get(Kind.OCCUPANCY), few),
        batteries_charged=_batteries_charged(status.seen.get(Kind.BATTERY)),
        heat_medicine=_heat_medicine(status.seen.get(Kind.MEDICINE), heat, today),
    )


def _seats_free(station: Station, seen: Seen | None, few: int) -> Stock | None:
    if seen is None or not isinstance(seen.body, Occupancy) or not station.capacity:
        return None
    return Stock(max(0, station.capacity - round(told_people(seen.body.present, few))), seen)


def _batteries_charged(seen: Seen | None) -> Stock | None:
    if seen is None or not isinstance(seen.body, Battery):
        return None
    return Stock(sum(slot.state == "ready" for slot in seen.body.slots), seen)


def _heat_medicine(seen: Seen | None, heat: AbstractSet[str], today: date) -> Stock | None:
    if seen is None or not isinstance(seen.body, Medicine):
        return None
    return Stock(good_units(seen.body, heat, today), seen)


def good_units(box: Medicine, skus: AbstractSet[str], today: date) -> int:
    """Units of these articles that have not expired; one that expires today is good."""
    good = (item for item in box.items if item.sku in skus and (item.expires is None or item.expires >= today))
    return sum(item.qty for item in good)
