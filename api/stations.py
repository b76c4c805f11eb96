"""`/v1/stations` and `/v1/stations/{station_id}`: what stations are and offer now.

Enters: filters and a cursor, or an id. Leaves: a page of stations, or one with its readings.
Never: shows a station that is not in the registry.
"""

import asyncio
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from api.answers import json_answer
from api.cursors import cursor_behind
from api.instants import rfc3339
from api.paging import LIMIT_DEFAULT, LIMIT_MAX, Cursor, after, next_link
from api.platform import PLATFORM
from api.problems import Problem, wrong_parameter
from api.query import NoQuery, Query
from api.selection import Wanted, known_region, select
from api.station_bodies import StationAnswer, StationEntry, StationList, StationListAnswer
from api.station_view import Viewpoint, station_detail, station_entry
from ingest.model import Station
from ingest.registry.services import SERVICES

_SHAPED_A_TURN: Final = 50
"""Stations turned into answers before others get a turn. Larger: a page of 1,000 keeps readings and requests waiting.
Smaller: the page itself takes longer."""


class StationsQuery(Query):
    """Filters and paging of the list of stations."""

    province: Annotated[str | None, Field(description="the code of a region of any level, see /v1/regions")] = None
    region: Annotated[str | None, Field(description="the same as province; give one of the two")] = None
    service: Annotated[
        str | None, Field(description=f"one of: {', '.join(SERVICES)}", json_schema_extra={"enum": [*SERVICES]})
    ] = None
    cursor: Cursor = None
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description=f"how many stations at most, 1 to {LIMIT_MAX}")] = (
        LIMIT_DEFAULT
    )


async def list_stations(request: web.Request, query: StationsQuery) -> web.Response:
    """A page of stations in order of id."""
    platform = request.app[PLATFORM]
    if query.service is not None and query.service not in SERVICES:
        raise wrong_parameter("service", "is not a service", f"one of: {', '.join(SERVICES)}")
    wanted = Wanted(region=_region(request, query), service=query.service)
    stations = await select(platform.registry, wanted, after(query.cursor), query.limit + 1)
    page = stations[: query.limit]
    cursor = cursor_behind(page[-1].id) if len(stations) > query.limit else None

    view = Viewpoint.at(platform, platform.now_ms())
    entries: list[StationEntry] = []
    for station in page:
        entries.append(station_entry(view, station))
        if len(entries) % _SHAPED_A_TURN == 0:
            await asyncio.sleep(0)
    answer = StationListAnswer(
        last_updated=rfc3339(view.now_ms),
        ttl=platform.settings.ttl_s,
        data=StationList(stations=entries, next_cursor=cursor),
    )
    return json_answer(answer, link=next_link(request, cursor))


async def show_station(request: web.Request, _query: NoQuery) -> web.Response:
    """One station with its newest reading of each kind."""
    platform, station = request.app[PLATFORM], known_station(request)
    view = Viewpoint.at(platform, platform.now_ms())
    answer = StationAnswer(
        last_updated=rfc3339(view.now_ms),
        ttl=platform.settings.ttl_s,
        data=station_detail(view, station),
    )
    return json_answer(answer)


def known_station(request: web.Request) -> Station:
    """The station of the path; raises `Problem` (404) for one that is not registered."""
    station = request.app[PLATFORM].registry.station(request.match_info["station_id"])
    if station is None:
        raise Problem(404, "No station of this id is registered. /v1/stations lists those that are.")
    return station


def _region(request: web.Request, query: StationsQuery) -> str | None:
    if query.province is not None and query.region is not None:
        raise wrong_parameter("region", "was given beside province", "give one of the two, they mean the same")
    name, code = ("province", query.province) if query.region is None else ("region", query.region)
    return None if code is None else known_region(request.app[PLATFORM].registry, name, code).code
