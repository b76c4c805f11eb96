"""Errors as people see them: what is wrong and what to do, in their language, inside the frame of the pages.

Enters: the problem document of a request for a page. Leaves: the same status as HTML, with the request's id.
Never: another status, or more than the document tells.
"""

from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from api.language import Language
from api.pages.frame import Address, render
from api.problems import PROBLEM_TYPE, REQUEST_ID

_KEPT: Final = (hdrs.ALLOW, hdrs.RETRY_AFTER, REQUEST_ID, "X-Content-Type-Options")
_MACHINES: Final = ("/v1/", "/gbfs/", "/healthz", "/readyz", "/metrics", "/openapi.json")


def trouble_middleware(pages: frozenset[str]) -> Middleware:
    """Belongs outside of the one that makes problem documents; `pages` are the templates of the pages' addresses."""

    @web.middleware
    async def answer_people(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if response.content_type != PROBLEM_TYPE or not _is_for_people(request, pages):
            return response
        language = Language.EN if request.query.get("lang") == Language.EN.value else Language.ZH
        kind = _kind(response.status)
        context = {"nav": "", "kind": kind, "status": response.status, "request_id": response.headers[REQUEST_ID]}
        shown = render(request, "trouble.html", language, Address("/"), context, status=response.status)
        shown.headers.update({name: response.headers[name] for name in _KEPT if name in response.headers})
        shown.headers[hdrs.CACHE_CONTROL] = "no-store"
        return shown

    return answer_people


def _is_for_people(request: web.Request, pages: frozenset[str]) -> bool:
    resource = request.match_info.route.resource
    if resource is not None:
        return resource.canonical in pages
    # Nothing is at this address: a browser says what it wants to see, and programs ask below their own paths.
    return "text/html" in request.headers.get(hdrs.ACCEPT, "") and not request.path.startswith(_MACHINES)


def _kind(status: int) -> str:
    """Which words fit."""
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        return "gone"
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return "forbidden"
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        return "busy"
    return "wrong" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "broken"
