"""`/v1/ops/silences`: what is not told for a while, because a person said so.

Enters: silences. Leaves: silences. Never: one that reaches beyond the holder's regions.
"""

from difflib import get_close_matches
from typing import Annotated

from aiohttp import web
from pydantic import Field

from api.access import HOLDER
from api.answers import json_answer
from api.body import RequestBody, body_of
from api.instants import rfc3339
from api.ops.acts import refusals_as_problems
from api.ops.alert_bodies import SilenceAnswer, SilenceList, SilenceListAnswer
from api.ops.board_view import board_of, covers, must_cover_place, silence_now
from api.platform import PLATFORM, ApiPlatform
from api.problems import Problem, printable, wrong_parameter
from api.query import InstantMs, NoQuery
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.work import Silence

_PLACE = Annotated[str | None, Field(min_length=1, max_length=64)]


class NewSilence(RequestBody):
    """What is to be silenced: at least one of station, region, rule and part."""

    author: Annotated[
        str | None,
        Field(min_length=1, max_length=64, description="who wants it; without it: the name on the token"),
    ] = None
    reason: Annotated[str, Field(min_length=1, max_length=500, description="why, in 1 to 500 characters")]
    ends: Annotated[InstantMs | None, Field(description="until when, like 2026-11-26T10:00:00Z")] = None
    hours: Annotated[float | None, Field(gt=0, le=90 * 24, description="or for how many hours from its start")] = None
    starts: Annotated[
        InstantMs | None, Field(description="from when on, like 2026-11-26T06:00:00Z; without it: now")
    ] = None
    station: Annotated[_PLACE, Field(description="the id of a station")] = None
    region: Annotated[_PLACE, Field(description="the code of a region of any level")] = None
    rule: Annotated[_PLACE, Field(description="the code of a rule, such as cell_hot")] = None
    part: Annotated[_PLACE, Field(description="a part, such as slot/3, or slot for all of them")] = None


async def list_silences(request: web.Request, _query: NoQuery) -> web.Response:
    """In force, to come, or over for less than a day."""
    platform = request.app[PLATFORM]
    now_ms = platform.now_ms()
    found = [one for one in board_of(request).silences() if _is_seen(request, one)]
    data = SilenceList(silences=[silence_now(one, now_ms) for one in found])
    return json_answer(SilenceListAnswer(last_updated=rfc3339(now_ms), ttl=0, data=data))


async def add_silence(request: web.Request, _query: NoQuery) -> web.Response:
    """From now on, or from a later start."""
    platform, body, holder = request.app[PLATFORM], body_of(request, NewSilence), request[HOLDER]
    now_ms = platform.now_ms()
    if (body.ends is None) == (body.hours is None):
        raise wrong_parameter("/ends", "say until when", "either ends or hours")
    starts_ms = body.starts if body.starts is not None else now_ms
    ends_ms = body.ends if body.ends is not None else starts_ms + round((body.hours or 0) * 3_600_000)
    _must_exist(platform, body)
    for place in (body.station, body.region):
        if place is not None:
            must_cover_place(request, place)
    if holder.regions and body.station is None and body.region is None:
        raise Problem(403, "Your token is for some regions: name a station or a region within them.")
    wanted = Silence(
        id="",
        author=body.author or holder.name,
        reason=body.reason,
        starts_ms=starts_ms,
        ends_ms=ends_ms,
        station=body.station,
        region=body.region,
        rule=body.rule,
        part=body.part,
    )
    with refusals_as_problems():
        silence = await board_of(request).silence(wanted, holder.name)
    answer = SilenceAnswer(last_updated=rfc3339(now_ms), ttl=0, data=silence_now(silence, now_ms))
    return json_answer(answer)


async def end_silence(request: web.Request, _query: NoQuery) -> web.Response:
    """Early."""
    platform, silence_id = request.app[PLATFORM], request.match_info["silence_id"]
    known = next((one for one in board_of(request).silences() if one.id == silence_id), None)
    if known is None:
        raise Problem(404, "No silence has this id (any more). /v1/ops/silences lists those that there are.")
    place = known.station or known.region
    if place is not None:
        must_cover_place(request, place)
    elif request[HOLDER].regions:
        raise Problem(403, "This silence is of all places, and your token is for some regions.")
    with refusals_as_problems():
        silence = await board_of(request).end_silence(silence_id, request[HOLDER].name)
    now_ms = platform.now_ms()
    return json_answer(SilenceAnswer(last_updated=rfc3339(now_ms), ttl=0, data=silence_now(silence, now_ms)))


def _must_exist(platform: ApiPlatform, body: NewSilence) -> None:
    """Raise `Problem` (400): a silence of what does not exist keeps nothing quiet, and nobody would see why."""
    if body.station is not None and platform.registry.station(body.station) is None:
        raise wrong_parameter("/station", f"no station has the id {printable(body.station, 64)}", "the id of a station")
    if body.region is not None and platform.registry.region(body.region) is None:
        problem = f"no division has the code {printable(body.region, 64)}"
        raise wrong_parameter("/region", problem, "a six-digit code, such as 110105")
    if body.rule is not None and body.rule not in RULES:
        close = get_close_matches(body.rule, RULES, n=1) or ["cell_hot"]
        problem = f"there is no rule {printable(body.rule, 64)}; perhaps {close[0]}"
        raise wrong_parameter("/rule", problem, "the code of a rule, see docs/alerts.md")


def _is_seen(request: web.Request, silence: Silence) -> bool:
    """One of no place concerns everybody."""
    place = silence.station or silence.region
    return place is None or covers(request, place)
