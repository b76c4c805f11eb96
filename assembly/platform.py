"""The platform in one process: every room built, opened in order, run together, and closed in reverse.

Enters: settings. Leaves: a running platform with an HTTP address. Never: a rule of its own; this is wiring.
`open_platform` is one long straight function on purpose: what is made of what can be read from top to bottom.
"""

import asyncio
import gc
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, web
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlalchemy import Connection

from api.app import make_app
from api.pages.outline import ApprovedMap, read_map
from api.platform import ApiPlatform, Operations
from api.platform import ApiSettings as PublicSettings
from assembly.alerting import Platform as AlertedPlatform
from assembly.alerting import open_alerting
from assembly.health import PlatformHealth
from assembly.settings import Settings
from assembly.settings_sources import WrongSettings
from assembly.upkeep import DAY_MS, Followed, follow, prune, prune_alerts
from gateway.session import Session, SessionSettings
from gateway.topics import ROOT
from ingest.accounting import Accounting
from ingest.alerts.desk_board import DeskBoard
from ingest.checkpoint import Checkpoint
from ingest.database import checkpoints, stations, tokens
from ingest.database.database import Database
from ingest.decode import ClockBounds
from ingest.keeper import StoreKeeper
from ingest.letters import LetterBox
from ingest.live.picture import LivePicture
from ingest.metrics import IngestCollector
from ingest.operating import Token
from ingest.outlet import Drained, Outlet
from ingest.pipeline import Pipeline
from ingest.ports import CountsSink, ReadingHistory, ReadingStore, StoreMisconfigured, TransientStoreError
from ingest.quality import QualityBook
from ingest.receipts import Receipts
from ingest.records import BookRecords
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from ingest.restore import restore, restore_rest
from ingest.spool import Spool
from ingest.steps import Books
from ingest.store.null import NullReadingStore
from ingest.store.sqlite import SqliteReadingStore
from ingest.tokens import TokenBook
from ingest.visits.book import PublishedVisits
from ingest.visits.ledger import Ledger
from ingest.visits.local_day import LocalDays
from ingest.visits.mirror import CountsMirror
from ingest.visits.publishing import MENDED_MARK

log = logging.getLogger(__name__)

STOP_WITHIN_S: Final = 30.0
"""For the last batch. Larger: a stop hangs on a database that is away. Smaller: a slow disk has it sent again."""
ANSWERS_END_S: Final = 2.0
"""For answers under way. Larger: open streams of phones hold up a stop. Smaller: an answer is cut off."""
GC_THRESHOLD: Final = 2_000_000
"""New objects before the collector looks. Smaller: it runs while batches fill behind a busy InfluxDB (50,000 readings
are about a million objects), which takes 2 µs a reading. Larger: what cycles there are (errors with their frames,
closed connections) stay for longer."""


def wall_clock_ms() -> int:
    """The platform's clock."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class RunningPlatform:
    """What a caller may want of a platform that is up."""

    address: str
    """Of the HTTP side, such as http://127.0.0.1:8080."""
    session: Session
    books: Books
    visits: PublishedVisits
    registry: MemoryRegistry
    database: Database
    board: DeskBoard
    """Of alerts and jobs."""
    writing: asyncio.Task[None]
    """Ends before the platform does only when the pipeline failed."""


