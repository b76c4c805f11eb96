"""How public data goes out: with validators, for any origin, compressed where the client can, shared within a cycle.

Enters: a request for public data, its handler. Leaves: 200, 304, or what the handler refused.
Never: a validator of other bytes than those that are sent (RFC 9110), or a cookie.
"""

from typing import Final
from urllib.parse import urlencode

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from api.feed.shared import SharedAnswer, SharedAnswers, tag_of
from api.platform import PLATFORM

SHARED: Final = web.AppKey("shared answers", SharedAnswers)

EXPOSED: Final = "ETag, Link, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
_KEPT: Final = (hdrs.LINK, hdrs.CONTENT_LANGUAGE)
_REVALIDATE_S: Final = 30
"""A cache may answer with the old one while it asks anew. Larger: people read older numbers. Smaller: they wait."""
_ERROR_S: Final = 300
"""A cache may answer with the old one while we are away. Larger: old numbers look alive. Smaller: a restart is seen."""
_PREFLIGHT_S: Final = "86400"


async def share(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The answer to a GET or HEAD of public data."""

    async def make() -> SharedAnswer:
        response = await handler(request)
        if not isinstance(response, web.Response) or not isinstance(response.body, bytes | bytearray):
            raise TypeError("public data is bytes that are known before they are sent")
        body = bytes(response.body)
        headers = {str(name): response.headers[name] for name in _KEPT if name in response.headers}
        return SharedAnswer(request.app[PLATFORM].now_ms(), body, response.content_type, headers, tag_of(body))

    answer = await request.app[SHARED].of(address_of(request), make)
    takes_gzip = "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower()
    packed = await answer.gzipped() if takes_gzip else None
    tag = f'"{answer.tag}"' if packed is None else f'"{answer.tag}-gzip"'
    ttl_s = request.app[PLATFORM].settings.ttl_s
    headers = {
        **answer.headers,
        hdrs.ETAG: tag,
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
        hdrs.CACHE_CONTROL: (
            f"public, max-age={ttl_s}, stale-while-revalidate={_REVALIDATE_S}, stale-if-error={_ERROR_S}"
        ),
    }
    if has_it(request, answer.tag):
        return web.Response(status=304, headers=headers)
    if packed is None:
        return web.Response(body=answer.body, content_type=answer.content_type, headers=headers)
    headers[hdrs.CONTENT_ENCODING] = "gzip"
    return web.Response(body=packed, content_type=answer.content_type, headers=headers)


def open_to_all(response: web.StreamResponse) -> None:
    """Any page may read it: it is public, and no cookie opens more of it."""
    if not response.prepared:
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = EXPOSED


def preflight(allowed: str) -> web.Response:
    """What a browser asks before it sends a header of its own."""
    response = web.Response(
        status=204,
        headers={
            hdrs.ALLOW: allowed,
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: allowed,
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "If-None-Match, Last-Event-ID",
            hdrs.ACCESS_CONTROL_MAX_AGE: _PREFLIGHT_S,
        },
    )
    open_to_all(response)
    return response


def address_of(request: web.Request) -> str:
    """The same for queries that name the same parameters in another order; some answers name the host.

    Encoded, so that no name or value can look like two: else one address could be given another's page.
    """
    return f"{request.host}{request.path}?{urlencode(sorted(request.query.items()))}"


def has_it(request: web.Request, tag: str) -> bool:
    """Whether the client holds these bytes, in either form: a 304 says that its own copy is right."""
    tags = request.if_none_match or ()
    return any(known.value in {"*", tag, f"{tag}-gzip"} for known in tags)
