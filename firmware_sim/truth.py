"""The truth: what the door's counter showed, day by day, and how many readings were taken.

Enters: every sample as it is taken. Leaves: one JSON document to hold the platform to. Never: a message or a fault.
A visit belongs to the local day of the first reading that shows it, by the station's clock.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from firmware_sim.local_time import DAY_MS, MINUTE_MS, ZONE_NAME, local_day
from firmware_sim.station import Sample

_AHEAD_MAX_MS: Final = 5 * MINUTE_MS
_BEHIND_MAX_MS: Final = 30 * DAY_MS
"""The protocol's bounds: a reading whose clock is further off is refused, so it shows nobody anything."""


class StationTruth:
    """One station's meter, as its readings showed it."""

    def __init__(self) -> None:
        self._shown: dict[int, int] = {}
        self._highest: dict[int, dict[date, int]] = defaultdict(dict)
        self.sampled: dict[str, Counter[int]] = defaultdict(Counter)

    def continue_from(self, epoch: int, shown: int) -> None:
        """An earlier run showed this much of an epoch; it is not counted again."""
        self._shown[epoch] = shown

    def note(self, sample: Sample) -> None:
        """Take a reading in."""
        self.sampled[sample.name.kind][sample.name.boot] += 1
        error_ms = sample.ts_ms - sample.true_ms
        if sample.name.kind != "occupancy" or not -_BEHIND_MAX_MS <= error_ms <= _AHEAD_MAX_MS:
            return
        epoch, entered = sample.body["epoch"], sample.body["entered"]
        if not isinstance(epoch, int) or not isinstance(entered, int):
            raise TypeError("a door counts in whole numbers")
        days = self._highest[epoch]
        day = local_day(sample.ts_ms)
        days[day] = max(entered, days.get(day, 0))

    def days(self) -> dict[date, int]:
        """Visits by local day, for every day of which a reading was taken."""
        visits: Counter[date] = Counter()
        for epoch, days in sorted(self._highest.items()):
            shown = self._shown.get(epoch, 0)
            for day, highest in sorted(days.items()):
                visits[day] += max(0, highest - shown)
                shown = max(shown, highest)
        return dict(sorted(visits.items()))


class Truth:
    """The truth about a fleet."""

    def __init__(self) -> None:
        self._stations: dict[str, StationTruth] = {}

    def station(self, station_id: str) -> StationTruth:
        """A station's truth, begun when first asked for."""
        return self._stations.setdefault(station_id, StationTruth())

    def days(self, station_id: str) -> dict[date, int]:
        """A station's visits by local day."""
        return self._stations[station_id].days()

    def document(self, notes: Mapping[str, Mapping[str, int]]) -> dict[str, object]:
        """All of it as JSON; `notes` are added to each station (what its ring lost, what was refused)."""
        return {
            "zone": ZONE_NAME,
            "stations": {
                station_id: {
                    "days": {day.isoformat(): visits for day, visits in truth.days().items()},
                    "sampled": {kind: dict(boots) for kind, boots in truth.sampled.items()},
                    **notes.get(station_id, {}),
                }
                for station_id, truth in self._stations.items()
            },
        }

    def write(self, path: Path, notes: Mapping[str, Mapping[str, int]]) -> None:
        """The document into a file, whole or not at all."""
        unfinished = path.with_name(path.name + ".part")
        unfinished.write_text(json.dumps(self.document(notes), indent=1) + "\n", encoding="utf-8")
        unfinished.replace(path)
