"""The stream of what changes: to each listener what it asked for, and nothing lost without a word."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession, StreamReader, web

from api.positions import Box
from api.stream.answer import HUB
from api.stream.hub import RESYNC, WAITING_MAX, Hub, Listener, Place
from api.stream.interest import Interest, shelves_of
from ingest.model import DayCount, Quality
from tests.api.error_shape import assert_problem
from tests.api.stillness import NOW_MS, TODAY
from tests.api.world import World, live, occupancy, station

QUIET = b":\n\n"


class _Told:
    """Reads events as a browser does, and knows the last id."""

    def __init__(self, content: StreamReader) -> None:
        self._content = content
        self.last = ""

    async def next(self) -> tuple[str, Any]:
        """Kind and data of the next event."""
        while True:
            block = (await self._content.readuntil(b"\n\n")).decode()
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            self.last = fields.get("id", self.last)
            if "event" in fields:
                return fields["event"], json.loads(fields["data"])


@asynccontextmanager
async def listening(client: ClientSession, query: str = "", last: str = "") -> AsyncIterator[_Told]:
    """A stream that has begun."""
    headers = {"Last-Event-ID": last} if last else {}
    async with client.get(f"/v1/stream{query}", headers=headers) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        told = _Told(response.content)
        if last:
            told.last = last
        else:
            block = (await response.content.readuntil(b"\n\n")).decode()
            told.last = block.splitlines()[1].removeprefix("id: ")
        yield told


async def test_a_station_is_told_of_with_what_is_true_then(world: World, client: ClientSession) -> None:
    """An event has the station as the list shows it, and an id that leads on."""
    async with listening(client, "?station=bj-0001") as told:
        began = told.last
        world.picture.statuses["bj-0001"] = live("bj-0001", occupancy(19, NOW_MS))
        world.news.heard("bj-0001")
        kind, data = await told.next()
        assert (kind, data["id"], data["offer"]["seats_free"]["value"]) == ("status", "bj-0001", 1)
        assert told.last != began


async def test_counts_are_told_with_their_quality(world: World, client: ClientSession) -> None:
    """A published count comes as a `visits` event."""
    async with listening(client, "?region=110101") as told:
        world.news.counted([DayCount("bj-0001", TODAY, 57, 0, Quality.PROVISIONAL)])
        expected = {
            "station": "bj-0001",
            "day": str(TODAY),
            "visits": 57,
            "carried": 0,
            "quality": "provisional",
        }
        assert await told.next() == ("visits", expected)


@pytest.mark.parametrize(
    ("query", "heard"),
    [
        ("", ["bj-0001", "bj-0002", "gd-0001"]),
        ("?station=gd-0001&station=bj-0002", ["bj-0002", "gd-0001"]),
        ("?province=110000", ["bj-0001", "bj-0002"]),
        ("?region=441900", ["gd-0001"]),
        ("?bbox=116,39,117,40&region=440000", ["gd-0001"]),
        ("?station=bj-0001&region=110101", ["bj-0001"]),
    ],
)
async def test_filters_choose(world: World, client: ClientSession, query: str, heard: list[str]) -> None:
    """All filters that are given hold; a station that nobody registered is told to no one."""
    async with listening(client, query) as told:
        for one in ("stranger-01", "bj-0001", "bj-0002", "gd-0001"):
            world.news.heard(one)
        assert [(await told.next())[1]["id"] for _ in heard] == heard


async def test_who_comes_back_gets_what_was_missed(world: World, client: ClientSession) -> None:
    """With Last-Event-ID the missed events come, of each station's status the present one, once."""
    async with listening(client) as told:
        world.news.heard("bj-0001")
        await told.next()
        left = told.last
    async with listening(client) as other:
        for present in (3, 4, 5):
            world.picture.statuses["bj-0002"] = live("bj-0002", occupancy(present, NOW_MS))
            world.news.heard("bj-0002")
            await other.next()
    async with listening(client, last=left) as again:
        kind, data = await again.next()
        assert (kind, data["id"], data["offer"]["seats_free"]["value"]) == ("status", "bj-0002", 15)
        world.news.heard("bj-0003")
        assert (await again.next())[1]["id"] == "bj-0003"


