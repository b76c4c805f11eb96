"""A station's newest readings as the public sees them.

Enters: a live status and the catalogue. Leaves: `ReadingsNow`. Never: what only the operator may know (serial numbers
of batteries, the state of doors and locks, fields that v1 does not know).
"""

from collections.abc import Mapping

from api.offer import sampled_ms
from api.privacy import told_people
from api.station_bodies import (
    BatteryNow,
    ExchangeNow,
    ItemNow,
    MeasuredBattery,
    MeasuredExchange,
    MeasuredMedicine,
    MeasuredOccupancy,
    MedicineNow,
    OccupancyNow,
    ReadingsNow,
    SlotNow,
)
from ingest.model import Article, Battery, Exchange, Kind, Medicine, Occupancy, Seen


def readings_now(seen: Mapping[Kind, Seen], articles: Mapping[str, Article], now_ms: int, few: int = 1) -> ReadingsNow:
    """The newest reading of each kind; `articles` by sku; fewer people than `few` are not told one by one."""
    return ReadingsNow(
        occupancy=_occupancy(seen.get(Kind.OCCUPANCY), now_ms, few),
        battery=_battery(seen.get(Kind.BATTERY), now_ms),
        medicine=_medicine(seen.get(Kind.MEDICINE), articles, now_ms),
        exchange=_exchange(seen.get(Kind.EXCHANGE), now_ms),
    )


def _occupancy(seen: Seen | None, now_ms: int, few: int) -> MeasuredOccupancy | None:
    if seen is None or not isinstance(seen.body, Occupancy):
        return None
    body = seen.body
    present = round(told_people(body.present, few))
    # Who came less who left would tell what was hidden.
    now = OccupancyNow(present=present, entered=body.entered, left=body.left if present == body.present else None)
    return MeasuredOccupancy.of(now, sampled_ms(seen), seen.is_stale, now_ms)


def _battery(seen: Seen | None, now_ms: int) -> MeasuredBattery | None:
    if seen is None or not isinstance(seen.body, Battery):
        return None
    body = seen.body
    slots = [
        SlotNow(
            slot=slot.slot,
            state=slot.state,
            soc_percent=slot.soc,
            soh_percent=slot.soh,
            cell_temp_c=slot.cell_temp,
            faults=slot.faults,
        )
        for slot in body.slots
    ]
    now = BatteryNow(
        slots=slots,
        swaps=body.swaps,
        cabinet_temp_c=body.cabinet_temp,
        smoke=body.smoke,
        mains=body.mains,
        suppress=body.suppress,
    )
    return MeasuredBattery.of(now, sampled_ms(seen), seen.is_stale, now_ms)


def _medicine(seen: Seen | None, articles: Mapping[str, Article], now_ms: int) -> MeasuredMedicine | None:
    if seen is None or not isinstance(seen.body, Medicine):
        return None
    items: list[ItemNow] = []
    for item in seen.body.items:
        article = articles.get(item.sku)
        items.append(
            ItemNow(
                sku=item.sku,
                name=article.name if article else None,
                name_en=(article.name_en or None) if article else None,
                unit=article.unit if article else None,
                qty=item.qty,
                lot=item.lot,
                expires=item.expires,
            )
        )
    now = MedicineNow(items=items, temp_c=seen.body.temp, humidity_percent=seen.body.humidity)
    return MeasuredMedicine.of(now, sampled_ms(seen), seen.is_stale, now_ms)


def _exchange(seen: Seen | None, now_ms: int) -> MeasuredExchange | None:
    if seen is None or not isinstance(seen.body, Exchange):
        return None
    body = seen.body
    now = ExchangeNow(on_shelf=body.on_shelf, donated=body.donated, claimed=body.claimed)
    return MeasuredExchange.of(now, sampled_ms(seen), seen.is_stale, now_ms)
