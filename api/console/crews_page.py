"""`/ops/crews`: how quick each crew was, and what of its messages did not arrive.

Enters: a visitor. Leaves: HTML. Never: a crew's secrets.
"""

from typing import Final

from aiohttp import web

from api.console.gate import HOME, Visitor
from api.console.jobs_page import present_of
from api.language import Wording
from api.pages.frame import Address
from ingest.alerts.work import Delivery

PATH: Final = f"{HOME}/crews"
_DAYS: Final = 30
_DAY_MS: Final = 86_400_000
_MESSAGES: Final = 50
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600


async def show_crews(visitor: Visitor) -> web.Response:
    """The last 30 days."""
    board, present = visitor.platform.operations.alerts, present_of(visitor)
    figures = [] if board is None else await board.figures(visitor.platform.now_ms() - _DAYS * _DAY_MS)
    crews = [] if board is None else [one for one in board.crews() if _may_see(visitor, one.regions)]
    names = {crew.id: crew.name for crew in crews}
    messages = [] if board is None or visitor.holder.regions else await board.messages(_MESSAGES)
    context = {
        "section": "crews",
        "is_watching": board is not None,
        "days": _DAYS,
        "figures": [
            (
                names[one.crew],
                one.jobs,
                one.acknowledged,
                one.closed,
                _span(visitor.say, one.mean_acknowledge_s),
                _span(visitor.say, one.mean_repair_s),
            )
            for one in figures
            if one.crew in names
        ],
        "crews": crews,
        "lost": [
            (present.time(one.created_ms), one.notice.channel, one.title, one.reason)
            for one in messages
            if one.state is Delivery.GIVEN_UP
        ],
    }
    return visitor.show("crews.html", Address(PATH), context)


def _may_see(visitor: Visitor, regions: frozenset[str]) -> bool:
    return not visitor.holder.regions or any(visitor.covers(region) for region in regions)


def _span(say: Wording, seconds: float | None) -> str:
    """`42 s`, `12 min`, `3.4 h`."""
    if seconds is None:
        return "–"
    if seconds < _MINUTE_S:
        return say("span.seconds", n=f"{seconds:.0f}")
    if seconds < _HOUR_S:
        return say("span.minutes", n=f"{seconds / _MINUTE_S:.0f}")
    return say("span.hours", n=f"{seconds / _HOUR_S:.1f}")
