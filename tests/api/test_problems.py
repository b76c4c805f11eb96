"""Every error is a problem document, whoever raised it."""

import asyncio
import logging
from typing import Any

import pytest
from aiohttp import ClientSession, web

from api.route import Route
from api.routes import ROUTES
from ingest.operating import Role
from ingest.ports import TransientStoreError
from tests.api.conftest import ClientOf
from tests.api.error_shape import assert_problem
from tests.api.ops_world import bearer
from tests.api.world import World, address


@pytest.mark.parametrize("route", [one for one in ROUTES if not one.query.is_lenient], ids=lambda one: one.path)
async def test_every_route_refuses_an_unknown_parameter(client: ClientSession, route: Route[Any]) -> None:
    """A misspelt parameter is refused by name on every route for machines."""
    target, headers = address(route.path), bearer(Role.ADMIN)
    async with client.request(route.method, target, params={"provinz": "11"}, headers=headers) as response:
        problem = await assert_problem(response, 400, parameter="provinz")
        details = {error["parameter"]: error["detail"] for error in problem["errors"]}
        assert details["provinz"] == "is not a parameter of this route"


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
async def test_every_route_names_the_methods_that_it_takes(client: ClientSession, path: str) -> None:
    """A wrong method gives a 405 whose Allow header names the right ones."""
    methods = {route.method for route in ROUTES if route.path == path}
    async with client.patch(address(path)) as response:
        await assert_problem(response, 405)
        allowed = set(response.headers["Allow"].replace(" ", "").split(","))
        assert allowed == methods | ({"HEAD"} if "GET" in methods else set())


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/stations/no-such-station", "/assets/x/../page.py", "/%00"])
async def test_nothing_there_is_a_problem(client: ClientSession, path: str) -> None:
    """An address at which nothing is gives a 404 problem."""
    async with client.get(path) as response:
        await assert_problem(response, 404)


async def test_too_large_a_body_is_a_problem(app: web.Application, client_of: ClientOf) -> None:
    """A route that reads a body answers one that is too large with a 413 problem."""

    async def read_it(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    app.router.add_post("/read", read_it)
    client = await client_of(app)
    async with client.post("/read", data=b"x" * 20_000) as response:
        await assert_problem(response, 413)


async def test_a_mistake_of_ours_tells_nothing_but_its_id(
    world: World, client: ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception becomes a 500 whose words are fixed; the log has its text under the same id."""
    world.visits.fails_with = RuntimeError("the password is 123")
    with caplog.at_level(logging.ERROR):
        async with client.get("/v1/visits", params={"station": "bj-0001"}) as response:
            problem = await assert_problem(response, 500)
            assert "password" not in await response.text()
    assert problem["request_id"] in caplog.text
    assert "the password is 123" in caplog.text


async def test_an_address_that_is_a_secret_is_not_logged(
    app: web.Application, client_of: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a request that failed the log names the route, not what stood in its place."""

    async def fail(request: web.Request) -> web.Response:
        raise RuntimeError("no")

    app.router.add_get("/secret/{token}", fail)
    client = await client_of(app)
    async with client.get("/secret/abc123") as response:
        await assert_problem(response, 500)
    assert "/secret/{token}" in caplog.text
    assert "abc123" not in caplog.text


async def test_a_store_that_is_away_is_said_to_come_back(world: World, client: ClientSession) -> None:
    """A store that is away gives a 503 that says when to try again."""
    world.visits.fails_with = TransientStoreError("connection refused")
    async with client.get("/v1/visits", params={"station": "bj-0001"}) as response:
        await assert_problem(response, 503)
        assert int(response.headers["Retry-After"]) > 0
        assert "refused" not in await response.text()


async def test_a_redirect_is_no_error(app: web.Application, client_of: ClientOf) -> None:
    """A handler that sends a client elsewhere is left to do so."""

    async def elsewhere(request: web.Request) -> web.Response:
        raise web.HTTPFound("/healthz")

    app.router.add_get("/elsewhere", elsewhere)
    client = await client_of(app)
    async with client.get("/elsewhere", allow_redirects=False) as response:
        assert response.status == 302


async def test_every_answer_has_its_request_id_and_keeps_its_type(client: ClientSession) -> None:
    """Good answers carry a request id too, and forbid browsers to guess a type."""
    async with client.get("/healthz") as first, client.get("/healthz") as second:
        assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
        assert first.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "target", [b"/v1/stations?limit=\xff\xfe", b"/v1/stations?%ff=%c0%80", b"/\xed\xa0\x80?a=\xff"]
)
async def test_bytes_that_are_not_utf8_are_no_mistake_of_ours(client: ClientSession, target: bytes) -> None:
    """A target that is not UTF-8 gets a 4xx; some from aiohttp itself, in plain text, before a handler is reached."""
    base = client._base_url
    assert base is not None
    reader, writer = await asyncio.open_connection(base.host, base.port)
    writer.write(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    status = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert status.split()[1] in {b"400", b"404"}, status
