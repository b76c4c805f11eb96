"""The feeds in the formats of others: GeoJSON, and GBFS held to its own schemas."""

import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from aiohttp import ClientSession
from jsonschema import Draft7Validator, FormatChecker
from yarl import URL

from api.feed.gbfs import FILES
from gateway.payloads import Slot
from tests.api.error_shape import assert_problem
from tests.api.stillness import NOW_MS
from tests.api.world import World, battery, dark, live

SYSTEM = "/gbfs/v3/smart_stations_cn_110000"


@cache
def schema(name: str) -> Draft7Validator:
    """MobilityData's schema of a file of GBFS 3.0."""
    text = files("gbfs_validator").joinpath("data", "schemas", "v3.0", f"{name}.json").read_text("utf-8")
    return Draft7Validator(json.loads(text), format_checker=FormatChecker())


async def asked(client: ClientSession, path: str) -> Any:
    """A file, as JSON."""
    async with client.get(path) as response:
        assert response.status == 200, await response.text()
        return json.loads(await response.read())


@pytest.fixture
def cabinets(world: World) -> World:
    """Three with cabinets: one that works, one that is dark, one that was never heard."""
    for station, one in world.registry.known.items():
        world.registry.known[station] = replace(one, services=frozenset({"rest"}))
    world.picture.statuses["bj-0001"] = live("bj-0001", battery(5, NOW_MS - 9_000))
    world.picture.statuses["bj-0002"] = dark("bj-0002", NOW_MS - 3_600_000, battery(4, NOW_MS - 3_600_000))
    world.picture.statuses.pop("bj-0003", None)
    for station in ("bj-0001", "bj-0002", "bj-0003"):
        one = world.registry.known[station]
        world.registry.known[station] = replace(one, services=frozenset({"battery_swap"}))
    summary = next(iter(world.picture.summaries.values()))
    world.picture.summaries.clear()
    world.picture.summaries["110000"] = replace(summary, region="110000", services={"battery_swap": 3})
    return world


@pytest.mark.parametrize("name", ["gbfs", *FILES])
async def test_each_file_is_as_gbfs_wants_it(cabinets: World, client: ClientSession, name: str) -> None:
    """Held to the official schema of version 3.0, its extensions too."""
    assert cabinets
    errors = [error.message for error in schema(name).iter_errors(await asked(client, f"{SYSTEM}/{name}.json"))]
    assert errors == []


async def test_the_manifest_leads_to_every_file(cabinets: World, client: ClientSession) -> None:
    """From the manifest over gbfs.json, each address answers."""
    assert cabinets
    manifest = await asked(client, "/gbfs/v3/manifest.json")
    assert [error.message for error in schema("manifest").iter_errors(manifest)] == []
    [dataset] = manifest["data"]["datasets"]
    discovered = await asked(client, dataset["versions"][0]["url"])
    assert [feed["name"] for feed in discovered["data"]["feeds"]] == list(FILES)
    for feed in discovered["data"]["feeds"]:
        assert (await asked(client, feed["url"]))["version"] == "3.0"


async def test_what_is_not_known_now_is_not_for_rent(cabinets: World, client: ClientSession) -> None:
    """A dark cabinet has no battery to give and says since when; one that was never heard is not there."""
    assert cabinets
    stations = (await asked(client, f"{SYSTEM}/station_status.json"))["data"]["stations"]
    works, silent = stations
    assert (works["station_id"], works["num_vehicles_available"], works["is_renting"]) == ("bj-0001", 5, True)
    assert (works["num_docks_available"], works["is_returning"], works["_unknown_since"]) == (1, True, None)
    assert (silent["station_id"], silent["num_vehicles_available"], silent["is_renting"]) == ("bj-0002", 0, False)
    assert silent["_unknown_since"] == silent["last_reported"] == "2026-11-22T06:30:00.000Z"
    assert silent["_swap"] is None


async def test_each_slot_is_counted_once_and_an_empty_cabinet_still_rents(
    cabinets: World, client: ClientSession
) -> None:
    """By the standard an empty station rents and a full one takes back; what is old is not told as if it were now."""
    body = battery(3, NOW_MS - 9_000)
    states = ("ready", "ready", "ready", "charging", "empty", "fault", "fault", "disabled")
    given: list[dict[str, Any]] = [{"soc": 50.0}] * 4 + [{}, {"battery": "b-7"}, {}, {}]
    pairs = enumerate(zip(states, given, strict=True), 1)
    slots = tuple(Slot.model_validate({"slot": n, "state": state, **facts}) for n, (state, facts) in pairs)
    cabinets.picture.statuses["bj-0001"] = live("bj-0001", body.model_copy(update={"slots": slots}))
    works, silent = (await asked(client, f"{SYSTEM}/station_status.json"))["data"]["stations"]
    counts = ("num_vehicles_available", "num_vehicles_disabled", "num_docks_available", "num_docks_disabled")
    assert [works[name] for name in counts] == [3, 2, 1, 2]
    assert sum(works[name] for name in counts) == len(slots)
    assert not {"num_vehicles_disabled", "num_docks_disabled"} & silent.keys()
    for state in ("charging", "ready"):
        alike = tuple(one.model_copy(update={"state": state}) for one in slots)
        cabinets.picture.statuses["bj-0001"] = live("bj-0001", body.model_copy(update={"slots": alike}))
        [one, _] = (await asked(client, f"{SYSTEM}/station_status.json"))["data"]["stations"]
        assert (one["is_renting"], one["is_returning"]) == (True, True)


async def test_nothing_is_rented_where_it_smokes(cabinets: World, client: ClientSession) -> None:
    """Numbers stay, and nobody is sent there."""
    smoking = battery(5, NOW_MS - 9_000).model_copy(update={"smoke": True})
    cabinets.picture.statuses["bj-0001"] = live("bj-0001", smoking)
    [one, _] = (await asked(client, f"{SYSTEM}/station_status.json"))["data"]["stations"]
    assert (one["num_vehicles_available"], one["is_renting"], one["is_returning"]) == (5, False, False)


@pytest.mark.parametrize(
    "path", ["/gbfs/v3/smart_stations_cn_110101/gbfs.json", "/gbfs/v3/x/gbfs.json", f"{SYSTEM}/nothing.json"]
)
async def test_what_there_is_not_is_told(client: ClientSession, path: str) -> None:
    """A district is no system, and no other file is there."""
    async with client.get(path) as response:
        assert "/gbfs/v3/manifest.json" in (await assert_problem(response, 404))["detail"]


async def test_geojson_has_the_same_stations_page_by_page(client: ClientSession) -> None:
    """Longitude first, the id as id, everything else as in the list; each station on one page."""
    listed = (await asked(client, "/v1/stations"))["data"]["stations"]
    found: list[Any] = []
    path: str | None = "/v1/stations.geojson?limit=2"
    while path is not None:
        async with client.get(path) as response:
            assert response.content_type == "application/geo+json"
            found += json.loads(await response.read())["features"]
            link = response.links.get("next")
            path = None if link is None else URL(link["url"]).path_qs
    assert [feature["id"] for feature in found] == [station["id"] for station in listed]
    first, station = found[0], listed[0]
    assert first["geometry"] == {"type": "Point", "coordinates": [station["lon"], station["lat"]]}
    assert first["properties"] == {
        name: value for name, value in station.items() if name not in {"id", "lat", "lon", "lat_gcj02", "lon_gcj02"}
    }
