"""Pages that many ask for at once are made once a cycle, compressed, and shared, as public data is.

Enters: a page's handler. Leaves: one that answers with the same bytes for a cycle, and 304 to who has them.
Never: an error kept, or an old page after an event: a page that heard of one asks with the event's number.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from typing import Final, TypeVar

from aiohttp import hdrs, web

from api.feed.shared import SharedAnswer, tag_of
from api.feed.sharing import SHARED, address_of, has_it
from api.pages.frame import HEADERS
from api.platform import PLATFORM
from api.query import Query

_Q = TypeVar("_Q", bound=Query)
_Page = Callable[[web.Request, _Q], Awaitable[web.Response]]
_HTML: Final = "text/html"


class _NotShared(Exception):
    """A page that is not a 200: for those who wait for it now, and for nobody later."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(response.status)
        self.status = response.status
        self.text = response.text
        self.language = response.headers[hdrs.CONTENT_LANGUAGE]


def shared_page(page: _Page[_Q]) -> _Page[_Q]:
    """The page, made once for all who ask for it within a cycle."""

    @wraps(page)
    async def share(request: web.Request, query: _Q) -> web.Response:
        async def make() -> SharedAnswer:
            response = await page(request, query)
            if response.status != HTTPStatus.OK:
                raise _NotShared(response)
            body = (response.text or "").encode()
            headers = {str(hdrs.CONTENT_LANGUAGE): response.headers[hdrs.CONTENT_LANGUAGE]}
            return SharedAnswer(request.app[PLATFORM].now_ms(), body, _HTML, headers, tag_of(body))

        try:
            answer = await request.app[SHARED].of(address_of(request), make)
        except _NotShared as other:
            headers = HEADERS | {hdrs.CONTENT_LANGUAGE: other.language}
            return web.Response(text=other.text, status=other.status, content_type=_HTML, headers=headers)
        packed = await answer.gzipped() if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower() else None
        headers = HEADERS | {
            hdrs.CONTENT_LANGUAGE: answer.headers[hdrs.CONTENT_LANGUAGE],
            hdrs.VARY: hdrs.ACCEPT_ENCODING,
            hdrs.ETAG: f'"{answer.tag}"' if packed is None else f'"{answer.tag}-gzip"',
            hdrs.CACHE_CONTROL: "no-cache",
        }
        if has_it(request, answer.tag):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        if packed is not None:
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        body = answer.body if packed is None else packed
        return web.Response(body=body, content_type=_HTML, charset="utf-8", headers=headers)

    return share
