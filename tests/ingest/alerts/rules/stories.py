"""Readings of one cabinet, box and counter in which all is well, with what a story changes.

Enters: what differs. Leaves: bodies, and findings by rule and part. Never: a reading that the protocol refuses.
"""

from collections.abc import Iterable
from typing import Any, Final, cast

from ingest.alerts.model import Finding
from ingest.model import Battery, Kind, Medicine, Occupancy, Station
from tests.ingest.making import NOW_MS, reading

SLOT: Final = {"state": "ready", "soc": 97, "cell_temp": 24.0, "battery": "BT-1", "door": "closed"}


def slot(number: int, **fields: Any) -> dict[str, Any]:
    """A slot in which all is well; a field that is None is left out."""
    fields = {"slot": number, **SLOT, "battery": f"BT-{number}", **fields}
    return {name: value for name, value in fields.items() if value is not None}


def empty_slot(number: int) -> dict[str, Any]:
    """A slot without a battery."""
    return {"slot": number, "state": "empty", "door": "closed"}


def cabinet(*slots: dict[str, Any], ts: int = NOW_MS, **fields: Any) -> Battery:
    """Four slots, three of them ready, unless the story has its own first ones."""
    told = {one["slot"] for one in slots}
    rest = [slot(number) if number > 1 else slot(1, state="charging") for number in range(1, 5) if number not in told]
    well = {"smoke": False, "mains": True, "suppress": "armed", "cabinet_temp": 22.0}
    fields = {name: value for name, value in {**well, **fields}.items() if value is not None}
    return cast("Battery", reading(Kind.BATTERY, ts=ts, slots=[*slots, *rest], **fields).body)


def box(*items: dict[str, Any], ts: int = NOW_MS, **fields: Any) -> Medicine:
    """A closed box at room temperature."""
    well = {"door": "closed", "temp": 21.0}
    fields = {name: value for name, value in {**well, **fields}.items() if value is not None}
    return cast("Medicine", reading(Kind.MEDICINE, ts=ts, items=list(items), **fields).body)


def counter(present: int = 2, entered: int = 50, left: int = 48, **fields: Any) -> Occupancy:
    """A meter."""
    return cast("Occupancy", reading(present=present, entered=entered, left=left, **fields).body)


def station(**fields: Any) -> Station:
    """In Tianhe, Guangzhou."""
    known = {
        "id": "st-1",
        "name": "驿站",
        "lat": 23.1,
        "lon": 113.3,
        "province": "440000",
        "city": "440100",
        "district": "440106",
    }
    return Station(**{**known, **fields})


def all_known(body: Battery | Medicine, *lost: str) -> dict[tuple[str, str], str | None]:
    """As if there were alerts of every part of a reading, and of parts that are lost: nothing is left out of a look."""
    if isinstance(body, Battery):
        parts = [f"slot/{one.slot}" for one in body.slots]
        rules = ["cell_hot", "cell_cold", "cell_rising", "slot_fault", "slot_door"]
    else:
        parts, rules = [f"item/{item.sku}" for item in body.items], ["stock_low", "expiry"]
    return {(rule, part): None for part in [*parts, *lost] for rule in rules}


def by_place(findings: Iterable[Finding]) -> dict[tuple[str, str], Finding]:
    """By rule and part; a rule speaks once of a part."""
    told = list(findings)
    places = {(finding.rule, finding.part): finding for finding in told}
    assert len(places) == len(told)
    return places
