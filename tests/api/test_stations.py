"""The list of stations and one station, asked over HTTP."""

from typing import Any

import pytest
from aiohttp import ClientSession
from yarl import URL

from ingest.model import Kind, Presence, Seen, StationStatus
from tests.api.error_shape import assert_problem
from tests.api.stillness import NOW_MS
from tests.api.world import MINUTE_MS, World, occupancy, station


async def _data(client: ClientSession, path: str) -> Any:
    async with client.get(path) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "application/json"
        body = await response.json()
        assert body.keys() == {"last_updated", "ttl", "data"}
        return body["data"]


async def _ids(client: ClientSession, query: str) -> list[str]:
    return [one["id"] for one in (await _data(client, f"/v1/stations{query}"))["stations"]]


async def test_the_list_holds_registered_stations_in_order(client: ClientSession) -> None:
    """Registered stations come in order of id; one that only publishes is not shown."""
    assert await _ids(client, "") == ["bj-0001", "bj-0002", "bj-0003", "bj-0004", "bj-0005", "gd-0001"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("?province=440000", ["gd-0001"]),
        ("?province=110102", ["bj-0002"]),
        ("?region=441900", ["gd-0001"]),
        ("?province=540000", []),
        ("?service=haircut", ["bj-0002"]),
        ("?province=110101&service=water", ["bj-0001", "bj-0003", "bj-0004"]),
        ("?service=shower", []),
    ],
)
async def test_filters_choose(client: ClientSession, query: str, ids: list[str]) -> None:
    """A region of any level and a service leave the stations that are both."""
    assert await _ids(client, query) == ids


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7])
async def test_following_the_links_meets_every_station_once(client: ClientSession, limit: int) -> None:
    """The Link header leads through all pages, and the body's cursor says the same."""
    seen: list[str] = []
    path: str | None = f"/v1/stations?limit={limit}"
    while path is not None:
        async with client.get(path) as response:
            data = (await response.json())["data"]
            link = response.links.get("next")
        assert (link is None) == (data["next_cursor"] is None)
        assert len(data["stations"]) <= limit
        seen += [one["id"] for one in data["stations"]]
        path = str(URL(link["url"]).relative()) if link else None
    assert seen == await _ids(client, "")


async def test_filters_stay_in_the_link(client: ClientSession) -> None:
    """The next page has the filters of the first."""
    async with client.get("/v1/stations?service=rest&limit=2") as response:
        link = URL(response.links["next"]["url"])
    assert link.query["service"] == "rest"
    assert link.query["limit"] == "2"


async def test_a_rare_service_is_found_behind_thousands_of_others(world: World, client: ClientSession) -> None:
    """A search that takes many turns of the loop finds what is at the end."""
    for number in range(5000, 9500):
        world.add(station(number))
    world.add(station(9999, services=frozenset({"aed"})))
    assert await _ids(client, "?service=aed") == ["bj-9999"]


async def test_a_station_says_what_it_offers_now(client: ClientSession) -> None:
    """Fresh readings become present values, with their time and age."""
    data = await _data(client, "/v1/stations/bj-0001")
    assert data["offer"]["seats_free"] == {
        "value": 9,
        "last_known": None,
        "stale": False,
        "as_of": "2026-11-22T07:29:35.000Z",
        "age_s": 25,
    }
    assert data["offer"]["batteries_charged"]["value"] == 5
    assert data["offer"]["heat_medicine"]["value"] == 12  # not the 99 that expired yesterday
    assert data["open"] == {"state": "open", "until": "2026-11-22T14:00:00.000Z"}
    assert data["live"] == {"presence": "online", "heard_at": "2026-11-22T07:29:40.000Z", "dark_since": None}
    assert data["district"] == {"code": "110101", "name": "东城区", "name_en": "Dongcheng"}
    assert data["city"] is None
    readings = data["readings"]
    assert readings["occupancy"]["value"] == {"present": 11, "entered": 10_234, "left": 10_223}
    assert readings["battery"]["value"]["slots"][0]["cell_temp_c"] == 28.5
    assert readings["medicine"]["value"]["items"][0]["name"] == "藿香正气水"
    assert readings["medicine"]["value"]["items"][3] == {
        "sku": "not-in-the-catalogue",
        "name": None,
        "name_en": None,
        "unit": None,
        "qty": 1,
        "lot": None,
        "expires": None,
    }
    assert readings["exchange"]["value"] == {"on_shelf": 23, "donated": 412, "claimed": 389}


