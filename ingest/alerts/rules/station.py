"""What is known of a station as a whole: whether it is heard, its clock, its losses, its connection.

Enters: `StationFacts`, the station's rules. Leaves: findings. Never: takes silence for a cure.
"""

from collections.abc import Iterator
from typing import Final

from ingest.alerts.model import GOOD, Finding
from ingest.alerts.rules.facts import StationFacts
from ingest.alerts.rules.rule import StationRules
from ingest.model import Access, Presence

_WITH_CABINET: Final = 1
_HOUR_MS: Final = 3_600_000
_ROUNDING_H: Final = 0.01
"""Hours are told with two decimals, and may be a little more there than they are."""


def is_quiet(facts: StationFacts, rules: StationRules) -> bool:
    """Whether `look`, and `occupancy.look_back`, would find everything known, good and clear."""
    off_ms = facts.clock_off_ms
    return (
        facts.presence is Presence.ONLINE
        and off_ms is not None
        and abs(off_ms) < rules.clock_most_s * 1_000
        and not facts.clock_refused
        and not facts.missing
        and not facts.meter_went_back
        and facts.connects < rules.connects_most
        and (facts.access is not Access.ALL_DAY or not facts.has_counter or _was_visited(facts, rules))
    )


def _was_visited(facts: StationFacts, rules: StationRules) -> bool:
    last_ms = facts.last_visit_ms
    return last_ms is not None and facts.now_ms - last_ms < (rules.unvisited_most_h - _ROUNDING_H) * _HOUR_MS


def look(facts: StationFacts, rules: StationRules) -> Iterator[Finding]:
    """What each rule about stations says."""
    is_heard = facts.presence is Presence.ONLINE
    findings = [
        _dark(facts, rules),
        _never_seen(facts, rules),
        _clock_off(facts, rules) if is_heard else rules.tell("clock_off", "", None),
        _holes(facts, rules) if is_heard else rules.tell("holes", "", None),
        # A station that fell silent connects no more; that cures nothing.
        rules.measure("flapping", "", facts.connects if is_heard else None),
    ]
    yield from (finding for finding in findings if finding is not None)


def _dark(facts: StationFacts, rules: StationRules) -> Finding | None:
    setting = rules.get("dark")
    if setting is None:
        return None
    match facts.presence:
        case Presence.ONLINE:
            return Finding("dark", "", GOOD, GOOD)
        case Presence.NEVER_SEEN:
            return Finding("dark", "", None, None)
        case Presence.DARK:
            level = _WITH_CABINET if facts.has_cabinet else 0
            return Finding("dark", "", level, level, facts.silent_since_ms)


def _never_seen(facts: StationFacts, rules: StationRules) -> Finding | None:
    is_missed = facts.is_smart and facts.presence is Presence.NEVER_SEEN
    return rules.tell("never_seen", "", 0 if is_missed else GOOD)


def _clock_off(facts: StationFacts, rules: StationRules) -> Finding | None:
    setting = rules.get("clock_off")
    off_s = None if facts.clock_off_ms is None else round(abs(facts.clock_off_ms) / 1_000, 1)
    if setting is not None and facts.clock_refused:
        worst = len(setting.levels) - 1
        return Finding("clock_off", "", worst, worst, off_s)
    return rules.measure("clock_off", "", off_s)


def _holes(facts: StationFacts, rules: StationRules) -> Finding | None:
    setting = rules.get("holes")
    if setting is None:
        return None
    if facts.numbered < setting.extra["readings"]:
        return Finding("holes", "", GOOD, GOOD, 0.0)
    return rules.measure("holes", "", round(100 * min(1.0, facts.missing / facts.numbered), 2))
