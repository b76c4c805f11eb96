"""The summary and the regions, asked over HTTP."""

import pytest
from aiohttp import ClientSession

from tests.api.error_shape import assert_problem
from tests.api.world import World


async def test_the_nation_is_the_default(client: ClientSession) -> None:
    """Without a region the numbers are the nation's, as of the cycle that made them."""
    async with client.get("/v1/summary") as response:
        body = await response.json()
    assert body["last_updated"] == "2026-11-22T07:29:58.000Z"
    assert body["data"]["region"] is None
    assert body["data"]["stations"] == 6
    assert body["data"]["services"]["battery_swap"] == 3
    assert body["data"]["people_from"] == 3
    assert body["data"]["yesterday"] == {
        "day": "2026-11-21",
        "visits": 2310,
        "carried": 9,
        "quality": "at_least",
        "stations": {"exact": 3, "provisional": 0, "at_least": 1},
    }


async def test_a_region_of_any_level_has_its_own(client: ClientSession) -> None:
    """A city that stands in for a district is asked for like a province."""
    async with client.get("/v1/summary?region=441900") as response:
        data = (await response.json())["data"]
    assert data["region"] == {"code": "441900", "name": "东莞市", "name_en": "Dongguan"}
    assert data["stations"] == 1


async def test_a_region_without_stations_has_zeros(client: ClientSession) -> None:
    """No station is an answer, not an error."""
    async with client.get("/v1/summary?region=540000") as response:
        data = (await response.json())["data"]
    assert data["stations"] == data["online"] == data["today"]["visits"] == 0
    assert data["services"] == {}


async def test_before_the_first_cycle_it_says_when_to_ask_again(world: World, client: ClientSession) -> None:
    """Numbers that are not made yet are a 503, never zeros."""
    world.picture.summaries.clear()
    async with client.get("/v1/summary") as response:
        await assert_problem(response, 503)
        assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize("query", ["?region=1", "?region=", "?region=110000&region=440000", "?province=110000"])
async def test_a_wrong_region_is_named(client: ClientSession, query: str) -> None:
    """A region that does not exist is a 400, not an empty answer."""
    async with client.get(f"/v1/summary{query}") as response:
        await assert_problem(response, 400)


async def test_regions_are_the_provinces_or_the_children(client: ClientSession) -> None:
    """The tree is walked from the top, level by level."""
    async with client.get("/v1/regions") as response:
        top = (await response.json())["data"]
    assert top["parent"] is None
    assert [one["code"] for one in top["regions"]] == ["110000", "440000", "540000"]
    async with client.get("/v1/regions?parent=440000") as response:
        below = (await response.json())["data"]
    assert below["parent"]["name_en"] == "Guangdong"
    assert below["regions"] == [
        {"code": "441900", "name": "东莞市", "name_en": "Dongguan", "level": "city", "parent": "440000"}
    ]
    async with client.get("/v1/regions?parent=441900") as response:
        assert (await response.json())["data"]["regions"] == []
    async with client.get("/v1/regions?parent=9") as response:
        await assert_problem(response, 400, parameter="parent")
