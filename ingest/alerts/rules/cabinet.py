"""What a reading of a battery-swap cabinet means.

Enters: a `Battery` reading, the station's rules, what is known from earlier looks. Leaves: findings.
Never: takes a value that is missing for a good one.
"""

from collections.abc import Iterator
from typing import Final

from gateway.payloads import Slot
from ingest.alerts.model import GOOD, Finding
from ingest.alerts.rules import rising
from ingest.alerts.rules.rule import NOTHING_KNOWN, Known, StationRules
from ingest.model import Battery

CABINET: Final = "cabinet"

_SUPPRESS_LEVELS: Final = {"none": GOOD, "armed": GOOD, "fault": 0, "discharged": 1}


def slot_part(slot: int) -> str:
    """The part that a slot is in an alert's key."""
    return f"slot/{slot}"


def is_quiet(body: Battery, rules: StationRules) -> bool:
    """Whether `look` would find everything known, good and clear. Runs for every reading, so it makes nothing."""
    cabinet_c = body.cabinet_temp
    if (
        body.smoke is not False
        or body.mains is not True
        or cabinet_c is None
        or not rules.cabinet_least_c < cabinet_c < rules.cabinet_most_c
        or body.suppress not in {"armed", "none"}
    ):
        return False
    most_c, least_c = rules.cell_most_c, rules.cell_least_c
    ready = 0
    for slot in body.slots:
        if slot.door != "closed" or slot.faults:
            return False
        state = slot.state
        if state == "empty":
            continue
        cell_c = slot.cell_temp
        if cell_c is None or cell_c >= most_c:
            return False
        if state == "ready":
            ready += 1
        elif state == "fault" or (state == "charging" and cell_c <= least_c):
            return False
    return ready >= rules.ready_least or ready == len(body.slots)


def look(body: Battery, rules: StationRules, received_ms: int, known: Known = NOTHING_KNOWN) -> Iterator[Finding]:
    """What each rule about cabinets says, part by part; `received_ms` is by the platform's clock.

    A slot in which all is well, and of which nothing is known, is left out.
    """
    # Smoke is told before anything is asked of the slots.
    yield from (finding for finding in _cabinet(body, rules) if finding is not None)
    findings: list[Finding | None] = []
    known_parts = {part for _, part in known}
    for slot in body.slots:
        part = slot_part(slot.slot)
        if part in known_parts or not _is_well(slot, rules):
            findings += _slot(slot, part, rules)
            memory = known.get(("cell_rising", part))
            findings.append(rising.look(slot, part, rising.Instant(body.ts, received_ms), rules, memory))
    yield from (finding for finding in findings if finding is not None)
    yield from _gone(body, known)


def _cabinet(body: Battery, rules: StationRules) -> Iterator[Finding | None]:
    yield rules.tell("smoke", CABINET, _level(rules, "smoke", is_bad=body.smoke))
    is_lost = None if body.mains is None else not body.mains
    yield rules.tell("mains_lost", CABINET, _level(rules, "mains_lost", is_bad=is_lost))
    suppress = body.suppress
    yield rules.tell("suppress", CABINET, None if suppress is None else _SUPPRESS_LEVELS[suppress], suppress)
    yield rules.measure("cabinet_hot", CABINET, body.cabinet_temp)
    yield rules.measure("cabinet_cold", CABINET, body.cabinet_temp)
    ready = sum(slot.state == "ready" for slot in body.slots)
    if ready == len(body.slots):
        yield rules.tell("ready_low", CABINET, GOOD, ready)
    else:
        yield rules.measure("ready_low", CABINET, ready)


def _is_well(slot: Slot, rules: StationRules) -> bool:
    """As in `is_quiet`, which has no time to call it."""
    if slot.door != "closed" or slot.faults or slot.state == "fault":
        return False
    if slot.state == "empty":
        return True
    cell_c = slot.cell_temp
    is_warm_enough = slot.state != "charging" or (cell_c is not None and cell_c > rules.cell_least_c)
    return cell_c is not None and cell_c < rules.cell_most_c and is_warm_enough


def _slot(slot: Slot, part: str, rules: StationRules) -> Iterator[Finding | None]:
    yield _cell_hot(slot, part, rules)
    if slot.state == "charging":
        yield rules.measure("cell_cold", part, slot.cell_temp)
    else:
        yield rules.tell("cell_cold", part, GOOD, slot.cell_temp)
    faults = ", ".join(slot.faults) or ("fault" if slot.state == "fault" else None)
    yield rules.tell("slot_fault", part, 0 if faults else GOOD, faults)
    yield rules.tell("slot_door", part, _level(rules, "slot_door", is_bad=slot.door and slot.door == "open"))


def _cell_hot(slot: Slot, part: str, rules: StationRules) -> Finding | None:
    setting = rules.get("cell_hot")
    if setting is None or slot.state == "empty":
        # The hot battery is gone, and that is not a missing value: the cabinet says so.
        return rules.tell("cell_hot", part, GOOD)
    finding = rules.measure("cell_hot", part, slot.cell_temp)
    if finding is None or finding.reached is None or finding.reached == GOOD or slot.state == "charging":
        return finding
    # Not charging, and warm all the same: not reached anew, but an open alert holds until the cell has cooled down.
    at_c = setting.levels[finding.reached].at
    is_counted = at_c is not None and at_c >= setting.extra["charging_below_c"]
    return finding if is_counted else finding._replace(reached=GOOD)


def _level(rules: StationRules, code: str, *, is_bad: bool | None) -> int | None:
    """Of a rule that knows but yes and no: all its levels are reached at once, and differ in how long it must last."""
    setting = rules.get(code)
    if is_bad is None or setting is None:
        return None
    return len(setting.levels) - 1 if is_bad else GOOD


def _gone(body: Battery, known: Known) -> Iterator[Finding]:
    """Slots that are not in the reading any more: nothing is known of them."""
    parts = {slot_part(slot.slot) for slot in body.slots}
    for rule, part in known:
        if part.startswith("slot/") and part not in parts:
            yield Finding(rule, part, None, None)
