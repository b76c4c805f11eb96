"""`/ops/silent`: stations that should report and never did, and those that report and nobody registered.

Enters: a visitor, a place in the list. Leaves: HTML. Never: keeps the event loop for longer than one turn's worth.
"""

import asyncio
from itertools import islice
from typing import Final

from aiohttp import web

from api.console.gate import HOME, Visitor
from api.console.jobs_page import present_of
from api.cursors import cursor_behind
from api.pages.frame import Address
from api.paging import after
from ingest.model import Presence, Station

PATH: Final = f"{HOME}/silent"
_SHOWN: Final = 50
"""Of one page. Larger: a phone scrolls. Smaller: it turns pages."""
_STRANGERS_SHOWN: Final = 100
_EXAMINED_A_TURN: Final = 2000
"""Stations looked at before others get a turn. Larger: readings wait. Smaller: the search itself takes longer."""


async def show_silent(visitor: Visitor) -> web.Response:
    """In order of id."""
    cursor = visitor.request.query.get("cursor", "")
    found = await _never_seen(visitor, after(cursor or None))
    page = found[:_SHOWN]
    present, platform = present_of(visitor), visitor.platform
    # A station that nobody registered is of no region: only who may see all may see it.
    strangers = [] if visitor.holder.regions else platform.picture.unregistered()[:_STRANGERS_SHOWN]
    now_ms = platform.now_ms()
    context = {
        "section": "silent",
        "stations": [
            (
                visitor.address(f"{HOME}/stations/{one.id}"),
                visitor.say.station(one),
                one.id,
                " · ".join(visitor.say.region(region) for region in platform.registry.path(one)),
            )
            for one in page
        ],
        "onward": visitor.address(PATH, cursor=cursor_behind(page[-1].id)) if len(found) > _SHOWN else None,
        "strangers": [
            (visitor.address(f"{HOME}/stations/{one}"), one, present.time(heard_ms))
            for one in strangers
            if (heard_ms := platform.picture.status(one, now_ms).heard_ms) is not None
        ],
    }
    return visitor.show("silent.html", Address(PATH, (("cursor", cursor),)), context)


async def _never_seen(visitor: Visitor, behind: str) -> list[Station]:
    platform, now_ms = visitor.platform, visitor.platform.now_ms()
    found: list[Station] = []
    while True:
        examined = list(islice(platform.registry.stations(behind), _EXAMINED_A_TURN))
        found += [
            one
            for one in examined
            if one.smart
            and platform.picture.status(one.id, now_ms).presence is Presence.NEVER_SEEN
            and visitor.covers(one.id)
        ]
        if len(found) > _SHOWN or len(examined) < _EXAMINED_A_TURN:
            return found
        behind = examined[-1].id
        await asyncio.sleep(0)
