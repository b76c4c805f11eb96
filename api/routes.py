"""The whole URL table: every address, what it takes, what it answers.

Enters: nothing. Leaves: `ROUTES`, from which `register` makes aiohttp's routes and `api.openapi` the document.
Never: a second place that names a path.
"""

from typing import Any, Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from api.assets import show_asset
from api.bodies import (
    AliveAnswer,
    ReadinessAnswer,
    RegionListAnswer,
    SummaryAnswer,
    VisitsAnswer,
)
from api.health import show_alive, show_ready
from api.metrics import show_metrics
from api.openapi import show_document
from api.page import PageQuery, show_page
from api.query import NoQuery, parse_query
from api.regions import RegionsQuery, list_regions
from api.route import Route
from api.station_bodies import StationAnswer, StationListAnswer
from api.stations import StationsQuery, list_stations, show_station
from api.summary import SummaryQuery, show_summary
from api.visits import VisitsQuery, show_visits

ROUTES: Final[tuple[Route[Any], ...]] = (
    Route("GET", "/", show_page, PageQuery, "text/html", "Stations near people, as a page", (404, 500)),
    Route(
        "GET",
        "/v1/stations",
        list_stations,
        StationsQuery,
        StationListAnswer,
        "Stations and what they offer now, page by page",
        (400, 500),
    ),
    Route(
        "GET",
        "/v1/stations/{station_id}",
        show_station,
        NoQuery,
        StationAnswer,
        "One station and its newest readings",
        (400, 404, 500),
    ),
    Route(
        "GET",
        "/v1/visits",
        show_visits,
        VisitsQuery,
        VisitsAnswer,
        "Visits by local day, of stations, a region or the nation",
        (400, 500, 503),
    ),
    Route(
        "GET",
        "/v1/summary",
        show_summary,
        SummaryQuery,
        SummaryAnswer,
        "The numbers of a region or the nation",
        (400, 500, 503),
    ),
    Route(
        "GET",
        "/v1/regions",
        list_regions,
        RegionsQuery,
        RegionListAnswer,
        "The administrative divisions below one",
        (400, 500),
    ),
    Route("GET", "/healthz", show_alive, NoQuery, AliveAnswer, "The process answers", (400, 500)),
    Route("GET", "/readyz", show_ready, NoQuery, ReadinessAnswer, "All of the platform works", (400, 500, 503)),
    Route("GET", "/metrics", show_metrics, NoQuery, "text/plain", "Metrics for Prometheus", (400, 500)),
    Route("GET", "/openapi.json", show_document, NoQuery, "application/json", "This document", (400, 500)),
    Route(
        "GET",
        "/assets/{version}/{name}",
        show_asset,
        NoQuery,
        "*/*",
        "Style sheet and icon of the page",
        (400, 404, 500),
    ),
)


def register(app: web.Application) -> None:
    """Make aiohttp's routes of the table; a GET answers HEAD too."""
    for route in ROUTES:
        if route.method == hdrs.METH_GET:
            app.router.add_get(route.path, _with_query(route), allow_head=True)
        else:
            app.router.add_route(route.method, route.path, _with_query(route))


def _with_query(route: Route[Any]) -> Handler:
    async def parse_and_handle(request: web.Request) -> web.StreamResponse:
        return await route.handler(request, parse_query(request, route.query))

    return parse_and_handle
