"""`/docs`: the document of the API for people to read, made of the same table as `/openapi.json`.

Enters: that document. Leaves: a page with each address, what it takes and what it answers.
Never: a word that does not stand in the document; its text is English, as the document is.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from aiohttp import web

from api.openapi import DOCUMENT
from api.pages.frame import Address, PageQuery, render

REFERENCE: Final = Address("/docs")


class Entry(NamedTuple):
    """A name with its type and meaning."""

    name: str
    kind: str
    meaning: str
    is_needed: bool = False


class Operation(NamedTuple):
    """One address and method."""

    anchor: str
    method: str
    path: str
    summary: str
    role: str
    parameters: list[Entry]
    body: list[Entry]
    answer: str
    fields: list[Entry]
    errors: str


async def show_reference(request: web.Request, query: PageQuery) -> web.Response:
    """The reference."""
    document = json.loads(request.app[DOCUMENT])
    context = {
        "nav": "docs",
        "version": document["info"]["version"],
        "preface": document["info"]["description"].split("\n\n"),
        "families": families(document),
    }
    return render(request, "reference.html", query.language, REFERENCE, context)


def families(document: Mapping[str, Any]) -> list[tuple[str, list[Operation]]]:
    """Operations by what they are for, in the order of the document."""
    schemas = document["components"]["schemas"]
    found: dict[str, list[Operation]] = {"Public data": [], "For operators and crews": [], "Health": [], "Pages": []}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found[_family(path)].append(_operation(method, path, operation, schemas))
    return [(name, operations) for name, operations in found.items() if operations]


def _family(path: str) -> str:
    if path.startswith("/v1/ops/"):
        return "For operators and crews"
    if path.startswith(("/v1/", "/gbfs/", "/openapi")):
        return "Public data"
    return "Health" if path in {"/healthz", "/readyz", "/metrics"} else "Pages"


def _operation(method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Operation:
    content = operation["responses"].get("200", {}).get("content", {})
    media_type = next(iter(content), "no body")
    answer = _resolved(content.get("application/json", {}).get("schema", {}), schemas)
    data = _resolved(answer.get("properties", {}).get("data", {}), schemas)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    [security] = operation.get("security", [{}])
    return Operation(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        role=next(iter(security.values()), [""])[0],
        parameters=[
            Entry(one["name"], _kind(one["schema"], schemas), one["description"], one["required"])
            for one in operation["parameters"]
        ],
        body=list(_entries(_resolved(body, schemas), schemas)),
        answer=media_type,
        fields=list(_entries(data, schemas)),
        errors=", ".join(status for status in operation["responses"] if status not in {"200", "204"}),
    )


def _entries(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Entry]:
    needed = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        yield Entry(name, _kind(field, schemas), field.get("description", ""), name in needed)


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = schemas[name] if name else schema
    return found


def _kind(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """In few words: `integer`, `list of Station`, `one of open, closed`, `text or null`."""
    if "$ref" in schema:
        found = _resolved(schema, schemas)
        return _kind(found, schemas) if "enum" in found else schema["$ref"].rpartition("/")[2]
    if "enum" in schema or "const" in schema:
        return "one of " + ", ".join(str(one) for one in schema.get("enum", [schema.get("const")]))
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return " or ".join(_kind(one, schemas) for one in schema[choice])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}), schemas)}"
    if kind == "string":
        return {"date-time": "instant", "date": "day"}.get(schema.get("format", ""), "text")
    return str(kind)
