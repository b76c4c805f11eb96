"""The addresses of the pages for people: a part of the URL table.

Enters: nothing. Leaves: `PAGES`, and what they share in the application. Never: an address of the feed.
"""

from typing import Any, Final

from aiohttp import web

from api.history import HISTORY_TURNS
from api.pages.assets import ASSETS, Assets, show_asset
from api.pages.choice import NearQuery
from api.pages.frame import PageQuery, add_templates
from api.pages.hourly import HOURLY, Hourly
from api.pages.installing import show_manifest, show_worker
from api.pages.near import CardsQuery, show_cards, show_near
from api.pages.overview import OverviewQuery, show_overview
from api.pages.reference import show_reference
from api.pages.sharing import shared_page
from api.pages.station_page import show_station_page
from api.query import NoQuery
from api.route import Route

PAGES: Final[tuple[Route[Any], ...]] = (
    Route(
        "GET", "/", shared_page(show_near), NearQuery, "text/html", "Stations near people, as a page", (404, 500, 503)
    ),
    Route(
        "GET",
        "/cards",
        shared_page(show_cards),
        CardsQuery,
        "text/html",
        "Some stations of that page, anew",
        (500, 503),
    ),
    Route(
        "GET",
        "/stations/{station_id}",
        shared_page(show_station_page),
        PageQuery,
        "text/html",
        "One station, as a page",
        (404, 500, 503),
    ),
    Route(
        "GET",
        "/overview",
        shared_page(show_overview),
        OverviewQuery,
        "text/html",
        "The numbers of the nation or a region, as a page",
        (404, 500),
    ),
    Route("GET", "/docs", show_reference, PageQuery, "text/html", "This API for people to read", (500,)),
    Route(
        "GET",
        "/manifest.webmanifest",
        show_manifest,
        PageQuery,
        "application/manifest+json",
        "What a phone needs to install the pages as an app",
        (500,),
    ),
    Route("GET", "/worker.js", show_worker, NoQuery, "text/javascript", "Keeps the last list for offline", (400, 500)),
    Route(
        "GET",
        "/assets/{version}/{name}",
        show_asset,
        NoQuery,
        "*/*",
        "Style sheet, scripts and icons of the pages",
        (400, 404, 500),
    ),
)

PAGE_ADDRESSES: Final = frozenset(route.path for route in PAGES if route.response == "text/html")
"""Where an error is told to people."""


def add_pages(app: web.Application) -> None:
    """Give the application what the pages share; it has `HISTORY_TURNS` already."""
    app[ASSETS] = Assets.load()
    app[HOURLY] = Hourly(app[HISTORY_TURNS])
    add_templates(app)
