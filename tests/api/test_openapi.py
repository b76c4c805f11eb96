"""The document: valid, complete, and true of the answers."""

from typing import Any

import pytest
from aiohttp import ClientSession, web
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.console.routes import CONSOLE_ADDRESSES
from api.openapi import _PATH_PARAMETERS
from api.query import parameter_names
from api.routes import ROUTES
from ingest.operating import Role
from tests.api.ops_world import bearer


@pytest.fixture
async def document(client: ClientSession) -> dict[str, Any]:
    """The document as the server gives it."""
    async with client.get("/openapi.json") as response:
        assert response.status == 200
        answer: dict[str, Any] = await response.json()
        return answer


async def test_it_is_valid(document: dict[str, Any]) -> None:
    """It is OpenAPI 3.1 by the official schema."""
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


async def test_it_and_the_server_have_the_same_routes(app: web.Application, document: dict[str, Any]) -> None:
    """Every route of the server but the console's pages is in the document, every operation of it is a route."""
    served = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD" and route.resource.canonical not in CONSOLE_ADDRESSES
    }
    documented = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert served == documented
    assert len(ROUTES) == len(served)


async def test_it_documents_every_parameter(document: dict[str, Any]) -> None:
    """Every parameter of a query model and every placeholder is there, with words; ids of operations differ."""
    operations = []
    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        operations.append(operation["operationId"])
        parameters = {(one["in"], one["name"]): one for one in operation["parameters"]}
        wanted = {("query", name) for name in parameter_names(route.query)}
        wanted |= {("path", name) for name in _PATH_PARAMETERS if f"{{{name}}}" in route.path}
        assert parameters.keys() == wanted
        assert all(one["description"] for one in parameters.values())
        assert all("type" in one["schema"] for one in parameters.values())
    assert len(set(operations)) == len(operations)


async def test_it_says_what_wants_a_token(document: dict[str, Any]) -> None:
    """An operation below /v1/ops/ names the bearer scheme and the least role; all others are open."""
    [(name, scheme)] = document["components"]["securitySchemes"].items()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        if route.path.startswith("/v1/ops/"):
            assert route.role is not None
            assert operation["security"] == [{name: [route.role.value]}]
            assert {"401", "403"} <= operation["responses"].keys()
        else:
            assert "security" not in operation
            assert {"401", "403"}.isdisjoint(operation["responses"])


async def test_it_has_a_word_for_every_model(document: dict[str, Any]) -> None:
    """The schemas have the models' own names, not those of generics."""
    names = set(document["components"]["schemas"])
    assert {"StationAnswer", "StationListAnswer", "VisitsAnswer", "SummaryAnswer", "ProblemBody", "SlotNow"} <= names
    assert not [name for name in names if "_" in name]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/v1/stations", "/v1/stations"),
        ("/v1/stations/{station_id}", "/v1/stations/bj-0001"),
        ("/v1/stations/{station_id}", "/v1/stations/bj-0003"),
        ("/v1/stations/{station_id}", "/v1/stations/bj-0005"),
        ("/v1/stations/{station_id}", "/v1/stations/nobody"),
        ("/v1/stations/{station_id}/history", "/v1/stations/bj-0001/history?kind=medicine&every=6h"),
        ("/v1/stations/{station_id}/history", "/v1/stations/bj-0001/history"),
        ("/v1/stations/{station_id}/history", "/v1/stations/nobody/history?kind=battery"),
        ("/v1/visits", "/v1/visits"),
        ("/v1/visits", "/v1/visits?station=bj-0001"),
        ("/v1/visits", "/v1/visits?from=x"),
        ("/v1/summary", "/v1/summary"),
        ("/v1/regions", "/v1/regions?parent=110000"),
        ("/v1/ops/accounting", "/v1/ops/accounting"),
        ("/v1/ops/stations/{station_id}/quality", "/v1/ops/stations/bj-0001/quality"),
        ("/v1/ops/stations/{station_id}/quality", "/v1/ops/stations/bj-0003/quality"),
        ("/v1/ops/unregistered", "/v1/ops/unregistered"),
        ("/v1/ops/dead-letters", "/v1/ops/dead-letters"),
        ("/v1/ops/dead-letters/{letter_id}", "/v1/ops/dead-letters/1"),
        ("/v1/ops/dead-letters/{letter_id}", "/v1/ops/dead-letters/2"),
        ("/v1/ops/dead-letters/{letter_id}/replay", "/v1/ops/dead-letters/2/replay"),
        ("/healthz", "/healthz"),
        ("/readyz", "/readyz"),
    ],
)
async def test_answers_are_as_documented(
    client: ClientSession, document: dict[str, Any], path: str, target: str
) -> None:
    """An answer fits the schema that the document gives for its status, and has no field beyond it."""
    [method] = document["paths"][path].keys() - {"delete"}
    async with client.request(method, target, headers=bearer(Role.OPERATOR)) as response:
        body = await response.json()
        content = document["paths"][path][method]["responses"][str(response.status)]["content"]
        schema = content[response.content_type]["schema"]
    closed = {
        name: {**one, "additionalProperties": False} if "properties" in one else one
        for name, one in document["components"]["schemas"].items()
    }
    Draft202012Validator({**schema, "components": {"schemas": closed}}).validate(body)
