"""The nouns of alerts: findings, alerts and their changes. Jobs, crews and messages are nouns of `ingest.alerts.work`.

Enters: nothing. Leaves: frozen types. Never: behaviour beyond a derived property.
Instants are ms since the Unix epoch, UTC, by the platform's clock (`_ms`), except `sampled_ms`, the station's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

PLATFORM_PLACE = "platform"
"""The place of alerts about the platform itself. No station id: those have three characters at least and no region."""


class Severity(StrEnum):
    """How bad it is; from least to worst."""

    __hash__ = str.__hash__

    INFO = "info"
    """Can wait for the next digest."""
    WARNING = "warning"
    """Somebody should come on the next round."""
    CRITICAL = "critical"
    """Somebody should come now."""
    EMERGENCY = "emergency"
    """Life or fire: at once, at any hour, whatever is silenced by quiet hours or grouping."""

    @property
    def rank(self) -> int:
        """0 for the least."""
        return list(Severity).index(self)


class Scope(StrEnum):
    """What a place is; the ladder of causes from its top: platform, region (province, city, district), station."""

    PLATFORM = "platform"
    REGION = "region"
    STATION = "station"


class AlertKey(NamedTuple):
    """The identity of an alert: the same fault at the same part of the same place is the same alert."""

    scope: Scope
    place: str
    """A station id, a region's code, or `PLATFORM_PLACE`."""
    rule: str
    """Code of a rule in `ingest.alerts.rules.catalogue.RULES`, such as `cell_hot`."""
    part: str = ""
    """`slot/3`, `item/hxzq-10ml`, `cabinet`, `box`, `door`; empty: the place as a whole."""

    def __str__(self) -> str:
        """For logs."""
        return f"{self.rule} at {self.place} {self.part}".rstrip()


# ---- what a rule says ----

Value = int | float | str | None
"""What was measured, in the unit of the rule's texts; None where the rule is about no value."""


GOOD = -1
"""As `Finding.reached`: below the first level. As `Finding.held`: beyond the clear level of every level."""


class Finding(NamedTuple):
    """What one rule says of one part in one look. A rule has levels, 0 the mildest, each with severity and hold-off."""

    rule: str
    part: str
    reached: int | None
    """Highest level that is reached now; `GOOD` below the first; None: the value is not known (missing, stale)."""
    held: int | None
    """Highest level whose clear level is still exceeded, never below `reached`; with `reached`, this is hysteresis."""
    value: Value = None
    memory: str | None = None
    """JSON that the rule wants to be given again in the next look (earlier temperatures, say); survives a restart."""


class LevelSetting(NamedTuple):
    """One level of a rule, as configured."""

    severity: Severity
    hold_s: float
    """How long it must be reached without a break before anybody is told; 0: at once."""
    at: float | None = None
    """The threshold in the rule's unit; None for rules about yes or no."""


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """How one rule is set for one station, overrides applied."""

    levels: tuple[LevelSetting, ...]
    """From mildest to worst."""
    clear_by: float = 0.0
    """How far behind a threshold a value must be to count as clear, in the rule's unit."""
    clear_s: float = 60.0
    """How long it must be clear, by readings, before the alert is resolved."""
    latched: bool = False
    """Readings alone never resolve it: a person confirms on site first."""
    enabled: bool = True
    extra: Mapping[str, float] = field(default_factory=dict)
    """Further numbers of single rules, by name, such as `ready_at_soc`."""


# ---- an alert ----


class AlertState(StrEnum):
    """Where an alert is in its life."""

    __hash__ = str.__hash__

    PENDING = "pending"
    """Reached, and not yet for long enough; nobody is told."""
    FIRING = "firing"
    UNKNOWN = "unknown"
    """It was firing, and nothing trustworthy has been heard of it since `unknown_since_ms`; resolves nothing."""
    RESOLVED = "resolved"
    """Good by readings for long enough, or by a person with a reason. Kept for `reopen_s`, then only in the records."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert at one instant of its life. Each change makes a new one (`dataclasses.replace`)."""

    key: AlertKey
    id: str
    """Names this alert for people and addresses, for ever; a fault that returns within the reopen window keeps it."""
    state: AlertState
    severity: Severity
    """Of the level that fires (or is pending)."""
    level: int
    """Index of that level in the rule's setting."""
    since_ms: int
    """When the fault was first seen, the start of pending."""
    changed_ms: int
    """When state or severity last changed."""
    value: Value
    """The last one that was known."""
    value_ms: int
    """When that value was received."""
    worst: Value = None
    """The most extreme value of this firing, for the records; None where the rule is about no number."""
    reached_since_ms: tuple[int | None, ...] = ()
    """By level: since when it has been reached without a break."""
    held_since_ms: tuple[int | None, ...] = ()
    """By level: since when the value has been clear of it without a break; what `clear_s` is measured on."""
    fired_ms: int | None = None
    """When it fired, the first time of this id."""
    unknown_since_ms: int | None = None
    """When the last trustworthy word of it came, while its state is unknown."""
    forget_ms: int | None = None
    """Pending, and no word of it: when it is forgotten. Stands still, like all clocks, while the platform is blind."""
    resolved_ms: int | None = None
    resolved_by: str = ""
    """`readings`; a person's name with a reason in the audit log; `settings` where its rule is off or gone; `registry`
    where its station is."""
    reopened: int = 0
    """How often the fault came back within the window."""
    is_flapping: bool = False
    flips: str = ""
    """The last states, `1` bad and `0` good, newest last: at most 21, for flap damping."""
    confirmed_ms: int | None = None
    """When a person confirmed on site, for latched rules."""
    memory: str | None = None
    """See `Finding.memory`."""


class ChangeKind(StrEnum):
    """What happened to an alert, for records, jobs, messages and the stream."""

    PENDING = "pending"
    DROPPED = "dropped"
    """Was pending and went away: nobody was told, and nobody need be."""
    FIRED = "fired"
    WORSE = "worse"
    """Fires with a higher severity."""
    BETTER = "better"
    """Fires with a lower severity."""
    WENT_UNKNOWN = "went_unknown"
    KNOWN_AGAIN = "known_again"
    """Heard of again; whether it is good, its next steps say."""
    RESOLVED = "resolved"
    REOPENED = "reopened"
    FLAPPING = "flapping"
    STEADY = "steady"
    """Flaps no more."""
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    """Resolved for longer than the reopen window: out of memory, stays in the records."""


class Change(NamedTuple):
    """One step in an alert's life."""

    kind: ChangeKind
    alert: Alert
    """As it is after the step."""
    at_ms: int
    before: Alert | None = None
