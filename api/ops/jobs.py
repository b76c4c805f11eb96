"""`/v1/ops/jobs`: what crews have to do, what to bring, and what they did.

Enters: filters, a job's id, acts. Leaves: jobs. Never: a job that the holder's regions do not reach.
"""

from collections.abc import Awaitable
from typing import Annotated

from aiohttp import web
from pydantic import Field

from api.access import HOLDER
from api.answers import json_answer
from api.body import RequestBody, body_of
from api.cursors import Order, cursor_behind
from api.instants import rfc3339
from api.ops.acts import Arrival, Comment, Reason, arrival_ms, refusals_as_problems
from api.ops.alert_bodies import (
    BringNow,
    JobAnswer,
    JobDetail,
    JobDetailAnswer,
    JobList,
    JobListAnswer,
    JobNow,
)
from api.ops.alerts import Remark
from api.ops.board_view import (
    act_now,
    alert_now,
    all_within,
    board_of,
    covers,
    job_now,
    message_now,
    must_cover_place,
    path_of,
)
from api.paging import LIMIT_DEFAULT, LIMIT_MAX, Cursor, after_instant, next_link, page_of_now
from api.platform import PLATFORM
from api.problems import Problem
from api.query import NoQuery, Query
from ingest.alerts.model import Severity
from ingest.alerts.records import AlertFilter, AlertView, JobRecord
from ingest.alerts.work import Job, JobState


class JobsQuery(Query):
    """Filters, all of which must hold, and paging."""

    past: Annotated[bool, Field(description="true: all jobs ever, newest first; else those of now, worst first")] = (
        False
    )
    state: Annotated[
        JobState | None,
        Field(description="open, acknowledged, in_progress, repaired or closed; not with past"),
    ] = None
    severity: Annotated[Severity | None, Field(description="info, warning, critical or emergency")] = None
    crew: Annotated[str | None, Field(description="the id of a crew")] = None
    station: Annotated[str | None, Field(description="the id of a station")] = None
    region: Annotated[str | None, Field(description="the code of a region of any level")] = None
    cursor: Cursor = None
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description=f"how many jobs at most, 1 to {LIMIT_MAX}")] = (
        LIMIT_DEFAULT
    )


class Assignment(RequestBody):
    """To whom a job goes."""

    crew: Annotated[str, Field(min_length=1, max_length=64, description="the id of a crew, see /v1/ops/crews")]


async def list_jobs(request: web.Request, query: JobsQuery) -> web.Response:
    """Jobs of now, worst first; or with `past` all, newest first."""
    platform = request.app[PLATFORM]
    jobs, cursor = await _past(request, query) if query.past else _of_now(request, query)
    answer = JobListAnswer(last_updated=rfc3339(platform.now_ms()), ttl=0, data=JobList(jobs=jobs, next_cursor=cursor))
    return json_answer(answer, link=next_link(request, cursor))


async def show_job(request: web.Request, _query: NoQuery) -> web.Response:
    """One job with its alerts, what to bring, what people did and what was told."""
    platform, board, record = request.app[PLATFORM], board_of(request), await _record_of(request)
    detail = JobDetail(
        **job_now(platform, record.job).model_dump(),
        alert_details=[alert_now(platform, board.view(alert.id) or AlertView.alone(alert)) for alert in record.alerts],
        bring=[BringNow(what=one.what, name=one.name, pieces=one.pieces) for one in record.bring],
        acts=[act_now(one) for one in record.acts],
        messages=[message_now(one) for one in record.messages],
    )
    return json_answer(JobDetailAnswer(last_updated=rfc3339(platform.now_ms()), ttl=0, data=detail))


async def acknowledge_job(request: web.Request, _query: NoQuery) -> web.Response:
    """Somebody goes: escalation stops until the acknowledgement expires."""
    platform, job = request.app[PLATFORM], (await _record_of(request)).job
    body = body_of(request, Arrival)
    return await _acted(
        request,
        board_of(request).acknowledge(
            job.id,
            request[HOLDER].name,
            until_ms=body.until,
            arrival_ms=arrival_ms(body, platform.now_ms()),
            comment=body.comment,
        ),
    )


