"""What a meter cannot have done, judged by the nearest known readings before and after.

Enters: a reading's place in time and number, and those of its neighbours. Leaves: a verdict. Never: moves anything.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from ingest.model import LedgerRow, Mark
from ingest.visits.hot_row import HotRow, Sighting

PERSON_MS: Final = 200
"""No door lets people in faster. Larger: a crowd at opening time is refused. Smaller: a garbled counter is believed,
and its day is wrong for ever."""


def neighbours(reading: LedgerRow, known: Sequence[HotRow]) -> tuple[Sighting | None, Sighting | None]:
    """The nearest known readings of the same epoch, before (or the very same) and after."""
    mark = reading.first
    same = [row for row in known if row.epoch == reading.epoch]
    sightings = [sighting for row in same if row.day == reading.day for sighting in (row.begin, row.end)]
    earlier = max((row for row in same if row.day < reading.day), key=_day_of, default=None)
    if earlier is not None:
        sightings.append(earlier.end)
    later = min((row for row in same if row.day > reading.day), key=_day_of, default=None)
    if later is not None:
        sightings.append(later.begin)
    before = max((sighting for sighting in sightings if sighting[0] <= mark), default=None)
    after = min((sighting for sighting in sightings if sighting[0] > mark), default=None)
    return before or _zero_of_epoch(reading, known), after


def _zero_of_epoch(reading: LedgerRow, known: Sequence[HotRow]) -> Sighting | None:
    """An epoch begins at zero, and not before the last reading of an older one."""
    ended = (row.last_ts for row in known if row.epoch < reading.epoch and row.last_ts <= reading.first.ts_ms)
    ended_ms = max(ended, default=None)
    return None if ended_ms is None else (Mark(ended_ms, 0, 0), 0)


def _day_of(row: HotRow) -> date:
    return row.day


def is_jump(people: int, elapsed_ms: int) -> bool:
    """More people than can have come: the first perhaps at once, each further one after `PERSON_MS`."""
    return (people - 1) * PERSON_MS > elapsed_ms


def has_gone_back(mark: Mark, entered: int, before: Sighting | None, after: Sighting | None) -> bool:
    """The meter shows less than it did before, or more than it does after."""
    return (before is not None and entered < before[1] and _is_later(mark, before[0])) or (
        after is not None and entered > after[1] and _is_later(after[0], mark)
    )


def _is_later(mark: Mark, other: Mark) -> bool:
    """Both by the clock and by (boot, seq). Where they disagree the clock was set, and the meter is not to blame."""
    return mark > other and mark[1:] > other[1:]
