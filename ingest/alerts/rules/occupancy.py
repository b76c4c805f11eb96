"""What a reading of the people counter means, and what its meter did over hours.

Enters: an `Occupancy` reading or `StationFacts`, the station's rules. Leaves: findings.
Never: takes a station that is not heard for one without visitors.
"""

from collections.abc import Iterator

from ingest.alerts.model import GOOD, Finding
from ingest.alerts.rules.facts import StationFacts
from ingest.alerts.rules.rule import Bad, StationRules, levels_of
from ingest.model import Access, Occupancy, Presence

_HOUR_MS = 3_600_000


def is_quiet(body: Occupancy, rules: StationRules, capacity: int) -> bool:
    """Whether `look` would find everything good and clear. Runs for every reading, so it makes nothing."""
    present = body.present
    if capacity and present >= capacity * rules.full_share:
        return False
    drift = body.entered - body.left - present
    people = rules.drift_people
    return -people <= drift <= people or abs(drift) < body.entered * rules.drift_most


def look(body: Occupancy, rules: StationRules, capacity: int) -> Iterator[Finding]:
    """What the rules say of one reading; `capacity` in people, 0 where it is unknown."""
    findings = [_full(body.present, rules, capacity), _drift(body, rules)]
    yield from (finding for finding in findings if finding is not None)


def look_back(facts: StationFacts, rules: StationRules) -> Iterator[Finding]:
    """What the rules say of the meter over time."""
    is_heard = facts.presence is Presence.ONLINE
    quiet_ms = facts.now_ms - facts.last_visit_ms if facts.last_visit_ms is not None and is_heard else None
    if facts.access is Access.ALL_DAY and facts.has_counter:
        hours = None if quiet_ms is None else round(quiet_ms / _HOUR_MS, 2)
        findings = [rules.measure("no_visit", "", hours)]
    else:
        findings = [rules.tell("no_visit", "", GOOD)]
    findings.append(rules.measure("meter_back", "", facts.meter_went_back if is_heard else None))
    yield from (finding for finding in findings if finding is not None)


def _full(present: int, rules: StationRules, capacity: int) -> Finding | None:
    setting = rules.get("full")
    if setting is None:
        return None
    if not capacity:
        return Finding("full", "", GOOD, GOOD, present)
    return Finding("full", "", *levels_of(present / capacity, Bad.AT_LEAST, setting), present)


def _drift(body: Occupancy, rules: StationRules) -> Finding | None:
    setting = rules.get("drift")
    if setting is None:
        return None
    drift = abs(body.entered - body.left - body.present)
    if drift <= setting.extra["people"]:
        return Finding("drift", "", GOOD, GOOD, drift)
    share = drift / body.entered if body.entered else float("inf")
    return Finding("drift", "", *levels_of(share, Bad.ABOVE, setting), drift)
