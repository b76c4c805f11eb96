"""What a station must have now to be listed: a free seat, a charged battery, an article of medicine.

Enters: `seat`, `battery`, `medicine` or `medicine:SKU`. Leaves: a `Wish`, and whether an offer grants it.
Never: takes an old count for a present one: what is stale grants nothing.
"""

import re
from collections.abc import Set as AbstractSet
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple, Self

from api.offer import Offer, Stock, good_units
from ingest.model import Kind, Medicine, StationStatus

_SKU: Final = re.compile(r"[0-9a-z][0-9a-z-]{1,31}")
"""As the catalogue has them (docs/registry.md)."""
WISH_PATTERN: Final = rf"^(seat|battery|medicine(:{_SKU.pattern})?)$"


class Good(StrEnum):
    """What can be asked for."""

    SEAT = "seat"
    BATTERY = "battery"
    MEDICINE = "medicine"


class Wish(NamedTuple):
    """One thing that must be there now."""

    good: Good
    sku: str | None = None
    """Of a medicine; None: any article that helps against heat stroke."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError."""
        name, colon, sku = text.partition(":")
        if name not in set(Good) or (colon and (name != Good.MEDICINE or not _SKU.fullmatch(sku))):
            raise ValueError("should be seat, battery, medicine or medicine:SKU")
        return cls(Good(name), sku or None)


def is_granted(wish: Wish, offer: Offer, status: StationStatus, today: date) -> bool:
    """Whether it is there now, for all that is known."""
    if wish.sku is not None:
        return _has_article(status, frozenset({wish.sku}), today)
    match wish.good:
        case Good.SEAT:
            return _is_there(offer.seats_free)
        case Good.BATTERY:
            return _is_there(offer.batteries_charged)
        case Good.MEDICINE:
            return _is_there(offer.heat_medicine)


def _is_there(stock: Stock | None) -> bool:
    return stock is not None and not stock.seen.is_stale and stock.count > 0


def _has_article(status: StationStatus, skus: AbstractSet[str], today: date) -> bool:
    seen = status.seen.get(Kind.MEDICINE)
    if seen is None or seen.is_stale or not isinstance(seen.body, Medicine):
        return False
    return good_units(seen.body, skus, today) > 0
