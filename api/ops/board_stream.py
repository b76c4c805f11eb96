"""`/v1/ops/alerts/stream`: what happens to alerts and jobs, as server-sent events.

Enters: events of the board. Leaves: `alert`, `job` and `resync` events, of places that the holder's regions reach.
Never: waits for a slow reader longer than for its connection; one that missed something is told `resync`.
"""

import asyncio
from typing import Final

from aiohttp import web

from api.ops.board_view import alert_now, board_of, covers, job_now
from api.platform import PLATFORM
from api.query import NoQuery
from ingest.alerts.records import AlertView, BoardEvent

HEARTBEAT_S: Final = 15.0
"""Larger: a connection that is gone is noticed late, and proxies close a quiet one. Smaller: phones are woken for
nothing."""
_RETRY_MS: Final = 5_000


async def stream_board(request: web.Request, _query: NoQuery) -> web.StreamResponse:
    """What happens from now on, until the client goes."""
    response = web.StreamResponse(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    response.content_type = "text/event-stream"
    response.charset = "utf-8"
    await response.prepare(request)
    await response.write(b"retry: %d\n\n" % _RETRY_MS)
    events = board_of(request).subscribe()
    waiting: asyncio.Future[BoardEvent] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({waiting}, timeout=HEARTBEAT_S)
            if not done:
                await response.write(b":\n\n")
                continue
            event, waiting = waiting.result(), None
            if event.what == "resync" or covers(request, event.place):
                await response.write(encoded(request, event))
    except (ConnectionResetError, StopAsyncIteration):
        pass
    finally:
        if waiting is not None:
            waiting.cancel()
    return response


def encoded(request: web.Request, event: BoardEvent) -> bytes:
    """One event as it goes over the wire."""
    platform, data = request.app[PLATFORM], b"{}"
    if event.job is not None:
        data = job_now(platform, event.job).model_dump_json().encode()
    elif event.alert is not None:
        view = board_of(request).view(event.alert.id) or AlertView.alone(event.alert)
        data = alert_now(platform, view._replace(alert=event.alert)).model_dump_json().encode()
    return b"event: %s\ndata: %s\n\n" % (event.what.encode(), data)