async def test_a_stale_reading_never_stands_for_the_present(client: ClientSession) -> None:
    """Of a station that is not heard every value is null, and what was last known has its time."""
    data = await _data(client, "/v1/stations/bj-0003")
    assert data["live"]["presence"] == "dark"
    measured = [one for one in (*data["offer"].values(), *data["readings"].values()) if one is not None]
    assert len(measured) == 6
    for one in measured:
        assert one["value"] is None
        assert one["stale"] is True
        assert one["last_known"] is not None
        assert one["as_of"] == "2026-11-22T06:02:00.000Z"
        assert one["age_s"] == 88 * 60


async def test_a_station_that_never_reported_offers_nothing_known(client: ClientSession) -> None:
    """What a station does not report is null, not zero."""
    data = await _data(client, "/v1/stations/bj-0004")
    assert data["live"] == {"presence": "never_seen", "heard_at": None, "dark_since": None}
    assert set(data["offer"].values()) == {None}
    assert set(data["readings"].values()) == {None}
    assert data["open"] == {"state": "unknown", "until": None}
    assert data["opening_hours"] is None


async def test_serial_numbers_and_doors_are_not_published(client: ClientSession) -> None:
    """What helps a thief stays inside."""
    async with client.get("/v1/stations/bj-0001") as response:
        text = await response.text()
    assert "SECRET" not in text
    assert "door" not in text


async def test_a_clock_that_runs_ahead_does_not_make_a_reading_younger(world: World, client: ClientSession) -> None:
    """A reading that claims to be sampled after it was received is as old as its arrival."""
    seen = Seen(occupancy(1, NOW_MS + 3 * MINUTE_MS), NOW_MS - 10_000, is_stale=False)
    world.picture.statuses["bj-0001"] = StationStatus(
        "bj-0001", Presence.ONLINE, NOW_MS - 10_000, None, None, {Kind.OCCUPANCY: seen}
    )
    occupied = (await _data(client, "/v1/stations/bj-0001"))["readings"]["occupancy"]
    assert occupied["as_of"] == "2026-11-22T07:29:50.000Z"
    assert occupied["age_s"] == 10


@pytest.mark.parametrize("station_id", ["stranger-01", "nobody", "x" * 3000, "%E9%A9%BF"])
async def test_an_unregistered_station_is_not_found(client: ClientSession, station_id: str) -> None:
    """A station that publishes and is not registered is as unknown as one that does not exist."""
    async with client.get(f"/v1/stations/{station_id}") as response:
        await assert_problem(response, 404)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("?limit=0", "limit"),
        ("?limit=1001", "limit"),
        ("?limit=many", "limit"),
        ("?limit=", "limit"),
        ("?limit=5&limit=6", "limit"),
        ("?province=999999", "province"),
        ("?region=", "region"),
        ("?province=110000&region=110000", "region"),
        ("?service=massage", "service"),
        ("?cursor=bj-0001", "cursor"),
        ("?cursor=!!", "cursor"),
        ("?cursor=", "cursor"),
        ("?colour=red", "colour"),
    ],
)
async def test_wrong_parameters_are_named(client: ClientSession, query: str, parameter: str) -> None:
    """A 400 names the parameter, what was wrong and what would be right."""
    async with client.get(f"/v1/stations{query}") as response:
        await assert_problem(response, 400, parameter=parameter)


async def test_all_wrong_parameters_are_named_at_once(client: ClientSession) -> None:
    """A client can mend all of its mistakes in one go."""
    async with client.get("/v1/stations?limit=0&colour=red") as response:
        problem = await assert_problem(response, 400)
    assert [error["parameter"] for error in problem["errors"]] == ["limit", "colour"]
