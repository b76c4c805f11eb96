"""`/v1/ops/crews`, `/v1/ops/channels`, `/v1/ops/messages`, `/v1/ops/audit`: who is told, what was told, who did what.

Enters: crews and channels, a channel to try. Leaves: the same without secrets, figures, messages, acts.
Never: a secret; it goes in and never comes out.
"""

from typing import Annotated, ClassVar, Final

from aiohttp import web
from pydantic import Field

from api.access import HOLDER, forbid_place
from api.answers import json_answer
from api.body import RequestBody, body_of
from api.cursors import Order, cursor_behind
from api.instants import rfc3339
from api.ops.acts import refusals_as_problems
from api.ops.alert_bodies import (
    ActList,
    ActListAnswer,
    ChannelNow,
    CrewList,
    CrewListAnswer,
    CrewNow,
    EscalationNow,
    MessageList,
    MessageListAnswer,
    TrialAnswer,
    TrialNow,
)
from api.ops.board_view import act_now, board_of, covers, message_now
from api.paging import LIMIT_DEFAULT, LIMIT_MAX, Cursor, after, next_link
from api.platform import PLATFORM
from api.problems import wrong_parameter
from api.query import NoQuery, Query
from ingest.alerts.model import Severity
from ingest.alerts.records import CrewFigures
from ingest.alerts.work import ChannelKind, ChannelSetting, Crew, EscalationStep

DAY_MS: Final = 86_400_000
_Name = Annotated[str, Field(min_length=1, max_length=64)]
_Id = Annotated[str, Field(pattern=r"^[0-9a-z][0-9a-z-]{0,31}$")]


class CrewsQuery(Query):
    """Of which span the figures are."""

    days: Annotated[int, Field(ge=1, le=366, description="jobs opened in so many days up to now, 1 to 366")] = 30


class MessagesQuery(Query):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description=f"how many messages at most, 1 to {LIMIT_MAX}")] = (
        LIMIT_DEFAULT
    )


class AuditQuery(Query):
    """About what, and paging."""

    subject: Annotated[str | None, Field(description="the id of a job, alert, silence, crew or channel")] = None
    cursor: Cursor = None
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description=f"how many acts at most, 1 to {LIMIT_MAX}")] = (
        LIMIT_DEFAULT
    )


class NewStep(RequestBody):
    """One step of a chain."""

    after_s: Annotated[float, Field(ge=0, le=7 * 86_400)]
    channels: Annotated[tuple[_Name, ...], Field(min_length=1)]
    least: Severity = Severity.WARNING


class NewCrew(RequestBody):
    """One crew."""

    id: _Id
    name: _Name
    regions: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    hours: Annotated[str, Field(min_length=1, max_length=500)] = "24/7"
    channels: tuple[_Name, ...] = ()
    chain: tuple[NewStep, ...] = ()
    digest_at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "08:00"


class NewChannel(RequestBody):
    """One channel."""

    name: _Name
    kind: ChannelKind
    address: Annotated[str, Field(max_length=2_000)] = ""
    secrets: dict[str, str] = Field(default_factory=dict)
    options: dict[str, str] = Field(default_factory=dict)
    per_minute: Annotated[float, Field(gt=0, le=6_000)] = 20.0
    language: Annotated[str, Field(pattern=r"^(zh|en)$")] = "zh"


class NewCrews(RequestBody):
    """All crews and channels, in place of those that there are."""

    most_bytes: ClassVar[int | None] = 1024 * 1024
    """Larger: an admin's mistake fills memory. Smaller: the crews of a nation, some 400 bytes each, do not fit."""

    crews: Annotated[tuple[NewCrew, ...], Field(description="all crews, each with id, name, regions, channels, chain")]
    channels: Annotated[
        tuple[NewChannel, ...] | None,
        Field(description="all channels, each with name and kind; without it those that there are stay"),
    ] = None


