"""Who may ask: every role on every route below /v1/ops/, and what is said to those who may not."""

import logging
from typing import Any

import pytest
from aiohttp import ClientSession, web

from api.route import Route
from api.routes import ROUTES
from ingest.operating import Role
from tests.api.conftest import ClientOf
from tests.api.error_shape import assert_problem
from tests.api.ops_world import MINTED, REGIONAL, bearer
from tests.api.world import World, address, body_for

OPS = [route for route in ROUTES if route.path.startswith("/v1/ops/")]


def name(value: Any) -> str:
    """Of a case."""
    return f"{value.method} {value.path}" if isinstance(value, Route) else str(value)


def test_only_what_is_for_operators_wants_a_token() -> None:
    """Every route below /v1/ops/ has a role; no other one has."""
    assert {route.path for route in ROUTES if route.role is not None} == {route.path for route in OPS}
    assert all(route.role is not None for route in OPS)


def test_what_changes_something_is_closed_to_those_who_only_look() -> None:
    """A crew acts upon what crews work on, alerts and jobs; all else wants an operator."""
    for route in OPS:
        if route.method != "GET":
            is_work = route.path.startswith(("/v1/ops/alerts/", "/v1/ops/jobs/"))
            assert route.role in ({Role.CREW, Role.OPERATOR} if is_work else {Role.OPERATOR, Role.ADMIN})


@pytest.mark.parametrize("route", OPS, ids=name)
@pytest.mark.parametrize("role", Role)
async def test_role_opens_what_it_may(client: ClientSession, route: Route[Any], role: Role) -> None:
    """The route's own role and each above it are let in; each below it is told which role it wants."""
    assert route.role is not None
    request = client.request(route.method, address(route.path), headers=bearer(role), json=body_for(route))
    async with request as response:
        if role.rank >= route.role.rank:
            assert response.status in {200, 204}, await response.text()
            assert response.headers["Cache-Control"] == "no-store"
            return
        problem = await assert_problem(response, 403)
        assert f"role {route.role};" in problem["detail"]
        challenge = response.headers["WWW-Authenticate"]
        assert challenge == f'Bearer realm="yizhan", error="insufficient_scope", scope="{route.role}"'


@pytest.mark.parametrize("route", OPS, ids=name)
async def test_nobody_gets_in_without_a_token(client: ClientSession, route: Route[Any]) -> None:
    """Without one the answer is the same whatever the parameters, and says how to ask."""
    async with client.request(route.method, address(route.path), params={"no": "such"}) as response:
        problem = await assert_problem(response, 401)
        assert "yizhan tokens add" in problem["detail"]
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="yizhan"'


SECRET = MINTED[Role.ADMIN].text

WRONG = {
    "of nobody": ["Bearer yz_0123456789ab_" + "A" * 43],
    "with a wrong secret": [f"Bearer {SECRET[:-1]}{'A' if SECRET[-1] != 'A' else 'B'}"],
    "cut": [f"Bearer {SECRET[:-1]}"],
    "without its scheme": [SECRET],
    "of another scheme": [f"Basic {SECRET}"],
    "empty": [""],
    "a scheme alone": ["Bearer"],
    "given twice": [f"Bearer {SECRET}", f"Bearer {SECRET}"],
    "no text": ["Bearer \udcff\udcfe"],
}


@pytest.mark.parametrize("sent", WRONG.values(), ids=WRONG)
async def test_wrong_token_opens_nothing(client: ClientSession, sent: list[str]) -> None:
    """Whatever is wrong with it, it is a 401 that does not give it back."""
    headers = [("Authorization", one) for one in sent]
    async with client.get("/v1/ops/accounting", headers=headers) as response:
        await assert_problem(response, 401)
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="yizhan", error="invalid_token"'
        assert "yz_" not in await response.text()


async def test_scheme_may_be_written_in_any_case(client: ClientSession) -> None:
    """RFC 9110: the name of a scheme is the same in any case."""
    async with client.get("/v1/ops/accounting", headers={"Authorization": f"bearer {SECRET}"}) as response:
        assert response.status == 200


async def test_revoked_token_opens_nothing(world: World, client: ClientSession) -> None:
    """From the next look at the table on."""
    world.tokens.reload(one.token for role, one in MINTED.items() if role is not Role.VIEWER)
    async with client.get("/v1/ops/accounting", headers=bearer(Role.VIEWER)) as response:
        await assert_problem(response, 401)
    async with client.get("/v1/ops/accounting", headers=bearer(Role.CREW)) as response:
        assert response.status == 200


async def test_public_routes_ask_no_token(client: ClientSession) -> None:
    """A wrong token on a public route changes nothing."""
    async with client.get("/v1/stations", headers={"Authorization": "Bearer nonsense"}) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/ops/accounting", 200),
        ("/v1/ops/stations/bj-0001/quality", 200),
        ("/v1/ops/stations/bj-0002/quality", 403),
        ("/v1/ops/stations/stranger-01/quality", 403),
        ("/v1/ops/unregistered", 403),
        ("/v1/ops/dead-letters?station=bj-0001", 200),
        ("/v1/ops/dead-letters?station=gd-0001", 403),
        ("/v1/ops/dead-letters/1", 200),
        ("/v1/ops/dead-letters/2", 403),
        ("/v1/ops/dead-letters/3", 403),
    ],
)
async def test_token_for_a_region_reaches_its_stations(client: ClientSession, path: str, status: int) -> None:
    """What is about a station outside of the regions, or about none that is registered, is a 403 that names them."""
    async with client.get(path, headers={"Authorization": f"Bearer {REGIONAL.text}"}) as response:
        if status == 403:
            assert "110101" in (await assert_problem(response, 403))["detail"]
        else:
            assert response.status == status


async def test_token_for_a_region_lists_its_letters_alone(client: ClientSession) -> None:
    """Letters of other stations, and of none, are left out of the list."""
    async with client.get("/v1/ops/dead-letters", headers={"Authorization": f"Bearer {REGIONAL.text}"}) as response:
        assert [letter["id"] for letter in (await response.json())["data"]["letters"]] == [1]


@pytest.mark.parametrize("route", OPS, ids=name)
async def test_no_secret_is_answered_or_logged(
    world: World, client_of: ClientOf, app: web.Application, caplog: pytest.LogCaptureFixture, route: Route[Any]
) -> None:
    """Neither a token that opens nor one that does not stands in an answer or a log, even where we make a mistake."""
    client = await client_of(app)
    world.letters.fails_with = RuntimeError("a mistake of ours")
    secrets = [SECRET, SECRET[:-4] + "zzzz"]
    with caplog.at_level(logging.DEBUG):
        for secret in secrets:
            headers = {"Authorization": f"Bearer {secret}"}
            async with client.request(route.method, address(route.path), headers=headers) as response:
                is_stream = response.content_type == "text/event-stream"
                text = repr(response.headers) + ("" if is_stream else await response.text())
                assert SECRET.rpartition("_")[2][:10] not in text
    assert SECRET.rpartition("_")[2][:10] not in caplog.text
