"""`/ops/jobs/{job_id}` and what people do about a job: one form for each act.

Enters: a visitor and a form. Leaves: an act upon the board in their name, and the page that shows it.
Never: an act upon a place that is not theirs.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from api.console.alert_words import Present, bring_in_words, job_line
from api.console.arrivals import ARRIVALS_MIN, minutes_of, refusal_in_words
from api.console.fields import alert_of, words
from api.console.gate import HOME, Visitor
from api.console.jobs_page import present_of
from api.console.operator_acts import SILENCE_HOURS, assign, resolve, silence
from api.pages.frame import Address
from api.pages.map_links import amap, geo
from api.problems import Problem
from ingest.alerts.board import ActRefused, AlertBoard
from ingest.alerts.records import JobRecord, KeptAct
from ingest.operating import Role

_MINUTE_MS: Final = 60_000
_COMMENT_CHARS_MAX: Final = 1_000
"""Of a remark. Larger: the record becomes a diary. Smaller: what was found on site does not fit."""


async def show_job(visitor: Visitor) -> web.Response:
    """A job: its alerts, what to bring, what people did and were told."""
    return await _shown(visitor, await _record(visitor))


async def act_on_job(visitor: Visitor) -> web.Response:
    """Acknowledge, start, repaired, close, comment, confirm; operators: assign, resolve, silence."""
    record = await _record(visitor)
    form = await visitor.request.post()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    act = _ACTS.get(given.get("act", ""))
    if act is None:
        raise Problem(400, f"act must be one of: {', '.join(_ACTS)}.")
    if given["act"] in _OPERATORS and not visitor.may(Role.OPERATOR):
        raise Problem(403, f"This wants a token with the role {Role.OPERATOR}; yours has {visitor.holder.role}.")
    try:
        await act(_board(visitor), visitor, record, given)
    except ActRefused as refused:
        return await _shown(visitor, await _record(visitor), refused=refusal_in_words(visitor.say, refused))
    onward = given.get("back", "")
    if onward.startswith((f"{HOME}?", f"{HOME}/")) or onward == HOME:
        return web.Response(status=303, headers={"Location": onward})
    return visitor.back_to(f"{HOME}/jobs/{record.job.id}")


def _board(visitor: Visitor) -> AlertBoard:
    board = visitor.platform.operations.alerts
    if board is None:
        raise Problem(404, "This platform watches no alerts.")
    return board


async def _record(visitor: Visitor) -> JobRecord:
    """The job of the address; raises `Problem` (404, 403)."""
    record = await _board(visitor).job(visitor.request.match_info["job_id"])
    if record is None:
        raise Problem(404, "There is no such job (any more).")
    if not visitor.covers(record.job.place):
        raise Problem(403, "This job is at a place that your token is not for.")
    return record


async def _shown(visitor: Visitor, record: JobRecord, refused: str = "") -> web.Response:
    present = present_of(visitor)
    station = visitor.platform.registry.station(record.job.place)
    crew = next((one for one in _board(visitor).crews() if one.id == record.job.crew), None)
    place = "" if station is None else visitor.say.station(station)
    context = {
        "section": "jobs",
        "line": job_line(present, record.job, record.alerts, None),
        "job": record.job,
        "opened": present.time(record.job.opened_ms),
        "crew": record.job.crew if crew is None else crew.name,
        "bring": [bring_in_words(present, one) for one in record.bring],
        "acts": [_act(present, one) for one in record.acts],
        "messages": [
            (present.time(one.sent_ms or one.created_ms), one.notice.channel, one.title, one.state.value, one.reason)
            for one in record.messages
        ],
        "address": "" if station is None else station.address,
        "amap": None if station is None else amap(place, station.lat, station.lon),
        "geo": None if station is None else geo(place, station.lat, station.lon),
        "arrivals": ARRIVALS_MIN,
        "may_act": visitor.may(Role.CREW),
        "may_operate": visitor.may(Role.OPERATOR),
        "crews": [one for one in _board(visitor).crews() if one.id != record.job.crew],
        "silence_hours": SILENCE_HOURS,
        "refused": refused,
    }
    here = Address(f"{HOME}/jobs/{record.job.id}")
    return visitor.show("job.html", here, context, status=409 if refused else 200)


def _act(present: Present, kept: KeptAct) -> tuple[str, str, str, str]:
    act = kept.act
    return present.time(act.at_ms), act.who, act.what, act.detail


# ---- the acts ----


def _comment(given: dict[str, str], *, wanted: bool = False) -> str:
    return words(given, _COMMENT_CHARS_MAX, wanted=wanted)


async def _acknowledge(board: AlertBoard, visitor: Visitor, record: JobRecord, given: dict[str, str]) -> None:
    arrival_ms = visitor.platform.now_ms() + minutes_of(given.get("minutes", "")) * _MINUTE_MS
    await board.acknowledge(record.job.id, visitor.holder.name, arrival_ms=arrival_ms, comment=_comment(given))


async def _start(board: AlertBoard, visitor: Visitor, record: JobRecord, _given: dict[str, str]) -> None:
    await board.start(record.job.id, visitor.holder.name)


async def _repaired(board: AlertBoard, visitor: Visitor, record: JobRecord, given: dict[str, str]) -> None:
    await board.repaired(record.job.id, visitor.holder.name, _comment(given))


async def _close(board: AlertBoard, visitor: Visitor, record: JobRecord, given: dict[str, str]) -> None:
    await board.close(record.job.id, visitor.holder.name, _comment(given, wanted=True))


async def _remark(board: AlertBoard, visitor: Visitor, record: JobRecord, given: dict[str, str]) -> None:
    await board.comment(record.job.id, visitor.holder.name, _comment(given, wanted=True))


async def _confirm(board: AlertBoard, visitor: Visitor, record: JobRecord, given: dict[str, str]) -> None:
    await board.confirm(alert_of(record, given).id, visitor.holder.name, _comment(given))


_Act = Callable[[AlertBoard, Visitor, JobRecord, dict[str, str]], Awaitable[Any]]
_ACTS: Final[dict[str, _Act]] = {
    "acknowledge": _acknowledge,
    "start": _start,
    "repaired": _repaired,
    "close": _close,
    "comment": _remark,
    "confirm": _confirm,
    "assign": assign,
    "resolve": resolve,
    "silence": silence,
}
_OPERATORS: Final = frozenset({"assign", "resolve", "silence"})
