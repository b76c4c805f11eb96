"""What the engine of rules looks at.

Enters: registry, live stations, quality, local days. Leaves: the same in one hand. Never: a copy of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.live.station import LiveStation
from ingest.ports import Registry
from ingest.quality import QualityBook
from ingest.visits.local_day import LocalDays


@dataclass(frozen=True, slots=True)
class World:
    """What the engine looks at."""

    registry: Registry
    live: Mapping[str, LiveStation]
    quality: QualityBook
    days: LocalDays
