"""`/a/{token}`: what a one-time link in a message opens: a page that says what it would do, and a button that does it.

Enters: a link, later its button. Leaves: a page; an acknowledged job, once, without a login; after that, how it stands.
Never: an act by GET: chat robots and mail scanners fetch every link for a preview.
"""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import hdrs, web

from api.console.alert_words import Present, job_line
from api.console.arrivals import ARRIVALS_MIN, minutes_of, refusal_in_words
from api.console.gate import language_of, own_site
from api.console.on_the_board import worst_first
from api.instants import local
from api.language import wording
from api.pages.frame import Address, render
from api.platform import PLATFORM
from api.problems import Problem
from ingest.alerts.board import ActRefused, AlertBoard, NotThere
from ingest.alerts.records import LinkOffer
from ingest.alerts.work import Job

_MINUTE_MS: Final = 60_000


async def show_link(request: web.Request) -> web.Response:
    """What the link would do. Nothing is changed, however often it is fetched."""
    offer = await _board(request).link(request.match_info["token"])
    return _gone(request) if offer is None else _offered(request, offer)


async def follow_link(request: web.Request) -> web.Response:
    """Do it, once."""
    own_site(request)
    board, token = _board(request), request.match_info["token"]
    offer = await board.link(token)
    if offer is None:
        return _gone(request)
    given = (await request.post()).get("minutes", "")
    try:
        minutes = minutes_of(given) if isinstance(given, str) and given else None
        arrival_ms = None if minutes is None else request.app[PLATFORM].now_ms() + minutes * _MINUTE_MS
        job = await board.redeem(token, arrival_ms)
    except NotThere:
        return _gone(request)
    except ActRefused as refused:
        return _offered(request, offer, refused=refusal_in_words(wording(language_of(request)), refused))
    return _page(request, _of_job(request, job, offer) | {"is_done": True})


def _board(request: web.Request) -> AlertBoard:
    board = request.app[PLATFORM].operations.alerts
    if board is None:
        raise Problem(404, "This platform watches no alerts.")
    return board


def _gone(request: web.Request) -> web.Response:
    return _page(request, {"line": None, "is_done": False, "refused": ""}, status=404)


def _offered(request: web.Request, offer: LinkOffer, refused: str = "") -> web.Response:
    return _page(request, _of_job(request, offer.job, offer) | {"refused": refused}, status=409 if refused else 200)


def _of_job(request: web.Request, job: Job, offer: LinkOffer) -> dict[str, Any]:
    platform, board = request.app[PLATFORM], _board(request)
    say = wording(language_of(request))
    present = Present(platform, say, local(platform.now_ms(), platform.settings.zone))
    names = {crew.id: crew.name for crew in board.crews()}
    return {
        "line": job_line(present, job, worst_first(board, job.alerts), None),
        "crew": names.get(offer.crew, offer.crew),
        "until": present.time(offer.expires_ms),
        "arrivals": ARRIVALS_MIN,
        "is_done": False,
        "is_used": offer.is_used,
        "refused": "",
    }


def _page(request: web.Request, context: Mapping[str, Any], *, status: int = 200) -> web.Response:
    here = Address(f"/a/{request.match_info['token']}")
    language = language_of(request)
    shared = {"nav": "", "target": here.text(language)}
    response = render(request, "link.html", language, here, shared | dict(context), status=status)
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
