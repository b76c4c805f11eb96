"""A station's history, asked over HTTP."""

import asyncio
from dataclasses import replace

import pytest
from aiohttp import ClientSession

from api.app import make_app
from api.history import AT_ONCE, SPANS_DEFAULT, SPANS_MAX
from api.instants import rfc3339
from ingest.model import HistoryPoint, Kind
from ingest.ports import StoreMisconfigured, TransientStoreError
from tests.api.conftest import ClientOf
from tests.api.error_shape import assert_problem
from tests.api.stillness import NOW_MS
from tests.api.world import World

HOUR_MS = 3_600_000
PATH = "/v1/stations/bj-0001/history"
DAY = "from=2026-11-20T16:00:00Z&to=2026-11-21T16:00:00Z"


async def test_figures_come_by_span_with_their_units(client: ClientSession) -> None:
    """Each span says when it begins, how many readings it had and how each figure went, under its public name."""
    async with client.get(f"{PATH}?kind=medicine&{DAY}&every=12h") as response:
        data = (await response.json())["data"]
    spread = {"mean": 2.5, "lowest": 1.0, "highest": 4.0, "last": 3.0}
    figures = {"temp_c": spread, "humidity_percent": spread, "items": spread}
    assert data == {
        "station": "bj-0001",
        "kind": "medicine",
        "from": "2026-11-20T16:00:00.000Z",
        "to": "2026-11-21T16:00:00.000Z",
        "every_s": 43_200,
        "spans": [
            {"start": "2026-11-20T16:00:00.000Z", "readings": 1, "figures": figures},
            {"start": "2026-11-21T04:00:00.000Z", "readings": 1, "figures": figures},
        ],
    }


@pytest.mark.parametrize(
    ("every", "first", "every_s"),
    [
        ("", "2026-11-21T07:30:00.000Z", 900),
        ("&every=1h", "2026-11-21T07:00:00.000Z", 3_600),
        ("&every=1d", "2026-11-20T16:00:00.000Z", 86_400),
    ],
)
async def test_without_instants_it_is_the_last_day(
    world: World, client: ClientSession, every: str, first: str, every_s: int
) -> None:
    """It ends now, and begins where the stations' wall clock was round: spans of a day are local days."""
    async with client.get(f"{PATH}?kind=occupancy{every}") as response:
        data = (await response.json())["data"]
    assert (data["from"], data["every_s"]) == (first, every_s)
    assert world.history.asked[0][3] == NOW_MS


@pytest.mark.parametrize("days", [0.001, 0.1, 1, 3, 7, 31, 400])
async def test_without_every_a_span_is_round(client: ClientSession, days: float) -> None:
    """However long the time, a chart gets spans enough and not too many."""
    first = rfc3339(NOW_MS - int(days * 24 * HOUR_MS))
    async with client.get(PATH, params={"kind": "battery", "from": first}) as response:
        spans = (await response.json())["data"]["spans"]
    assert 1 <= len(spans) <= SPANS_DEFAULT


async def test_a_thousand_spans_are_given_and_one_more_is_not(client: ClientSession) -> None:
    """The bound is the one that the documentation names, and a part of a span is a span."""
    async with client.get(
        f"{PATH}?kind=battery&from=2026-11-20T00:00:00Z&to=2026-11-20T16:40:00Z&every=1m"
    ) as response:
        assert len((await response.json())["data"]["spans"]) == SPANS_MAX
    async with client.get(
        f"{PATH}?kind=battery&from=2026-11-20T00:00:00Z&to=2026-11-20T16:40:01Z&every=1m"
    ) as response:
        problem = await assert_problem(response, 400, parameter="every")
    assert "1001 spans" in problem["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "kind"),
        ("kind=", "kind"),
        ("kind=visits", "kind"),
        ("kind=battery&kind=battery", "kind"),
        ("kind=battery&every=0m", "every"),
        ("kind=battery&every=60", "every"),
        ("kind=battery&every=1.5h", "every"),
        ("kind=battery&every=-1h", "every"),
        ("kind=battery&every=401d", "every"),
        ("kind=battery&every=99999999d", "every"),
        ("kind=battery&every=1s", "every"),
        ("kind=battery&from=2026-11-22", "from"),
        ("kind=battery&from=2026-11-22T06:00:00", "from"),
        ("kind=battery&from=2026-11-22T07:30:00Z", "from"),
        ("kind=battery&from=2026-11-22T06:00:00Z&to=2026-11-22T06:00:00Z", "from"),
        ("kind=battery&from=1999-12-31T23:59:59Z", "from"),
        ("kind=battery&from=2025-10-18T00:00:00Z&to=2026-11-22T00:00:01Z&every=1d", "from"),
        ("kind=battery&to=2100-01-01T00:00:01Z", "to"),
        ("kind=battery&to=0001-01-01T00:00:00Z", "to"),
        ("kind=battery&step=1h", "step"),
    ],
)
async def test_wrong_parameters_are_named(client: ClientSession, query: str, parameter: str) -> None:
    """A 400 names the parameter, what was wrong and what would be right."""
    async with client.get(f"{PATH}?{query}") as response:
        await assert_problem(response, 400, parameter=parameter)


@pytest.mark.parametrize("station", ["nobody", "stranger-01"])
async def test_a_station_that_is_not_registered_has_none(world: World, client: ClientSession, station: str) -> None:
    """Who only publishes is not shown, here either, and the store is not asked."""
    async with client.get(f"/v1/stations/{station}/history?kind=battery") as response:
        await assert_problem(response, 404)
    assert not world.history.asked


@pytest.mark.parametrize("error", [TransientStoreError("refused"), StoreMisconfigured("set store.token")])
async def test_a_store_that_is_away_is_a_503(world: World, client: ClientSession, error: Exception) -> None:
    """Whether it is down or has not the right token, it is said when to ask again, and not why."""
    world.history.fails_with = error
    async with client.get(f"{PATH}?kind=occupancy") as response:
        await assert_problem(response, 503)
        assert int(response.headers["Retry-After"]) > 0
        assert str(error) not in await response.text()


class SlowHistory:
    """Answers when it is let; counts how many ask at once."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.busy = asyncio.Event()
        self.under_way = self.most = 0

    async def history(self, station: str, kind: Kind, from_ms: int, to_ms: int, every_ms: int) -> list[HistoryPoint]:  # noqa: ARG002 - the port's
        """See the port."""
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if self.under_way == AT_ONCE:
            self.busy.set()
        await self.release.wait()
        self.under_way -= 1
        return []


async def test_a_crowd_of_charts_waits_for_its_turn(world: World, client_of: ClientOf) -> None:
    """The store is asked few things at once; everybody is answered, and other routes do not wait."""
    slow = SlowHistory()
    client = await client_of(make_app(replace(world.platform(), history=slow)))

    async def ask() -> int:
        async with client.get(f"{PATH}?kind=occupancy") as response:
            return response.status

    asking = [asyncio.create_task(ask()) for _ in range(3 * AT_ONCE)]
    await slow.busy.wait()
    async with client.get("/v1/stations/bj-0001") as response:
        assert response.status == 200
    slow.release.set()
    assert await asyncio.gather(*asking) == [200] * 3 * AT_ONCE
    assert slow.most == AT_ONCE
