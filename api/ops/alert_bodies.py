"""The shapes of answers about alerts, jobs, silences, crews, messages and acts.

Enters: values that the handlers derive. Leaves: models that become JSON and the schemas of `/openapi.json`.
Never: a secret of a channel.
"""

from api.bodies import Answer, Body, Instant
from ingest.alerts.model import AlertState, ChangeKind, Scope, Severity
from ingest.alerts.work import ChannelKind, Delivery, JobState, Why

# ---- alerts ----


class CauseNow(Body):
    """What stands above an alert: of its own nobody is told."""

    scope: Scope
    place: str
    rule: str


class AlertNow(Body):
    """An alert."""

    id: str
    scope: Scope
    place: str
    """A station id, the code of a region, or `platform`."""

    place_name: str
    rule: str
    part: str
    """Such as `slot/3` or `item/hxzq-10ml`; empty: the place as a whole."""

    state: AlertState
    """`unknown`: it was firing, and nothing trustworthy has been heard of it since; that resolves nothing."""

    severity: Severity
    since: Instant
    """When the fault was first seen."""

    fired_at: Instant | None
    changed_at: Instant
    """When state or severity last changed."""

    value: float | str | None
    """The last one that was known, in the unit of the rule; null: the rule is about none."""

    value_at: Instant
    worst: float | str | None
    unknown_since: Instant | None
    """No word of it since then; null while its state is known."""

    resolved_at: Instant | None
    resolved_by: str | None
    """`readings`, `settings`, or a person."""

    confirmed_at: Instant | None
    """When a person confirmed on site; of rules that need it (smoke)."""

    flapping: bool
    reopened: int
    job: str | None
    """The job that it belongs to."""

    inhibited_by: CauseNow | None
    silenced_by: str | None
    """The silence that covers it now."""


class AlertStep(Body):
    """A step of an alert's life."""

    what: ChangeKind
    at: Instant
    severity: Severity
    value: float | str | None


class ActNow(Body):
    """What a person did."""

    id: int
    at: Instant
    who: str
    what: str
    subject: str
    detail: str
    place: str


class AlertDetail(AlertNow):
    """An alert with its life."""

    life: list[AlertStep]
    """Oldest first; what was not told of is not in it."""

    acts: list[ActNow]
    """Newest first."""


class AlertList(Body):
    """A page of alerts."""

    alerts: list[AlertNow]
    next_cursor: str | None


class AlertListAnswer(Answer[AlertList]):
    """Alerts."""


class AlertDetailAnswer(Answer[AlertDetail]):
    """An alert."""


class AlertAnswer(Answer[AlertNow]):
    """An alert after an act."""


# ---- jobs ----


class JobNow(Body):
    """A job: the open alerts of one place, for one crew."""

    id: str
    place: str
    place_name: str
    address: str
    lat: float | None
    """WGS-84, degrees; null where the place is no point."""

    lon: float | None
    crew: str | None
    """null: no crew covers it."""

    state: JobState
    severity: Severity
    opened_at: Instant
    changed_at: Instant
    alerts: list[str]
    """Ids of those that are open."""

    done_alerts: list[str]
    """Ids of those that were resolved meanwhile."""

    good_since: Instant | None
    """Since when none is open; the job closes when that lasts."""

    acknowledged_by: str | None
    acknowledged_at: Instant | None
    acknowledged_until: Instant | None
    arrival_at: Instant | None
    repaired_at: Instant | None
    closed_at: Instant | None
    closed_by: str | None
    reopened: int
    escalated: int
    """Steps of the chain that were taken."""


class BringNow(Body):
    """Something to take along."""

    what: str
    name: str
    pieces: int | None


class MessageNow(Body):
    """A message that was queued, and what became of it."""

    id: int
    created_at: Instant
    channel: str
    crew: str | None
    why: Why
    severity: Severity
    jobs: list[str]
    title: str
    state: Delivery
    tries: int
    next_at: Instant | None
    """When it is tried (again); null once it is settled."""

    sent_at: Instant | None
    reason: str
    """Why the last try failed; empty: none did."""


class JobDetail(JobNow):
    """A job with all that belongs to it."""

    alert_details: list[AlertNow]
    """Worst first; the resolved ones last."""

    bring: list[BringNow]
    acts: list[ActNow]
    """Newest first."""

    messages: list[MessageNow]
    """Newest first."""


class JobList(Body):
    """A page of jobs."""

    jobs: list[JobNow]
    next_cursor: str | None


class JobListAnswer(Answer[JobList]):
    """Jobs."""


class JobDetailAnswer(Answer[JobDetail]):
    """A job."""


class JobAnswer(Answer[JobNow]):
    """A job after an act."""


# ---- silences, crews, messages, audit ----


class SilenceNow(Body):
    """What is not told, from when to when, and why."""

    id: str
    author: str
    reason: str
    starts_at: Instant
    ends_at: Instant
    """When it ends, or was ended."""

    active: bool
    station: str | None
    region: str | None
    rule: str | None
    part: str | None


class SilenceList(Body):
    """Silences in force, to come, or over for less than a day."""

    silences: list[SilenceNow]


class SilenceListAnswer(Answer[SilenceList]):
    """Silences."""


class SilenceAnswer(Answer[SilenceNow]):
    """A silence."""


class EscalationNow(Body):
    """Who is told when nobody has acknowledged."""

    after_s: float
    channels: list[str]
    least: Severity
    """Jobs below it do not come so far."""


class CrewNow(Body):
    """A crew, and how quick it is."""

    id: str
    name: str
    regions: list[str]
    kinds: list[str]
    hours: str
    channels: list[str]
    chain: list[EscalationNow]
    digest_at: str
    jobs: int
    """Opened in the span that was asked for."""

    acknowledged: int
    closed: int
    mean_acknowledge_s: float | None
    """From opening to the first acknowledgement; null: there was none."""

    mean_repair_s: float | None
    """From opening to the close; null: there was none."""


class ChannelNow(Body):
    """A channel, without its secrets."""

    name: str
    kind: ChannelKind
    address: str
    language: str
    per_minute: float


class CrewList(Body):
    """Crews and channels."""

    crews: list[CrewNow]
    channels: list[ChannelNow]


class CrewListAnswer(Answer[CrewList]):
    """Crews and channels."""


class TrialNow(Body):
    """What a channel said to a trial message."""

    ok: bool
    reason: str


class TrialAnswer(Answer[TrialNow]):
    """A trial."""


class MessageList(Body):
    """The last messages, newest first."""

    messages: list[MessageNow]


class MessageListAnswer(Answer[MessageList]):
    """Messages."""


class ActList(Body):
    """A page of the audit log, newest first."""

    acts: list[ActNow]
    next_cursor: str | None


class ActListAnswer(Answer[ActList]):
    """Acts."""
