"""`/ops`: today's jobs by how bad and how far, and what is about to become one.

Enters: a visitor, where they stand. Leaves: HTML. Never: a job or an alert of a place that is not theirs.
"""

from typing import Final

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from api.console.alert_words import AlertLine, JobLine, Present, alert_line, job_line
from api.console.arrivals import ARRIVALS_MIN
from api.console.gate import HOME, Visitor
from api.instants import local
from api.pages.frame import Address
from api.place_parameters import PositionParameter
from api.positions import Position
from ingest.alerts.model import Alert, AlertState
from ingest.alerts.work import JobState
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
    lines: list[JobLine] = []
    waiting: list[tuple[AlertLine, str]] = []
    if board is not None:
        alerts = {view.alert.id: view.alert for view in board.alerts()}
        for job in board.jobs():
            if visitor.covers(job.place):
                ids = sorted(job.alerts if job.state is not JobState.CLOSED else job.done_alerts)
                lines.append(job_line(present, job, _worst_first([alerts[one] for one in ids if one in alerts]), near))
        waiting = [
            (alert_line(present, alert), place_name(visitor, alert.key.place))
            for alert in alerts.values()
            if alert.state is AlertState.PENDING and visitor.covers(alert.key.place)
        ]
    here = Address(HOME, (("near", "" if near is None else f"{near.lat:.4f},{near.lon:.4f}"),))
    context = {
        "section": "jobs",
        "is_watching": board is not None,
        "jobs": sorted((line for line in lines if line.is_open), key=_order)[:_SHOWN],
        "open_count": sum(line.is_open for line in lines),
        "closed": [line for line in lines if not line.is_open],
        "waiting": waiting[:_SHOWN],
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


def _order(line: JobLine) -> tuple[int, float]:
    """The worst first, and of those the nearest; the board gave them oldest first."""
    return -line.severity.rank, _FAR if line.metres is None else line.metres


def _worst_first(alerts: list[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda alert: (-alert.severity.rank, alert.since_ms))


def _near(text: str) -> Position | None:
    try:
        return _POSITION.validate_python(text) if text else None
    except ValidationError:
        return None
