"""`/v1/stations` and `/v1/stations/{station_id}`: what stations are and offer now.

Enters: filters and a cursor, or an id. Leaves: a page of stations, or one with its readings.
Never: shows a station that is not in the registry.
"""

import asyncio
from typing import Annotated, Final, Literal

from aiohttp import web
from pydantic import AfterValidator, Field
from pydantic.main import IncEx

from api.answers import json_answer
from api.cursors import Order, cursor_behind
from api.filters import StationFilters, wanted_by
from api.instants import rfc3339
from api.paging import LIMIT_DEFAULT, LIMIT_MAX, Cursor, after, after_distance, next_link
from api.platform import PLATFORM
from api.problems import Problem
from api.query import Query
from api.selection import START, Found, Place, place_of, select
from api.station_bodies import StationAnswer, StationEntry, StationList, StationListAnswer
from api.station_view import Viewpoint, station_detail, station_entry
from ingest.model import Station

_SHAPED_A_TURN: Final = 50
"""Stations turned into answers before others get a turn. Larger: a page of 1,000 keeps readings and requests waiting.
Smaller: the page itself takes longer."""

FIELDS: Final = tuple(StationEntry.model_fields)
_ONE_FIELD: Final = f"({'|'.join(FIELDS)})"

Crs = Annotated[
    Literal["wgs84", "gcj02"],
    Field(description="gcj02: add lat_gcj02 and lon_gcj02, for Chinese map apps; without it wgs84 alone"),
]


def _known_fields(text: str) -> str:
    unknown = set(text.split(",")) - set(FIELDS)
    if unknown:
        raise ValueError(f"has no {', '.join(sorted(unknown))}" if all(unknown) else "has an empty name")
    return text


class StationsQuery(StationFilters):
    """Filters, order, shape and paging of the list of stations."""

    sort: Annotated[Literal["id", "distance"], Field(description="id, or distance (from near)")] = "id"
    fields: Annotated[
        str | None,
        AfterValidator(_known_fields),
        Field(
            description=f"only these, separated by commas; id is always there: {', '.join(FIELDS)}",
            json_schema_extra={"pattern": f"^{_ONE_FIELD}(,{_ONE_FIELD})*$"},
        ),
    ] = None
    crs: Crs = "wgs84"
    cursor: Cursor = None
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description=f"how many stations at most, 1 to {LIMIT_MAX}")] = (
        LIMIT_DEFAULT
    )


class StationQuery(Query):
    """How one station is shown."""

    crs: Crs = "wgs84"


async def list_stations(request: web.Request, query: StationsQuery) -> web.Response:
    """A page of stations, in order of id or of distance."""
    platform = request.app[PLATFORM]
    by_distance = query.sort == "distance"
    wanted = wanted_by(platform, query, by_distance=by_distance)
    behind = after_distance(query.cursor) if by_distance else Place(START.distance_m, after(query.cursor))
    view = Viewpoint.at(platform, platform.now_ms())
    found = await select(view, wanted, behind, query.limit + 1)
    page = found[: query.limit]
    cursor = _cursor(page[-1], by_distance=by_distance) if len(found) > query.limit else None

    entries: list[StationEntry] = []
    for one in page:
        entries.append(station_entry(view, one.station, one.distance_m, with_gcj02=query.crs == "gcj02"))
        if len(entries) % _SHAPED_A_TURN == 0:
            await asyncio.sleep(0)
    answer = StationListAnswer(
        last_updated=rfc3339(view.now_ms),
        ttl=platform.settings.ttl_s,
        data=StationList(stations=entries, next_cursor=cursor),
    )
    return json_answer(answer, link=next_link(request, cursor), only=_only(query.fields))


async def show_station(request: web.Request, query: StationQuery) -> web.Response:
    """One station with its newest reading of each kind."""
    platform, station = request.app[PLATFORM], known_station(request)
    view = Viewpoint.at(platform, platform.now_ms())
    answer = StationAnswer(
        last_updated=rfc3339(view.now_ms),
        ttl=platform.settings.ttl_s,
        data=station_detail(view, station, with_gcj02=query.crs == "gcj02"),
    )
    return json_answer(answer)


def known_station(request: web.Request) -> Station:
    """The station of the path; raises `Problem` (404) for one that is not registered."""
    station = request.app[PLATFORM].registry.station(request.match_info["station_id"])
    if station is None:
        raise Problem(404, "No station of this id is registered. /v1/stations lists those that are.")
    return station


def _cursor(last: Found, *, by_distance: bool) -> str:
    place = place_of(last)
    return (
        cursor_behind(f"{place.distance_m!r} {place.id}", Order.DISTANCES) if by_distance else cursor_behind(place.id)
    )


def _only(fields: str | None) -> IncEx | None:
    """What of the answer is written, as pydantic's `include` takes it; None: all."""
    if fields is None:
        return None
    entry: IncEx = {"id", *fields.split(",")}
    stations: IncEx = {"__all__": entry}
    page: IncEx = {"next_cursor": True, "stations": stations}
    return {"last_updated": True, "ttl": True, "data": page}
