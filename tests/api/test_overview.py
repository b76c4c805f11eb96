"""The nation's table: every region below, every number with how sure it is."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import ClientSession, web

from api.app import make_app
from api.pages.measures import MEASURES
from ingest.live.picture import LivePicture
from ingest.model import Kind, Quality, RegionDay
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from ingest.registry.synth import NATION, synthetic_stations
from tests.api.conftest import ClientOf
from tests.api.stillness import NOW_MS, TODAY
from tests.api.world import World, small_world
from tests.ingest.making import reading


async def _html(client: ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path) as response:
        assert response.status == status
        assert response.content_type == "text/html"
        return await response.text()


def _rows(html: str) -> list[list[str]]:
    """The cells of each row of the table, as text."""
    [table] = re.findall(r'<table id="table".*?</table>', html, re.DOTALL)
    return [
        [" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
        for row in re.findall("<tr>.*?</tr>", table, re.DOTALL)
    ]


async def test_the_table_has_every_province_and_every_column(client: ClientSession) -> None:
    """Those with the most come first; a province without stations has a dash and no number."""
    head, *rows = _rows(await _html(client, "/overview?lang=en"))
    assert head == ["Region", "Stations ▾", *(label for label in head[2:])]
    assert len(head) == 1 + len(MEASURES)
    assert [row[0] for row in rows] == ["Beijing", "Guangdong", "西藏自治区"]
    assert rows[0][:6] == [
        "Beijing",
        "5",
        "31 from 3 stations",
        "1,204 still counting",
        "≥ 2,310 some were not counted",
        "75% 3 of 4",
    ]
    assert set(rows[2][1:]) == {"–"}


async def test_it_is_sorted_by_what_was_chosen_which_stands_first(client: ClientSession) -> None:
    """The measure chosen is the first column, is named over the map, and stays in all links."""
    html = await _html(client, "/overview?by=battery_swap")
    head = _rows(html)[0]
    assert head[1] == "电动自行车换电（个） ▾"
    assert 'aria-sort="descending"' in html
    assert 'href="/overview?region=110000&amp;by=battery_swap"' in html
    assert 'aria-label="北京市：电动自行车换电（个） 3"' in html


async def test_it_leads_down_to_the_stations(client: ClientSession) -> None:
    """A province leads to its districts, a district to its stations; the map is of the nation alone."""
    html = await _html(client, "/overview?region=110000")
    assert 'href="/?region=110101"' in html
    assert [row[0] for row in _rows(html)[1:]] == ["东城区", "西城区"]
    assert 'id="map"' not in html
    assert "这里没有下一级地区的数字" in await _html(client, "/overview?region=110101")


async def test_before_the_first_cycle_it_says_so(world: World, client: ClientSession) -> None:
    """Without summaries the page says that numbers are coming."""
    world.picture.summaries.clear()
    assert "数字正在生成" in await _html(client, "/overview")


@pytest.mark.parametrize("query", ["?region=999999", "?by=beauty"])
async def test_what_does_not_exist_is_left_out_and_said(client: ClientSession, query: str) -> None:
    """A broken link is a 404 that says so and shows the nation."""
    html = await _html(client, f"/overview{query}", 404)
    assert "已经略去" in html
    assert len(_rows(html)) == 4


async def _of_the_union() -> web.Application:
    """The published registry of 2024, with a shelf that reports and a day's visits."""
    registry = MemoryRegistry(load_regions(), synthetic_stations(NATION))
    yesterday = TODAY - timedelta(days=1)

    def days(_region: str | None) -> tuple[RegionDay, RegionDay]:
        today = RegionDay(TODAY, 1_000, 0, Quality.PROVISIONAL, {Quality.PROVISIONAL: 1})
        return today, RegionDay(yesterday, 2_309_700, 0, Quality.EXACT, {Quality.EXACT: NATION})

    picture = LivePicture(registry, 60_000, days)
    shelf = next(station.id for station in registry.stations() if "donation_shelf" in station.services)
    told = reading(Kind.EXCHANGE, shelf, NOW_MS, ts=NOW_MS, on_shelf=1, donated=129_800, claimed=105_900)
    live = picture.station(shelf)
    live.show(live.track(Kind.EXCHANGE), told)
    await picture.summarise(NOW_MS)
    return make_app(replace(small_world().platform(), registry=registry, picture=picture))


async def test_it_shows_the_published_figures_of_the_union(client_of: ClientOf) -> None:
    """With the registry of 2024 the table of the nation has every number that the union published."""
    client = await client_of(await _of_the_union())
    html = await _html(client, "/overview?lang=en")
    head, *rows = _rows(html)
    assert len(rows) == 34
    total = {
        label: sum(int(row[column].replace(",", "")) for row in rows if row[column] != "–")
        for column, label in enumerate(head)
        if column and all(re.fullmatch(r"[\d,]+|–", row[column]) for row in rows)
    }
    published = {
        "Stations ▾": 186_100,
        "Smart stations": 11_800,
        "Open 24 hours": 12_100,
        "With extended hours": 20_300,
        "Model stations": 34_500,
        "E-bike battery swap": 2_050,
        "Discounted meals": 2_400,
        "First-aid medicine": 110_000,
        "Volunteer services": 40_000,
        "Legal advice": 20_000,
        "Haircuts": 5_000,
        "Donation shelf": 2_800,
        "Things donated": 129_800,
        "Things claimed": 105_900,
    }
    assert total.items() >= published.items()
    text = " ".join(re.sub("<[^>]+>", " ", html).split())
    assert "Stations 186,100" in text
    assert "Visits yesterday 2,309,700 exact" in text
