"""The nouns of the work that alerts make: jobs, crews, channels, silences, notices, human acts.

Enters: nothing. Leaves: frozen types. Never: behaviour beyond a derived property.
Instants are ms since the Unix epoch, UTC, by the platform's clock (`_ms`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from ingest.alerts.model import Alert, Severity

# ---- crews ----


class ChannelKind(StrEnum):
    """How a crew is reached."""

    WEBHOOK = "webhook"
    DINGTALK = "dingtalk"
    WECOM = "wecom"
    FEISHU = "feishu"
    NTFY = "ntfy"
    EMAIL = "email"
    MQTT = "mqtt"
    APPRISE = "apprise"


@dataclass(frozen=True, slots=True)
class ChannelSetting:
    """One way to reach people. Secrets are kept apart from what may be shown."""

    name: str
    kind: ChannelKind
    address: str = ""
    """A URL without secrets, a mail address, a topic; shown to operators."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Token, signing secret, password, by name; never in an answer or a log."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Further settings of the kind, such as `mobiles` to mention, or the mail server."""
    per_minute: float = 20.0
    """Messages a minute; 20 is DingTalk's own limit for a robot."""
    language: str = "zh"


class EscalationStep(NamedTuple):
    """Who is told when nobody has acknowledged."""

    after_s: float
    """Working time since the crew was told of the job, or its acknowledgement expired; of emergencies, all time."""
    channels: tuple[str, ...]
    least: Severity = Severity.WARNING
    """Jobs below it do not come so far."""


@dataclass(frozen=True, slots=True)
class Crew:
    """People who look after stations together."""

    id: str
    name: str
    regions: frozenset[str] = frozenset()
    """Codes of regions of any level; empty: everywhere."""
    kinds: frozenset[str] = frozenset()
    """What it repairs: `battery`, `medicine`, `occupancy`, `exchange`, `station`, `platform`; empty: everything."""
    hours: str = "24/7"
    """When it works, in OSM opening-hours syntax; outside, only emergencies reach it."""
    channels: tuple[str, ...] = ()
    chain: tuple[EscalationStep, ...] = ()
    digest_at: str = "08:00"
    """Local time of the one message about what can wait."""


# ---- jobs ----


class JobState(StrEnum):
    """Where a job is."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    REPAIRED = "repaired"
    """Somebody says so; the readings have not proven it yet."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Job:
    """All open alerts of one place that one crew looks after, as one piece of work."""

    id: str
    place: str
    """A station id; or a region's code or `platform`, for alerts of those."""
    crew: str | None
    """None: no crew covers it; operators see it as such."""
    state: JobState
    severity: Severity
    """The worst of its open alerts; when closed, what it was."""
    opened_ms: int
    changed_ms: int
    alerts: frozenset[str] = frozenset()
    """Ids of its alerts that are not resolved (firing or unknown)."""
    done_alerts: frozenset[str] = frozenset()
    """Ids of its alerts that were resolved meanwhile."""
    good_since_ms: int | None = None
    """Since when none of its alerts is open; it closes when that lasts."""
    acknowledged_by: str = ""
    acknowledged_ms: int | None = None
    acknowledged_until_ms: int | None = None
    """Then the acknowledgement has expired, and escalation goes on."""
    arrival_ms: int | None = None
    """When somebody expects to be there."""
    repaired_ms: int | None = None
    closed_ms: int | None = None
    closed_by: str = ""
    """`readings`, or a person; the reason is in the audit log."""
    reopened: int = 0
    escalated: int = 0
    """How many steps of the chain were taken since it was opened or the acknowledgement expired."""
    escalate_from_ms: int = 0
    """What the delays of the chain are counted from."""
    first_acknowledged_ms: int | None = None
    """For the mean time to acknowledge."""
    faults: frozenset[str] = frozenset()
    """`RULE PART` of all alerts it ever had: by these a fault is known that returns."""


class JobStep(StrEnum):
    """What happened to a job, for records and the stream."""

    OPENED = "opened"
    JOINED = "joined"
    """A further alert belongs to it."""
    WORSE = "worse"
    BETTER = "better"
    LEFT = "left"
    """One of its alerts is resolved."""
    GOOD = "good"
    """None of its alerts is open any more; it closes when that lasts."""
    ACKNOWLEDGED = "acknowledged"
    ACK_EXPIRED = "ack_expired"
    OUTGROWN = "outgrown"
    """It became an emergency after somebody had acknowledged less: it is open again."""
    STARTED = "started"
    REPAIRED = "repaired"
    ESCALATED = "escalated"
    ASSIGNED = "assigned"
    CLOSED = "closed"
    REOPENED = "reopened"
    FORGOTTEN = "forgotten"
    """Closed for longer than the reopen window: out of memory, stays in the records."""


class JobChange(NamedTuple):
    """One step of a job."""

    step: JobStep
    job: Job
    """As it is after the step."""
    at_ms: int
    before: Job | None = None
    who: str = ""
    """Of human acts; empty: the readings or the clock."""


