"""`/overview`: the nation's table, and that of a province or city, with a square for each province.

Enters: a region, the measure to sort and shade by. Leaves: HTML from the summaries that ingest makes once a cycle.
Never: counts anything itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from api.instants import local
from api.language import Language, Wording, wording
from api.pages import cartogram
from api.pages.choice import Choice
from api.pages.frame import Address, PageQuery, render
from api.pages.measures import BY_KEY, MEASURES, Amount, Measure, short
from api.pages.outline import ApprovedMap
from api.platform import PLATFORM, ApiPlatform
from api.summary import summary_of
from ingest.model import Level, Region, Summary

_FIRST: Final = MEASURES[0]
_ON_TOP: Final = (
    "stations",
    "people_present",
    "visits_today",
    "visits_yesterday",
    "online_share",
    "donated",
    "claimed",
)


class OverviewQuery(PageQuery):
    """What stands in the address of the page."""

    region: Annotated[str, Field(description="the code of a region; empty for the nation")] = ""
    by: Annotated[str, Field(description=f"what it is sorted and shaded by: {', '.join(BY_KEY)}")] = _FIRST.key


@dataclass(frozen=True, slots=True)
class Line:
    """A region in the table."""

    code: str
    name: str
    page: str
    """Its own table, or its stations where nothing is below it."""
    amounts: tuple[Amount, ...]
    """In the order of the columns."""
    number: float | None
    """What it is sorted by."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A province as a square."""

    square: cartogram.Square
    short_name: str
    short_amount: str
    said: str
    page: str


async def show_overview(request: web.Request, query: OverviewQuery) -> web.Response:
    """A table of regions with all that is counted of them."""
    platform = request.app[PLATFORM]
    say = wording(query.language)
    region = platform.registry.region(query.region) if query.region else None
    measure = BY_KEY.get(query.by, _FIRST)
    is_mended = (bool(query.region) and region is None) or query.by not in BY_KEY
    now_ms = platform.now_ms()
    code = None if region is None else region.code
    summary = summary_of(platform, code, now_ms)
    # What it is sorted by stands first, where a phone shows it beside the name.
    columns = (measure, *(one for one in MEASURES if one is not measure))
    lines = _lines(platform, say, region, columns)
    context = {
        "nav": "overview",
        "is_mended": is_mended,
        "place": say("nation") if region is None else say.region(region),
        "region": region,
        "trail": _trail(platform, say, region, measure),
        "made": None if summary is None else local(summary.made_ms, platform.settings.zone),
        "tiles": [] if summary is None else [(BY_KEY[key].label(say), BY_KEY[key].of(say, summary)) for key in _ON_TOP],
        "measures": [(one.key, one.label(say), _address(region, one).text(query.language)) for one in columns],
        "choices": [(one.key, one.label(say)) for one in MEASURES],
        "measure": measure,
        "measure_label": measure.label(say),
        "lines": lines,
        "map": _map(say, measure, lines, platform.settings.map) if region is None else None,
        "list_page": Choice(query.language, region=region).text,
    }
    here = _address(region, measure)
    return render(request, "overview.html", query.language, here, context, status=404 if is_mended else 200)


def _address(region: Region | None, measure: Measure) -> Address:
    by = "" if measure is _FIRST else measure.key
    return Address("/overview", (("region", "" if region is None else region.code), ("by", by)))


def _lines(platform: ApiPlatform, say: Wording, region: Region | None, columns: Sequence[Measure]) -> list[Line]:
    """The regions directly below, those with the most first; below a province only those with stations."""
    lines: list[Line] = []
    for below in platform.registry.regions(None if region is None else region.code):
        summary = platform.picture.summary(below.code)
        if summary is not None or region is None:
            lines.append(_line(platform, say, below, summary, columns))
    return sorted(lines, key=lambda line: (line.number is None, -(line.number or 0), line.code))


def _line(
    platform: ApiPlatform, say: Wording, region: Region, summary: Summary | None, columns: Sequence[Measure]
) -> Line:
    amounts = tuple(Amount(None, "–") if summary is None else one.of(say, summary) for one in columns)
    is_last = region.level is Level.DISTRICT or not platform.registry.regions(region.code)
    page = Choice(say.language, region=region).text if is_last else _address(region, columns[0]).text(say.language)
    return Line(region.code, say.region(region), page, amounts, amounts[0].number)


def _trail(platform: ApiPlatform, say: Wording, region: Region | None, measure: Measure) -> list[tuple[str, str]]:
    """Names and addresses from the nation down to the region."""
    trail: list[tuple[str, str]] = []
    while region is not None:
        trail.append((say.region(region), _address(region, measure).text(say.language)))
        region = platform.registry.region(region.parent) if region.parent else None
    trail.append((say("nation"), _address(None, measure).text(say.language)))
    return trail[::-1]


def _map(say: Wording, measure: Measure, lines: Sequence[Line], approved: ApprovedMap | None) -> dict[str, object]:
    by_code = {line.code: line for line in lines}
    numbers = {line.code: line.number for line in lines}
    names = cartogram.SHORT_EN if say.language is Language.EN else cartogram.SHORT_ZH
    tiles = []
    for square in cartogram.squares(numbers):
        line = by_code.get(square.code)
        if line is None:
            continue
        amount = line.amounts[0]
        said = say("tile", region=line.name, amount=amount.text, measure=measure.label(say))
        tiles.append(Tile(square, names[square.code], short(say, measure, amount), said, line.page))
    by_square = {tile.square.code: tile for tile in tiles}
    shades = [
        (shade.number, short(say, measure, Amount(shade.least, "")), short(say, measure, Amount(shade.most, "")))
        for shade in cartogram.legend(numbers)
    ]
    return {
        "tiles": tiles,
        "shades": shades,
        "width": cartogram.COLUMNS * cartogram.SIDE,
        "height": cartogram.ROWS * cartogram.SIDE,
        "side": cartogram.SIDE - cartogram.GAP,
        "approved": approved,
        "shapes": [] if approved is None else [(by_square.get(code), path) for code, path in approved.shapes],
    }
