"""The medicine box: used by visitors, refilled by a crew, lot by lot, and lots expire.

Enters: visitors, crews. Leaves: items with lot, quantity and expiry. Never: decides that stock is low.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from firmware_sim.local_time import MINUTE_MS, local_day
from firmware_sim.sensors.arrivals import CREW_BY_HOUR, VISITORS_BY_HOUR, Arrivals
from firmware_sim.sensors.sensor import Counters
from firmware_sim.sensors.weather import indoor_c

_DOOR_OPEN_MS: Final = MINUTE_MS
"""How long the door stands open after a use. Larger: it seems never closed. Smaller: no reading ever shows it open."""
_REFILL_EVERY_DAYS: Final = 7.0


@dataclass(frozen=True, slots=True)
class Article:
    """What a box should hold: `par` of it when full; `weight` is how often it is asked for."""

    sku: str
    par: int
    weight: float
    keeps_days: int


ARTICLES: Final = (
    Article("hxzq-10ml", 20, 5.0, 730),
    Article("rendan-60", 10, 2.0, 730),
    Article("qingliangyou-3g", 10, 2.0, 1_095),
    Article("jiuxin-40", 2, 0.1, 1_095),
    Article("bandage-strip", 50, 6.0, 1_095),
    Article("iodine-swab", 30, 2.5, 730),
    Article("gauze-pad", 10, 0.7, 1_460),
    Article("ice-pack", 6, 1.5, 1_095),
)
"""The usual kit: against heat (藿香正气水, 仁丹, 清凉油, 冰袋), for the heart (速效救心丸), for small wounds."""


@dataclass(slots=True)
class Lot:
    """Pieces of one article that expire together, after the day `expires`."""

    sku: str
    lot: str
    qty: int
    expires: date


class MedicineBox:
    """`uses_per_day` pieces are taken; a crew comes about weekly, takes out what expired, and fills up to par."""

    kind = "medicine"
    counters: Counters | None = None

    def __init__(self, uses_per_day: float, rng: Random, start_ms: int) -> None:
        self._rng = rng
        self._users = Arrivals(uses_per_day, VISITORS_BY_HOUR, rng, start_ms)
        self._crews = Arrivals(1 / _REFILL_EVERY_DAYS, CREW_BY_HOUR, rng, start_ms)
        self._now_ms = start_ms
        self._open_until_ms = start_ms
        today = local_day(start_ms)
        self.lots = [self._first_lot(article, today) for article in ARTICLES]

    def advance(self, now_ms: int) -> None:
        """Serve the users and crews who came until an instant, in the order they came."""
        visits = [(at_ms, False) for at_ms in self._users.until(now_ms)]
        visits += [(at_ms, True) for at_ms in self._crews.until(now_ms)]
        for at_ms, is_crew in sorted(visits):
            self._open_until_ms = at_ms + _DOOR_OPEN_MS
            if is_crew:
                self._restock(local_day(at_ms))
            else:
                self._use(local_day(at_ms))
        self._now_ms = now_ms

    def refill(self, now_ms: int) -> None:
        """A crew comes out of turn."""
        self._open_until_ms = now_ms + _DOOR_OPEN_MS
        self._restock(local_day(now_ms))

    def body(self) -> dict[str, object]:
        """Fields of a medicine reading."""
        temp = indoor_c(self._now_ms)
        return {
            "items": [
                {"sku": lot.sku, "lot": lot.lot, "qty": lot.qty, "expires": lot.expires.isoformat()}
                for lot in self.lots
            ],
            "door": "open" if self._now_ms < self._open_until_ms else "closed",
            "temp": round(temp, 1),
            "humidity": round(70 - temp, 1),
        }

    def _first_lot(self, article: Article, today: date) -> Lot:
        """A box that has been in use for a while: some is gone, some expires soon."""
        expires = today + timedelta(days=self._rng.randint(5, article.keeps_days))
        made = expires - timedelta(days=article.keeps_days)
        return Lot(article.sku, _lot_code(made), self._rng.randint(article.par // 2, article.par), expires)

    def _use(self, today: date) -> None:
        stocked = [
            article
            for article in ARTICLES
            if any(lot.sku == article.sku and lot.qty and lot.expires >= today for lot in self.lots)
        ]
        if not stocked:
            return
        wanted = self._rng.choices(stocked, [article.weight for article in stocked])[0]
        usable = (lot for lot in self.lots if lot.sku == wanted.sku and lot.qty and lot.expires >= today)
        min(usable, key=lambda lot: lot.expires).qty -= 1

    def _restock(self, today: date) -> None:
        self.lots = [lot for lot in self.lots if lot.qty and lot.expires >= today]
        for article in ARTICLES:
            missing = article.par - sum(lot.qty for lot in self.lots if lot.sku == article.sku)
            if missing <= 0:
                continue
            made = today - timedelta(days=30)
            code = _lot_code(made)
            same = next((lot for lot in self.lots if (lot.sku, lot.lot) == (article.sku, code)), None)
            if same:
                same.qty += missing
            else:
                self.lots.append(Lot(article.sku, code, missing, made + timedelta(days=article.keeps_days)))


def _lot_code(made: date) -> str:
    return f"{made:%y%m}A"