@asynccontextmanager
async def open_platform(settings: Settings) -> AsyncIterator[RunningPlatform]:  # noqa: PLR0915 - see the top
    """Up inside the block; closed behind it with everything that was taken made durable."""
    now_ms = wall_clock_ms
    days = LocalDays(settings.platform.time_zone)
    default_interval_ms = settings.platform.default_interval_s * 1000
    async with AsyncExitStack() as stack:
        # All that is made from here on stays; `_calm_garbage_collector` ends this.
        gc.disable()
        stack.callback(gc.enable)
        database = Database(settings.database.url)
        await database.open()
        stack.push_async_callback(database.close)

        loaded = await database.read(_versions)
        registry = MemoryRegistry(load_regions())
        await load_registry(registry, database)
        book_of_tokens = TokenBook(await database.read(tokens.every))

        look_back = timedelta(days=settings.platform.clock_past_days + 1)
        process = settings.mqtt.client_id if settings.mqtt.share_group else None
        visits = PublishedVisits(database, registry, days, now_ms, look_back, process)
        picture = LivePicture(registry, default_interval_ms, visits.region_days)
        books = Books(
            bounds=ClockBounds(settings.platform.clock_future_s * 1000, settings.platform.clock_past_days * DAY_MS),
            picture=picture,
            ledger=Ledger(days),
            quality=QualityBook(),
            receipts=Receipts(),
            checkpoint=Checkpoint(now_ms()),
            accounting=Accounting(),
        )

        store = make_store(settings, registry, days)
        away = await _open_store(store, settings)
        stack.push_async_callback(store.close)
        outlet = Outlet(store, _spool_of(settings), now_ms, settings.spool.after_s)
        books.accounting.recover(await outlet.open())
        stack.push_async_callback(outlet.close)
        if away is not None:
            outlet.begin_away(away)
        readable, waiting = store if away is None else None, outlet.waiting()
        restored = await restore(
            books, database, readable, waiting, days.of(now_ms()), now_ms(), default_interval_ms, process
        )
        await visits.restore()
        mirror = _mirror_of(store, database, days, look_back, process)
        visits.on_published.append(picture.news.counted)
        if mirror is not None:
            visits.on_published.append(mirror.note)

        _calm_garbage_collector()
        keeper = StoreKeeper(outlet, database, visits.note, now_ms, process=process)
        session = Session(session_settings(settings), lambda delivery: pipeline.take(delivery))  # noqa: PLW0108 - made below
        pipeline = Pipeline(books, session, keeper, now_ms)

        async def on_drained(drained: Drained) -> None:
            await keeper.keep_letters(drained.letters)
            pipeline.drained(drained)

        http = await stack.enter_async_context(ClientSession())
        alerting = await open_alerting(
            AlertedPlatform(settings, database, registry, days, books, session, pipeline, http, now_ms)
        )

        metrics = CollectorRegistry()
        metrics.register(IngestCollector(books, session.link))
        metrics.register(alerting.collector)
        public = PublicSettings(
            zone=ZoneInfo(settings.platform.time_zone),
            holidays=settings.platform.holidays,
            ttl_s=settings.api.ttl_s,
            page_stations=settings.api.page_stations,
            map=_map_of(settings),
            shared_ms=settings.api.shared_ms,
            requests_per_minute=settings.api.requests_per_minute,
            trusted_proxies=settings.api.trusted_proxies,
            few_people=settings.api.few_people,
            public_url=settings.alerts.public_url,
            feed_contact=settings.api.feed_contact,
        )
        health = PlatformHealth(
            session.link, keeper, books.accounting, alerting.lookout, alerting.desk, alerting.postman
        )
        operations = Operations(
            book_of_tokens,
            BookRecords(books, now_ms()),
            LetterBox(database, pipeline, books.bounds),
            alerting.board if settings.alerts.enabled else None,
        )
        app = make_app(
            ApiPlatform(registry, picture, visits, store, picture.news, health, operations, metrics, now_ms, public)
        )
        address = await _listen(app, settings, stack)

        # Closed in reverse: the last batch is kept and acknowledged while the session is still there, then counted.
        stack.push_async_callback(visits.flush)
        stack.push_async_callback(alerting.desk.last_turn)
        await _background(stack, "visits", visits.run())
        if mirror is not None:
            await _background(stack, "counts beside the readings", mirror.run())
        await _background(stack, "summaries", picture.run(now_ms))
        followed = _followed(loaded, registry, book_of_tokens, database, visits)
        await _background(stack, "tables", follow(database, followed))
        await _background(stack, "dead letters", prune(database, settings.dead_letters))
        await _background(stack, "old alerts", prune_alerts(database, settings.alerts))
        await _background(stack, "spool", outlet.drain(on_drained))
        if settings.alerts.enabled:
            await _background(stack, "postman", alerting.postman.run())
            await _background(stack, "desk", alerting.desk.run())
            await _background(stack, "lookout", alerting.lookout.run())
        if restored.unread_since_ms is not None:
            rest = restore_rest(books, store, restored.unread_since_ms, pipeline.take_again, outlet.note_answer)
            await _background(stack, "restore", rest)
        await _background(stack, "session", session.run())
        writing = asyncio.create_task(pipeline.run(), name="pipeline")
        writing.add_done_callback(_report)
        stack.push_async_callback(_drain, session, pipeline, writing)
        yield RunningPlatform(address, session, books, visits, registry, database, alerting.board, writing)


