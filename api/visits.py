"""`/v1/visits`: how many people came, by local day, each number with how good it is.

Enters: stations or a region, and a range of days. Leaves: the published counts and their revisions.
Never: adds up counts of different quality without saying the weakest.
"""

from datetime import date, timedelta
from itertools import groupby
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from api.answers import json_answer
from api.bodies import (
    RegionVisitDay,
    StationVisits,
    VisitDay,
    VisitRevision,
    VisitsAnswer,
    VisitsOfRegion,
    VisitsOfStations,
)
from api.instants import rfc3339
from api.platform import PLATFORM, ApiPlatform
from api.problems import wrong_parameter
from api.query import LocalDay, Query
from api.selection import known_region
from api.station_view import region_ref
from ingest.model import DayCount, Quality, RegionDay, Revision

DAYS_MAX: Final = 400
"""Of one answer. Larger: one request reads years of every station of a region. Smaller: a year beside the same weeks of
the year before no longer fits."""

DAYS_DEFAULT: Final = 14

STATIONS_MAX: Final = 50
"""Of one answer. Larger: one request makes 20,000 rows. Smaller: a crew's round needs several requests."""

_FIRST_DAY: Final = date(2000, 1, 1)
_LAST_DAY: Final = date(2099, 12, 31)
_DAY_EXPECTED: Final = f"a local day as YYYY-MM-DD, {_FIRST_DAY} to {_LAST_DAY}"


class VisitsQuery(Query):
    """Whose visits, and of which days."""

    station: Annotated[
        tuple[str, ...],
        Field(max_length=STATIONS_MAX, description=f"the id of a station; repeat it for up to {STATIONS_MAX}"),
    ] = ()
    region: Annotated[
        str | None, Field(description="the code of a region of any level; without station and region: the nation")
    ] = None
    first: Annotated[
        LocalDay | None,
        Field(
            alias="from",
            ge=_FIRST_DAY,
            le=_LAST_DAY,
            description=f"{_DAY_EXPECTED}; without it: {DAYS_DEFAULT} days up to `to`",
        ),
    ] = None
    last: Annotated[
        LocalDay | None,
        Field(alias="to", ge=_FIRST_DAY, le=_LAST_DAY, description=f"{_DAY_EXPECTED}, included; without it: today"),
    ] = None


async def show_visits(request: web.Request, query: VisitsQuery) -> web.Response:
    """Visits by day of stations, of a region, or of the nation."""
    platform = request.app[PLATFORM]
    now_ms = platform.now_ms()
    first, last = _days(query, platform.visits.today(now_ms))
    if query.station and query.region is not None:
        raise wrong_parameter("region", "was given beside station", "give stations or a region, not both")
    data = (
        await _of_stations(platform, query.station, first, last)
        if query.station
        else await _of_region(platform, query.region, first, last)
    )
    return json_answer(VisitsAnswer(last_updated=rfc3339(now_ms), ttl=platform.settings.ttl_s, data=data))


def region_visit_day(day: RegionDay) -> RegionVisitDay:
    """A region's day; labels behind which no station stands are given as 0."""
    return RegionVisitDay(
        day=day.day,
        visits=day.visits,
        carried=day.carried,
        quality=day.quality,
        stations={quality: day.stations.get(quality, 0) for quality in Quality},
    )


def _days(query: VisitsQuery, today: date) -> tuple[date, date]:
    """The first and last day asked for; raises `Problem` (400)."""
    last = query.last or today
    first = query.first or last - timedelta(days=DAYS_DEFAULT - 1)
    if first > last:
        behind = "to" if query.last else f"today, {today}"
        raise wrong_parameter("from", f"{first} is after {behind}", "a day not after to")
    if (last - first).days >= DAYS_MAX:
        detail = f"{first} to {last} is {(last - first).days + 1} days"
        raise wrong_parameter("from", detail, f"at most {DAYS_MAX} days in one answer")
    return first, last


async def _of_stations(platform: ApiPlatform, ids: tuple[str, ...], first: date, last: date) -> VisitsOfStations:
    stations = sorted(set(ids))
    for station in stations:
        if platform.registry.station(station) is None:
            raise wrong_parameter("station", "no station of this id is registered", "an id from /v1/stations")
    counts = sorted(await platform.visits.of_stations(stations, first, last))
    days = {station: list(of_it) for station, of_it in groupby(counts, lambda count: count.station)}
    return VisitsOfStations(
        first=first,
        last=last,
        stations=[
            StationVisits(
                station=station,
                days=[_visit_day(count) for count in days.get(station, ())],
                revisions=[_revision(one) for one in await platform.visits.revisions(station, first, last)],
            )
            for station in stations
        ],
    )


async def _of_region(platform: ApiPlatform, code: str | None, first: date, last: date) -> VisitsOfRegion:
    region = None if code is None else known_region(platform.registry, "region", code)
    days = await platform.visits.of_region(code, first, last)
    return VisitsOfRegion(
        first=first,
        last=last,
        region=None if region is None else region_ref(region),
        days=[region_visit_day(day) for day in days],
    )


def _visit_day(count: DayCount) -> VisitDay:
    return VisitDay(day=count.day, visits=count.visits, carried=count.carried, quality=count.quality)


def _revision(one: Revision) -> VisitRevision:
    return VisitRevision(day=one.day, old=one.old, new=one.new, why=one.why, at=rfc3339(one.at_ms))
