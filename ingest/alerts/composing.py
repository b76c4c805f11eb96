"""A notice becomes a message: whose jobs they are, where, what to bring, links that lead there, words and a document.

Enters: notices, jobs, the registry. Leaves: an `Outgoing` to be queued. Never: decides who is told what.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from ingest.alerts.bring import bring
from ingest.alerts.directory import Directory
from ingest.alerts.jobs import JobBook
from ingest.alerts.links import NONCE_BYTES, LinkAction, LinkKey, grant_of, token_of
from ingest.alerts.model import Alert, Scope
from ingest.alerts.payload import JobLinks, payload_of
from ingest.alerts.places import PlaceName, Places
from ingest.alerts.records import Bring
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.work import Delivery, Job, JobState, JobView, Notice, Outgoing, Why
from ingest.model import Article

MAP_URL: Final = "https://uri.amap.com/marker"
"""Opens the map app that crews have; positions are WGS-84, which the address says."""

Words = Callable[[Notice, Sequence[JobView], "Told"], tuple[str, str]]
"""Title and text in a language; see `ingest.alerts.texts`."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a text needs beside the jobs."""

    language: str
    links: dict[str, JobLinks]
    """By job id."""
    bring: dict[str, Sequence[Bring]]
    """By job id."""
    alerts: Sequence[Alert]
    """Of a digest: those that make no job."""
    crew_name: str
    now_ms: int


@dataclass(frozen=True, slots=True)
class Composer:
    """Makes messages; `jobs` gives the book as it is now."""

    directory: Directory
    places: Places
    catalogue: Callable[[], Sequence[Article]]
    words: Words
    key: LinkKey
    public_url: str | None
    jobs: Callable[[], JobBook]

    def message(self, notice: Notice, now_ms: int) -> Outgoing:
        """The message of a notice, in the language of its channel."""
        book = self.jobs()
        jobs = [book.jobs[job_id] for job_id in notice.jobs if job_id in book.jobs]
        views = [self.view(job, book) for job in jobs]
        links = {job.id: self._links(job, notice, now_ms) for job in jobs}
        told = Told(
            language=self.directory.language(notice.channel),
            links=links,
            bring={view.job.id: self.bring(view.job, view.alerts) for view in views},
            alerts=[book.alerts[alert_id] for alert_id in notice.alerts if alert_id in book.alerts],
            crew_name=next((crew.name for crew in self.directory.crews if crew.id == notice.crew), ""),
            now_ms=now_ms,
        )
        title, text = self.words(notice, views, told)
        return Outgoing(
            id=0,
            notice=notice,
            title=title,
            text=text,
            payload=payload_of(notice, views, links, RULES, self.public_url or ""),
            created_ms=now_ms,
            state=Delivery.WAITING,
            next_ms=notice.due_ms,
        )

    def view(self, job: Job, book: JobBook) -> JobView:
        """A job with what a text about it needs."""
        alerts = [book.alerts[one] for one in sorted(job.alerts | job.done_alerts) if one in book.alerts]
        alerts.sort(key=lambda alert: (alert.id in job.done_alerts, -alert.severity.rank, alert.since_ms))
        name = self.places.name(job.place)
        scope = self.places.scope_of(job.place)
        regions = self.places.regions(scope, job.place)
        return JobView(job, alerts, name.zh, name.en, name.address, [region.name for region in regions])

    def bring(self, job: Job, alerts: Sequence[Alert]) -> Sequence[Bring]:
        """What to take along."""
        return bring(job, alerts, self.catalogue())

    def _links(self, job: Job, notice: Notice, now_ms: int) -> JobLinks:
        place = self.places.name(job.place)
        if self.public_url is None:
            return JobLinks(map=_map(place))
        is_station = self.places.scope_of(job.place) is Scope.STATION
        can_go = job.state is JobState.OPEN and notice.why not in {Why.RESOLVED, Why.DIGEST, Why.TRIAL}
        token = None
        if can_go and notice.crew is not None:
            nonce = secrets.token_bytes(NONCE_BYTES)
            grant = grant_of(job.id, notice.crew, notice.channel, LinkAction.ACKNOWLEDGE, now_ms, nonce)
            token = token_of(grant, self.key)
        return JobLinks(
            acknowledge=None if token is None else f"{self.public_url}/a/{token}",
            station=f"{self.public_url}/stations/{quote(job.place)}" if is_station else None,
            map=_map(place),
        )


def bare(notice: Notice, now_ms: int) -> Outgoing:
    """What goes out where a message could not be worded: that there is something, how bad, and of which jobs."""
    about = ", ".join(notice.jobs) or notice.key
    return Outgoing(
        id=0,
        notice=notice,
        title=f"驿站告警 Yizhan: {notice.severity} · {notice.why}",
        text=f"{about}\n\n详情请看平台：此消息未能写成。 Look at the platform: this message could not be worded.",
        payload=payload_of(notice, (), {}, RULES, ""),
        created_ms=now_ms,
        state=Delivery.WAITING,
        next_ms=notice.due_ms,
    )


def _map(place: PlaceName) -> str | None:
    if place.lat is None or place.lon is None:
        return None
    position = {"position": f"{place.lon},{place.lat}", "name": place.zh, "coordinate": "wgs84", "callnative": "1"}
    return f"{MAP_URL}?{urlencode(position)}"
