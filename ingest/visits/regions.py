"""Running sums of the visits of one day, for every region: moved as a station's count changes, never added up anew.

Enters: what a station's count was and is now, with the codes of its regions. Leaves: a `RegionDay` for any code.
Never: asks who stands where, or which day it is.
"""

from datetime import date
from typing import Final

from ingest.model import DayCount, Quality, RegionDay, Station

_LABELS: Final = tuple(Quality)
"""From the best to the weakest."""


Codes = tuple[str | None, ...]
"""Codes of regions; None is the nation."""


def all_codes(station: Station) -> Codes:
    """The regions that a station counts for."""
    return (*wide_codes(station), station.district) if station.district is not None else wide_codes(station)


def wide_codes(station: Station) -> Codes:
    """All of them but its district."""
    return (None, station.province, station.city) if station.city is not None else (None, station.province)


class _Sums:
    __slots__ = ("carried", "stations", "visits")

    def __init__(self) -> None:
        self.visits = 0
        self.carried = 0
        self.stations = dict.fromkeys(_LABELS, 0)

    def add(self, count: DayCount, sign: int) -> None:
        self.visits += sign * count.visits
        self.carried += sign * count.carried
        self.stations[count.quality] += sign


class DayTotals:
    """One local day."""

    def __init__(self, day: date) -> None:
        self.day = day
        self._sums: dict[str | None, _Sums] = {}

    def move(self, codes: Codes, old: DayCount | None, new: DayCount | None) -> None:
        """A station in the regions `codes` counts `new` from now on, in place of `old`; None for nothing."""
        for code in codes:
            sums = self._sums.get(code)
            if sums is None:
                sums = self._sums[code] = _Sums()
            if old is not None:
                sums.add(old, -1)
            if new is not None:
                sums.add(new, 1)

    def of(self, code: str | None) -> RegionDay:
        """The sums of a region; None for the nation. Where no station counts, nothing is known yet: provisional."""
        sums = self._sums.get(code) or _Sums()
        there = [label for label in _LABELS if sums.stations[label]]
        weakest = there[-1] if there else Quality.PROVISIONAL
        return RegionDay(self.day, sums.visits, sums.carried, weakest, dict(sums.stations))
