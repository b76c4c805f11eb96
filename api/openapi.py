"""`/openapi.json`: the document of the URL table, OpenAPI 3.1.

Enters: routes and the pydantic models that they name. Leaves: the document, made once at start.
Never: says anything that is not in the table or in a model.
"""

import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.bodies import ProblemBody
from api.problems import PROBLEM_TYPE
from api.query import NoQuery
from api.route import Route
from ingest.operating import Role

DOCUMENT: Final = web.AppKey("document", bytes)

API_VERSION: Final = "1.0.0"
"""Of the contract, not of the program: a new first number would break clients."""

_SCHEMAS: Final = "#/components/schemas/{model}"
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_BEARER: Final = "bearer"
_PAGE: Final = "text/html"

_PATH_PARAMETERS: Final = {
    "station_id": "The id of a station.",
    "version": "Changes when any asset does, so that an answer may be kept for ever.",
    "name": "The name of an asset.",
    "letter_id": "The number of a dead letter.",
    "alert_id": "The id of an alert.",
    "job_id": "The id of a job.",
    "silence_id": "The id of a silence.",
    "channel": "The name of a channel.",
    "system_id": "The id of a GBFS system, see /gbfs/v3/manifest.json.",
    "feed": "The name of a GBFS file, such as station_status.",
}

_DESCRIPTION: Final = """Live status and exact daily visits of smart stations.

Every answer carries `last_updated`, `ttl` and `data`; every error is a problem document (RFC 9457). Instants are
RFC 3339 in UTC, local days `YYYY-MM-DD` in the stations' zone, positions WGS-84 degrees; units stand in the names of
fields (`_c` °C, `_percent`, `_s` seconds). A reading that is too old to be true now is given as `last_known`, with
`"stale": true` and the time at which it was true; its `value` is then null."""


_TOKEN_DESCRIPTION: Final = f"""A token of `yizhan tokens add`. Each of the roles {", ".join(Role)} may do all that the
ones before it may; an operation names the least that it wants."""


def make_document(routes: Iterable[Route[Any]]) -> bytes:
    """The document as JSON."""
    table = list(routes)
    named: list[type[BaseModel]] = [ProblemBody]
    named += [route.response for route in table if isinstance(route.response, type)]
    bodies = [route.body for route in table if route.body is not None]
    references, definitions = models_json_schema(
        [*((model, "serialization") for model in named), *((model, "validation") for model in bodies)],
        ref_template=_SCHEMAS,
    )
    schemas = {model: references[model, "serialization"] for model in named}
    schemas |= {model: references[model, "validation"] for model in bodies}
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Yizhan", "version": API_VERSION, "description": _DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {_BEARER: {"type": "http", "scheme": "bearer", "description": _TOKEN_DESCRIPTION}},
        },
    }
    return json.dumps(document, ensure_ascii=False).encode()


async def show_document(request: web.Request, _query: NoQuery) -> web.Response:
    """The document of this API."""
    return web.Response(body=request.app[DOCUMENT], content_type="application/json")


def _operation(route: Route[Any], schemas: dict[type[BaseModel], Any]) -> dict[str, Any]:
    problem: dict[str, Any] = {PROBLEM_TYPE: {"schema": schemas[ProblemBody]}}
    if route.response == _PAGE:
        problem[_PAGE] = {}  # people are told by a page
    responses = _success(route, schemas)
    responses |= {
        str(status): {"description": HTTPStatus(status).phrase, "content": problem} for status in statuses(route)
    }
    operation = {
        "operationId": route.handler.__name__,
        "summary": route.summary,
        "parameters": [*_path_parameters(route.path), *_query_parameters(route.query)],
        "responses": responses,
    }
    if route.body is not None:
        is_needed = any(field.is_required() for field in route.body.model_fields.values())
        operation["requestBody"] = {
            "required": is_needed,
            "content": {"application/json": {"schema": schemas[route.body]}},
        }
    # OpenAPI 3.1 §4.8.30: of a scheme that knows no scopes the list names roles.
    return operation if route.role is None else {**operation, "security": [{_BEARER: [route.role.value]}]}


def statuses(route: Route[Any]) -> tuple[int, ...]:
    """All errors that a route answers with."""
    of_body = (413, 415) if route.body is not None else ()
    of_role = (401, 403) if route.role is not None else ()
    return (*route.statuses, *of_role, *of_body)


def _success(route: Route[Any], schemas: dict[type[BaseModel], Any]) -> dict[str, Any]:
    if route.response is None:
        return {str(HTTPStatus.NO_CONTENT.value): {"description": HTTPStatus.NO_CONTENT.phrase}}
    if isinstance(route.response, str):
        content: dict[str, Any] = {route.response: {}}
    else:
        content = {"application/json": {"schema": schemas[route.response]}}
    return {str(HTTPStatus.OK.value): {"description": HTTPStatus.OK.phrase, "content": content}}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_PARAMETERS[name],
            "schema": {"type": "string"},
        }
        for name in _PLACEHOLDER.findall(path)
    ]


def _query_parameters(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema(ref_template=_SCHEMAS)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": field["description"],
            "schema": _without_null(field, schema.get("$defs", {})),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _without_null(field: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter that may be left out: a URL has no null. What is named elsewhere is written out."""
    kept = {key: value for key, value in field.items() if key not in {"anyOf", "title", "description"}}
    for choice in field.get("anyOf", ()):
        if choice != {"type": "null"}:
            reference = choice.get("$ref", "").rpartition("/")[2]
            words = {"title", "description"}
            kept |= {key: value for key, value in named.get(reference, choice).items() if key not in words}
    if kept.get("default", ...) is None:
        del kept["default"]
    return kept
