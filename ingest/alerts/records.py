"""The nouns of what is asked about alerts: filters, views with names and reasons, past steps, figures of crews.

Enters: nothing. Leaves: frozen types. Never: behaviour beyond a derived property.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

from ingest.alerts.model import Alert, AlertKey, ChangeKind, Severity, Value
from ingest.alerts.work import Act, Job, Outgoing


class AlertFilter(NamedTuple):
    """Which alerts or jobs are meant: every part that is given must hold."""

    regions: frozenset[str] = frozenset()
    """Places in one of these; empty: everywhere."""
    station: str | None = None
    rule: str | None = None
    severity: Severity | None = None
    crew: str | None = None


class PastChange(NamedTuple):
    """A step of an alert's life, as recorded."""

    kind: ChangeKind
    at_ms: int
    severity: str
    value: Value


class AlertView(NamedTuple):
    """An alert with what explains it."""

    alert: Alert
    job: str | None
    """Id of the job that it belongs to."""
    inhibited_by: AlertKey | None
    """The cause that stands above it: of its own nobody is told."""
    silenced_by: str | None
    """Id of the silence that covers it now."""

    @classmethod
    def alone(cls, alert: Alert) -> Self:
        """One that is only a record: nothing stands above it."""
        return cls(alert, None, None, None)


class KeptAct(NamedTuple):
    """An act and the number under which it is kept."""

    id: int
    act: Act


class AlertRecord(NamedTuple):
    """An alert with its life."""

    view: AlertView
    changes: Sequence[PastChange] = ()
    """Oldest first."""
    acts: Sequence[KeptAct] = ()
    """Newest first."""


class Bring(NamedTuple):
    """Something to take along to a job."""

    what: str
    """A code that texts name: `article`, `battery`, or one of `ingest.alerts.bring.PARTS`."""
    name: str = ""
    """Of an article: its sku; of a slot's battery: the slot."""
    pieces: int | None = None
    """None where nobody can say."""


class JobRecord(NamedTuple):
    """A job with all that belongs to it."""

    job: Job
    alerts: Sequence[Alert]
    """Worst first; the resolved ones last."""
    bring: Sequence[Bring] = ()
    acts: Sequence[KeptAct] = ()
    """Newest first."""
    messages: Sequence[Outgoing] = ()
    """Newest first."""


class CrewFigures(NamedTuple):
    """How quick a crew is, over the jobs opened in a span of time."""

    crew: str
    jobs: int
    acknowledged: int
    closed: int
    mean_acknowledge_s: float | None
    """From opening to the first acknowledgement."""
    mean_repair_s: float | None
    """From opening to when all was good, or a person closed it."""


class LinkOffer(NamedTuple):
    """What a one-time link does when its button is pressed."""

    job: Job
    action: str
    """`acknowledge`."""
    crew: str
    expires_ms: int
    is_used: bool = False
    """It was pressed before: it shows how the job stands, and does nothing more."""


class BoardEvent(NamedTuple):
    """Something that happened on the board, for whoever watches."""

    what: str
    """`alert`, `job`, `silence`, or `resync`: something was missed, ask anew."""
    place: str
    alert: Alert | None = None
    job: Job | None = None
