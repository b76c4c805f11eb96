"""`/ops`: today's jobs by how bad and how far, and what is about to become one.

Enters: a visitor, where they stand. Leaves: HTML. Never: a job or an alert of a place that is not theirs.
"""

from collections.abc import Iterable
from heapq import nsmallest
from typing import Final

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from api.console.alert_words import JobLine, Present, alert_line, job_line, metres_to
from api.console.arrivals import ARRIVALS_MIN
from api.console.gate import HOME, Visitor
from api.console.on_the_board import worst_first
from api.instants import local
from api.pages.frame import Address
from api.place_parameters import PositionParameter
from api.positions import Position
from ingest.alerts.board import AlertBoard
from ingest.alerts.model import Alert, AlertState
from ingest.alerts.work import Job, JobState
from ingest.operating import Role

_POSITION: Final[TypeAdapter[Position]] = TypeAdapter(PositionParameter)
_SHOWN: Final = 60
"""Of each list; how many more there are is said. Larger: a phone scrolls through a province. Smaller: a crew's day does
not fit."""
_FAR: Final = float("inf")


async def show_jobs(visitor: Visitor) -> web.Response:
    """What is to be done now."""
    present = present_of(visitor)
    near = _near(visitor.request.query.get("near", ""))
    board = visitor.platform.operations.alerts
    jobs = [] if board is None else board.jobs(lambda job: visitor.covers(job.place))
    waiting = [] if board is None else board.alerts(lambda alert: _is_waiting(visitor, alert))
    opened = [job for job in jobs if job.state is not JobState.CLOSED]
    closed = [job for job in jobs if job.state is JobState.CLOSED]

    def lines(shown: Iterable[Job]) -> list[JobLine]:
        return [job_line(present, job, _alerts_of(board, job), near) for job in shown]

    here = Address(HOME, (("near", "" if near is None else f"{near.lat:.4f},{near.lon:.4f}"),))
    context = {
        "section": "jobs",
        "is_watching": board is not None,
        "jobs": lines(nsmallest(_SHOWN, opened, key=lambda job: _order(visitor, job, near))),
        "open_count": len(opened),
        "closed": lines(closed[:_SHOWN]),
        "closed_count": len(closed),
        "waiting": [(alert_line(present, alert), place_name(visitor, alert.key.place)) for alert in waiting[:_SHOWN]],
        "waiting_count": len(waiting),
        "near": near,
        "arrivals": ARRIVALS_MIN,
        "may_act": visitor.may(Role.CREW),
        "back": here.text(visitor.language),
    }
    return visitor.show("jobs.html", here, context)


def present_of(visitor: Visitor) -> Present:
    """The present of one page."""
    platform = visitor.platform
    return Present(platform, visitor.say, local(platform.now_ms(), platform.settings.zone))


def place_name(visitor: Visitor, place: str) -> str:
    """A station, a region or the platform by name."""
    registry = visitor.platform.registry
    station = registry.station(place)
    if station is not None:
        return visitor.say.station(station)
    region = registry.region(place)
    return visitor.say("ops.platform") if region is None else visitor.say.region(region)


def _is_waiting(visitor: Visitor, alert: Alert) -> bool:
    return alert.state is AlertState.PENDING and visitor.covers(alert.key.place)


def _alerts_of(board: AlertBoard | None, job: Job) -> list[Alert]:
    """What is to be done, or what was."""
    ids = job.done_alerts if job.state is JobState.CLOSED else job.alerts
    return [] if board is None else worst_first(board, ids)


def _order(visitor: Visitor, job: Job, near: Position | None) -> tuple[int, float]:
    """The worst first, and of those the nearest; the board gave them oldest first."""
    metres = metres_to(visitor.platform.registry.station(job.place), near)
    return -job.severity.rank, _FAR if metres is None else metres


def _near(text: str) -> Position | None:
    try:
        return _POSITION.validate_python(text) if text else None
    except ValidationError:
        return None
