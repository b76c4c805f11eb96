"""`/stations/{station_id}`: all that the public may know of one station.

Enters: an id, a language. Leaves: HTML. Never: a station that the registry does not know, or an old value as if it were
now.
"""

from datetime import timedelta
from typing import Final

from aiohttp import web

from api.hours import week
from api.language import wording
from api.pages.boxes import battery_box, medicine_box
from api.pages.cards import card
from api.pages.choice import Choice
from api.pages.frame import PageQuery, render, station_address
from api.pages.hourly import HOURLY
from api.pages.json_ld import place
from api.pages.station_charts import day_rows, hour_rows
from api.pages.week_in_words import week_in_words
from api.platform import PLATFORM
from api.problems import Problem
from api.station_view import Viewpoint

_DAYS_SHOWN: Final = 14


async def show_station_page(request: web.Request, query: PageQuery) -> web.Response:
    """A station: live, today by the hour, two weeks of visits, what it offers and when."""
    platform = request.app[PLATFORM]
    station = platform.registry.station(request.match_info["station_id"])
    if station is None:
        raise Problem(404, "No station of this id is registered. The first page lists those that are.")
    say = wording(query.language)
    view = Viewpoint.at(platform, platform.now_ms())
    first = view.today - timedelta(days=_DAYS_SHOWN - 1)
    counts = await platform.visits.of_stations([station.id], first, view.today)
    hours = await request.app[HOURLY].of(platform, station.id, view.now_ms)
    days = week(station, view.now, platform.settings.holidays)
    status = view.status(station)
    path = platform.registry.path(station)
    context = {
        "card": card(view, say, station, next((count for count in counts if count.day == view.today), None)),
        "days": day_rows(say, counts, first, _DAYS_SHOWN),
        "hours": None if hours is None else hour_rows(say, hours),
        "week": week_in_words(say, days, view.now.date()),
        "battery": battery_box(view, say, status),
        "medicine": medicine_box(view, say, status),
        "json_ld": place(say, station, say.region(path[0]) if path else "", days),
        "list_name": say.region(path[-1]) if path else say("nation"),
        "list_here": Choice(query.language, region=path[-1] if path else None).text,
    }
    return render(request, "station.html", query.language, station_address(station.id), context)
