"""`/`: the stations near people, and `/cards`: some of them anew, for a page that is open.

Enters: a place or a region, filters, a language. Leaves: HTML. Never: keeps where somebody stands.
"""

from dataclasses import replace
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from api.cursors import Order, cursor_behind
from api.language import Wording, wording
from api.pages.cards import card
from api.pages.choice import Choice, NearQuery, choice_of
from api.pages.frame import Address, PageQuery, render
from api.paging import after, after_distance
from api.platform import PLATFORM, ApiPlatform
from api.positions import metres_between
from api.problems import Problem
from api.selection import START, Found, Place, place_of, select
from api.station_view import Viewpoint
from api.wishes import Good
from ingest.model import DayCount, Region, Station
from ingest.registry.services import SERVICES

_CARDS_MAX: Final = 50
"""Of one answer. Larger: a request makes many cards. Smaller: an open page asks twice."""


async def show_near(request: web.Request, query: NearQuery) -> web.Response:
    """A page of stations."""
    platform = request.app[PLATFORM]
    choice = choice_of(platform, query)
    try:
        behind = _behind(choice)
    except Problem:
        behind, choice = START, replace(choice, cursor="", is_mended=True)
    say = wording(choice.language)
    most = platform.settings.page_stations
    view = Viewpoint.at(platform, platform.now_ms())
    found = await select(view, choice.wanted(), behind, most + 1)
    shown = found[:most]
    counts = await _counts(view, [one.station for one in shown])
    context = {
        "nav": "near",
        "choice": choice,
        "place": _place(say, choice),
        "trail": _trail(platform, choice),
        "regions": _narrower(platform, say, choice),
        "goods": [(str(good), say(f"has.{good}")) for good in Good],
        "services": [(code, say.service(code)) for code in SERVICES],
        "cards": [card(view, say, one.station, counts.get(one.station.id), one.distance_m) for one in shown],
        "next_page": _next_page(choice, shown[-1]) if len(found) > most else None,
        "parts": Address("/cards", choice.address.asked[:1]).text(choice.language),
    }
    return render(
        request, "near.html", choice.language, choice.address, context, status=404 if choice.is_mended else 200
    )


class CardsQuery(PageQuery):
    """Which stations, and from where they are seen."""

    id: Annotated[tuple[str, ...], Field(description=f"the id of a station; repeat it for up to {_CARDS_MAX}")] = ()
    near: Annotated[str, Field(description="latitude,longitude in WGS-84 degrees; empty: no distances")] = ""


async def show_cards(request: web.Request, query: CardsQuery) -> web.Response:
    """The cards of some stations; of one that is not registered there is none."""
    platform = request.app[PLATFORM]
    choice = choice_of(platform, NearQuery(near=query.near, lang=query.lang))
    view = Viewpoint.at(platform, platform.now_ms())
    asked = [platform.registry.station(one) for one in dict.fromkeys(query.id[:_CARDS_MAX])]
    stations = [station for station in asked if station is not None]
    counts = await _counts(view, stations)
    say = wording(choice.language)
    cards = [
        card(view, say, one, counts.get(one.id), metres_between(choice.near, one.lat, one.lon) if choice.near else None)
        for one in stations
    ]
    return render(request, "cards.html", choice.language, Address("/cards"), {"cards": cards, "nav": ""})


def _behind(choice: Choice) -> Place:
    """Where the page begins; raises `Problem`."""
    cursor = choice.cursor or None
    return Place(START.distance_m, after(cursor)) if choice.near is None else after_distance(cursor)


def _next_page(choice: Choice, last: Found) -> str:
    place = place_of(last)
    if choice.near is None:
        return replace(choice, cursor=cursor_behind(place.id)).text
    return replace(choice, cursor=cursor_behind(f"{place.distance_m!r} {place.id}", Order.DISTANCES)).text


def _place(say: Wording, choice: Choice) -> str:
    if choice.near is not None:
        return say("near_you")
    return say.region(choice.region) if choice.region else say("nation")


async def _counts(view: Viewpoint, stations: list[Station]) -> dict[str, DayCount]:
    """Today's counts by station."""
    if not stations:
        return {}
    counts = await view.platform.visits.of_stations([one.id for one in stations], view.today, view.today)
    return {count.station: count for count in counts}


def _trail(platform: ApiPlatform, choice: Choice) -> list[Choice]:
    """From the nation down to the region chosen."""
    regions: list[Region] = []
    region = choice.region
    while region is not None:
        regions.append(region)
        region = platform.registry.region(region.parent) if region.parent else None
    return [choice.at(None), *(choice.at(one) for one in reversed(regions))]


def _narrower(platform: ApiPlatform, say: Wording, choice: Choice) -> list[tuple[str, str]]:
    """Code and label of the regions below the chosen one that have stations."""
    below: list[tuple[str, str]] = []
    for region in platform.registry.regions(choice.region.code if choice.region else None):
        summary = platform.picture.summary(region.code)
        if summary is not None and summary.stations:
            below.append((region.code, say("region_with_count", region=say.region(region), n=summary.stations)))
    return below
