"""One door for readings of every kind."""

from dataclasses import replace
from typing import Final

import pytest

from ingest.alerts.model import GOOD, Finding
from ingest.alerts.rules.catalogue import DEFAULT_RULES
from ingest.alerts.rules.readings import ReadingRules
from ingest.alerts.rules.rule import NOTHING_KNOWN, Known
from ingest.model import Article, Kind, ReadingBody
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from ingest.visits.local_day import LocalDays
from tests.ingest.alerts.rules.stories import box, by_place, cabinet, counter, slot, station
from tests.ingest.making import NOW_MS, reading

DAYS: Final = LocalDays("Asia/Shanghai")
BALM: Final = Article("balm", "清凉油", "Balm", "盒", 10, 3, essential=True)
PLACE: Final = station(capacity=20)
REGISTRY: Final = MemoryRegistry(load_regions(), [PLACE], [BALM])
RULES: Final = ReadingRules(REGISTRY, DAYS)
NOON_MS: Final = 1_795_694_400_000
"""Of 26 November 2026, UTC."""


def is_quiet(kind: Kind, body: ReadingBody) -> bool:
    """At the default rules."""
    return RULES.is_quiet(PLACE, DEFAULT_RULES, kind, body, NOW_MS)


def look(kind: Kind, body: ReadingBody, now_ms: int = NOW_MS, known: Known = NOTHING_KNOWN) -> list[Finding]:
    """The same."""
    return list(RULES.look(PLACE, DEFAULT_RULES, kind, body, now_ms, now_ms, known))


@pytest.mark.parametrize(
    ("kind", "quiet", "loud", "rule", "part"),
    [
        (Kind.OCCUPANCY, counter(), counter(20, 20, 0), "full", ""),
        (Kind.BATTERY, cabinet(), cabinet(smoke=True), "smoke", "cabinet"),
        (Kind.MEDICINE, box({"sku": "balm", "qty": 4}), box({"sku": "balm", "qty": 3}), "stock_low", "item/balm"),
    ],
    ids=["occupancy", "battery", "medicine"],
)
def test_each_kind_has_its_rules(kind: Kind, quiet: ReadingBody, loud: ReadingBody, rule: str, part: str) -> None:
    """Quiet where all is well, and a finding where it is not."""
    assert is_quiet(kind, quiet)
    assert {finding.reached for finding in look(kind, quiet)} == {GOOD}
    assert not is_quiet(kind, loud)
    assert by_place(look(kind, loud))[rule, part].reached == 0


def test_donation_shelf_has_no_rule() -> None:
    """Nothing on it is an alert."""
    body = reading(Kind.EXCHANGE).body
    assert is_quiet(Kind.EXCHANGE, body)
    assert look(Kind.EXCHANGE, body) == []


def test_day_is_that_of_the_platforms_zone() -> None:
    """Expired from midnight in Shanghai on, when it is still the day before in Greenwich."""
    body = box({"sku": "balm", "qty": 4, "expires": "2026-11-26"})
    midnight_ms = DAYS.end_ms(DAYS.of(NOON_MS))
    for now_ms, days in ((midnight_ms - 1, 0), (midnight_ms, -1)):
        assert by_place(look(Kind.MEDICINE, body, now_ms))["expiry", "item/balm"].value == days


def test_memory_goes_from_look_to_look() -> None:
    """A rise needs what the looks before it remembered."""
    known: dict[tuple[str, str], str | None] = {}
    for minute in range(4):
        now_ms = NOW_MS + 60_000 * minute
        body = cabinet(slot(1, state="charging", cell_temp=41.0 + 2.5 * minute), ts=now_ms)
        findings = look(Kind.BATTERY, body, now_ms, known)
        known = {(one.rule, one.part): one.memory for one in findings if one.memory}
    assert by_place(findings)["cell_rising", "slot/1"].reached == 0


def test_catalogue_that_changed_is_looked_at_anew() -> None:
    """Another minimum counts from the next reading on."""
    registry = MemoryRegistry(load_regions(), [PLACE], [BALM])
    rules, body = ReadingRules(registry, DAYS), box({"sku": "balm", "qty": 4})
    assert rules.is_quiet(PLACE, DEFAULT_RULES, Kind.MEDICINE, body, NOW_MS)
    registry.reload([PLACE], [replace(BALM, minimum=4)])
    assert not rules.is_quiet(PLACE, DEFAULT_RULES, Kind.MEDICINE, body, NOW_MS)
