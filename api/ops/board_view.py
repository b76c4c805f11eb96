"""Alerts, jobs and acts as answers show them, and whose they are to see.

Enters: nouns of ingest.alerts, the holder's regions. Leaves: bodies. Never: what a holder's regions do not reach.
"""

from collections.abc import Iterable

from aiohttp import web

from api.access import HOLDER, forbid_place
from api.instants import rfc3339, rfc3339_or_none
from api.ops.alert_bodies import ActNow, AlertNow, CauseNow, JobNow, MessageNow, SilenceNow
from api.platform import PLATFORM, ApiPlatform
from api.problems import Problem
from ingest.alerts.board import AlertBoard
from ingest.alerts.model import PLATFORM_PLACE, Severity
from ingest.alerts.records import AlertView, KeptAct
from ingest.alerts.work import Delivery, Job, Outgoing, Silence


def board_of(request: web.Request) -> AlertBoard:
    """The board; raises `Problem` (404) on a platform that watches no alerts."""
    board = request.app[PLATFORM].operations.alerts
    if board is None:
        raise Problem(404, "This platform watches no alerts: its setting alerts.enabled is off.")
    return board


def covers(request: web.Request, place: str) -> bool:
    """Whether the holder's regions reach a station, a region or the platform; a holder without regions sees all."""
    regions = request[HOLDER].regions
    if not regions:
        return True
    return not regions.isdisjoint(path_of(request.app[PLATFORM], place))


def must_cover_place(request: web.Request, place: str) -> None:
    """Raise `Problem` (403) where they do not."""
    if not covers(request, place):
        raise forbid_place(request)


def path_of(platform: ApiPlatform, place: str) -> list[str]:
    """Codes of the regions that hold a place, its own among them; empty: of the platform, or unknown."""
    station = platform.registry.station(place)
    if station is not None:
        return [region.code for region in platform.registry.path(station)]
    found: list[str] = []
    code: str | None = None if place == PLATFORM_PLACE else place
    while code is not None and (region := platform.registry.region(code)) is not None:
        found.append(code)
        code = region.parent
    return found


def all_within(platform: ApiPlatform, regions: Iterable[str]) -> frozenset[str]:
    """These regions and all below them: what stands in a district of a province stands in the province."""
    found, waiting = set[str](), list(regions)
    while waiting:
        code = waiting.pop()
        found.add(code)
        waiting += [region.code for region in platform.registry.regions(code)]
    return frozenset(found)


def name_of(platform: ApiPlatform, place: str) -> str:
    """What people call it; the id itself where the registry does not know it."""
    station = platform.registry.station(place)
    region = platform.registry.region(place)
    return station.name if station is not None else region.name if region is not None else place


def alert_now(platform: ApiPlatform, view: AlertView) -> AlertNow:
    """One alert."""
    alert, cause = view.alert, view.inhibited_by
    return AlertNow(
        id=alert.id,
        scope=alert.key.scope,
        place=alert.key.place,
        place_name=name_of(platform, alert.key.place),
        rule=alert.key.rule,
        part=alert.key.part,
        state=alert.state,
        severity=alert.severity,
        since=rfc3339(alert.since_ms),
        fired_at=rfc3339_or_none(alert.fired_ms),
        changed_at=rfc3339(alert.changed_ms),
        value=alert.value,
        value_at=rfc3339(alert.value_ms),
        worst=alert.worst,
        unknown_since=rfc3339_or_none(alert.unknown_since_ms),
        resolved_at=rfc3339_or_none(alert.resolved_ms),
        resolved_by=alert.resolved_by or None,
        confirmed_at=rfc3339_or_none(alert.confirmed_ms),
        flapping=alert.is_flapping,
        reopened=alert.reopened,
        job=view.job,
        inhibited_by=None if cause is None else CauseNow(scope=cause.scope, place=cause.place, rule=cause.rule),
        silenced_by=view.silenced_by,
    )


def job_now(platform: ApiPlatform, job: Job) -> JobNow:
    """One job."""
    station = platform.registry.station(job.place)
    return JobNow(
        id=job.id,
        place=job.place,
        place_name=name_of(platform, job.place),
        address=station.address if station is not None else "",
        lat=station.lat if station is not None else None,
        lon=station.lon if station is not None else None,
        crew=job.crew,
        state=job.state,
        severity=job.severity,
        opened_at=rfc3339(job.opened_ms),
        changed_at=rfc3339(job.changed_ms),
        alerts=sorted(job.alerts),
        done_alerts=sorted(job.done_alerts),
        good_since=rfc3339_or_none(job.good_since_ms),
        acknowledged_by=job.acknowledged_by or None,
        acknowledged_at=rfc3339_or_none(job.acknowledged_ms),
        acknowledged_until=rfc3339_or_none(job.acknowledged_until_ms),
        arrival_at=rfc3339_or_none(job.arrival_ms),
        repaired_at=rfc3339_or_none(job.repaired_ms),
        closed_at=rfc3339_or_none(job.closed_ms),
        closed_by=job.closed_by or None,
        reopened=job.reopened,
        escalated=job.escalated,
    )


def act_now(kept: KeptAct) -> ActNow:
    """One act."""
    act = kept.act
    return ActNow(
        id=kept.id,
        at=rfc3339(act.at_ms),
        who=act.who,
        what=act.what,
        subject=act.subject,
        detail=act.detail,
        place=act.place,
    )


def message_now(message: Outgoing) -> MessageNow:
    """One message, without its text: that is for its crew."""
    notice = message.notice
    return MessageNow(
        id=message.id,
        created_at=rfc3339(message.created_ms),
        channel=notice.channel,
        crew=notice.crew,
        why=notice.why,
        severity=Severity(notice.severity),
        jobs=list(notice.jobs),
        title=message.title,
        state=message.state,
        tries=message.tries,
        next_at=rfc3339(message.next_ms) if message.state is Delivery.WAITING else None,
        sent_at=rfc3339_or_none(message.sent_ms),
        reason=message.reason,
    )


def silence_now(silence: Silence, now_ms: int) -> SilenceNow:
    """One silence."""
    return SilenceNow(
        id=silence.id,
        author=silence.author,
        reason=silence.reason,
        starts_at=rfc3339(silence.starts_ms),
        ends_at=rfc3339(silence.until_ms),
        active=silence.starts_ms <= now_ms < silence.until_ms,
        station=silence.station,
        region=silence.region,
        rule=silence.rule,
        part=silence.part,
    )
