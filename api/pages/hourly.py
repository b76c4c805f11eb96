"""Today by the hour: how many people were inside a station, from its readings.

Enters: a station, an instant. Leaves: the hours of the local day so far, kept for a minute.
Never: asks the store once for each reader, or holds a page back because the store is away.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from aiohttp import web

from api.instants import local
from api.platform import ApiPlatform
from api.privacy import told_people
from ingest.model import HistoryPoint, Kind
from ingest.ports import StoreMisconfigured, TransientStoreError

HOUR_MS: Final = 3_600_000
_KEPT_MS: Final = 60_000
"""Larger: the present hour lags behind the numbers above it. Smaller: more questions to the store."""
_KEPT_STATIONS: Final = 2_000
"""Larger: memory, about 2 kB each. Smaller: a busy day asks the store for the same station again."""
_FIGURE: Final = "present"


@dataclass(frozen=True, slots=True)
class Hour:
    """People inside during one hour."""

    began: datetime
    """In the stations' zone."""

    mean: float
    highest: int


class Hourly:
    """The hours of the stations that were asked for last; `turns` are those of all questions to the store."""

    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns = turns
        self._kept: OrderedDict[str, tuple[int, list[Hour]]] = OrderedDict()

    async def of(self, platform: ApiPlatform, station_id: str, now_ms: int) -> list[Hour] | None:
        """The hours of today that told something; None while the store is away."""
        kept = self._kept.get(station_id)
        if kept is not None and 0 <= now_ms - kept[0] < _KEPT_MS:
            return kept[1]
        now = local(now_ms, platform.settings.zone)
        midnight_ms = int(datetime.combine(now.date(), time(), now.tzinfo).timestamp() * 1000)
        try:
            async with self._turns:
                points = await platform.history.history(station_id, Kind.OCCUPANCY, midnight_ms, now_ms, HOUR_MS)
        except (TransientStoreError, StoreMisconfigured):
            return None
        hours = [_hour(platform, point) for point in points if _FIGURE in point.values]
        self._kept[station_id] = (now_ms, hours)
        self._kept.move_to_end(station_id)
        while len(self._kept) > _KEPT_STATIONS:
            self._kept.popitem(last=False)
        return hours


HOURLY: Final = web.AppKey("hourly", Hourly)


def _hour(platform: ApiPlatform, point: HistoryPoint) -> Hour:
    spread = point.values[_FIGURE]
    few = platform.settings.few_people
    mean, highest = told_people(spread.mean, few), told_people(spread.highest, few)
    return Hour(local(point.start_ms, platform.settings.zone), mean, round(highest))