# ---- silences, acts ----


@dataclass(frozen=True, slots=True)
class Silence:
    """What is not told, from when to when, and why. Every part that is given must match."""

    id: str
    author: str
    reason: str
    starts_ms: int
    ends_ms: int
    station: str | None = None
    region: str | None = None
    rule: str | None = None
    part: str | None = None
    created_ms: int = 0
    expired_ms: int | None = None
    """When a person ended it early."""

    @property
    def until_ms(self) -> int:
        """From when on it silences nothing: its end, or when a person ended it before."""
        return self.ends_ms if self.expired_ms is None else min(self.ends_ms, self.expired_ms)


class Act(NamedTuple):
    """What a person did: the audit log. Nothing is ever changed or taken out of it but by age."""

    at_ms: int
    who: str
    what: str
    """`acknowledge`, `start`, `repaired`, `close`, `confirm`, `resolve`, `comment`, `assign`, `silence`, `unsilence`,
    `crew`, `test`."""
    subject: str
    """Id of the job, alert, silence, crew or channel."""
    detail: str = ""
    """Reason, comment, or what was set, for a person."""
    place: str = ""


# ---- messages ----


class Why(StrEnum):
    """Why a crew is told now."""

    OPENED = "opened"
    WORSE = "worse"
    BETTER = "better"
    """Still bad, and less so."""
    MORE = "more"
    """A further alert joined the job."""
    REOPENED = "reopened"
    RESOLVED = "resolved"
    """All is good again, by readings."""
    CLOSED = "closed"
    """A person closed it, or ended its last alert; readings have not proven that it is good."""
    REPEAT = "repeat"
    ESCALATED = "escalated"
    ACK_EXPIRED = "ack_expired"
    DIGEST = "digest"
    TRIAL = "trial"


class WhyNot(StrEnum):
    """Why a crew is not told now."""

    SAME = "same"
    """Nothing has changed since it was told, or nobody was told of what is over."""
    INHIBITED = "inhibited"
    """All of the job is the consequence of something else."""
    SILENCED = "silenced"
    QUIET_HOURS = "quiet_hours"
    GROUPED = "grouped"
    """Waits a little, to go out in one message with what follows."""
    RATE = "rate"
    """The channel was told as often as it may be in a while."""


class Notice(NamedTuple):
    """One message that is due: to which channel, about which jobs, why. Its text is made from it when it is queued."""

    key: str
    """The same key is never queued twice: what de-duplicates after a crash."""
    crew: str | None
    channel: str
    why: Why
    jobs: tuple[str, ...]
    """Worst first. Of a message about several, `why` is that of the worst."""
    severity: Severity
    due_ms: int
    alerts: tuple[str, ...] = ()
    """Of a digest: ids of alerts that make no job."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a channel was last told of a job: what says whether there is news. Kept as long as the job is in memory."""

    job: str
    channel: str
    severity: Severity
    alerts: frozenset[str]
    """Ids of all its alerts that were ever told there."""
    at_ms: int
    """When it was last told of, by a decision; whether the message arrived is the outbox's to say."""
    from_ms: int
    """The job's `escalate_from_ms` then: a later one means that it was opened again, or an acknowledgement expired."""
    first_ms: int
    """When it was first told of since `from_ms`."""
    count: int
    """How many messages the channel had about the job."""
    reopened: int = 0
    """The job's `reopened` then."""
    steps: int = 0
    """Which step of the chain it was told by, counted from 1, since `from_ms`; 0: as a channel of the crew."""
    is_over: bool = False
    """The last one said that all is good."""


@dataclass(frozen=True, slots=True)
class Pace:
    """When a channel was last told anything that could wait: what groups messages and bounds their number."""

    channel: str
    recent_ms: tuple[int, ...]
    """Oldest first; only as many as the bound counts."""


@dataclass(frozen=True, slots=True)
class Digested:
    """Up to which local day a crew has had its digests."""

    crew: str
    day: str
    """As 2026-11-26."""


class Delivery(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message in the outbox."""

    id: int
    notice: Notice
    title: str
    text: str
    """In the channel's language, Markdown as chat robots understand it."""
    payload: str
    """JSON of what machine channels send: Alertmanager's v4 document, and what MQTT handhelds get."""
    created_ms: int
    state: Delivery
    tries: int = 0
    next_ms: int = 0
    """When to try (again)."""
    reason: str = ""
    """Why the last try failed, or why it was given up; without secrets."""
    sent_ms: int | None = None


class SendResult(NamedTuple):
    """What a channel answered."""

    ok: bool
    reason: str = ""
    retry: bool = False
    """Whether the same message may succeed later."""
    retry_after_s: float | None = None


class JobView(NamedTuple):
    """A job with what a text about it needs."""

    job: Job
    alerts: Sequence[Alert]
    """Worst first; the resolved ones last."""
    place_name: str
    place_name_en: str
    address: str
    region_path: Sequence[str]
