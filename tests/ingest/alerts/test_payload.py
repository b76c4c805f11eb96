"""The documents for machines: Alertmanager's version 4, and one a job for handhelds."""

import json
from dataclasses import replace

from ingest.alerts.model import Alert, AlertState, Severity
from ingest.alerts.payload import NEVER, JobLinks, alertmanager_of, handheld_documents, links_of, payload_of
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.work import JobState, JobView
from tests.ingest.alerts.making import MINUTE_MS, NOW_MS, alert, job
from tests.ingest.alerts.messages import notice

LINKS = {"j-1": JobLinks("https://yz.example/a/T", "https://yz.example/stations/st-1")}


def payload(*alerts: Alert, state: JobState = JobState.OPEN) -> str:
    """Of a job with these alerts."""
    view = JobView(job(state=state), alerts, "朝阳门驿站", "Chaoyangmen Station", "朝阳门外大街 1 号", ["北京市"])
    return payload_of(notice(), [view], LINKS, RULES, "https://yz.example")


OVER = alert(state=AlertState.RESOLVED, resolved_ms=NOW_MS)
UNKNOWN = alert("a-2", state=AlertState.UNKNOWN, unknown_since_ms=NOW_MS - MINUTE_MS)


def test_document_has_every_field_that_receivers_of_version_4_read() -> None:
    """With Alertmanager's own names and times."""
    document = alertmanager_of(payload(alert()))
    assert document.keys() == {
        "version",
        "groupKey",
        "truncatedAlerts",
        "status",
        "groupLabels",
        "commonLabels",
        "commonAnnotations",
        "externalURL",
        "alerts",
    }
    [one] = document["alerts"]
    assert (document["version"], document["status"], one["status"]) == ("4", "firing", "firing")
    assert (one["startsAt"], one["endsAt"]) == ("2026-11-22T06:58:00.000Z", NEVER)
    assert one["labels"]["alertname"] == "cell_hot"
    assert one["generatorURL"] == "https://yz.example/stations/st-1"
    assert all(isinstance(value, str) for value in {**one["labels"], **one["annotations"]}.values())


def test_unknown_is_never_resolved() -> None:
    """It fires, with its state as a label and since when nothing was heard; so does the group."""
    document = alertmanager_of(payload(OVER, UNKNOWN))
    assert [one["status"] for one in document["alerts"]] == ["resolved", "firing"]
    assert document["status"] == "firing"
    assert document["alerts"][1]["labels"]["state"] == "unknown"
    assert document["alerts"][1]["annotations"]["unknown_since"] == "2026-11-22T06:59:00.000Z"


def test_all_resolved_is_a_resolved_group() -> None:
    """With the instant at which each was."""
    document = alertmanager_of(payload(OVER))
    assert document["status"] == "resolved"
    assert document["alerts"][0]["endsAt"] == "2026-11-22T07:00:00.000Z"


def test_the_same_alert_keeps_its_fingerprint() -> None:
    """Worse, resolved, unknown: receivers know it again; another part is another."""
    first, *others = [
        alertmanager_of(payload(one))["alerts"][0]["fingerprint"]
        for one in (
            alert(),
            alert(severity=Severity.EMERGENCY),
            OVER,
            UNKNOWN,
            alert(key=alert().key._replace(part="slot/4")),
        )
    ]
    assert others[:3] == [first] * 3
    assert others[3] != first


def test_a_trial_has_a_document_too() -> None:
    """Without alerts, and not resolved."""
    document = alertmanager_of(payload_of(notice(jobs=()), [], {}, RULES, "https://yz.example"))
    assert (document["status"], document["alerts"]) == ("firing", [])


def test_a_handheld_gets_the_job_while_it_is_open() -> None:
    """By place; nothing, which clears it, when it is closed."""
    [(place, body)] = handheld_documents(payload(UNKNOWN))
    found = json.loads(body)
    assert (place, found["name"], found["alerts"][0]["state"]) == ("st-1", "朝阳门驿站", "unknown")
    assert handheld_documents(payload(OVER, state=JobState.CLOSED)) == [("st-1", b"")]


def test_links_are_those_of_the_first_job() -> None:
    """Those that there are."""
    assert links_of(payload(alert())) == {
        "acknowledge": "https://yz.example/a/T",
        "station": "https://yz.example/stations/st-1",
    }


def test_a_rule_that_is_gone_is_named_by_its_code() -> None:
    """An alert may outlive its rule."""
    key = replace(alert(), key=alert().key._replace(rule="of_old"))
    assert "of_old" in payload(key)
