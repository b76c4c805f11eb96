"""`/v1/ops/alerts`: what is wrong where, its life, and what people may do about it.

Enters: filters, an alert's id, acts. Leaves: alerts. Never: an alert that the holder's regions do not reach.
"""

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
    AlertAnswer,
    AlertDetail,
    AlertDetailAnswer,
    AlertList,
    AlertListAnswer,
    AlertNow,
    AlertStep,
    JobAnswer,
)
from api.ops.board_view import act_now, alert_now, all_within, board_of, covers, job_now, must_cover_place, path_of
from api.paging import LIMIT_DEFAULT, LIMIT_MAX, Cursor, after_instant, next_link, page_of_now
from api.platform import PLATFORM
from api.problems import Problem
from api.query import NoQuery, Query
from ingest.alerts.model import Alert, AlertState, Severity
from ingest.alerts.records import AlertFilter, AlertRecord, AlertView


class AlertsQuery(Query):
    """Filters, all of which must hold, and paging."""

    past: Annotated[bool, Field(description="true: those that are over, newest first; else those of now")] = False
    state: Annotated[AlertState | None, Field(description="pending, firing, unknown or resolved; not with past")] = None
    severity: Annotated[Severity | None, Field(description="info, warning, critical or emergency")] = None
    rule: Annotated[str | None, Field(description="the code of a rule, such as cell_hot")] = None
    station: Annotated[str | None, Field(description="the id of a station")] = None
    region: Annotated[str | None, Field(description="the code of a region of any level")] = None
    cursor: Cursor = None
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description=f"how many alerts at most, 1 to {LIMIT_MAX}")] = (
        LIMIT_DEFAULT
    )


async def list_alerts(request: web.Request, query: AlertsQuery) -> web.Response:
    """Alerts of now, worst first; or with `past` those that are over, newest first."""
    platform = request.app[PLATFORM]
    alerts, cursor = await _past(request, query) if query.past else _of_now(request, query)
    answer = AlertListAnswer(
        last_updated=rfc3339(platform.now_ms()), ttl=0, data=AlertList(alerts=alerts, next_cursor=cursor)
    )
    return json_answer(answer, link=next_link(request, cursor))


async def show_alert(request: web.Request, _query: NoQuery) -> web.Response:
    """One alert with its life and what people did about it."""
    platform, record = request.app[PLATFORM], await _record_of(request)
    detail = AlertDetail(
        **alert_now(platform, record.view).model_dump(),
        life=[
            AlertStep(what=one.kind, at=rfc3339(one.at_ms), severity=Severity(one.severity), value=one.value)
            for one in record.changes
        ],
        acts=[act_now(one) for one in record.acts],
    )
    return json_answer(AlertDetailAnswer(last_updated=rfc3339(platform.now_ms()), ttl=0, data=detail))


async def confirm_alert(request: web.Request, _query: NoQuery) -> web.Response:
    """Seen on site and safe: what smoke needs before readings may resolve it."""
    alert = (await _record_of(request)).view.alert
    with refusals_as_problems():
        done = await board_of(request).confirm(alert.id, request[HOLDER].name, body_of(request, Comment).comment)
    return _after(request, done)


async def resolve_alert(request: web.Request, _query: NoQuery) -> web.Response:
    """Ended by a person, for a reason; it fires again when the next readings are bad."""
    alert = (await _record_of(request)).view.alert
    with refusals_as_problems():
        done = await board_of(request).resolve(alert.id, request[HOLDER].name, body_of(request, Reason).reason)
    return _after(request, done)


async def comment_on_alert(request: web.Request, _query: NoQuery) -> web.Response:
    """A remark, kept in the audit log."""
    alert = (await _record_of(request)).view.alert
    with refusals_as_problems():
        await board_of(request).comment(alert.id, request[HOLDER].name, body_of(request, Remark).text)
    return web.Response(status=204)


async def acknowledge_alert(request: web.Request, _query: NoQuery) -> web.Response:
    """Somebody goes: acknowledges the job that the alert belongs to."""
    platform, record = request.app[PLATFORM], await _record_of(request)
    if record.view.job is None:
        raise Problem(409, "This alert belongs to no job: nobody was told of it, so there is nothing to acknowledge.")
    body = body_of(request, Arrival)
    with refusals_as_problems():
        job = await board_of(request).acknowledge(
            record.view.job,
            request[HOLDER].name,
            until_ms=body.until,
            arrival_ms=arrival_ms(body, platform.now_ms()),
            comment=body.comment,
        )
    return json_answer(JobAnswer(last_updated=rfc3339(platform.now_ms()), ttl=0, data=job_now(platform, job)))


class Remark(RequestBody):
    """What is to be remembered."""

    text: Annotated[str, Field(min_length=1, max_length=2_000, description="1 to 2,000 characters")]


def _of_now(request: web.Request, query: AlertsQuery) -> tuple[list[AlertNow], str | None]:
    platform = request.app[PLATFORM]
    board = board_of(request)
    found = board.alerts(lambda alert: _is_wanted(request, query, alert))
    part, cursor = page_of_now([alert.id for alert in found], query.cursor, query.limit)
    views = [board.view(alert.id) or AlertView.alone(alert) for alert in found[part]]
    return [alert_now(platform, view) for view in views], cursor


def _is_wanted(request: web.Request, query: AlertsQuery, alert: Alert) -> bool:
    key = alert.key
    return (
        query.state in (None, alert.state)
        and query.severity in (None, alert.severity)
        and query.rule in (None, key.rule)
        and query.station in (None, key.place)
        and (query.region is None or query.region in path_of(request.app[PLATFORM], key.place))
        and covers(request, key.place)
    )


async def _past(request: web.Request, query: AlertsQuery) -> tuple[list[AlertNow], str | None]:
    platform, own = request.app[PLATFORM], request[HOLDER].regions
    if query.station is not None:
        must_cover_place(request, query.station)
    if query.region is not None:
        must_cover_place(request, query.region)
    regions = all_within(platform, own if query.region is None else (query.region,))
    wanted = AlertFilter(regions, query.station, query.rule, query.severity)
    before = after_instant(query.cursor) if query.cursor else None
    found = await board_of(request).past_alerts(wanted, before, query.limit + 1)
    page = found[: query.limit]
    last = page[-1] if len(found) > query.limit else None
    cursor = None if last is None else cursor_behind(f"{last.changed_ms} {last.id}", Order.ALERTS)
    return [alert_now(platform, AlertView.alone(alert)) for alert in page], cursor


async def _record_of(request: web.Request) -> AlertRecord:
    """The alert that the address names; raises `Problem` (404, 403)."""
    record = await board_of(request).alert(request.match_info["alert_id"])
    if record is None:
        raise Problem(404, "No alert has this id (any more). /v1/ops/alerts lists those of now, with past=true others.")
    must_cover_place(request, record.view.alert.key.place)
    return record


def _after(request: web.Request, alert: Alert) -> web.Response:
    platform = request.app[PLATFORM]
    now = alert_now(platform, board_of(request).view(alert.id) or AlertView.alone(alert))
    return json_answer(AlertAnswer(last_updated=rfc3339(platform.now_ms()), ttl=0, data=now))
