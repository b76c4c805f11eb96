"""What a person reads of a notice: a title for the list of chats, and a text to read while walking.

Enters: a notice, its jobs, links, what to bring. Leaves: title and Markdown, in Chinese or English.
Never: more than fits a phone, a word from outside that a robot takes for markup, or "good" of what nobody knows.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ingest.alerts.markdown import bare, escaped
from ingest.alerts.model import Alert, AlertState
from ingest.alerts.payload import JobLinks, RuleWords
from ingest.alerts.records import Bring
from ingest.alerts.terms import ArticleName, Terms
from ingest.alerts.work import JobView, Notice, Why

ALERTS_SHOWN: Final = 5
"""Of one job. Larger: the address is below the fold. Smaller: a crew leaves without the part for the sixth."""
JOBS_SHOWN: Final = 10
"""In one message. Larger: robots cut it off. Smaller: a digest is a number only."""
FAULTS_SHOWN: Final = 3
"""Of a job among others."""
ADDRESS_MAX: Final = 120

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates", encoding="utf-8"),
    autoescape=False,  # noqa: S701 - it is Markdown: `markdown.escaped` makes names harmless, HTML entities would show
    undefined=StrictUndefined,
    trim_blocks=False,
    keep_trailing_newline=False,
)
_GAPS: Final = re.compile(r"\n{3,}")


class Around(Protocol):
    """What a text needs beside the jobs."""

    @property
    def language(self) -> str:
        """`zh` or `en`."""

    @property
    def links(self) -> Mapping[str, JobLinks]:
        """By job id."""

    @property
    def bring(self) -> Mapping[str, Sequence[Bring]]:
        """By job id."""

    @property
    def alerts(self) -> Sequence[Alert]:
        """Of a digest: those that make no job."""

    @property
    def now_ms(self) -> int:
        """When it is written."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Writes messages, with times in the platform's zone."""

    zone: tzinfo
    rules: Mapping[str, RuleWords]
    article: ArticleName = lambda _sku: None

    def __call__(self, notice: Notice, views: Sequence[JobView], around: Around) -> tuple[str, str]:
        """Title, one line of plain text; and the text."""
        terms = Terms(around.language, self.zone, around.now_ms, self.rules, self.article)
        jobs = [_job(view, around, terms) for view in views[:JOBS_SHOWN]]
        loose = around.alerts[: max(0, JOBS_SHOWN - len(jobs))]
        template = _TEMPLATES.get_template("zh.jinja" if around.language == "zh" else "en.jinja")
        text = template.render(
            why=notice.why.value,
            severity=terms.severity(notice.severity),
            job=jobs[0] if jobs else {},
            jobs=jobs,
            alerts=[{**_fault(alert, terms), "place": escaped(alert.key.place)} for alert in loose],
            left_out=len(views) + len(around.alerts) - len(jobs) - len(loose),
        )
        lines = "\n".join(line.rstrip() for line in text.splitlines())
        return _title(notice, views, around, terms), _GAPS.sub("\n\n", lines).strip()


def _title(notice: Notice, views: Sequence[JobView], around: Around, terms: Terms) -> str:
    is_zh = around.language == "zh"
    if notice.why is Why.TRIAL:
        return "【测试】驿站告警渠道" if is_zh else "[Trial] Yizhan alerts"
    if notice.why is Why.DIGEST:
        count = len(views) + len(around.alerts)
        return f"【每日汇总】{count} 项可以等待" if is_zh else f"[Digest] {count} that can wait"
    severity = terms.severity(notice.severity)
    if notice.why is Why.RESOLVED:
        severity = "已恢复" if is_zh else "Good again"
    elif notice.why is Why.CLOSED:
        severity = "已关闭" if is_zh else "Closed"
    if not views:
        return f"【{severity}】" if is_zh else f"[{severity}]"
    first = views[0]
    faults = [terms.rule(alert.key.rule) for alert in _told(first, notice)]
    fault = faults[0] if faults else ""
    more = len(views) - 1
    if is_zh:
        rest = f" 等 {more + 1} 处" if more else f" 等 {len(faults)} 项" if len(faults) > 1 else ""
        return f"【{severity}】{bare(first.place_name)} {fault}{rest}".strip()
    rest = f" and {more} more" if more else f" and {len(faults) - 1} more" if len(faults) > 1 else ""
    return f"[{severity}] {bare(first.place_name_en or first.place_name)}: {fault}{rest}".strip()


def _told(view: JobView, notice: Notice) -> Sequence[Alert]:
    """Its alerts that are not over; all of them where that is the news."""
    if notice.why in {Why.RESOLVED, Why.CLOSED}:
        return view.alerts
    return [alert for alert in view.alerts if alert.state is not AlertState.RESOLVED]


def _job(view: JobView, around: Around, terms: Terms) -> dict[str, Any]:
    job, is_zh = view.job, around.language == "zh"
    open_alerts = [alert for alert in view.alerts if alert.state is not AlertState.RESOLVED] or list(view.alerts)
    faults = [_in_short(alert, terms) for alert in open_alerts[:FAULTS_SHOWN]]
    if len(open_alerts) > FAULTS_SHOWN:
        faults.append("…")
    return {
        "place": escaped(view.place_name if is_zh else view.place_name_en or view.place_name),
        "address": escaped(view.address, ADDRESS_MAX),
        "path": " / ".join(escaped(name) for name in view.region_path),
        "severity": terms.severity(job.severity),
        "alerts": [_fault(alert, terms) for alert in view.alerts[:ALERTS_SHOWN]],
        "left_out": max(0, len(view.alerts) - ALERTS_SHOWN),
        "faults": ("、" if is_zh else ", ").join(faults),
        "lasting": terms.lasting(job.opened_ms),
        "untaken": terms.lasting(job.escalate_from_ms or job.opened_ms),
        "acknowledged_by": escaped(job.acknowledged_by),
        "arrival": None if job.arrival_ms is None else terms.time(job.arrival_ms),
        "closed_by": escaped("" if job.closed_by == "readings" else job.closed_by),
        "bring": [terms.thing(thing) for thing in around.bring.get(job.id, ())],
        "links": around.links.get(job.id, JobLinks()),
    }


def _in_short(alert: Alert, terms: Terms) -> str:
    words = " ".join(filter(None, _fault_words(alert, terms)))
    return words if alert.unknown_since_ms is None else f"{words}{terms.no_word(alert.unknown_since_ms)}"


def _fault_words(alert: Alert, terms: Terms) -> tuple[str, str, str]:
    return terms.rule(alert.key.rule), terms.part(alert.key.part), terms.value(alert.key.rule, alert.value)


def _fault(alert: Alert, terms: Terms) -> dict[str, Any]:
    rule, part, value = _fault_words(alert, terms)
    worst = terms.value(alert.key.rule, alert.worst)
    since_ms = alert.unknown_since_ms
    return {
        "rule": rule,
        "part": part,
        "value": value,
        "worst": worst if worst != value and alert.state is not AlertState.RESOLVED else "",
        "since": terms.time(alert.since_ms),
        "unknown_since": None if since_ms is None else terms.time(since_ms),
        "is_over": alert.state is AlertState.RESOLVED,
        "is_flapping": alert.is_flapping,
    }
