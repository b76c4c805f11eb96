"""The one shape that every error of every route has."""

import re
from typing import Any

from aiohttp import ClientResponse

_MEMBERS = {"type", "title", "status", "detail", "instance", "request_id", "errors", "checks"}


async def assert_problem(response: ClientResponse, status: int, *, parameter: str | None = None) -> dict[str, Any]:
    """The problem document of a response, after it has been held to RFC 9457 and to our own promises."""
    assert response.status == status, await response.text()
    assert response.content_type == "application/problem+json"
    problem: dict[str, Any] = await response.json()
    assert problem.keys() <= _MEMBERS
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"].strip()
    assert problem["instance"].startswith("/")
    assert re.fullmatch(r"[0-9a-f]{16}", problem["request_id"])
    assert response.headers["X-Request-Id"] == problem["request_id"]
    assert "Traceback" not in await response.text()
    if status == 400:
        assert problem["errors"]
        for error in problem["errors"]:
            assert error.keys() == {"parameter", "detail", "expected"}
            assert error["detail"]
            assert error["expected"]
    if parameter is not None:
        assert parameter in {error["parameter"] for error in problem["errors"]}
    return problem
