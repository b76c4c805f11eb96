"""Alerts, jobs and messages for tests, whole and plausible; each test changes what it is about.

Enters: changes of fields. Leaves: the nouns of ingest.alerts. Never: a rule.
"""

from dataclasses import replace
from typing import Any, Final

from ingest.alerts.model import Alert, AlertKey, AlertState, Scope, Severity
from ingest.alerts.work import Delivery, Job, JobState, Notice, Outgoing, Why

NOW_MS: Final = 1_795_330_800_000
SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000


def alert(alert_id: str = "a-1", station: str = "st-1", rule: str = "cell_hot", **changes: Any) -> Alert:
    """A slot that has been too hot for two minutes."""
    whole = Alert(
        key=AlertKey(Scope.STATION, station, rule, "slot/3"),
        id=alert_id,
        state=AlertState.FIRING,
        severity=Severity.WARNING,
        level=0,
        since_ms=NOW_MS - 2 * MINUTE_MS,
        changed_ms=NOW_MS,
        value=47.5,
        value_ms=NOW_MS,
        worst=48.0,
        reached_since_ms=(NOW_MS - 2 * MINUTE_MS, None),
        held_since_ms=(None, NOW_MS - 2 * MINUTE_MS),
        fired_ms=NOW_MS,
    )
    return replace(whole, **changes)


def job(job_id: str = "j-1", place: str = "st-1", **changes: Any) -> Job:
    """A job that nobody has acknowledged."""
    whole = Job(
        id=job_id,
        place=place,
        crew="east",
        state=JobState.OPEN,
        severity=Severity.WARNING,
        opened_ms=NOW_MS,
        changed_ms=NOW_MS,
        alerts=frozenset({"a-1", "a-2"}),
    )
    return replace(whole, **changes)


def message(key: str = "k-1", **changes: Any) -> Outgoing:
    """A message that waits; `severity` and `due_ms` are fields of its notice."""
    severity, due_ms = changes.pop("severity", Severity.WARNING), changes.get("next_ms", NOW_MS)
    notice = Notice(key, "east", "robot", Why.OPENED, ("j-1",), severity, due_ms)
    whole = Outgoing(
        id=0,
        notice=notice,
        title="电池过热",
        text="**3 号仓** 47.5 °C",
        payload="{}",
        created_ms=NOW_MS,
        state=Delivery.WAITING,
        next_ms=NOW_MS,
    )
    return replace(whole, **changes)