def _calm_garbage_collector() -> None:
    """Let it look at new objects only, and seldom: readings come and go by reference count, without cycles.

    With Python's defaults it walks the whole picture over and over while a batch fills, and takes 60 % of the CPU.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(GC_THRESHOLD, 20, 100)


class Store(ReadingStore, ReadingHistory, Protocol):
    """What the platform wants of where readings are kept."""


def make_store(settings: Settings, registry: MemoryRegistry, days: LocalDays) -> Store:
    """The store that the URL asks for."""
    chosen = settings.store
    if chosen.sqlite_path is not None:
        return SqliteReadingStore(chosen.sqlite_path)
    if chosen.influx_url is None:
        return NullReadingStore()
    # Here, because its library takes 0.2 s to load, which every start without it would pay.
    from ingest.store.influx.client import InfluxServer  # noqa: PLC0415
    from ingest.store.influx.store import InfluxReadingStore  # noqa: PLC0415

    server = InfluxServer(
        url=chosen.influx_url,
        bucket=chosen.bucket,
        org=chosen.org,
        token=_secret(chosen.token),
        username=chosen.username,
        password=_secret(chosen.password),
        tls_ca=chosen.tls_ca,
        timeout_s=chosen.timeout_s,
        gzip=chosen.compresses,
    )
    return InfluxReadingStore(server, registry, days, wall_clock_ms)


def _mirror_of(
    store: Store, database: Database, days: LocalDays, look_back: timedelta, process: str | None
) -> CountsMirror | None:
    """None for a store that nobody looks into beside us."""
    if not isinstance(store, CountsSink):
        return None
    return CountsMirror(store, database, days, wall_clock_ms, look_back, process)


def _map_of(settings: Settings) -> ApprovedMap | None:
    """The operator's own map; raises `WrongSettings` where it cannot be shown."""
    file = settings.api.map_geojson
    if file is None:
        return None
    try:
        return read_map(file.read_text("utf-8"), settings.api.map_approval)
    except (OSError, ValueError) as error:
        raise WrongSettings(f"api.map_geojson: {file}: {error}") from error


async def _open_store(store: Store, settings: Settings) -> TransientStoreError | StoreMisconfigured | None:
    """Why the store cannot be used yet; None: it is open.

    A store on this machine ends the start. One elsewhere may be back, or mended, at any time, and opens itself then.
    """
    try:
        await store.open()
    except (TransientStoreError, StoreMisconfigured) as error:
        if settings.store.influx_url is None:
            raise
        return error
    return None


def _spool_of(settings: Settings) -> Spool | None:
    """None for the store that keeps nothing, which is never away."""
    if settings.store.url == "null:":
        return None
    return Spool(settings.spool.folder, settings.spool.max_mib * 1024 * 1024)


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value is not None else None


def session_settings(settings: Settings) -> SessionSettings:
    """How the session reaches the broker, and what it hears: the whole tree, so that a wrong topic is seen too."""
    mqtt = settings.mqtt
    return SessionSettings(
        host=mqtt.host,
        port=mqtt.port,
        filters=[f"$share/{mqtt.share_group}/{ROOT}/#" if mqtt.share_group else f"{ROOT}/#"],
        client_id=mqtt.client_id,
        username=mqtt.username,
        password=_secret(mqtt.password),
        tls=mqtt.tls,
        tls_ca=str(mqtt.tls_ca) if mqtt.tls_ca else None,
        keepalive_s=mqtt.keepalive_s,
        receive_maximum=mqtt.receive_maximum,
    )


async def load_registry(registry: MemoryRegistry, database: Database) -> None:
    """The registry becomes what the database holds."""
    registry.reload(
        await database.read(lambda connection: list(stations.load_all(connection))),
        await database.read(lambda connection: list(stations.load_articles(connection))),
    )


class _Versions(NamedTuple):
    """Of what other processes change: `yizhan stations import`, `yizhan tokens`, `yizhan audit --mend`."""

    registry: tuple[object, ...]
    tokens: list[Token]
    mended: str | None


def _versions(connection: Connection) -> _Versions:
    return _Versions(stations.version(connection), tokens.every(connection), checkpoints.read(connection, MENDED_MARK))


def _followed(
    loaded: _Versions, registry: MemoryRegistry, book_of_tokens: TokenBook, database: Database, visits: PublishedVisits
) -> tuple[Followed, ...]:
    async def reload_registry() -> None:
        await load_registry(registry, database)
        await visits.registry_changed()

    async def reload_tokens() -> None:
        book_of_tokens.reload(await database.read(tokens.every))

    return (
        Followed(stations.version, loaded.registry, reload_registry),
        Followed(tokens.every, loaded.tokens, reload_tokens),
        Followed(partial(checkpoints.read, name=MENDED_MARK), loaded.mended, visits.registry_changed),
    )


async def _listen(app: web.Application, settings: Settings, stack: AsyncExitStack) -> str:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=ANSWERS_END_S)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, settings.api.host, settings.api.port).start()
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"


async def _background(stack: AsyncExitStack, name: str, work: Coroutine[Any, Any, object]) -> None:
    """Run until the stack unwinds. A task that fails is logged at once, not when somebody collects it."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_report)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)


def _report(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.critical("task %s ended: %r", task.get_name(), task.exception(), exc_info=task.exception())


async def _drain(session: Session, pipeline: Pipeline, writing: asyncio.Task[None]) -> None:
    """The last batch, if it can be kept: what cannot was not acknowledged, and comes again."""
    session.pause()
    pipeline.stop()
    done, _ = await asyncio.wait({writing}, timeout=STOP_WITHIN_S)
    if not done:
        log.error("the last batch could not be kept within %g s; the broker will send it again", STOP_WITHIN_S)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
