"""Receipts: whatever is durable is confirmed in the end, and nothing else ever is."""

import json
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingest.accounting import Accounting
from ingest.checkpoint import Checkpoint
from ingest.decode import ClockBounds
from ingest.live.picture import LivePicture
from ingest.model import Quality, RegionDay
from ingest.quality import QualityBook
from ingest.receipts import ALSO_MAX, INTERVAL_MS, Receipts
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from ingest.sequence import OLDER_BOOTS, RANGES_MAX
from ingest.steps import Books, Steps
from ingest.visits.ledger import Ledger
from ingest.visits.local_day import LocalDays
from tests.ingest.making import MINUTE_MS, NOW_MS, reading

Name = tuple[int, int]
REGISTRY = MemoryRegistry(load_regions())
DAYS = LocalDays("Asia/Shanghai")


def nobody(_region: str | None) -> tuple[RegionDay, RegionDay]:
    """For summaries that are not asked for here."""
    day = RegionDay(date(2026, 11, 22), 0, 0, Quality.PROVISIONAL, {})
    return day, day


class Platform:
    """The steps of one station's readings; everything that is taken is durable at once."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.receipts = Receipts()
        picture = LivePicture(REGISTRY, MINUTE_MS, nobody)
        self.steps = Steps(
            Books(
                ClockBounds(),
                picture,
                Ledger(DAYS),
                QualityBook(),
                self.receipts,
                Checkpoint(NOW_MS),
                Accounting(),
            )
        )

    def take(self, boot: int, seq: int) -> None:
        """A reading arrives."""
        self.steps.reading(reading(boot=boot, seq=seq, received_ms=self.now_ms), self.now_ms)

    def stored(self) -> list[dict[str, Any]]:
        """The lines of the receipt that is due an interval later; empty without one."""
        self.now_ms += INTERVAL_MS
        receipts = self.receipts.collect(self.now_ms)
        return [line for _topic, payload in receipts for line in json.loads(payload)["stored"]]

    def confirmed(self) -> set[Name]:
        """The names that the receipt confirms."""
        return {
            (line["boot"], seq)
            for line in self.stored()
            for low, high in ([1, line["seq"]], *line.get("also", ()))
            for seq in range(low, high + 1)
        }


def test_receipt_names_all_up_to_a_hole_and_what_lies_above() -> None:
    """One line for each kind and boot; the next receipt only when something came again."""
    platform = Platform()
    for seq in (1, 2, 3, 5, 6, 9):
        platform.take(7, seq)
    assert platform.stored() == [{"kind": "occupancy", "boot": 7, "seq": 3, "also": [[5, 6], [9, 9]]}]
    assert platform.stored() == []


def test_backlog_over_more_boots_than_are_remembered_is_confirmed_when_it_is_sent_again() -> None:
    """A station that was without line over many reboots gets rid of all of its readings."""
    platform = Platform()
    ring = {(boot, seq) for boot in range(1, OLDER_BOOTS + 20) for seq in (1, 2, 3)}
    for _ in range(2):
        for boot, seq in sorted(ring):
            platform.take(boot, seq)
        ring -= platform.confirmed()
    assert ring == set()


def test_readings_between_many_holes_are_confirmed_when_they_are_sent_again() -> None:
    """What was refused for good leaves holes; a receipt names some ranges, and each round some more."""
    platform = Platform()
    ring = {(1, seq) for seq in range(2, 10 * ALSO_MAX, 2)}
    for _ in range(6):
        for boot, seq in sorted(ring):
            platform.take(boot, seq)
        ring -= platform.confirmed()
    assert ring == set()


def test_a_reading_below_more_holes_than_are_remembered_is_confirmed() -> None:
    """A long boot in which each second reading was refused, and one of its first comes late: it need not come twice."""
    platform = Platform()
    for seq in range(6, 6 + 2 * RANGES_MAX + 4, 2):
        platform.take(1, seq)
    platform.stored()
    platform.take(1, 4)
    assert (1, 4) in platform.confirmed()


@given(st.lists(st.lists(st.tuples(st.integers(1, OLDER_BOOTS + 5), st.integers(1, 9)), max_size=30), max_size=6))
def test_receipts_confirm_nothing_that_has_not_come(rounds: list[list[Name]]) -> None:
    """Whatever comes in whatever order, a receipt stands only for readings that were taken."""
    platform = Platform()
    came: set[Name] = set()
    for names in rounds:
        for boot, seq in names:
            platform.take(boot, seq)
        came |= set(names)
        assert platform.confirmed() <= came
