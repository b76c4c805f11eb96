"""The door between alerts and the API: what may be asked, and what people may do about a fault.

Enters: nothing. Leaves: a Protocol, and an error that says what to do instead. Never: an implementation.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from ingest.alerts.model import Alert
from ingest.alerts.records import (
    AlertFilter,
    AlertRecord,
    AlertView,
    BoardEvent,
    CrewFigures,
    JobRecord,
    KeptAct,
    LinkOffer,
)
from ingest.alerts.work import ChannelSetting, Crew, Job, Outgoing, SendResult, Silence


def everything(_one: object) -> bool:
    """A filter that leaves nothing out."""
    return True


class ActRefused(Exception):
    """What was asked cannot be done to this job, alert, silence or channel; the text says why and what can.

    `key` and `values` say the same to pages, which speak two languages; key "": no page can come to it.
    """

    def __init__(self, text: str, key: str = "", **values: object) -> None:
        super().__init__(text)
        self.key = key
        self.values = values


class NotThere(ActRefused):
    """There is no such job, alert, silence, crew or channel (any more)."""


class AlertBoard(Protocol):
    """Open alerts and jobs, their records, and human acts.

    What is asked of memory answers at once. Every act is durable, with its line in the audit log, when its method
    returns; each raises `ActRefused`, `NotThere`, or `TransientStoreError` where the database is away.
    `who` is the name on the token, or the crew that a link was for.
    """

    # ---- what is open, from memory ----

    def alerts(self, is_wanted: Callable[[Alert], bool] = everything) -> Sequence[Alert]:
        """Firing and unknown first, worst first; then pending; then those resolved within the reopen window."""

    def view(self, alert_id: str) -> AlertView | None:
        """One alert with what stands above it; None: it is not held any more."""

    def jobs(self, is_wanted: Callable[[Job], bool] = everything) -> Sequence[Job]:
        """Open ones worst first, oldest first; then those closed within the reopen window."""

    def crews(self) -> Sequence[Crew]:
        """In order of id."""

    def channels(self) -> Sequence[ChannelSetting]:
        """In order of name; who shows them leaves `secrets` out."""

    def silences(self) -> Sequence[Silence]:
        """In force or to come, and those that ended within a day; by start."""

    def subscribe(self) -> AsyncIterator[BoardEvent]:
        """What happens from now on. A reader that is too slow is told `resync` in place of what it missed."""

    # ---- records ----

    async def alert(self, alert_id: str) -> AlertRecord | None:
        """One with its life, however old; None: not kept."""

    async def job(self, job_id: str) -> JobRecord | None:
        """One with its alerts, what to bring, acts and messages; None: not kept."""

    async def past_alerts(self, wanted: AlertFilter, before: tuple[int, str] | None, limit: int) -> Sequence[Alert]:
        """Those that are over, newest change first; `before`: (changed_ms, id) of the last of the page before."""

    async def past_jobs(self, wanted: AlertFilter, before: tuple[int, str] | None, limit: int) -> Sequence[Job]:
        """All jobs, newest first; `before`: (opened_ms, id) of the last of the page before."""

    async def audit(self, subject: str | None, before_id: int | None, limit: int) -> Sequence[KeptAct]:
        """What people did, newest first."""

    async def messages(self, most: int) -> Sequence[Outgoing]:
        """The last that were queued, newest first, with what became of them."""

    async def figures(self, since_ms: int) -> Sequence[CrewFigures]:
        """How quick each crew was with the jobs opened since then."""

    # ---- acts upon a job ----

    async def acknowledge(
        self, job_id: str, who: str, *, until_ms: int | None = None, arrival_ms: int | None = None, comment: str = ""
    ) -> Job:
        """Somebody goes; `until_ms` None: to the end of the crew's shift."""

    async def start(self, job_id: str, who: str) -> Job:
        """Somebody is there and works."""

    async def repaired(self, job_id: str, who: str, comment: str = "") -> Job:
        """Somebody says that it is done; the readings prove it, or the job goes on."""

    async def close(self, job_id: str, who: str, reason: str) -> Job:
        """Closed by a person, who gives the reason."""

    async def assign(self, job_id: str, who: str, crew: str) -> Job:
        """To another crew."""

    # ---- acts upon an alert ----

    async def confirm(self, alert_id: str, who: str, comment: str = "") -> Alert:
        """Seen on site, and safe: what a latched alert (smoke) needs before readings may resolve it."""

    async def resolve(self, alert_id: str, who: str, reason: str) -> Alert:
        """Ended by a person, who gives the reason; it fires again when the next readings are bad."""

    async def comment(self, subject: str, who: str, text: str) -> None:
        """A remark upon a job or an alert."""

    # ---- silences, crews, channels, links ----

    async def silence(self, silence: Silence, who: str) -> Silence:
        """From now on; its id is given by the board. Its author may be another than who adds it."""

    async def end_silence(self, silence_id: str, who: str) -> Silence:
        """Early."""

    async def set_crews(self, crews: Sequence[Crew], channels: Sequence[ChannelSetting], who: str) -> None:
        """In place of all that there were."""

    async def try_channel(self, channel: str, who: str) -> SendResult:
        """Send a trial message now; the answer is what the service said."""

    async def link(self, text: str) -> LinkOffer | None:
        """What a one-time link offers to do, or did; None: it is forged or expired. Asking changes nothing."""

    async def redeem(self, text: str, arrival_ms: int | None = None) -> Job:
        """Do what a one-time link offers, once."""
