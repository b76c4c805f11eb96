"""The visits of regions: around today always at hand, other days of wide regions once asked for, all else by query.

Enters: changes as they are published, questions. Leaves: `RegionDay`s. Never: counts a station that is not registered.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from ingest.database import day_counts
from ingest.database.database import Database
from ingest.model import DayCount, Level, RegionDay, Station
from ingest.ports import Registry
from ingest.visits.publishing import Change
from ingest.visits.regions import Codes, DayTotals, all_codes, wide_codes

SMALL_STATIONS: Final = 2_000
"""Stations of a region whose counts are read for each question. Larger: such a question takes seconds. Smaller: one
about a small town reads whole days of the nation."""
COUNTS_AT_ONCE: Final = 20_000
"""Counts read in one transaction, some 60 ms. Larger: readings wait for it. Smaller: more queries for a question."""
WIDE_DAYS_MAX: Final = 400
"""Days of nation, provinces and cities kept in memory, some 0.1 MB each: what one question may span. Larger: memory.
Smaller: whoever asks for a year has each day read again and again."""

_DAY: Final = timedelta(days=1)


class RegionBook:
    """Two sets of running totals: of three days for every region, of asked-for days for the wide ones."""

    def __init__(self, database: Database, registry: Registry, today: date) -> None:
        self._database = database
        self._registry = registry
        self._today = today
        self.still = asyncio.Lock()
        """Held while counts are published and applied, and while totals are read and put in their place: what is read
        would else be older than what was applied, or hold it already."""
        self._recent: dict[date, DayTotals] = {}
        self._wide: OrderedDict[date, DayTotals] = OrderedDict()
        """The longest unasked first."""
        self._keep_around(today)

    async def load(self) -> None:
        """Begin with what is published; also after the registry changed, whose stations may count elsewhere now."""
        self._wide = OrderedDict()
        for day in list(self._recent):
            async with self.still:
                totals = await self._read(day, all_codes)
                if day in self._recent:
                    self._recent[day] = totals

    def turn(self, today: date) -> bool:
        """Move on to a later day; whether it is one. A clock that is set back changes nothing."""
        if today <= self._today:
            return False
        self._today = today
        self._keep_around(today)
        return True

    def apply(self, changes: Iterable[Change]) -> None:
        """Follow what was published; with `still` held since before that."""
        for old, new in changes:
            station = self._registry.station(new.station)
            if station is None:
                continue
            if new.day in self._recent:
                self._recent[new.day].move(all_codes(station), old, new)
            if new.day in self._wide:
                self._wide[new.day].move(wide_codes(station), old, new)

    def today_and_yesterday(self, region: str | None) -> tuple[RegionDay, RegionDay]:
        """From memory."""
        return self._recent[self._today].of(region), self._recent[self._today - _DAY].of(region)

    async def days(self, region: str | None, first: date, last: date) -> list[RegionDay]:
        """By day; days on which no station of the region has a count are left out."""
        all_days = [first + _DAY * number for number in range((last - first).days + 1)]
        if self._is_wide(region):
            days = [await self._wide_day(region, day) for day in all_days]
        else:
            days = await self._by_stations(region, all_days)
        return [day for day in days if any(day.stations.values())]

    def _is_wide(self, region: str | None) -> bool:
        found = None if region is None else self._registry.region(region)
        if found is not None and found.level is Level.DISTRICT:
            return False
        some = islice(self._registry.stations(region=region), SMALL_STATIONS + 1)
        return sum(1 for _ in some) > SMALL_STATIONS

    async def _wide_day(self, region: str | None, day: date) -> RegionDay:
        if day in self._recent:
            return self._recent[day].of(region)
        wide = self._wide  # another one if the registry changes while we read
        if day not in wide:
            async with self.still:
                if day not in wide:  # nobody else asked for it meanwhile
                    wide[day] = await self._read(day, wide_codes)
            while len(wide) > WIDE_DAYS_MAX:
                wide.popitem(last=False)
        if day in wide:
            wide.move_to_end(day)
            return wide[day].of(region)
        return await self._wide_day(region, day)

    async def _by_stations(self, region: str | None, days: Sequence[date]) -> list[RegionDay]:
        totals = {day: DayTotals(day) for day in days}
        stations = [station.id for station in self._registry.stations(region=region)]
        at_once = max(1, COUNTS_AT_ONCE // max(1, len(days)))
        for start in range(0, len(stations), at_once):
            some = stations[start : start + at_once]
            for count in await self._database.read(partial(_counts_of, stations=some, first=days[0], last=days[-1])):
                totals[count.day].move((region,), None, count)
        return [day.of(region) for day in totals.values()]

    async def _read(self, day: date, codes_of: Callable[[Station], Codes]) -> DayTotals:
        """A day's totals as they are published; to be put in their place with `still` held all the time."""

        def read(connection: Connection) -> DayTotals:
            totals = DayTotals(day)
            for published in day_counts.of_days(connection, day, day):
                station = self._registry.station(published.day_count.station)
                if station is not None:
                    totals.move(codes_of(station), None, published.day_count)
            return totals

        return await self._database.read(read)

    def _keep_around(self, today: date) -> None:
        """Yesterday, today, and tomorrow: a station's clock may be ahead."""
        days = (today - _DAY, today, today + _DAY)
        self._recent = {day: self._recent.get(day) or DayTotals(day) for day in days}


def _counts_of(connection: Connection, stations: Sequence[str], first: date, last: date) -> list[DayCount]:
    return [one.day_count for one in day_counts.of_stations(connection, stations, first, last)]