async def start_job(request: web.Request, _query: NoQuery) -> web.Response:
    """Somebody is there and works."""
    job = (await _record_of(request)).job
    return await _acted(request, board_of(request).start(job.id, request[HOLDER].name))


async def repaired_job(request: web.Request, _query: NoQuery) -> web.Response:
    """Somebody says that it is done; readings prove it, or the job goes on."""
    job, comment = (await _record_of(request)).job, body_of(request, Comment).comment
    board = board_of(request)
    return await _acted(request, board.repaired(job.id, request[HOLDER].name, comment))


async def close_job(request: web.Request, _query: NoQuery) -> web.Response:
    """Closed by a person, for a reason."""
    job, reason = (await _record_of(request)).job, body_of(request, Reason).reason
    return await _acted(request, board_of(request).close(job.id, request[HOLDER].name, reason))


async def assign_job(request: web.Request, _query: NoQuery) -> web.Response:
    """To another crew, from the beginning."""
    job, crew = (await _record_of(request)).job, body_of(request, Assignment).crew
    return await _acted(request, board_of(request).assign(job.id, request[HOLDER].name, crew))


async def comment_on_job(request: web.Request, _query: NoQuery) -> web.Response:
    """A remark, kept in the audit log."""
    job = (await _record_of(request)).job
    with refusals_as_problems():
        await board_of(request).comment(job.id, request[HOLDER].name, body_of(request, Remark).text)
    return web.Response(status=204)


async def _acted(request: web.Request, act: Awaitable[Job]) -> web.Response:
    platform = request.app[PLATFORM]
    with refusals_as_problems():
        job = await act
    return json_answer(JobAnswer(last_updated=rfc3339(platform.now_ms()), ttl=0, data=job_now(platform, job)))


def _of_now(request: web.Request, query: JobsQuery) -> tuple[list[JobNow], str | None]:
    platform = request.app[PLATFORM]
    found = board_of(request).jobs(lambda job: _is_wanted(request, query, job))
    part, cursor = page_of_now([job.id for job in found], query.cursor, query.limit)
    return [job_now(platform, job) for job in found[part]], cursor


def _is_wanted(request: web.Request, query: JobsQuery, job: Job) -> bool:
    return (
        query.state in (None, job.state)
        and query.severity in (None, job.severity)
        and query.crew in (None, job.crew)
        and query.station in (None, job.place)
        and (query.region is None or query.region in path_of(request.app[PLATFORM], job.place))
        and covers(request, job.place)
    )


async def _past(request: web.Request, query: JobsQuery) -> tuple[list[JobNow], str | None]:
    platform, own = request.app[PLATFORM], request[HOLDER].regions
    for place in (query.station, query.region):
        if place is not None:
            must_cover_place(request, place)
    regions = all_within(platform, own if query.region is None else (query.region,))
    wanted = AlertFilter(regions, query.station, None, query.severity, query.crew)
    before = after_instant(query.cursor) if query.cursor else None
    found = await board_of(request).past_jobs(wanted, before, query.limit + 1)
    page = found[: query.limit]
    last = page[-1] if len(found) > query.limit else None
    cursor = None if last is None else cursor_behind(f"{last.opened_ms} {last.id}", Order.ALERTS)
    return [job_now(platform, job) for job in page], cursor


async def _record_of(request: web.Request) -> JobRecord:
    """The job that the address names; raises `Problem` (404, 403)."""
    record = await board_of(request).job(request.match_info["job_id"])
    if record is None:
        raise Problem(404, "No job has this id (any more). /v1/ops/jobs lists those of now, with past=true all.")
    must_cover_place(request, record.job.place)
    return record
