"""Alerts put together: engine, desk, board, channels and the loops that drive them.

Enters: what `open_platform` made, the settings. Leaves: an `Alerting` that is restored and not running yet.
Never: a rule of its own; this is wiring.
"""

import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
from sqlalchemy import Connection

from assembly.settings import Settings
from gateway.session import Session
from ingest.alerts.channels.sender import Surroundings
from ingest.alerts.composing import Composer
from ingest.alerts.desk import Books as DeskBooks
from ingest.alerts.desk import Desk
from ingest.alerts.desk_board import DeskBoard, Parts
from ingest.alerts.directory import Directory
from ingest.alerts.engine import Engine
from ingest.alerts.job_settings import JobSettings
from ingest.alerts.jobs import JobBook
from ingest.alerts.life import LifeSettings
from ingest.alerts.links import KEY_BYTES, LinkKey
from ingest.alerts.lookout import Lookout
from ingest.alerts.metrics import AlertCollector
from ingest.alerts.outbox import DatabaseOutbox
from ingest.alerts.places import Places
from ingest.alerts.postman import Postman
from ingest.alerts.rules.book import RuleBook, unknown_places
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.rules.rule import Subject
from ingest.alerts.shifts import Calendar
from ingest.alerts.silences import Silences
from ingest.alerts.teller import Teller
from ingest.alerts.telling import Terms
from ingest.alerts.texts import Texts
from ingest.alerts.world import World
from ingest.alerts.writ import remembered
from ingest.database import alert_notes
from ingest.database.database import Database
from ingest.pipeline import Pipeline
from ingest.registry.registry import MemoryRegistry
from ingest.steps import Books
from ingest.visits.local_day import LocalDays

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Alerting:
    """What runs, and what the API asks."""

    lookout: Lookout
    desk: Desk
    board: DeskBoard
    postman: Postman
    collector: AlertCollector


@dataclass(frozen=True, slots=True)
class Platform:
    """What alerts are about."""

    settings: Settings
    database: Database
    registry: MemoryRegistry
    days: LocalDays
    books: Books
    session: Session
    pipeline: Pipeline
    http: ClientSession
    now_ms: Callable[[], int]


async def open_alerting(platform: Platform) -> Alerting:
    """Restored from the database; `platform.books.watch` is set where alerts are on."""
    settings, now_ms, registry = platform.settings.alerts, platform.now_ms, platform.registry
    known = await platform.database.read(remembered)
    places = Places(registry)
    world = World(registry, platform.books.picture.stations, platform.books.quality, platform.days)
    for line in unknown_places(settings, registry):
        log.warning("%s", line)
    engine = Engine(world, RuleBook(settings), LifeSettings(settings.reopen_s), now_ms())
    engine.restore(known.alerts, known.notes, now_ms())

    async def publish(topic: str, payload: bytes) -> None:
        await platform.session.deliver(topic, payload, retain=True)

    zone = ZoneInfo(platform.settings.platform.time_zone)
    calendar = Calendar(zone, platform.settings.platform.holidays)
    directory = Directory(Surroundings(platform.http, now_ms, publish), _kind_of, places.path, os.environ)
    roster = directory.load(known.crews, known.channels)
    jobs = JobBook(
        roster,
        calendar,
        JobSettings(close_after_s=settings.close_after_s, reopen_s=settings.reopen_s),
        known.jobs,
        known.alerts,
    )
    terms = Terms(settings.group_wait_s, settings.group_interval_s, settings.repeat_s)
    teller = Teller(calendar, terms, known.told, known.paces, known.digested)
    composer = Composer(
        directory,
        places,
        registry.articles,
        Texts(zone, RULES, _article_of(registry)),
        await platform.database.run(link_key),
        settings.public_url,
        lambda: jobs,
    )
    box = DatabaseOutbox(platform.database)
    postman = Postman(box, directory.route, now_ms)
    desk = Desk(
        DeskBooks(engine, jobs, teller, Silences(places.path, known.silences)),
        platform.database,
        composer.message,
        postman.wake,
        now_ms,
    )

    def trouble() -> str:
        link = platform.session.link
        if not link.is_up:
            return f"no connection to the broker: {link.detail}"
        return "readings cannot be kept, and reading has stopped" if platform.pipeline.has_stopped_reading else ""

    lookout = Lookout(engine, desk.wake, trouble, now_ms)
    if settings.enabled:
        platform.books.watch = lookout
    board = DeskBoard(Parts(desk, engine, directory, composer, now_ms))
    collector = AlertCollector(lambda: engine.alerts, jobs.jobs.values, lambda: postman.failing, lambda: box.unreadable)
    return Alerting(lookout, desk, board, postman, collector)


def _kind_of(rule: str) -> str:
    """Of a rule that an upgrade took, that of stations: its alerts end with the first turn."""
    known = RULES.get(rule)
    return Subject.STATION.value if known is None else known.subject.value


def link_key(connection: Connection) -> LinkKey:
    """Made at the first start, and the same ever after; made anew where it cannot be read."""
    known = alert_notes.every(connection, "key").get("links")
    if known is not None:
        try:
            return LinkKey(bytes.fromhex(known))
        except ValueError:
            log.error("the key of one-time links cannot be read: those that were sent open nothing any more")  # noqa: TRY400
    made = secrets.token_bytes(KEY_BYTES)
    alert_notes.write(connection, "key", {"links": made.hex()}, 0)
    return LinkKey(made)


def _article_of(registry: MemoryRegistry) -> Callable[[str], tuple[str, str] | None]:
    def names(sku: str) -> tuple[str, str] | None:
        found = next((one for one in registry.articles() if one.sku == sku), None)
        return None if found is None else (found.name, found.name_en or found.name)

    return names
