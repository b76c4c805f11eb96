"""The forecast of charged batteries against the simulator's cabinets, which know nothing of it."""

import json
from itertools import pairwise
from random import Random
from typing import Final, NamedTuple, cast

from firmware_sim.sensors.cabinet import Cabinet
from gateway.payloads import ADAPTERS
from ingest.alerts.rules.charging import Charging
from ingest.model import Battery, Kind
from tests.ingest.making import MINUTE_MS, NOW_MS

REPORT_MIN: Final = 3
DAYS: Final = 7
SWAPS_PER_DAY: Final = 60.0
"""Of twelve slots: more than it can serve at noon."""
WARNED_MIN: Final = 60


class Moment(NamedTuple):
    """One report, and what was foretold at it."""

    minute: int
    ready: int
    left_min: float | None

    @property
    def is_warned(self) -> bool:
        """Whether it is to be empty within the hour."""
        return self.left_min is not None and self.left_min <= WARNED_MIN


def story(seed: int) -> list[Moment]:
    """A week of a cabinet."""
    cabinet, charging = Cabinet(12, SWAPS_PER_DAY, Random(seed), NOW_MS), Charging()
    moments = []
    for number, minute in enumerate(range(0, DAYS * 1_440, REPORT_MIN), 1):
        at_ms = NOW_MS + minute * MINUTE_MS
        cabinet.advance(at_ms)
        document = {"ts": at_ms, "boot": 1, "seq": number, **cabinet.body()}
        body = cast("Battery", ADAPTERS[Kind.BATTERY].validate_json(json.dumps(document)))
        charging.note("st-1", body)
        ready = sum(slot.state == "ready" for slot in body.slots)
        moments.append(Moment(minute, ready, charging.minutes_to_no_battery("st-1", body, at_ms)))
    return moments


def test_most_warnings_come_true_and_most_empty_cabinets_were_warned_of() -> None:
    """Two of three warnings at least come true within 75 minutes; of ten empty cabinets eight were warned of before."""
    stories = [story(seed) for seed in range(2)]
    true_warnings, warnings, warned, emptied = 0, 0, 0, 0
    for moments in stories:
        for before, moment in pairwise(moments):
            if moment.is_warned and not before.is_warned:
                warnings += 1
                ahead = (other for other in moments if 0 <= other.minute - moment.minute <= 75)
                true_warnings += any(not other.ready for other in ahead)
            if before.ready and not moment.ready:
                emptied += 1
                behind = (other for other in moments if 5 <= moment.minute - other.minute <= WARNED_MIN)
                warned += any(other.is_warned for other in behind)
    assert warnings >= 20
    assert emptied >= 20
    assert true_warnings >= warnings * 2 / 3
    assert warned >= emptied * 4 / 5