async def list_crews(request: web.Request, query: CrewsQuery) -> web.Response:
    """Crews with their figures, and channels without their secrets."""
    platform = request.app[PLATFORM]
    now_ms, board = platform.now_ms(), board_of(request)
    figures = {one.crew: one for one in await board.figures(now_ms - query.days * DAY_MS)}
    crews = [crew for crew in board.crews() if not crew.regions or any(covers(request, code) for code in crew.regions)]
    data = CrewList(
        crews=[_crew(crew, figures.get(crew.id)) for crew in crews],
        channels=[
            ChannelNow(
                name=one.name, kind=one.kind, address=one.address, language=one.language, per_minute=one.per_minute
            )
            for one in board.channels()
        ],
    )
    return json_answer(CrewListAnswer(last_updated=rfc3339(now_ms), ttl=0, data=data))


async def set_crews(request: web.Request, _query: NoQuery) -> web.Response:
    """In place of all that there were."""
    if request[HOLDER].regions:  # they would be everybody's crews
        raise forbid_place(request)
    body = body_of(request, NewCrews)
    crews = [
        Crew(
            **crew.model_dump(exclude={"chain"}),
            chain=tuple(EscalationStep(step.after_s, step.channels, step.least) for step in crew.chain),
        )
        for crew in body.crews
    ]
    board = board_of(request)
    kept = board.channels() if body.channels is None else ()
    channels = [*kept, *(ChannelSetting(**channel.model_dump()) for channel in body.channels or ())]
    with refusals_as_problems():
        await board.set_crews(crews, channels, request[HOLDER].name)
    return web.Response(status=204)


async def try_channel(request: web.Request, _query: NoQuery) -> web.Response:
    """Send a trial message now; the answer says what the service said."""
    platform = request.app[PLATFORM]
    with refusals_as_problems():
        result = await board_of(request).try_channel(request.match_info["channel"], request[HOLDER].name)
    trial = TrialNow(ok=result.ok, reason=result.reason)
    return json_answer(TrialAnswer(last_updated=rfc3339(platform.now_ms()), ttl=0, data=trial))


async def list_messages(request: web.Request, query: MessagesQuery) -> web.Response:
    """The last messages that were queued, newest first, and what became of them."""
    platform = request.app[PLATFORM]
    board = board_of(request)
    places = {job.id: job.place for job in board.jobs()}
    found = await board.messages(query.limit)
    is_national = not request[HOLDER].regions
    seen = [
        one
        for one in found
        if is_national or any(job in places and covers(request, places[job]) for job in one.notice.jobs)
    ]
    data = MessageList(messages=[message_now(one) for one in seen])
    return json_answer(MessageListAnswer(last_updated=rfc3339(platform.now_ms()), ttl=0, data=data))


async def list_acts(request: web.Request, query: AuditQuery) -> web.Response:
    """The audit log: what people did, newest first."""
    platform = request.app[PLATFORM]
    behind = after(query.cursor, Order.ACTS)
    if behind and not behind.isdecimal():
        raise wrong_parameter("cursor", "it was not given by this route", "next_cursor of the page before")
    before_id = int(behind) if behind else None
    found = await board_of(request).audit(query.subject, before_id, query.limit + 1)
    page = found[: query.limit]
    cursor = cursor_behind(str(page[-1].id), Order.ACTS) if len(found) > query.limit else None
    seen = [one for one in page if covers(request, one.act.place)]
    data = ActList(acts=[act_now(one) for one in seen], next_cursor=cursor)
    answer = ActListAnswer(last_updated=rfc3339(platform.now_ms()), ttl=0, data=data)
    return json_answer(answer, link=next_link(request, cursor))


def _crew(crew: Crew, figures: CrewFigures | None) -> CrewNow:
    return CrewNow(
        id=crew.id,
        name=crew.name,
        regions=sorted(crew.regions),
        kinds=sorted(crew.kinds),
        hours=crew.hours,
        channels=list(crew.channels),
        chain=[
            EscalationNow(after_s=step.after_s, channels=list(step.channels), least=step.least) for step in crew.chain
        ],
        digest_at=crew.digest_at,
        jobs=figures.jobs if figures else 0,
        acknowledged=figures.acknowledged if figures else 0,
        closed=figures.closed if figures else 0,
        mean_acknowledge_s=figures.mean_acknowledge_s if figures else None,
        mean_repair_s=figures.mean_repair_s if figures else None,
    )
