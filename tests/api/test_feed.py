"""Public data as machines ask for it: validators, origins, compression, sharing, limits."""

import asyncio
import gzip
from dataclasses import replace

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st

from api.app import make_app
from api.feed.limits import WINDOW_MS, Limits, Proxies
from api.feed.shared import SharedAnswer, SharedAnswers, tag_of
from api.privacy import told_people
from tests.api.conftest import ClientOf
from tests.api.error_shape import assert_problem
from tests.api.stillness import NOW_MS
from tests.api.world import World, live, occupancy

LIST = "/v1/stations?limit=3"


async def test_a_client_that_has_it_is_told_so(client: ClientSession) -> None:
    """304 without a body, with the same validator and caching as the 200; another tag gets the whole."""
    async with client.get(LIST) as first:
        tag, body = first.headers["ETag"], await first.read()
        assert first.headers["Cache-Control"] == "public, max-age=10, stale-while-revalidate=30, stale-if-error=300"
    async with client.get(LIST, headers={"If-None-Match": f'"other", {tag}'}) as again:
        assert (again.status, await again.read()) == (304, b"")
        assert (again.headers["ETag"], again.headers["Vary"]) == (tag, "Accept-Encoding")
    async with client.get(LIST, headers={"If-None-Match": '"other"'}) as whole:
        assert (whole.status, await whole.read()) == (200, body)


async def test_what_changes_has_another_tag(world: World, client: ClientSession) -> None:
    """A station that falls silent changes the bytes, and so the validator."""
    async with client.get("/v1/stations/bj-0001") as first:
        tag = first.headers["ETag"]
    del world.picture.statuses["bj-0001"]
    async with client.get("/v1/stations/bj-0001", headers={"If-None-Match": tag}) as changed:
        assert changed.status == 200
        assert changed.headers["ETag"] != tag


async def test_it_is_compressed_for_who_can(client: ClientSession) -> None:
    """The same bytes inside, and a tag of its own."""
    plain = {"Accept-Encoding": "identity"}
    async with client.get(LIST, headers=plain) as one:
        assert "Content-Encoding" not in one.headers
        body, tag = await one.read(), one.headers["ETag"]
    async with client.get(LIST, headers={"Accept-Encoding": "gzip"}, auto_decompress=False) as other:
        assert other.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(await other.read()) == body
        assert other.headers["ETag"] == f'{tag[:-1]}-gzip"'


@pytest.mark.parametrize("path", [LIST, "/v1/nothing", "/v1/stations?limit=0", "/openapi.json"])
async def test_any_page_may_read_it(client: ClientSession, path: str) -> None:
    """Answers and errors; a preflight says what is allowed; what wants a token is not open."""
    async with client.get(path, headers={"Origin": "https://example.org"}) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "ETag" in response.headers["Access-Control-Expose-Headers"]
    async with client.options(path) as asked:
        assert asked.status == 204
        assert asked.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    async with client.get("/v1/ops/accounting") as closed:
        assert "Access-Control-Allow-Origin" not in closed.headers


async def test_head_says_what_get_would(client: ClientSession) -> None:
    """The same headers, no body."""
    async with client.get(LIST) as whole, client.head(LIST) as head:
        assert (head.status, await head.read()) == (200, b"")
        for name in ("ETag", "Cache-Control", "Content-Type"):
            assert head.headers[name] == whole.headers[name]


async def test_an_address_that_asks_too_often_is_told_when_to_come_again(world: World, client_of: ClientOf) -> None:
    """429 with what is left and until when; health and metrics go on answering."""
    world.settings = replace(world.settings, requests_per_minute=2)
    client = await client_of(make_app(world.platform()))
    for left in (1, 0):
        async with client.get(LIST) as response:
            assert response.status == 200
            assert response.headers["RateLimit-Policy"] == '"anon";q=2;w=60'
            assert response.headers["RateLimit"].startswith(f'"anon";r={left};t=')
    async with client.get(LIST) as refused:
        problem = await assert_problem(refused, 429)
        assert "2 times a minute" in problem["detail"]
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert refused.headers["Access-Control-Allow-Origin"] == "*"
    async with client.get("/healthz") as alive:
        assert alive.status == 200


