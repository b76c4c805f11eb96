"""`/`: the stations near people, as a page that needs no script.

Enters: a region, a service, a language. Leaves: HTML made of `api.pages.cards`, under a strict content policy.
Never: runs or loads anything that is not ours.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar, Final
from urllib.parse import urlencode

import aiohttp_jinja2
import jinja2
from aiohttp import web
from pydantic import ConfigDict, Field

from api.cursors import WrongCursor, cursor_behind, parse_cursor
from api.language import Language, Wording, wording
from api.pages.assets import ASSETS
from api.pages.cards import card, first_tiles, more_tiles
from api.platform import PLATFORM, ApiPlatform
from api.query import Query
from api.selection import START, Wanted, select
from api.station_view import Viewpoint
from api.summary import summary_of
from ingest.model import DayCount, Region
from ingest.registry.services import SERVICES

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


class PageQuery(Query):
    """Lenient: a chat program adds its own parameters to a link that people share, and they must still see the page."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    is_lenient: ClassVar[bool] = True

    region: Annotated[str, Field(description="the code of a region; empty for the nation")] = ""
    service: Annotated[str, Field(description="the code of a service; empty for any")] = ""
    cursor: Annotated[str, Field(description="where the page begins; empty for the first")] = ""
    lang: Annotated[str, Field(description="zh or en")] = Language.ZH.value


@dataclass(frozen=True, slots=True)
class Choice:
    """What a page was asked for, as far as it exists."""

    language: Language
    region: Region | None
    service: str | None
    after: str
    is_mended: bool
    """Something of what was asked for does not exist and was left out."""

    @property
    def address(self) -> str:
        """The first page of this choice."""
        return self._address("")

    def behind(self, station_id: str) -> str:
        """The page that begins behind a station."""
        return self._address(cursor_behind(station_id))

    def here(self) -> str:
        """This page."""
        return self._address(cursor_behind(self.after) if self.after else "")

    def _address(self, cursor: str) -> str:
        parts = {
            "region": self.region.code if self.region else "",
            "service": self.service or "",
            "cursor": cursor,
            "lang": "" if self.language is Language.ZH else self.language.value,
        }
        given = {name: value for name, value in parts.items() if value}
        return f"/?{urlencode(given)}" if given else "/"


def add_templates(app: web.Application) -> None:
    """Give the application its templates."""
    aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


async def show_page(request: web.Request, query: PageQuery) -> web.Response:
    """A page of stations with the numbers of their region on top."""
    platform = request.app[PLATFORM]
    choice = _choice(platform, query)
    say = wording(choice.language)
    code = None if choice.region is None else choice.region.code
    most = platform.settings.page_stations
    view = Viewpoint.at(platform, platform.now_ms())
    services = frozenset() if choice.service is None else frozenset({choice.service})
    behind = START._replace(id=choice.after)
    found = await select(view, Wanted(region=code, services=services), behind, most + 1)
    stations = [one.station for one in found[:most]]

    counts = await _counts(view, [station.id for station in stations])
    summary = summary_of(platform, code, view.now_ms)
    other = Language.EN if choice.language is Language.ZH else Language.ZH
    context = {
        "say": say,
        "choice": choice,
        "now": view.now,
        "asset": request.app[ASSETS].url,
        "home": replace(choice, region=None, service=None, after="").address,
        "trail": _trail(platform, choice),
        "regions": _narrower(platform, say, choice),
        "services": [(code, say.service(code)) for code in SERVICES],
        "tiles": () if summary is None else first_tiles(say, summary),
        "more_tiles": () if summary is None else more_tiles(say, summary),
        "cards": [card(view, say, station, counts.get(station.id)) for station in stations],
        "next_page": choice.behind(stations[-1].id) if len(found) > most else None,
        "other": replace(choice, language=other),
        "other_wording": wording(other),
    }
    response = aiohttp_jinja2.render_template(
        "stations.html", request, context, status=404 if choice.is_mended else 200
    )
    response.headers.update(_HEADERS)
    response.headers["Content-Language"] = choice.language.tag
    return response


def _choice(platform: ApiPlatform, query: PageQuery) -> Choice:
    language = Language(query.lang) if query.lang in set(Language) else Language.ZH
    region = platform.registry.region(query.region) if query.region else None
    service = query.service if query.service in SERVICES else None
    try:
        after = parse_cursor(query.cursor) if query.cursor else ""
        is_mended = False
    except WrongCursor:
        after = ""
        is_mended = True
    is_mended |= (bool(query.region) and region is None) or (bool(query.service) and service is None)
    return Choice(language, region, service, after, is_mended)


async def _counts(view: Viewpoint, stations: list[str]) -> dict[str, DayCount]:
    """Today's counts by station."""
    if not stations:
        return {}
    counts = await view.platform.visits.of_stations(stations, view.today, view.today)
    return {count.station: count for count in counts}


def _trail(platform: ApiPlatform, choice: Choice) -> list[Choice]:
    """From the nation down to the region chosen."""
    trail = [replace(choice, region=None, after="")]
    regions: list[Region] = []
    region = choice.region
    while region is not None:
        regions.append(region)
        region = platform.registry.region(region.parent) if region.parent else None
    return trail + [replace(choice, region=one, after="") for one in reversed(regions)]


def _narrower(platform: ApiPlatform, say: Wording, choice: Choice) -> list[tuple[str, str]]:
    """Code and label of the regions below the chosen one that have stations."""
    below: list[tuple[str, str]] = []
    for region in platform.registry.regions(choice.region.code if choice.region else None):
        summary = platform.picture.summary(region.code)
        if summary is not None and summary.stations:
            below.append((region.code, say("region_with_count", region=say.region(region), n=summary.stations)))
    return below
