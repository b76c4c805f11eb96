"""`/ops/letters`: the messages that were refused, one by one, to be replayed or forgotten.

Enters: a visitor, a place in the list, a form. Leaves: HTML. Never: a letter of a station that is not theirs.
"""

from typing import Final

from aiohttp import web

from api.console.gate import HOME, Visitor
from api.console.jobs_page import present_of
from api.cursors import Order, cursor_behind
from api.pages.frame import Address
from api.paging import after
from api.problems import Problem
from ingest.operating import KeptLetter, LetterFilter, Role

PATH: Final = f"{HOME}/letters"
_SHOWN: Final = 30
"""Of one page. Larger: a phone scrolls. Smaller: it turns pages."""
_PAYLOAD_CHARS: Final = 4_000
"""Of a message that is shown. Larger: a backlog of megabytes fills the phone. Smaller: a whole reading does not fit."""
_ID_DIGITS_MAX: Final = 18


async def show_letters(visitor: Visitor) -> web.Response:
    """Newest first."""
    cursor = visitor.request.query.get("cursor", "")
    reason = visitor.request.query.get("reason", "")
    behind = after(cursor or None, Order.LETTERS)
    before_id = int(behind) if behind.isascii() and behind.isdecimal() and len(behind) <= _ID_DIGITS_MAX else None
    wanted = LetterFilter(reason=reason or None, regions=visitor.holder.regions)
    found = await visitor.platform.operations.dead_letters.page(wanted, before_id, _SHOWN + 1)
    present, page = present_of(visitor), found[:_SHOWN]
    onward = None
    if len(found) > _SHOWN:
        onward = visitor.address(PATH, reason=reason, cursor=cursor_behind(str(page[-1].id), Order.LETTERS))
    context = {
        "section": "letters",
        "letters": [
            (
                visitor.address(f"{PATH}/{one.id}"),
                present.time(one.received_ms),
                one.reason,
                one.detail,
                one.station or one.topic,
            )
            for one in page
        ],
        "onward": onward,
    }
    return visitor.show("letters.html", Address(PATH, (("reason", reason), ("cursor", cursor))), context)


async def show_letter(visitor: Visitor) -> web.Response:
    """One of them, whole."""
    return _shown(visitor, await _letter(visitor), "")


async def act_on_letter(visitor: Visitor) -> web.Response:
    """Replay it, or forget it."""
    kept = await _letter(visitor)
    form = await visitor.request.post()
    letters = visitor.platform.operations.dead_letters
    if form.get("act") == "drop":
        await letters.drop(kept.id)
        return visitor.back_to(PATH)
    replayed = await letters.replay(kept.id, accept_clock=form.get("accept_clock") == "1")
    if replayed is None or not replayed.refused:
        return visitor.back_to(PATH)
    return _shown(visitor, kept, "; ".join(f"{one.reason}: {one.detail}" for one in replayed.refused))


async def _letter(visitor: Visitor) -> KeptLetter:
    """The letter of the address; raises `Problem` (404, 403)."""
    text = visitor.request.match_info["letter_id"]
    is_number = text.isascii() and text.isdecimal() and len(text) <= _ID_DIGITS_MAX
    kept = await visitor.platform.operations.dead_letters.get(int(text)) if is_number else None
    if kept is None:
        raise Problem(404, "No refused message has this number (any more).")
    if not visitor.covers(kept.letter.station or ""):
        raise Problem(403, "This message is of a station that your token is not for.")
    return kept


def _shown(visitor: Visitor, kept: KeptLetter, still: str) -> web.Response:
    letter, present = kept.letter, present_of(visitor)
    text = letter.payload.decode("utf-8", "backslashreplace")
    context = {
        "section": "letters",
        "number": kept.id,
        "letter": letter,
        "received": present.time(letter.received_ms),
        "payload": text[:_PAYLOAD_CHARS],
        "is_cut": len(text) > _PAYLOAD_CHARS,
        "station_page": visitor.address(f"{HOME}/stations/{letter.station}") if letter.station else None,
        "still": still,
        "may_act": visitor.may(Role.OPERATOR),
    }
    return visitor.show("letter.html", Address(f"{PATH}/{kept.id}"), context, status=409 if still else 200)