async def test_all_who_come_together_share_one_answer() -> None:
    """One is made for a hundred, errors too; after its cycle another one is."""
    made, now_ms = 0, [NOW_MS]
    shelf = SharedAnswers(1_000, lambda: now_ms[0])

    async def make() -> SharedAnswer:
        nonlocal made
        made += 1
        await asyncio.sleep(0)
        return SharedAnswer(now_ms[0], b"%d" % made, "text/plain", {}, tag_of(b"%d" % made))

    first = await asyncio.gather(*(shelf.of("/x", make) for _ in range(100)))
    assert {one.body for one in first} == {b"1"}
    now_ms[0] += 999
    assert (await shelf.of("/x", make)).body == b"1"
    now_ms[0] += 1
    assert (await shelf.of("/x", make)).body == b"2"

    async def fail() -> SharedAnswer:
        raise ValueError("no")

    answers = await asyncio.gather(*(shelf.of("/y", fail) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in answers] == [ValueError] * 3
    assert (await shelf.of("/y", make)).body == b"3"


async def test_a_reader_who_goes_away_takes_nothing_from_the_others() -> None:
    """The one that is being made is made for those who stay."""
    going = asyncio.Event()
    shelf = SharedAnswers(0, lambda: NOW_MS)

    async def make() -> SharedAnswer:
        await going.wait()
        return SharedAnswer(NOW_MS, b"x", "text/plain", {}, "t")

    leaves, stays = (asyncio.ensure_future(shelf.of("/x", make)) for _ in range(2))
    await asyncio.sleep(0)
    leaves.cancel()
    await asyncio.sleep(0)
    going.set()
    assert (await stays).body == b"x"


async def test_what_is_kept_is_bounded() -> None:
    """The oldest go; one that is larger than all is given and not kept."""
    made: list[str] = []
    shelf = SharedAnswers(1_000, lambda: NOW_MS, most_bytes=3_000)

    async def of(address: str, size: int) -> None:
        async def make() -> SharedAnswer:
            made.append(address)
            return SharedAnswer(NOW_MS, b"x" * size, "text/plain", {}, "t")

        await shelf.of(address, make)

    for address in ("a", "b", "c", "c", "a"):
        await of(address, 700)
    assert made == ["a", "b", "c", "a"]
    await of("huge", 9_000)
    await of("huge", 9_000)
    assert made[-2:] == ["huge", "huge"]


@given(st.lists(st.integers(0, 30_000), max_size=80), st.integers(1, 20))
def test_a_limit_is_never_passed_by_more_than_the_window_before_explains(gaps_ms: list[int], most: int) -> None:
    """In any one minute of the clock at most so many are let through, whatever the gaps."""
    limits, now_ms, let = Limits(most), NOW_MS, list[int]()
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        if limits.ask("a", now_ms).is_allowed:
            let.append(now_ms // WINDOW_MS)
    assert all(let.count(minute) <= most for minute in let)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:203.0.113.7", "", "203.0.113.7"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
        ("a.socket", "198.51.100.1", "a.socket"),
    ],
)
def test_only_a_trusted_proxy_says_for_whom_it_asks(peer: str, forwarded: str, client: str) -> None:
    """The last address that no trusted proxy added counts; a household of IPv6 is one client."""
    proxies = Proxies(["10.0.0.0/8"])
    assert proxies.client(peer, [forwarded] if forwarded else []) == client
    assert proxies.client(peer, [one for one in forwarded.split(",") if one]) == client


def test_very_few_people_are_not_told_one_by_one() -> None:
    """None or three of one or two people; from three on as it is; an operator may have all told."""
    assert [told_people(people, 3) for people in range(5)] == [0, 0, 3, 3, 4]
    assert [told_people(people, 1) for people in range(3)] == [0, 1, 2]


async def test_who_is_alone_in_a_station_is_told_nowhere(world: World, client: ClientSession) -> None:
    """Neither by the count, nor by the free seats, nor by who came less who left; a history hides it too."""
    alone = occupancy(1, NOW_MS - 1_000)
    world.picture.statuses["bj-0001"] = live("bj-0001", alone)
    async with client.get("/v1/stations/bj-0001") as response:
        data = (await response.json())["data"]
    assert data["readings"]["occupancy"]["value"] == {"present": 0, "entered": 10_234, "left": None}
    assert data["offer"]["seats_free"]["value"] == 20
