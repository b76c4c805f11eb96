"""`/v1/ops/dead-letters`: the messages that were refused; looked at, sent through the steps again, dropped.

Enters: filters, a letter's number. Leaves: letters, or what became of one. Never: changes a letter.
"""

import logging
from base64 import b64encode
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from api.access import HOLDER, must_cover
from api.answers import json_answer
from api.cursors import Order, cursor_behind
from api.instants import rfc3339
from api.ops.bodies import (
    LetterAnswer,
    LetterDetail,
    LetterEntry,
    LetterList,
    LetterListAnswer,
    RefusalNow,
    ReplayAnswer,
    ReplayResult,
)
from api.paging import LIMIT_DEFAULT, LIMIT_MAX, Cursor, after, next_link
from api.platform import PLATFORM
from api.problems import Problem, wrong_parameter
from api.query import InstantMs, NoQuery, Query
from ingest.operating import KeptLetter, LetterFilter, LetterLine

_ID_DIGITS_MAX: Final = 18
"""What fits into 64 bits; a longer number is of no letter."""

_log = logging.getLogger(__name__)


class LettersQuery(Query):
    """Filters, all of which must hold, and paging."""

    reason: Annotated[str | None, Field(description="the code of a reason, such as out_of_range")] = None
    station: Annotated[str | None, Field(description="the id of a station, registered or not")] = None
    first_ms: Annotated[
        InstantMs | None,
        Field(alias="from", description="received then or later: an instant like 2026-11-22T06:00:00Z"),
    ] = None
    last_ms: Annotated[
        InstantMs | None, Field(alias="to", description="received before: an instant like 2026-11-22T06:00:00Z")
    ] = None
    cursor: Cursor = None
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description=f"how many letters at most, 1 to {LIMIT_MAX}")] = (
        LIMIT_DEFAULT
    )


class ReplayQuery(Query):
    """How a letter is replayed."""

    accept_clock: Annotated[
        bool, Field(description="true: take it even if the station's clock was off by more than the bound")
    ] = False


async def list_dead_letters(request: web.Request, query: LettersQuery) -> web.Response:
    """Messages that were refused, newest first."""
    platform = request.app[PLATFORM]
    if query.station is not None:
        must_cover(request, query.station)
    wanted = LetterFilter(query.reason, query.station, query.first_ms, query.last_ms, request[HOLDER].regions)
    behind = after(query.cursor, Order.LETTERS)
    if behind and not _is_number(behind):
        raise wrong_parameter("cursor", "it was not given by this route", "next_cursor of the page before")
    before_id = int(behind) if behind else None
    lines = await platform.operations.dead_letters.page(wanted, before_id, query.limit + 1)
    page = lines[: query.limit]
    cursor = cursor_behind(str(page[-1].id), Order.LETTERS) if len(lines) > query.limit else None
    answer = LetterListAnswer(
        last_updated=rfc3339(platform.now_ms()),
        ttl=0,
        data=LetterList(letters=[_entry(line) for line in page], next_cursor=cursor),
    )
    return json_answer(answer, link=next_link(request, cursor))


async def show_dead_letter(request: web.Request, _query: NoQuery) -> web.Response:
    """One of them, whole."""
    kept = await _letter_of(request)
    answer = LetterAnswer(last_updated=rfc3339(request.app[PLATFORM].now_ms()), ttl=0, data=_detail(kept))
    return json_answer(answer)


async def replay_dead_letter(request: web.Request, query: ReplayQuery) -> web.Response:
    """Send it through all steps once more, and drop it if nothing of it is refused any more."""
    platform = request.app[PLATFORM]
    letter_id = (await _letter_of(request)).id
    replayed = await platform.operations.dead_letters.replay(letter_id, accept_clock=query.accept_clock)
    if replayed is None:
        raise _not_kept()
    _tell(request, "dead letter replayed", letter_id, outcome=replayed.outcome.value)
    result = ReplayResult(
        outcome=replayed.outcome,
        taken=replayed.taken,
        duplicates=replayed.duplicates,
        refused=[RefusalNow(reason=one.reason, detail=one.detail) for one in replayed.refused],
    )
    return json_answer(ReplayAnswer(last_updated=rfc3339(platform.now_ms()), ttl=0, data=result))


async def drop_dead_letter(request: web.Request, _query: NoQuery) -> web.Response:
    """Forget it."""
    letter_id = (await _letter_of(request)).id
    if not await request.app[PLATFORM].operations.dead_letters.drop(letter_id):
        raise _not_kept()
    _tell(request, "dead letter dropped", letter_id)
    return web.Response(status=204)


def _tell(request: web.Request, event: str, letter_id: int, **more: str) -> None:
    """Who did it, for the log."""
    _log.info(event, extra={"letter": letter_id, "holder": request[HOLDER].name, **more})


async def _letter_of(request: web.Request) -> KeptLetter:
    """The letter that the address names; raises `Problem` (404, 403)."""
    text = request.match_info["letter_id"]
    kept = await request.app[PLATFORM].operations.dead_letters.get(int(text)) if _is_number(text) else None
    if kept is None:
        raise _not_kept()
    must_cover(request, kept.letter.station)
    return kept


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _ID_DIGITS_MAX


def _not_kept() -> Problem:
    return Problem(404, "No dead letter has this number (any more). /v1/ops/dead-letters lists those that are kept.")


def _entry(line: LetterLine) -> LetterEntry:
    return LetterEntry(
        id=line.id,
        received_at=rfc3339(line.received_ms),
        topic=line.topic,
        reason=line.reason,
        detail=line.detail,
        station=line.station,
        boot=line.boot,
        seq=line.seq,
        payload_bytes=line.payload_bytes,
    )


def _detail(kept: KeptLetter) -> LetterDetail:
    letter = kept.letter
    try:
        text = letter.payload.decode()
    except UnicodeDecodeError:
        text = None
    return LetterDetail(
        id=kept.id,
        received_at=rfc3339(letter.received_ms),
        topic=letter.topic,
        reason=letter.reason,
        detail=letter.detail,
        station=letter.station,
        boot=letter.boot,
        seq=letter.seq,
        payload_bytes=len(letter.payload),
        payload=text,
        payload_base64=None if text is not None else b64encode(letter.payload).decode(),
    )
