"""What will be empty before somebody comes: medicine and charged batteries.

Enters: the newest reading, the station's rules, what was learnt of use. Leaves: findings.
Never: foretells from too little: that is unknown, and not good.
"""

import math
from collections.abc import Iterator
from datetime import date

from ingest.alerts.model import GOOD, Finding
from ingest.alerts.rules.cabinet import CABINET
from ingest.alerts.rules.charging import Charging
from ingest.alerts.rules.consumption import Consumption
from ingest.alerts.rules.medicine import item_part, stock_of
from ingest.alerts.rules.rule import NOTHING_KNOWN, Known, StationRules
from ingest.model import Battery, Medicine


def medicine(
    station: str,
    body: Medicine,
    rules: StationRules,
    consumption: Consumption,
    today: date,
    now_ms: int,
    known: Known = NOTHING_KNOWN,
) -> Iterator[Finding]:
    """What `stock_out_soon` says of each article that is used; `today` is the local day."""
    if rules.get("stock_out_soon") is None:
        return
    stock = stock_of(body, today)
    used = consumption.rates(station, now_ms) or {}
    open_skus = {part.removeprefix("item/") for rule, part in known if rule == "stock_out_soon"}
    for sku in sorted(used.keys() | open_skus):
        pieces = stock[sku].pieces if sku in stock else 0
        days = consumption.days_to_empty(station, sku, pieces, now_ms)
        yield from _told(rules, "stock_out_soon", item_part(sku), days)


def battery(station: str, body: Battery, rules: StationRules, charging: Charging, now_ms: int) -> Iterator[Finding]:
    """What `battery_out_soon` says of a cabinet."""
    minutes = charging.minutes_to_no_battery(station, body, now_ms)
    yield from _told(rules, "battery_out_soon", CABINET, minutes)


def _told(rules: StationRules, code: str, part: str, left: float | None) -> Iterator[Finding]:
    if left == math.inf:  # no number that could be shown
        finding = rules.tell(code, part, GOOD)
    else:
        finding = rules.measure(code, part, None if left is None else round(left, 1))
    if finding is not None:
        yield finding
