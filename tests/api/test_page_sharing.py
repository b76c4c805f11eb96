"""Pages under a spike of readers: made once a cycle, compressed, validated."""

from dataclasses import replace

import pytest
from aiohttp import ClientSession

from api.app import make_app
from ingest.model import DayCount
from tests.api.conftest import ClientOf
from tests.api.world import MemoryVisits, World

PAGES = ("/", "/cards?id=bj-0001", "/stations/bj-0001", "/overview")


class _Counting(MemoryVisits):
    """Knows how often it was asked."""

    asked = 0

    async def of_stations(self, *asked: object) -> list[DayCount]:
        """See the port."""
        self.asked += 1
        return list(await super().of_stations(*asked))  # type: ignore[arg-type]  # as they came


@pytest.fixture
async def client(world: World, client_of: ClientOf) -> ClientSession:
    """Of a platform whose cycle is a second."""
    world.visits = _Counting(world.visits.counts, world.visits.days)
    world.settings = replace(world.settings, shared_ms=1_000)
    return await client_of(make_app(world.platform()))


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_compressed_and_validated(client: ClientSession, path: str) -> None:
    """The bytes are the same plain and packed; who has them gets a 304 with the policy still on it."""
    async with client.get(path, headers={"Accept-Encoding": "gzip"}) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["Vary"] == "Accept-Encoding"
        assert response.headers["Cache-Control"] == "no-cache"
        packed, tag = await response.text(), response.headers["ETag"]
    async with client.get(path, headers={"Accept-Encoding": "identity"}) as response:
        assert await response.text() == packed
        assert response.headers["ETag"] != tag
        assert response.content_type == "text/html"
    async with client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": tag}) as response:
        assert response.status == 304
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]


async def test_a_spike_of_readers_reaches_no_store(world: World, client: ClientSession) -> None:
    """Within a cycle the database is asked once, whoever reads; after it, and behind an event, anew."""
    assert isinstance(world.visits, _Counting)
    for _ in range(5):
        async with client.get("/?region=110101") as response:
            assert response.status == 200
    assert world.visits.asked == 1
    async with client.get("/?region=110101&fresh=1-7"):
        assert world.visits.asked == 2
    world.now_ms += 1_000
    async with client.get("/?region=110101"):
        assert world.visits.asked == 3


async def test_no_address_can_be_given_the_page_of_another(client: ClientSession) -> None:
    """A name or a value with an encoded & or = is not two parameters, however it would look when it is joined."""
    for strange, usual in (
        ("/?open_now%3D1%26region=110101", "/?open_now=1&region=110101"),
        ("/?lang=en%26region%3D110101", "/?lang=en&region=110101"),
    ):
        async with client.get(strange) as response:
            other = await response.text()
        async with client.get(usual) as response:
            assert response.status == 200
            assert await response.text() != other
        async with client.get(usual) as response:
            assert await response.text() != other


async def test_languages_and_errors_are_not_mixed_up(client: ClientSession) -> None:
    """Each language is a page of its own; a mended page is a 404 each time, and kept by nobody."""
    for _ in range(2):
        async with client.get("/?lang=en") as response:
            assert response.headers["Content-Language"] == "en"
        async with client.get("/") as response:
            assert response.headers["Content-Language"] == "zh-CN"
        async with client.get("/?region=999999") as response:
            assert response.status == 404
            assert "ETag" not in response.headers
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
