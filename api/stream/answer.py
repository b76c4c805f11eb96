"""The handler of `/v1/stream`.

Enters: filters, the id of the last event that was got. Leaves: a stream of events until the client goes.
Never: more streams than the platform has memory for; who comes then is told when to come again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Final

from aiohttp import hdrs, web
from pydantic import Field

from api.place_parameters import BBOX_EXPECTED, BoxParameter
from api.platform import PLATFORM
from api.problems import Problem, wrong_parameter
from api.query import Query
from api.selection import known_region
from api.stream.hub import Hub
from api.stream.interest import Interest

HUB: Final = web.AppKey("hub", Hub)

STATIONS_MAX: Final = 100
"""Of one stream. Larger: an address is longer than servers take. Smaller: a page of stations needs several streams."""
STREAMS_MAX: Final = 10_000
"""At once. Larger: memory, some 20 kB each, and descriptors. Smaller: people's pages fall back to asking."""
QUIET_S: Final = 15.0
"""Without an event a comment is sent. Larger: proxies cut a quiet connection. Smaller: phones wake up for nothing."""
_RETRY: Final = b"retry: 3000\n"
"""A client comes back after so many ms. Larger: a page lags behind. Smaller: a restart is met by all at once."""
_RETRY_AFTER_S: Final = 30


class StreamQuery(Query):
    """What to hear of."""

    station: Annotated[
        tuple[str, ...],
        Field(max_length=STATIONS_MAX, description=f"the id of a station; repeat it for up to {STATIONS_MAX}"),
    ] = ()
    province: Annotated[str | None, Field(description="the code of a region of any level, see /v1/regions")] = None
    region: Annotated[str | None, Field(description="the same as province; give one of the two")] = None
    bbox: Annotated[BoxParameter | None, Field(description=BBOX_EXPECTED)] = None


async def stream(request: web.Request, query: StreamQuery) -> web.StreamResponse:
    """`status`, `visits` and `resync` events, from now on or from where the client was."""
    if query.province is not None and query.region is not None:
        raise wrong_parameter("region", "was given beside province", "give one of the two, they mean the same")
    name, code = ("province", query.province) if query.region is None else ("region", query.region)
    if code is not None:
        known_region(request.app[PLATFORM].registry, name, code)
    hub = request.app[HUB]
    if len(hub) >= STREAMS_MAX:
        raise Problem(503, "There are too many streams. Ask /v1/stations meanwhile.", retry_after_s=_RETRY_AFTER_S)
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: "text/event-stream; charset=utf-8",
            hdrs.CACHE_CONTROL: "no-cache",
            hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
            "X-Accel-Buffering": "no",
        }
    )
    if request.method == hdrs.METH_HEAD:
        return response
    interest = Interest(frozenset(query.station), code, query.bbox)
    listener = hub.join(interest, request.headers.get("Last-Event-ID", ""))
    try:
        await response.prepare(request)
        await response.write(_RETRY)
        while not listener.is_closed:
            await response.write(await listener.next(QUIET_S) or b":\n\n")
    except ConnectionError:
        pass  # the client has gone
    finally:
        hub.leave(listener)
    return response


async def keep_hub(app: web.Application) -> AsyncIterator[None]:
    """The hub works while the application runs (aiohttp's `cleanup_ctx`)."""
    telling = asyncio.create_task(app[HUB].run(), name="stream hub")
    yield
    telling.cancel()
    with suppress(asyncio.CancelledError):
        await telling


async def close_hub(app: web.Application) -> None:
    """Before the server waits for its answers to end."""
    app[HUB].close()
