"""What a reading of a medicine box means, by the catalogue and the local day.

Enters: a `Medicine` reading, the station's rules, the catalogue as a `Shelf`, today. Leaves: findings.
Never: counts what is expired, or takes an article that is not listed for one that is there.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from ingest.alerts.model import GOOD, Finding
from ingest.alerts.rules.rule import NOTHING_KNOWN, Bad, Known, StationRules, levels_of
from ingest.model import Article, Medicine

BOX: Final = "box"
DOOR: Final = "door"

FACTORS_MAX: Final = 100
"""Settings of `stock_low` that are remembered worked out. Larger: memory. Smaller: it is done at each look."""


def item_part(sku: str) -> str:
    """The part that an article is in an alert's key."""
    return f"item/{sku}"


class Shelf:
    """The catalogue as the rules look at it; one for all stations."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self.articles = {article.sku: article for article in articles}
        self.minimum = {
            sku: min(article.minimum, article.par - 1)
            for sku, article in self.articles.items()
            if article.minimum or article.essential
        }
        """Pieces at which an article is low. Of one whose par is its minimum (one pair of scissors) a piece fewer, or
        it would be low for ever."""
        self.essential = frozenset(sku for sku, article in self.articles.items() if article.essential)
        self._low: dict[float, dict[str, float]] = {}

    def low(self, factor: float) -> Mapping[str, float]:
        """By article that has a minimum: at how many pieces it is not plainly enough; none where the rule is off."""
        low = self._low.get(factor)
        if low is None:
            if len(self._low) >= FACTORS_MAX:
                self._low.clear()
            counted = self.minimum.items() if factor > -math.inf else ()
            low = self._low[factor] = {sku: max(minimum * factor, 0.0) for sku, minimum in counted}
        return low


class Stock(NamedTuple):
    """What the box holds of one article."""

    pieces: int
    """That are not expired."""
    soonest: date | None
    """Last day of use of the lot that ends first, of those with pieces; None where no lot names one."""


def stock_of(body: Medicine, today: date) -> dict[str, Stock]:
    """By article that the box lists; the order and number of its lots play no part."""
    stock: dict[str, Stock] = {}
    for item in body.items:
        pieces, soonest = stock.get(item.sku, (0, None))
        ends = item.expires if item.qty else None
        if ends is not None:
            soonest = ends if soonest is None else min(soonest, ends)
        is_good = item.expires is None or item.expires >= today
        stock[item.sku] = Stock(pieces + item.qty if is_good else pieces, soonest)
    return stock


def is_quiet(body: Medicine, rules: StationRules, shelf: Shelf, today: date) -> bool:
    """Whether `look` would find everything known, good and clear. Runs for every reading, so it makes little."""
    temp_c = body.temp
    if body.door != "closed" or temp_c is None or not rules.box_least_c < temp_c < rules.box_most_c:
        return False
    soon, low = rules.soon(today), shelf.low(rules.stock_factor)
    few: set[str] | None = None
    for item in body.items:
        expires = item.expires
        if expires is not None and expires <= soon:
            return False
        if item.qty <= low.get(item.sku, -1):
            few = few or set()
            few.add(item.sku)
    if few is not None:  # too few in one lot, and perhaps enough in all lots together
        for sku in few:
            if sum(item.qty for item in body.items if item.sku == sku) <= low[sku]:
                return False
    return shelf.essential <= {item.sku for item in body.items}


def look(
    body: Medicine, rules: StationRules, shelf: Shelf, today: date, known: Known = NOTHING_KNOWN
) -> Iterator[Finding]:
    """What each rule about medicine boxes says, part by part; `today` is the local day.

    An article of which there is enough for long, and of which nothing is known, is left out.
    """
    told = [
        rules.measure("box_hot", BOX, body.temp),
        rules.measure("box_cold", BOX, body.temp),
        rules.tell("box_door", DOOR, None if body.door is None else 0 if body.door == "open" else GOOD),
    ]
    yield from (finding for finding in told if finding is not None)
    stock = stock_of(body, today)
    # An article whose alert is open and which is not listed any more has no pieces left; that is no missing value.
    known_low = {part.removeprefix("item/") for rule, part in known if rule == "stock_low"}
    if rules.get("stock_low") is not None:
        enough = shelf.low(rules.stock_factor)
        for sku in sorted(stock.keys() | shelf.essential | known_low):
            pieces = stock[sku].pieces if sku in stock else 0
            if pieces <= enough.get(sku, -1) or sku in known_low:
                yield _stock_low(sku, pieces, rules, shelf)
    known_ending = {part.removeprefix("item/") for rule, part in known if rule == "expiry"}
    if rules.get("expiry") is not None:
        soon = rules.soon(today)
        for sku in sorted(stock.keys() | known_ending):
            soonest = stock[sku].soonest if sku in stock else None
            if sku in known_ending or (soonest is not None and soonest <= soon):
                yield from _expiry(sku, stock.get(sku), rules, today)


def _stock_low(sku: str, pieces: int, rules: StationRules, shelf: Shelf) -> Finding:
    setting, minimum = rules.get("stock_low"), shelf.minimum.get(sku)
    if setting is None or minimum is None:
        return Finding("stock_low", item_part(sku), GOOD, GOOD, pieces)
    share = pieces / minimum if minimum > 0 else math.inf if pieces else 0.0
    reached, held = levels_of(share, Bad.AT_MOST, setting)
    if sku not in shelf.essential:
        for_all = sum(level.at is not None and level.at > 0 for level in setting.levels) - 1
        reached, held = min(reached, for_all), min(held, for_all)
    return Finding("stock_low", item_part(sku), reached, held, pieces)


def _expiry(sku: str, stock: Stock | None, rules: StationRules, today: date) -> Iterator[Finding]:
    part = item_part(sku)
    if stock is not None and stock.soonest is not None:
        finding = rules.measure("expiry", part, (stock.soonest - today).days)
    else:
        # Its alert is open. Without pieces nothing expires; pieces without a day are unknown, since it was known.
        is_day_missing = stock is not None and stock.pieces > 0
        finding = rules.tell("expiry", part, None if is_day_missing else GOOD)
    if finding is not None:
        yield finding
