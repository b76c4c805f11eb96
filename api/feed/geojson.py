"""`/v1/stations.geojson`: the stations of `/v1/stations` as GeoJSON (RFC 7946), for maps.

Enters: filters and a cursor. Leaves: a FeatureCollection of points, WGS-84, longitude first.
Never: another datum, or a field that `/v1/stations` has under another name.
"""

import json
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field

from api.cursors import cursor_behind
from api.filters import StationFilters, wanted_by
from api.instants import rfc3339
from api.paging import LIMIT_DEFAULT, LIMIT_MAX, Cursor, after, next_link
from api.platform import PLATFORM
from api.selection import START, Place, select
from api.station_bodies import StationEntry
from api.station_view import Viewpoint, station_entry

MEDIA_TYPE: Final = "application/geo+json"
_OF_GEOMETRY: Final = {"id", "lat", "lon", "lat_gcj02", "lon_gcj02"}


class GeojsonQuery(StationFilters):
    """Filters and paging."""

    cursor: Cursor = None
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description=f"how many stations at most, 1 to {LIMIT_MAX}")] = (
        LIMIT_DEFAULT
    )


async def list_geojson(request: web.Request, query: GeojsonQuery) -> web.Response:
    """A page of stations in order of id; the header Link leads to the next."""
    platform = request.app[PLATFORM]
    view = Viewpoint.at(platform, platform.now_ms())
    found = await select(
        view, wanted_by(platform, query), Place(START.distance_m, after(query.cursor)), query.limit + 1
    )
    page = found[: query.limit]
    collection = {
        "type": "FeatureCollection",
        "last_updated": rfc3339(view.now_ms),
        "ttl": platform.settings.ttl_s,
        "features": [_feature(station_entry(view, one.station, one.distance_m)) for one in page],
    }
    cursor = cursor_behind(page[-1].station.id) if len(found) > query.limit else None
    response = web.Response(body=json.dumps(collection, ensure_ascii=False).encode(), content_type=MEDIA_TYPE)
    link = next_link(request, cursor)
    if link is not None:
        response.headers["Link"] = link
    return response


def _feature(entry: StationEntry) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": entry.id,
        "geometry": {"type": "Point", "coordinates": [entry.lon, entry.lat]},
        "properties": entry.model_dump(mode="json", exclude=_OF_GEOMETRY),
    }
