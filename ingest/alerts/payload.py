"""What machines are sent: Alertmanager's webhook document, version 4, and one document a job for handhelds.

Enters: a notice and its jobs. Leaves: JSON for the outbox, and its parts for the channels. Never: a secret; and never
`resolved` for an alert of which nothing is known: it stays `firing`, with the label `state` to tell.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Protocol

from ingest.alerts.model import Alert, AlertState
from ingest.alerts.work import JobState, JobView, Notice

NEVER: Final = "0001-01-01T00:00:00Z"
"""Go's zero time: what Alertmanager says for an end that has not come."""


class RuleWords(Protocol):
    """What a rule is called; `ingest.alerts.rules.rule.Rule` is one."""

    @property
    def zh(self) -> str:
        """In Chinese."""

    @property
    def en(self) -> str:
        """In English."""

    @property
    def unit(self) -> str:
        """Of its value."""


class JobLinks(NamedTuple):
    """Where a message about a job leads; None where there is nothing."""

    acknowledge: str | None = None
    """The signed page of `ingest.alerts.links`."""
    station: str | None = None
    map: str | None = None


def payload_of(
    notice: Notice, views: Sequence[JobView], links: Mapping[str, JobLinks], rules: Mapping[str, RuleWords], url: str
) -> str:
    """JSON for `Outgoing.payload`. `links` are by job id; `url` is the platform's own."""
    first = links.get(views[0].job.id, JobLinks()) if views else JobLinks()
    document = {
        "alertmanager": _alertmanager(notice, views, links, rules, url),
        "jobs": [_job(notice, view, rules) for view in views],
        "links": {name: link for name, link in first._asdict().items() if link},
    }
    return json.dumps(document, ensure_ascii=False)


def _alertmanager(
    notice: Notice, views: Sequence[JobView], links: Mapping[str, JobLinks], rules: Mapping[str, RuleWords], url: str
) -> dict[str, Any]:
    alerts = [_v4_alert(view, alert, links, rules, url) for view in views for alert in view.alerts]
    is_over = bool(alerts) and all(alert["status"] == "resolved" for alert in alerts)
    labels = [alert["labels"] for alert in alerts]
    shared = {
        name: value
        for name, value in (labels[0] if labels else {}).items()
        if all(v.get(name) == value for v in labels)
    }
    return {
        "version": "4",
        "groupKey": f"{notice.channel}/{','.join(notice.jobs)}",
        "truncatedAlerts": 0,
        "status": "resolved" if is_over else "firing",
        "groupLabels": {name: shared[name] for name in ("place", "crew") if name in shared},
        "commonLabels": shared,
        "commonAnnotations": {"why": notice.why.value},
        "externalURL": url,
        "alerts": alerts,
    }


def _v4_alert(
    view: JobView, alert: Alert, links: Mapping[str, JobLinks], rules: Mapping[str, RuleWords], url: str
) -> dict[str, Any]:
    key, is_over = alert.key, alert.state is AlertState.RESOLVED
    words = rules.get(key.rule)
    labels = {
        "alertname": key.rule,
        "scope": key.scope.value,
        "place": key.place,
        "part": key.part,
        "severity": alert.severity.value,
        "state": alert.state.value,
        "crew": view.job.crew or "",
        "job_id": view.job.id,
    }
    annotations = {
        "summary": f"{words.zh if words else key.rule} / {words.en if words else key.rule}: {view.place_name}",
        "address": view.address,
        "region": " / ".join(view.region_path),
        "value": _shown(alert.value, words.unit if words else ""),
        "value_at": _instant(alert.value_ms),
    }
    if alert.unknown_since_ms is not None and not is_over:
        annotations["unknown_since"] = _instant(alert.unknown_since_ms)
    return {
        "status": "resolved" if is_over else "firing",
        "labels": {name: value for name, value in labels.items() if value},
        "annotations": {name: value for name, value in annotations.items() if value},
        "startsAt": _instant(alert.since_ms),
        "endsAt": _instant(alert.resolved_ms) if is_over and alert.resolved_ms is not None else NEVER,
        "generatorURL": links.get(view.job.id, JobLinks()).station or url,
        # Of the identity alone: the severity may change and it is the same alert.
        "fingerprint": hashlib.sha256("\n".join(key).encode()).hexdigest()[:16],
    }


def _job(notice: Notice, view: JobView, rules: Mapping[str, RuleWords]) -> dict[str, Any]:
    job = view.job
    return {
        "id": job.id,
        "place": job.place,
        "crew": job.crew,
        "state": job.state.value,
        "why": notice.why.value,
        "severity": job.severity.value,
        "opened_at": _instant(job.opened_ms),
        "changed_at": _instant(job.changed_ms),
        "name": view.place_name,
        "name_en": view.place_name_en,
        "address": view.address,
        "regions": list(view.region_path),
        "acknowledged_by": job.acknowledged_by or None,
        "alerts": [
            {
                "id": alert.id,
                "rule": alert.key.rule,
                "zh": rules[alert.key.rule].zh if alert.key.rule in rules else alert.key.rule,
                "en": rules[alert.key.rule].en if alert.key.rule in rules else alert.key.rule,
                "part": alert.key.part,
                "state": alert.state.value,
                "severity": alert.severity.value,
                "value": alert.value,
                "unit": rules[alert.key.rule].unit if alert.key.rule in rules else "",
                "value_at": _instant(alert.value_ms),
                "since": _instant(alert.since_ms),
                "unknown_since": None if alert.unknown_since_ms is None else _instant(alert.unknown_since_ms),
            }
            for alert in view.alerts
        ],
    }


def _shown(value: float | str | None, unit: str) -> str:
    """A value for a person who reads the document."""
    if value is None or isinstance(value, str):
        return value or ""
    return _instant(round(value)) if unit == "instant" else f"{value:g} {unit}".strip()


def _instant(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ---- read again by the channels ----


def alertmanager_of(payload: str) -> dict[str, Any]:
    """The document of version 4."""
    document: dict[str, Any] = json.loads(payload)["alertmanager"]
    return document


def links_of(payload: str) -> dict[str, str]:
    """The links of the first job, by name."""
    links: dict[str, str] = json.loads(payload).get("links", {})
    return links


def handheld_documents(payload: str) -> list[tuple[str, bytes]]:
    """By place: the document of its job, or nothing where it is closed."""
    return [
        (job["place"], b"" if job["state"] == JobState.CLOSED else json.dumps(job, ensure_ascii=False).encode())
        for job in json.loads(payload)["jobs"]
    ]
