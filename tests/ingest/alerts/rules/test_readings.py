"""One door for readings of every kind."""

from typing import Final

import pytest

from ingest.alerts.model import GOOD
from ingest.alerts.rules.book import RuleBook
from ingest.alerts.rules.medicine import Shelf
from ingest.alerts.rules.readings import ReadingRules
from ingest.model import Article, Kind, Reading, ReadingBody
from ingest.visits.local_day import LocalDays
from tests.ingest.alerts.rules.stories import box, by_place, cabinet, counter, slot, station
from tests.ingest.making import NOW_MS, reading

DAYS: Final = LocalDays("Asia/Shanghai")
RULES: Final = ReadingRules(RuleBook(), Shelf([Article("balm", "清凉油", "Balm", "盒", 10, 3, essential=True)]), DAYS)
NOON_MS: Final = 1_795_694_400_000
"""Of 26 November 2026, UTC."""
PLACE: Final = station(capacity=20)


def of(kind: Kind, body: ReadingBody, received_ms: int = NOW_MS) -> Reading:
    """As it comes from the steps."""
    return Reading("st-1", kind, body, b"", received_ms)


@pytest.mark.parametrize(
    ("quiet", "loud", "rule", "part"),
    [
        (of(Kind.OCCUPANCY, counter()), of(Kind.OCCUPANCY, counter(20, 20, 0)), "full", ""),
        (of(Kind.BATTERY, cabinet()), of(Kind.BATTERY, cabinet(smoke=True)), "smoke", "cabinet"),
        (
            of(Kind.MEDICINE, box({"sku": "balm", "qty": 4})),
            of(Kind.MEDICINE, box({"sku": "balm", "qty": 3})),
            "stock_low",
            "item/balm",
        ),
    ],
    ids=["occupancy", "battery", "medicine"],
)
def test_each_kind_has_its_rules(quiet: Reading, loud: Reading, rule: str, part: str) -> None:
    """Quiet where all is well, and a finding where it is not."""
    assert RULES.is_quiet(PLACE, quiet)
    assert {finding.reached for finding in RULES.look(PLACE, quiet)} == {GOOD}
    assert not RULES.is_quiet(PLACE, loud)
    assert by_place(RULES.look(PLACE, loud))[rule, part].reached == 0


def test_donation_shelf_has_no_rule() -> None:
    """Nothing on it is an alert."""
    shelf = reading(Kind.EXCHANGE)
    assert RULES.is_quiet(PLACE, shelf)
    assert list(RULES.look(PLACE, shelf)) == []


def test_day_is_that_of_the_platforms_zone() -> None:
    """Expired from midnight in Shanghai on, when it is still the day before in Greenwich."""
    body = box({"sku": "balm", "qty": 4, "expires": "2026-11-26"})
    midnight_ms = DAYS.end_ms(DAYS.of(NOON_MS))
    for received_ms, days in ((midnight_ms - 1, 0), (midnight_ms, -1)):
        findings = by_place(RULES.look(PLACE, of(Kind.MEDICINE, body, received_ms)))
        assert findings["expiry", "item/balm"].value == days


def test_memory_goes_from_look_to_look() -> None:
    """A rise needs what the looks before it remembered."""
    known: dict[tuple[str, str], str | None] = {}
    for minute in range(4):
        body = cabinet(slot(1, state="charging", cell_temp=41.0 + 2.5 * minute), ts=NOW_MS + 60_000 * minute)
        findings = list(RULES.look(PLACE, of(Kind.BATTERY, body, body.ts), known))
        known = {(one.rule, one.part): one.memory for one in findings if one.memory}
    assert by_place(findings)["cell_rising", "slot/1"].reached == 0
