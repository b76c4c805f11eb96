"""What the API is given: the ports of ingest, a clock, a place for metrics, and its settings.

Enters: objects made by the wiring. Leaves: one frozen `ApiPlatform`, found in the application under `PLATFORM`.
Never: makes a port itself, or reads a clock of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web
from prometheus_client import CollectorRegistry

from api.pages.outline import ApprovedMap
from api.place_index import PlaceIndex
from ingest.alerts.board import AlertBoard
from ingest.ports import DeadLetters, Health, News, Picture, ReadingHistory, Records, Registry, Tokens, VisitBook


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What an operator may choose."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    """Where the stations stand: of opening hours, and of the times that people read."""

    holidays: str = "CN"
    """ISO code of the country whose public holidays `PH` in opening hours means."""

    ttl_s: int = 10
    """How long a client may keep an answer. Larger: a phone shows seats that are gone. Smaller: every reader asks
    again sooner than the summary, made once a cycle, can have changed."""

    map: ApprovedMap | None = None
    """An operator's own, in place of the squares of `/overview`."""
    shared_ms: int = 0
    """How long an answer of public data is shared. Larger: seats that are gone are told. Smaller: more work in a spike
    of readers. 0: by those alone who ask at the same moment."""

    requests_per_minute: int = 0
    """Of one address; 0: no limit."""

    trusted_proxies: tuple[str, ...] = ()
    """Networks whose X-Forwarded-For is believed."""

    public_url: str | None = None
    """Where people reach us from outside; None: as each client does."""

    feed_contact: str | None = None
    """A mail address for questions about the data; None: one at the host."""

    few_people: int = 3
    """Fewer people than these are not told one by one, so that nobody is watched. 1: all are told."""

    page_stations: int = 30
    """Stations on one page of `/`. Larger: a slow phone scrolls and waits. Smaller: people turn pages instead."""


@dataclass(frozen=True, slots=True)
class Operations:
    """What the handlers below `/v1/ops/` may ask beside the rest."""

    tokens: Tokens
    records: Records
    dead_letters: DeadLetters
    alerts: AlertBoard | None = None
    """None: this platform watches no alerts."""


@dataclass(frozen=True, slots=True)
class ApiPlatform:
    """All that the handlers may ask."""

    registry: Registry
    picture: Picture
    visits: VisitBook
    history: ReadingHistory
    news: News
    health: Health
    operations: Operations
    metrics: CollectorRegistry
    """Shown at `/metrics`; the API adds its own to it, so one registry belongs to one application."""

    now_ms: Callable[[], int]
    """The platform's clock, ms since the Unix epoch, UTC."""

    settings: ApiSettings = field(default_factory=ApiSettings)
    places: PlaceIndex = field(default_factory=PlaceIndex)
    """Where the registry's stations are."""


PLATFORM: Final = web.AppKey("platform", ApiPlatform)
