"""`/ops/silences`: what is not told now or will not be, why, by whom and until when; and its early end.

Enters: a visitor, a form. Leaves: HTML, the end of a silence. Never: a silence of a place that is not theirs.
"""

from typing import Final

from aiohttp import web

from api.console.alert_words import Present, part_in_words, rule_name
from api.console.arrivals import refusal_in_words
from api.console.gate import HOME, Visitor
from api.console.jobs_page import place_name, present_of
from api.pages.frame import Address
from api.problems import Problem
from ingest.alerts.board import ActRefused
from ingest.alerts.work import Silence
from ingest.operating import Role

PATH: Final = f"{HOME}/silences"


async def show_silences(visitor: Visitor) -> web.Response:
    """Those in force and to come, the one that ends first at the top."""
    present, board = present_of(visitor), visitor.platform.operations.alerts
    now_ms = visitor.platform.now_ms()
    found = [
        one
        for one in (board.silences() if board is not None else ())
        if now_ms < one.until_ms and _is_seen(visitor, one)
    ]
    context = {
        "section": "silences",
        "is_watching": board is not None,
        "silences": [
            (
                one,
                _what(visitor, present, one),
                present.time(one.ends_ms),
                present.time(one.starts_ms) if one.starts_ms > now_ms else "",
                visitor.may(Role.OPERATOR) and _is_theirs(visitor, one),
            )
            for one in sorted(found, key=lambda one: one.ends_ms)
        ],
    }
    return visitor.show("silences.html", Address(PATH), context)


async def end_silence(visitor: Visitor) -> web.Response:
    """Early: who was not told is told if the fault still stands."""
    board, silence_id = visitor.platform.operations.alerts, visitor.request.match_info["silence_id"]
    known = next((one for one in (board.silences() if board is not None else ()) if one.id == silence_id), None)
    if board is None or known is None:
        raise Problem(404, "No silence has this id (any more).")
    if not _is_theirs(visitor, known):
        raise Problem(403, "This silence is of a place that your token is not for.")
    try:
        await board.end_silence(silence_id, visitor.holder.name)
    except ActRefused as refused:
        raise Problem(409, f"{refusal_in_words(visitor.say, refused)}.") from refused
    return visitor.back_to(PATH)


def _is_seen(visitor: Visitor, silence: Silence) -> bool:
    """One of no place concerns everybody."""
    place = silence.station or silence.region
    return place is None or visitor.covers(place)


def _is_theirs(visitor: Visitor, silence: Silence) -> bool:
    """One of no place is of those whose token is for all."""
    return _is_seen(visitor, silence) and bool(silence.station or silence.region or not visitor.holder.regions)


def _what(visitor: Visitor, present: Present, silence: Silence) -> str:
    place = silence.station or silence.region
    words = [
        rule_name(present, silence.rule) if silence.rule else visitor.say("ops.every_rule"),
        part_in_words(present, silence.part) if silence.part else "",
        place_name(visitor, place) if place else visitor.say("ops.everywhere"),
    ]
    return " · ".join(word for word in words if word)