async def test_the_place_comes_behind_what_was_missed(world: World, client: ClientSession) -> None:
    """A client that breaks off before it has what it missed comes back for it: nothing told it that it is further."""
    async with listening(client) as told:
        left = told.last
        for name in ("bj-0001", "bj-0002"):
            world.news.heard(name)
            await told.next()
        now = told.last
    async with client.get("/v1/stream", headers={"Last-Event-ID": left}) as response:
        ids = []
        for _ in range(3):
            block = (await response.content.readuntil(b"\n\n")).decode()
            ids.append(next(line.removeprefix("id: ") for line in block.splitlines() if line.startswith("id: ")))
    assert left not in ids
    assert ids == sorted(ids)
    assert ids[-1] == now
    assert "event" not in block


@pytest.mark.parametrize("last", ["0-5", "nonsense", "1-99999999999999999999", "x" * 500])
async def test_who_was_away_too_long_is_told_to_ask_anew(client: ClientSession, last: str) -> None:
    """An id of another run, or none of ours, gets `resync`."""
    async with listening(client, last=last) as told:
        assert await told.next() == ("resync", {})


async def test_a_place_of_the_future_is_none_of_ours(app: web.Application, client: ClientSession) -> None:
    """An id that was never given gets `resync`."""
    async with listening(client) as told:
        run = told.last.partition("-")[0]
        async with listening(client, last=f"{run}-7") as other:
            assert await other.next() == ("resync", {})
    assert Place.parse(f"{run}-7") == Place(run, 7)


async def test_a_slow_listener_is_told_so_and_slows_nobody() -> None:
    """Beyond the bound all that waits becomes one `resync`, and what follows is told again."""
    slow = Listener(Interest())
    for number in range(WAITING_MAX + 1):
        slow.put(b"event %d\n\n" % number)
    slow.put(b"later\n\n")
    assert await slow.next(1) == RESYNC + b"later\n\n"


async def test_nothing_is_gathered_while_nobody_listens(world: World) -> None:
    """Before the first listener a note costs nothing; a while after the last one it does so again."""
    hub = Hub(world.platform())
    world.news.heard("bj-0001")
    assert not world.news.take().stations
    listener = hub.join(Interest(), "")
    assert world.news.is_watched
    hub.leave(listener)
    assert world.news.is_watched
    hub._rest()
    assert not world.news.is_watched


async def test_after_a_rest_nobody_can_know_what_was_missed(world: World) -> None:
    """Who left before the hub rested is told to ask anew, though its number was the last."""
    hub = Hub(world.platform())
    place = hub.here().decode().split()[1]
    hub._rest()
    listener = hub.join(Interest(), place)
    assert await listener.next(1) == RESYNC + hub.here()


async def test_streams_end_when_the_platform_does(app: web.Application, client: ClientSession) -> None:
    """A stop waits for no phone."""
    async with client.get("/v1/stream") as response:
        await response.content.readuntil(b"\n\n")
        app[HUB].close()
        assert await response.content.read() in {b"", QUIET}


@pytest.mark.parametrize("query", ["?region=x", "?bbox=1,2,3", "?province=110000&region=110101", "?since=1"])
async def test_a_wrong_filter_is_a_400(client: ClientSession, query: str) -> None:
    """Filters are checked before the stream begins."""
    async with client.get(f"/v1/stream{query}") as response:
        await assert_problem(response, 400)


async def test_too_many_streams_are_told_when_to_come_again(
    client: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the bound a stream is a 503 with Retry-After; HEAD opens none."""
    monkeypatch.setattr("api.stream.answer.STREAMS_MAX", 0)
    async with client.get("/v1/stream") as response:
        await assert_problem(response, 503)
        assert response.headers["Retry-After"]
    monkeypatch.undo()
    async with client.head("/v1/stream") as response:
        assert response.status == 200


def test_every_interest_stands_where_its_stations_are_looked_for() -> None:
    """A listener that takes a station stands on one of the station's shelves, and on each shelf once."""
    one = station(1)
    for interest in (
        Interest(),
        Interest(frozenset({"bj-0001", "x"})),
        Interest(region="110000"),
        Interest(region="110101", box=Box(116, 39, 117, 40)),
        Interest(frozenset({"bj-0001"}), "110101"),
    ):
        assert interest.takes(one)
        assert len(set(interest.shelves()) & set(shelves_of(one))) == 1
    assert not Interest(box=Box(0, 0, 1, 1)).takes(one)
    assert not Interest(frozenset({"bj-0001"}), "440000").takes(replace(one, city=None))
