"""Every error as a problem document (RFC 9457), with a request id and never with the text of an exception.

Enters: what a handler raises, and what aiohttp raises before one is reached. Leaves: `application/problem+json`.
Never: tells a client what only the log may know; the request id joins the two.
"""

import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from api.bodies import HealthCheck, ParameterProblem, ProblemBody
from ingest.ports import StoreMisconfigured, TransientStoreError

PROBLEM_TYPE: Final = "application/problem+json"
REQUEST_ID: Final = "X-Request-Id"

_WORDS: Final[Mapping[int, str]] = {
    404: "Nothing is at this address. /openapi.json lists what there is.",
    405: "This address does not take this method. The Allow header names those that it takes.",
    413: "The request is too large. No route of this API takes more than a few kilobytes.",
    500: "The platform made a mistake. Try again; if it stays, give the request_id to whoever runs the platform.",
    503: "The platform cannot answer just now. Try again in some seconds.",
}
_KEPT_HEADERS: Final = ("Allow", "Retry-After", "WWW-Authenticate")
_RETRY_AFTER_S: Final = 5
"""Of a store that is away. Larger: a page stays empty after it is back. Smaller: clients add to its trouble."""
_SHOWN_PATH_CHARS: Final = 200
"""Of the path that was asked for. Larger: an answer grows with an attack. Smaller: long addresses look alike."""

_log = logging.getLogger(__name__)


class Problem(Exception):
    """Ends a request with this status and these words."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: tuple[ParameterProblem, ...] = (),
        checks: Mapping[str, HealthCheck] | None = None,
        retry_after_s: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.checks = checks
        self.headers = dict(headers or {})
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(retry_after_s)


def wrong_parameter(parameter: str, detail: str, expected: str) -> Problem:
    """A 400 that names the parameter, what was wrong and what would be right."""
    return wrong_parameters((ParameterProblem(parameter=parameter, detail=detail, expected=expected),))


def wrong_parameters(errors: tuple[ParameterProblem, ...]) -> Problem:
    """A 400 about several parameters at once, so that a client mends all of them in one go."""
    return Problem(400, "; ".join(f"{e.parameter}: {e.detail}" for e in errors), errors=errors)


def render(problem: Problem, request: web.Request, request_id: str) -> web.Response:
    """The problem document of one request."""
    body = ProblemBody(
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.detail,
        instance=printable(request.rel_url.raw_path, _SHOWN_PATH_CHARS),
        request_id=request_id,
        errors=problem.errors or None,
        checks=problem.checks,
    )
    return web.Response(
        status=problem.status,
        body=body.__pydantic_serializer__.to_json(body, exclude_none=True),
        content_type=PROBLEM_TYPE,
        headers=problem.headers,
    )


def problems_middleware() -> Middleware:
    """Turns every error into a problem document, and gives every answer its request id."""

    @web.middleware
    async def answer_with_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
        request_id = secrets.token_hex(8)
        try:
            response = await handler(request)
        except Problem as problem:
            response = render(problem, request, request_id)
        except web.HTTPException as error:
            if error.status < HTTPStatus.BAD_REQUEST:
                raise
            response = render(Problem(error.status, _words_of(error.status)), request, request_id)
            response.headers.update({name: error.headers[name] for name in _KEPT_HEADERS if name in error.headers})
        except (TransientStoreError, StoreMisconfigured) as error:
            _log.warning("request %s: the store is away: %s", request_id, error)
            response = render(Problem(503, _words_of(503), retry_after_s=_RETRY_AFTER_S), request, request_id)
        except Exception:  # noqa: BLE001  # the last resort: the client gets a document, the log the trace
            _log.exception("request %s (%s %s) failed", request_id, request.method, _route_of(request))
            response = render(Problem(500, _words_of(500)), request, request_id)
        if not response.prepared:
            response.headers[REQUEST_ID] = request_id
            response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return answer_with_problems


def printable(text: str, most: int) -> str:
    """Text of a client, safe to be given back: cut, and without the bytes that were not UTF-8."""
    shown = text if len(text) <= most else text[:most] + "…"
    return shown.encode("utf-8", "replace").decode()


def _route_of(request: web.Request) -> str:
    """As the routes name it, for the log: what stands in an address may be a secret, as behind `/a/` it is."""
    resource = request.match_info.route.resource
    return "unknown" if resource is None else resource.canonical


def _words_of(status: int) -> str:
    return _WORDS.get(status) or f"{HTTPStatus(status).description or HTTPStatus(status).phrase}."
