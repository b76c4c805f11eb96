"""What a reading of a medicine box means, by the catalogue and the local day.

Enters: a `Medicine` reading, the station's rules, the catalogue as a `Shelf`, today. Leaves: findings.
Never: counts what is expired, or takes an article that is not listed for one that is there.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from ingest.alerts.model import GOOD, Finding
from ingest.alerts.rules.rule import NOTHING_KNOWN, Bad, Known, StationRules, levels_of
from ingest.model import Article, Medicine

BOX: Final = "box"
DOOR: Final = "door"


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
    """Whether `look` would find everything known, good and clear. Runs for every reading, so it makes little.

    An article in several lots that are each too few is looked at fully, which finds out that together they are enough.
    """
    temp_c = body.temp
    if body.door != "closed" or temp_c is None or not rules.box_least_c < temp_c < rules.box_most_c:
        return False
    soon = today + timedelta(days=min(max(rules.expiry_days, 0), 100_000))
    minimum, factor = shelf.minimum, rules.stock_factor
    for item in body.items:
        expires = item.expires
        if expires is not None and expires <= soon:
            return False
        if item.qty <= minimum.get(item.sku, 0) * factor:
            return False
    return shelf.essential <= {item.sku for item in body.items}


def look(
    body: Medicine, rules: StationRules, shelf: Shelf, today: date, known: Known = NOTHING_KNOWN
) -> Iterator[Finding]:
    """What each rule about medicine boxes says, part by part; `today` is the local day."""
    stock = stock_of(body, today)
    findings = [
        rules.measure("box_hot", BOX, body.temp),
        rules.measure("box_cold", BOX, body.temp),
        rules.tell("box_door", DOOR, None if body.door is None else 0 if body.door == "open" else GOOD),
    ]
    # An article whose alert is open and which is not listed any more has no pieces left; that is no missing value.
    low = {part.removeprefix("item/") for rule, part in known if rule == "stock_low"}
    findings += [_stock_low(sku, stock.get(sku), rules, shelf) for sku in sorted(stock.keys() | shelf.essential | low)]
    ending = {part.removeprefix("item/") for rule, part in known if rule == "expiry"}
    findings += [
        _expiry(sku, stock.get(sku), rules, today, is_open=sku in ending) for sku in sorted(stock.keys() | ending)
    ]
    yield from (finding for finding in findings if finding is not None)


def _stock_low(sku: str, stock: Stock | None, rules: StationRules, shelf: Shelf) -> Finding | None:
    setting = rules.get("stock_low")
    if setting is None:
        return None
    pieces = stock.pieces if stock else 0
    minimum = shelf.minimum.get(sku)
    if minimum is None:
        return Finding("stock_low", item_part(sku), GOOD, GOOD, pieces)
    share = pieces / minimum if minimum > 0 else math.inf if pieces else 0.0
    reached, held = levels_of(share, Bad.AT_MOST, setting)
    if sku not in shelf.essential:
        for_all = sum(level.at is not None and level.at > 0 for level in setting.levels) - 1
        reached, held = min(reached, for_all), min(held, for_all)
    return Finding("stock_low", item_part(sku), reached, held, pieces)


def _expiry(sku: str, stock: Stock | None, rules: StationRules, today: date, *, is_open: bool) -> Finding | None:
    part = item_part(sku)
    if stock is not None and stock.soonest is not None:
        return rules.measure("expiry", part, (stock.soonest - today).days)
    # Pieces without a day may be scissors, which end never; but not where the day of one was known.
    is_day_missing = is_open and stock is not None and stock.pieces > 0
    return rules.tell("expiry", part, None if is_day_missing else GOOD)
