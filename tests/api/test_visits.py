"""Visits by day, asked over HTTP."""

from datetime import timedelta

import pytest
from aiohttp import ClientSession

from ingest.model import DayCount, Quality
from tests.api.error_shape import assert_problem
from tests.api.stillness import TODAY
from tests.api.world import World


async def test_a_station_has_counts_quality_and_revisions(client: ClientSession) -> None:
    """Each day has its count, what was carried and how good it is; changed days have their revisions."""
    async with client.get("/v1/visits?station=bj-0001&from=2026-11-20&to=2026-11-22") as response:
        body = await response.json()
    assert body["data"] == {
        "from": "2026-11-20",
        "to": "2026-11-22",
        "stations": [
            {
                "station": "bj-0001",
                "days": [
                    {"day": "2026-11-20", "visits": 127, "carried": 0, "quality": "exact"},
                    {"day": "2026-11-21", "visits": 131, "carried": 4, "quality": "at_least"},
                    {"day": "2026-11-22", "visits": 56, "carried": 0, "quality": "provisional"},
                ],
                "revisions": [
                    {
                        "day": "2026-11-21",
                        "old": 120,
                        "new": 131,
                        "why": "late readings",
                        "at": "2026-11-22T06:30:00.000Z",
                    }
                ],
            }
        ],
    }


async def test_several_stations_come_each_once_in_order(client: ClientSession) -> None:
    """A station that is asked for twice is answered once; one without counts has no days."""
    query = "station=bj-0004&station=bj-0001&station=bj-0004&from=2026-11-22"
    async with client.get(f"/v1/visits?{query}") as response:
        stations = (await response.json())["data"]["stations"]
    assert [(one["station"], len(one["days"])) for one in stations] == [("bj-0001", 1), ("bj-0004", 0)]


async def test_the_default_is_fourteen_days_up_to_today(world: World, client: ClientSession) -> None:
    """Without days the answer is about today and the thirteen days before."""
    for back, visits in ((13, 13), (14, 14)):
        world.visits.counts.append(DayCount("bj-0001", TODAY - timedelta(days=back), visits, 0, Quality.EXACT))
    async with client.get("/v1/visits?station=bj-0001") as response:
        data = (await response.json())["data"]
    assert (data["from"], data["to"]) == ("2026-11-09", "2026-11-22")
    assert data["stations"][0]["days"][0]["visits"] == 13


@pytest.mark.parametrize(("query", "region"), [("", None), ("?region=110000", "110000")])
async def test_a_region_has_the_stations_behind_each_label(
    client: ClientSession, query: str, region: str | None
) -> None:
    """A region's day says how many stations stand behind each label, zero too; without a region it is the nation's."""
    async with client.get(f"/v1/visits{query}") as response:
        data = (await response.json())["data"]
    assert (data["region"] and data["region"]["code"]) == region
    assert data["days"][0] == {
        "day": "2026-11-21",
        "visits": 2310,
        "carried": 0,
        "quality": "exact",
        "stations": {"exact": 4, "provisional": 0, "at_least": 0},
    }


async def test_400_days_are_taken_and_401_are_not(client: ClientSession) -> None:
    """The bound is the one that the documentation names."""
    async with client.get("/v1/visits?from=2025-01-01&to=2026-02-04") as response:
        assert response.status == 200
    async with client.get("/v1/visits?from=2025-01-01&to=2026-02-05") as response:
        problem = await assert_problem(response, 400, parameter="from")
    assert problem["errors"][0]["detail"] == "2025-01-01 to 2026-02-05 is 401 days"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("?from=2026-02-30", "from"),
        ("?from=20261101", "from"),
        ("?from=1795330800", "from"),
        ("?from=yesterday", "from"),
        ("?from=2026-W01-1", "from"),
        ("?from=1999-12-31&to=2000-01-05", "from"),
        ("?to=2100-01-01", "to"),
        ("?to=9999-12-31", "to"),
        ("?to=", "to"),
        ("?from=2026-11-22&to=2026-11-21", "from"),
        ("?from=2026-11-23", "from"),
        ("?from=2026-11-01&from=2026-11-02", "from"),
        ("?station=nobody", "station"),
        ("?station=stranger-01", "station"),
        ("?station=", "station"),
        ("?station=bj-0001&region=110000", "region"),
        ("?region=999999", "region"),
        ("?first=2026-11-01", "first"),
        ("?" + "&".join(f"station=s{n}" for n in range(51)), "station"),
    ],
)
async def test_wrong_parameters_are_named(client: ClientSession, query: str, parameter: str) -> None:
    """A 400 names the parameter, what was wrong and what would be right."""
    async with client.get(f"/v1/visits{query}") as response:
        await assert_problem(response, 400, parameter=parameter)
