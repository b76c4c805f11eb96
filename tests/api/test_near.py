"""The filters of the page of stations: they choose, and they stay in its address."""

import re

import pytest
from aiohttp import ClientSession

from api.gcj02 import gcj02
from tests.api.world import World, station


async def _html(client: ClientSession, query: str, status: int = 200) -> str:
    async with client.get(f"/{query}") as response:
        assert response.status == status
        return await response.text()


def _ids(html: str) -> list[str]:
    return re.findall(r'<li class="card" id="([^"]+)"', html)


async def test_the_nearest_come_first_with_their_distance(world: World, client: ClientSession) -> None:
    """Near a place the cards are in order of distance, and each says how far it is."""
    world.add(station(7, lat=39.9405, lon=116.43))
    world.add(station(8, lat=39.96, lon=116.43))
    html = await _html(client, "?near=39.9400,116.4300&lang=en")
    assert _ids(html)[-2:] == ["bj-0007", "bj-0008"]
    assert ">60 m<" in html
    assert ">2.2 km<" in html
    assert "near you" in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?open_now=1", {"bj-0001", "bj-0002", "bj-0003", "gd-0001"}),
        ("?has=seat", {"bj-0001", "gd-0001"}),
        ("?has=battery&has=seat", {"bj-0001"}),
        ("?has=medicine", {"bj-0001"}),
        ("?service=rest&service=haircut", {"bj-0002"}),
        ("?q=东莞", {"gd-0001"}),
        ("?q=%20dongzhimen%20station%202%20", {"bj-0002"}),
        ("?q=3%20号", {"bj-0003"}),
        ("?region=110102&has=seat", set()),
    ],
)
async def test_a_filter_leaves_those_that_pass(client: ClientSession, query: str, found: set[str]) -> None:
    """Open, with what is wanted now, with all services, by a part of a name or address in either language."""
    assert set(_ids(await _html(client, query))) == found


async def test_filters_are_one_tap_and_stay_in_the_address(client: ClientSession) -> None:
    """Each filter is a link to the same choice with it turned; the form carries the others along."""
    html = await _html(client, "?region=110000&has=seat&lang=en")
    assert 'href="/?region=110000&amp;open_now=1&amp;has=seat&amp;lang=en"' in html
    assert 'href="/?region=110000&amp;lang=en" aria-current="true"' in html
    assert '<input type="hidden" name="has" value="seat">' in html
    assert '<input type="hidden" name="lang" value="en">' in html


@pytest.mark.parametrize("query", ["?near=here", "?near=39.94", "?has=gold", "?near=39.9,116.4&cursor=czE6Ymo"])
async def test_what_cannot_be_is_left_out_and_said(client: ClientSession, query: str) -> None:
    """A place or wish that does not exist is a 404 that says so and shows stations."""
    html = await _html(client, query, 404)
    assert "已经略去" in html
    assert "bj-0001" in _ids(html)


async def test_nothing_found_offers_a_way_on(client: ClientSession) -> None:
    """An empty list links to the same place without filters."""
    html = await _html(client, "?region=110102&has=seat")
    assert "这里没有符合条件的驿站" in html
    assert 'href="/?region=110102">去掉筛选条件' in html


async def test_pages_by_distance_meet_every_station_once(world: World, client: ClientSession) -> None:
    """Turning pages near a place shows each station within reach once, the nearer before the farther."""
    for number in range(100, 170):
        world.add(station(number, lat=39.94 + number / 10_000, lon=116.43))
    seen: list[str] = []
    query: str | None = "?near=39.9400,116.4300"
    while query is not None:
        html = await _html(client, query)
        seen += _ids(html)
        onward = re.search(r'class="next" rel="next" href="/([^"]+)"', html)
        query = onward[1].replace("&amp;", "&") if onward else None
    assert len(seen) == len(set(seen)) == 76
    assert seen[-70:] == [f"bj-{number:04d}" for number in range(100, 170)]


async def test_a_card_opens_map_apps_each_with_its_datum(client: ClientSession) -> None:
    """Amap gets GCJ-02, longitude first; the phone's own app gets WGS-84."""
    html = await _html(client, "?q=%201%20号&lang=en")
    lat, lon = gcj02(39.94, 116.43)
    assert f"position={lon:.6f}%2C{lat:.6f}" in html
    assert "geo:39.940000,116.430000?q=39.940000,116.430000(Dongzhimen%20Station%201)" in html


async def test_cards_come_anew_in_the_language_and_from_the_place_of_the_page(client: ClientSession) -> None:
    """An open page fetches the cards of some stations; an id that is not registered brings none."""
    async with client.get(
        "/cards?id=bj-0001&id=stranger-01&id=nobody&id=bj-0001&near=39.95,116.43&lang=en"
    ) as response:
        assert response.status == 200
        html = await response.text()
    assert _ids(html) == ["bj-0001"]
    assert "1.1 km" in html
    assert "Free seats" in html
