"""`/ops/stream`: that something on the board changed, told to open pages of the console at once.

Enters: events of the board. Leaves: server-sent events without content; the page asks anew for what is its reader's.
Never: an event of a place that is not theirs, or a stream that outlives its session.
"""

import asyncio
from contextlib import suppress
from typing import Final

from aiohttp import hdrs, web

from api.console.gate import SESSIONS, Visitor
from api.problems import Problem

_QUIET_S: Final = 15.0
"""Without an event a comment is sent. Larger: proxies cut a quiet connection. Smaller: phones wake up for nothing."""
_BEGIN: Final = b"retry: 3000\n\n"
_COMMENT: Final = b":\n\n"
_CHANGED: Final = b"event: board\ndata: {}\n\n"


async def stream_board(visitor: Visitor) -> web.StreamResponse:
    """Until the page is closed, or its reader is signed out."""
    board = visitor.platform.operations.alerts
    if board is None:
        raise Problem(404, "This platform watches no alerts.")
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: "text/event-stream; charset=utf-8",
            hdrs.CACHE_CONTROL: "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    await response.prepare(visitor.request)
    await response.write(_BEGIN)
    events = board.subscribe()
    following = asyncio.ensure_future(anext(events, None))
    try:
        while _is_signed_in(visitor):
            done, _ = await asyncio.wait({following}, timeout=_QUIET_S)
            if not done:
                await response.write(_COMMENT)
                continue
            event = following.result()
            if event is None:
                break
            if event.what == "resync" or visitor.covers(event.place):
                await response.write(_CHANGED)
            following = asyncio.ensure_future(anext(events, None))
    except ConnectionError:
        pass  # the page was closed
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
    return response


def _is_signed_in(visitor: Visitor) -> bool:
    session = visitor.request.app[SESSIONS].of(visitor.session.id, visitor.platform.now_ms())
    return session is not None and visitor.platform.operations.tokens.of(session.secret) is not None
