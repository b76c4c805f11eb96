"""`/docs` says all that the document says, and nothing else."""

import json
from typing import Any

import pytest
from aiohttp import ClientSession, web

from api.openapi import DOCUMENT
from api.pages.reference import families


@pytest.fixture
def document(app: web.Application) -> Any:
    """The document."""
    return json.loads(app[DOCUMENT])


def test_every_operation_is_in_one_family(document: Any) -> None:
    """Each address and method once, with its parameters, the role that it wants and its errors."""
    found = [one for _, operations in families(document) for one in operations]
    wanted = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert {(one.method, one.path) for one in found} == wanted
    assert len(found) == len(wanted)
    listed = next(one for one in found if one.anchor == "list_stations")
    assert {"near", "bbox", "open_now"} <= {one.name for one in listed.parameters}
    assert "stations" in {one.name for one in listed.fields}
    closed = next(one for one in found if one.anchor == "close_job")
    assert (closed.role, [one.name for one in closed.body]) == ("crew", ["reason"])
    assert "409" in closed.errors


async def test_the_page_shows_them(client: ClientSession) -> None:
    """Readable without a script, under the policy of all pages."""
    async with client.get("/docs") as response:
        text = await response.text()
        assert response.status == 200
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert "GET /v1/stations.geojson" in text
    assert "how many stations at most" in text
