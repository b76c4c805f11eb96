"""A station's page: what the public may know of one station."""

import json
import re
from dataclasses import replace

import pytest
from aiohttp import ClientSession

from ingest.model import Kind
from ingest.ports import TransientStoreError
from tests.api.stillness import NOW_MS
from tests.api.world import World, station

HOUR_MS = 3_600_000


async def _html(client: ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path) as response:
        assert response.status == status
        return await response.text()


def _text(html: str) -> str:
    return " ".join(re.sub(r"<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL).split())


async def test_it_says_what_is_there_now_and_when_that_was_true(client: ClientSession) -> None:
    """Numbers have a unit and a time; the cabinet and the box are told slot by state and lot by lot."""
    text = _text(await _html(client, "/stations/bj-0001"))
    for words in (
        "东直门户外劳动者驿站 1 号",
        "开放中 22:00 关门",
        "空座 9 个 共 20 座 15:29",
        "充好、可取 5 仓",
        "正在充电 2 仓",
        "藿香正气水 12 支 有效期至 2027-03-31",
        "藿香正气水 99 支 2026-11-21 已过期，请勿取用",
    ):
        assert words in text


async def test_what_is_stale_is_unknown(client: ClientSession) -> None:
    """Of a station that is not heard, the cabinet and the box say since when nothing is known, and no number."""
    html = await _html(client, "/stations/bj-0003")
    assert _text(html).count("14:02 起未知") == 5
    assert '<ul class="lines">' not in html


async def test_two_weeks_of_visits_say_how_good_each_number_is(client: ClientSession) -> None:
    """A day that lacks visits says at least; one on which nothing was read says so; the table says the same."""
    html = await _html(client, "/stations/bj-0001?lang=en")
    text = _text(html)
    for words in (
        "Sat 11-21 at least 131 some were not counted",
        "Sun 11-22 56 still counting",
        "Fri 11-20 127 exact",
        "Mon 11-09 no data",
    ):
        assert words in text
    assert html.count('<rect class="bar at_least"') == 1


async def test_today_by_the_hour_is_told_once_a_minute(world: World, client: ClientSession) -> None:
    """The hours come from the readings; a second reader within a minute is answered from memory."""
    first = await _html(client, "/stations/bj-0001?lang=en")
    assert "15:00 at most 4 people 3.0 on average" in _text(first)
    assert "16:00 at most" not in _text(first)
    assert await _html(client, "/stations/bj-0001?lang=en") == first
    midnight_ms = NOW_MS - int(15.5 * HOUR_MS)
    assert world.history.asked == [("bj-0001", Kind.OCCUPANCY, midnight_ms, NOW_MS, HOUR_MS)]
    world.now_ms += 61_000
    await _html(client, "/stations/bj-0001?lang=en")
    assert len(world.history.asked) == 2


async def test_a_store_that_is_away_costs_the_hours_only(world: World, client: ClientSession) -> None:
    """Without the store of readings the page says so in the place of the hours, and the rest is there."""
    world.history.fails_with = TransientStoreError("away")
    text = _text(await _html(client, "/stations/bj-0001"))
    assert "数据库暂时不可用" in text
    assert "空座 9 个" in text


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ("Mo-Su 06:00-22:00", "11-22 周日 今天 06:00–22:00"),
        ("24/7", "11-23 周一 24 小时开放"),
        ("Mo-Sa 20:00-02:00", "11-22 周日 今天 不开放"),
        ("Mo-Sa 20:00-02:00", "11-23 周一 20:00–26:00"),
        ("Mo-Fr 08:00-12:00,13:00-17:00", "11-23 周一 08:00–12:00，13:00–17:00"),
        ("nonsense", "开放时间未知"),
    ],
)
async def test_opening_hours_are_said_day_by_day(world: World, client: ClientSession, hours: str, words: str) -> None:
    """Seven days in words; a span past midnight stands on the day on which it begins."""
    world.add(station(1, hours=hours))
    assert words in _text(await _html(client, "/stations/bj-0001"))


async def test_search_engines_are_told_what_it_is(world: World, client: ClientSession) -> None:
    """The JSON-LD is a Place with position, hours and amenities, and a name in it cannot end its element."""
    world.add(replace(station(1), name="</script><b>"))
    html = await _html(client, "/stations/bj-0001")
    told = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert told is not None
    document = json.loads(told[1])
    assert document["@type"] == "Place"
    assert document["name"] == "</script><b>"
    assert document["geo"] == {"@type": "GeoCoordinates", "latitude": 39.94, "longitude": 116.43}
    assert document["openingHoursSpecification"][0]["opens"] == "06:00"
    assert {feature["name"] for feature in document["amenityFeature"]} >= {"饮用水", "应急药品"}


async def test_a_station_that_nobody_registered_has_no_page(client: ClientSession) -> None:
    """An unknown id is a 404 in words for people, whether it publishes or not."""
    text = _text(await _html(client, "/stations/stranger-01?lang=en", 404))
    assert "There is no page here" in text
    assert "To the first page" in text


async def test_a_database_that_is_away_is_told_to_people(world: World, client: ClientSession) -> None:
    """A page that cannot be made is a 503 with words, the request's id, and when to try again."""
    world.visits.fails_with = TransientStoreError("the disk of the operator's own machine")
    async with client.get("/stations/bj-0001") as response:
        assert response.status == 503
        assert response.content_type == "text/html"
        assert int(response.headers["Retry-After"]) > 0
        html = await response.text()
    assert "请过几秒再试" in html
    assert response.headers["X-Request-Id"] in html
    assert "own machine" not in html


async def test_programs_get_their_own_errors(client: ClientSession) -> None:
    """An address of nothing is HTML for a browser and a problem document for a program; the feed's stay documents."""
    browser = {"Accept": "text/html,application/xhtml+xml"}
    for path, headers, kind in (
        ("/nowhere", browser, "text/html"),
        ("/nowhere", {}, "application/problem+json"),
        ("/v1/nowhere", browser, "application/problem+json"),
        ("/v1/stations/nobody", browser, "application/problem+json"),
    ):
        async with client.get(path, headers=headers) as response:
            assert response.status == 404
            assert response.content_type == kind


async def test_it_installs_as_an_app(client: ClientSession) -> None:
    """The manifest names icons that exist, in the language asked for; the worker knows the version of the assets."""
    async with client.get("/manifest.webmanifest?lang=en") as response:
        assert response.content_type == "application/manifest+json"
        manifest = json.loads(await response.text())
    assert (manifest["short_name"], manifest["start_url"], manifest["display"]) == ("Yizhan", "/?lang=en", "standalone")
    for icon in manifest["icons"]:
        async with client.get(icon["src"]) as response:
            assert response.status == 200
            assert response.content_type == icon["type"]
    version = manifest["icons"][0]["src"].split("/")[2]
    async with client.get("/worker.js") as response:
        assert response.content_type == "text/javascript"
        script = await response.text()
    assert f'"assets-{version}"' in script
    assert "{version}" not in script
