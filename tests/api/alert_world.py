"""Alerts, jobs, crews and silences of the small world.

Enters: nothing. Leaves: real nouns around one fixed instant. Never: a state that the platform could not be in.
"""

from dataclasses import replace

from ingest.alerts.model import PLATFORM_PLACE, Alert, AlertKey, AlertState, Scope, Severity
from ingest.alerts.work import (
    ChannelKind,
    ChannelSetting,
    Crew,
    Delivery,
    EscalationStep,
    Job,
    JobState,
    Notice,
    Outgoing,
    Silence,
    Why,
)
from tests.api.stillness import NOW_MS

MINUTE_MS = 60_000
SECRET = "SEC-of-the-robot"
LINK = "good.link"
CHANNEL = ChannelSetting("dingtalk-dc", ChannelKind.DINGTALK, "https://robot.invalid", {"secret": SECRET})
CREW = Crew(
    "dongcheng",
    "东城巡检队",
    frozenset({"110101"}),
    channels=(CHANNEL.name,),
    chain=(EscalationStep(900, (CHANNEL.name,), Severity.CRITICAL),),
)


def alert(
    alert_id: str,
    rule: str,
    place: str,
    severity: Severity,
    part: str = "",
    value: float | str | None = None,
    **changes: object,
) -> Alert:
    """A firing alert, ten minutes old; `changes` are fields of `Alert`."""
    since_ms = NOW_MS - 10 * MINUTE_MS
    fields: dict[str, object] = {
        "key": AlertKey(Scope.STATION, place, rule, part),
        "id": alert_id,
        "state": AlertState.FIRING,
        "severity": severity,
        "level": 0,
        "since_ms": since_ms,
        "changed_ms": since_ms,
        "value": value,
        "value_ms": NOW_MS - MINUTE_MS,
        "fired_ms": since_ms,
    }
    return Alert(**(fields | changes))  # type: ignore[arg-type]  # the fields are those of Alert by construction


def job(job_id: str, place: str, severity: Severity, *alerts: str, **changes: object) -> Job:
    """An open job, ten minutes old; `changes` are fields of `Job`."""
    opened_ms = NOW_MS - 10 * MINUTE_MS
    made = Job(job_id, place, CREW.id, JobState.OPEN, severity, opened_ms, opened_ms, frozenset(alerts))
    return replace(made, **changes)  # type: ignore[arg-type]  # of Job by construction


def alerts_of_now() -> dict[str, Alert]:
    """By id: two of one station, one without word, one far away, one pending."""
    unknown = {"state": AlertState.UNKNOWN, "unknown_since_ms": NOW_MS - 88 * MINUTE_MS}
    pending = {"state": AlertState.PENDING, "fired_ms": None}
    every = (
        alert("a1", "smoke", "bj-0001", Severity.EMERGENCY, "cabinet"),
        alert("a2", "cell_hot", "bj-0001", Severity.CRITICAL, "slot/3", 56.5),
        alert("a3", "stock_low", "bj-0003", Severity.WARNING, "item/hxzq-10ml", 2, **unknown),
        alert("a4", "dark", "gd-0001", Severity.WARNING),
        alert("a5", "box_hot", "bj-0002", Severity.WARNING, "box", 31.5, **pending),
    )
    return {one.id: one for one in every}


def of_region(alert_id: str = "a6", code: str = "110000") -> Alert:
    """A province of which too much is dark."""
    key = AlertKey(Scope.REGION, code, "region_dark")
    return alert(alert_id, key.rule, code, Severity.CRITICAL, value=0.4, key=key)


def of_platform(alert_id: str = "a7") -> Alert:
    """The platform sees nothing."""
    key = AlertKey(Scope.PLATFORM, PLATFORM_PLACE, "platform_blind")
    return alert(alert_id, key.rule, PLATFORM_PLACE, Severity.CRITICAL, value="no broker", key=key)


def alerts_over() -> list[Alert]:
    """Newest first."""
    over = {"state": AlertState.RESOLVED, "resolved_by": "readings"}
    return [
        alert(f"p{number}", "slot_door", place, Severity.WARNING, "slot/1", resolved_ms=at, changed_ms=at, **over)
        for number, place in enumerate(("bj-0001", "gd-0001", "bj-0001"))
        if (at := NOW_MS - (100 + number) * MINUTE_MS)
    ]


def silences_of_now() -> dict[str, Silence]:
    """By id: of a station, of a province, and of a rule."""
    every = (
        Silence("s1", "Li", "改造", NOW_MS - MINUTE_MS, NOW_MS + MINUTE_MS, station="bj-0001", rule="slot_door"),
        Silence("s2", "Chen", "检修", NOW_MS - MINUTE_MS, NOW_MS + MINUTE_MS, region="440000"),
        Silence("s3", "Wu", "too many", NOW_MS + MINUTE_MS, NOW_MS + 9 * MINUTE_MS, rule="full"),
    )
    return {one.id: one for one in every}


def jobs_of_now() -> dict[str, Job]:
    """By id: of a station, of a dark one, and of one that no crew covers."""
    every = (
        job("j2", "bj-0003", Severity.WARNING, "a3"),
        job("j1", "bj-0001", Severity.EMERGENCY, "a1", "a2"),
        job("j3", "gd-0001", Severity.WARNING, "a4", crew=None),
    )
    return {one.id: one for one in every}


def lost_message() -> Outgoing:
    """A message that was given up."""
    notice = Notice("k1", CREW.id, "dingtalk-dc", Why.OPENED, ("j1",), Severity.EMERGENCY, NOW_MS)
    return Outgoing(1, notice, "冒烟", "", "{}", NOW_MS - MINUTE_MS, Delivery.GIVEN_UP, 3, 0, "310000 sign not match")
