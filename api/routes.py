"""The whole URL table: every address, what it takes, what it answers.

Enters: nothing. Leaves: `ROUTES`, from which `register` makes aiohttp's routes and `api.openapi` the document.
Never: a second place that names a path.
"""

from typing import Any, Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from api.access import admit
from api.bodies import (
    AliveAnswer,
    ReadinessAnswer,
    RegionListAnswer,
    SummaryAnswer,
    VisitsAnswer,
)
from api.body import read_body
from api.feed.gbfs_files import show_gbfs_file, show_gbfs_manifest
from api.feed.geojson import GeojsonQuery, list_geojson
from api.feed.sharing import share
from api.health import show_alive, show_ready
from api.history import HistoryQuery, show_history
from api.history_bodies import StationHistoryAnswer
from api.metrics import show_metrics
from api.openapi import show_document
from api.ops.routes import OPERATORS
from api.pages.routes import PAGES
from api.query import NoQuery, parse_query
from api.regions import RegionsQuery, list_regions
from api.route import Route
from api.station_bodies import StationAnswer, StationListAnswer
from api.stations import StationQuery, StationsQuery, list_stations, show_station
from api.stream.answer import StreamQuery, stream
from api.summary import SummaryQuery, show_summary
from api.visits import VisitsQuery, show_visits

ROUTES: Final[tuple[Route[Any], ...]] = (
    *PAGES,
    Route(
        "GET",
        "/v1/stations",
        list_stations,
        StationsQuery,
        StationListAnswer,
        "Stations and what they offer now, page by page",
        (400, 500),
        is_shared=True,
    ),
    Route(
        "GET",
        "/v1/stations.geojson",
        list_geojson,
        GeojsonQuery,
        "application/geo+json",
        "Stations as GeoJSON, page by page",
        (400, 500),
        is_shared=True,
    ),
    Route(
        "GET",
        "/gbfs/v3/manifest.json",
        show_gbfs_manifest,
        NoQuery,
        "application/json",
        "GBFS 3.0: where the data set of each province is",
        (400, 500),
        is_shared=True,
    ),
    Route(
        "GET",
        "/gbfs/v3/{system_id}/{feed}.json",
        show_gbfs_file,
        NoQuery,
        "application/json",
        "GBFS 3.0: one file of a province's battery-swap cabinets",
        (400, 404, 500),
        is_shared=True,
    ),
    Route(
        "GET",
        "/v1/stations/{station_id}",
        show_station,
        StationQuery,
        StationAnswer,
        "One station and its newest readings",
        (400, 404, 500),
        is_shared=True,
    ),
    Route(
        "GET",
        "/v1/stations/{station_id}/history",
        show_history,
        HistoryQuery,
        StationHistoryAnswer,
        "How a station's figures went, in spans of time",
        (400, 404, 500, 503),
    ),
    Route(
        "GET",
        "/v1/stream",
        stream,
        StreamQuery,
        "text/event-stream",
        "What changes, as server-sent events: status, visits, resync",
        (400, 500, 503),
    ),
    Route(
        "GET",
        "/v1/visits",
        show_visits,
        VisitsQuery,
        VisitsAnswer,
        "Visits by local day, of stations, a region or the nation",
        (400, 500, 503),
        is_shared=True,
    ),
    Route(
        "GET",
        "/v1/summary",
        show_summary,
        SummaryQuery,
        SummaryAnswer,
        "The numbers of a region or the nation",
        (400, 500, 503),
        is_shared=True,
    ),
    Route(
        "GET",
        "/v1/regions",
        list_regions,
        RegionsQuery,
        RegionListAnswer,
        "The administrative divisions below one",
        (400, 500),
        is_shared=True,
    ),
    *OPERATORS,
    Route("GET", "/healthz", show_alive, NoQuery, AliveAnswer, "The process answers", (400, 500)),
    Route("GET", "/readyz", show_ready, NoQuery, ReadinessAnswer, "All of the platform works", (400, 500, 503)),
    Route("GET", "/metrics", show_metrics, NoQuery, "text/plain", "Metrics for Prometheus", (400, 500)),
    Route("GET", "/openapi.json", show_document, NoQuery, "application/json", "This document", (400, 500)),
)


def register(app: web.Application) -> None:
    """Make aiohttp's routes of the table; a GET answers HEAD too."""
    for route in ROUTES:
        if route.method == hdrs.METH_GET:
            app.router.add_get(route.path, _handler_of(route), allow_head=True)
        else:
            app.router.add_route(route.method, route.path, _handler_of(route))


def _handler_of(route: Route[Any]) -> Handler:
    async def admit_and_handle(request: web.Request) -> web.StreamResponse:
        # First, so that a stranger learns nothing, not even which parameters there are.
        if route.role is not None:
            admit(request, route.role)
        query = parse_query(request, route.query)
        if route.body is not None:
            await read_body(request, route.body)
        if route.is_shared:
            return await share(request, lambda asked: route.handler(asked, query))
        response = await route.handler(request, query)
        if route.role is not None and not response.prepared:
            response.headers["Cache-Control"] = "no-store"
        return response

    return admit_and_handle
