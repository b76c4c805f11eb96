"""The operational database as the rest of ingest sees it: functions of a connection, run one after another.

Enters: a URL, and functions to run in one transaction each. Leaves: what they return, once it is durable.
Never: blocks the event loop, or lets an error of the driver out where waiting or a person's help is the remedy.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from ingest.database.migrate import migrate
from ingest.database.remedies import remedy_for
from ingest.ports import StoreMisconfigured, TransientStoreError

T = TypeVar("T")

BUSY_TIMEOUT_S: Final = 5.0
"""How long a transaction waits for another process's on the same SQLite file, or for PostgreSQL to answer a connect.
Larger: an outage is told later; smaller: the import of a large registry looks to the readings like an outage."""

LINK_DEAD_AFTER_S: Final = 20.0
"""How long PostgreSQL's machine may be silent on a connection under way. Larger: readings wait so long for an
answer that will not come, before the outage is told; smaller: a slow network is taken for an outage."""

DRIVERS: Final = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
"""By the URL's own name of the database: the driver that is tested."""

_READS_ONLY: Final = "yizhan_reads_only"


class Database:
    """One connection, and the one thread that uses it. `open` first, `close` last."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._writing: Engine | None = None
        self._reading: Engine | None = None

    async def open(self) -> None:
        """Create what is missing, bring the schema up to date; raises `StoreMisconfigured` with what to do."""
        await self._in_thread(self._open)

    async def run(self, function: Callable[[Connection], T]) -> T:
        """What `function` returns, when all that it wrote is durable; on any exception nothing is written.

        Raises `TransientStoreError` where the same call may succeed later. A caller that is cancelled does not stop a
        function which has begun: it ends as if nobody had gone.
        """
        return await self._in_thread(lambda: _transaction(self._writing, function))

    async def read(self, function: Callable[[Connection], T]) -> T:
        """As `run`, for a function that only reads: it keeps no other process from writing, and fails if it writes."""
        return await self._in_thread(lambda: _transaction(self._reading, function))

    async def close(self) -> None:
        """Finish what is under way and let go; nothing can be run any more."""
        await self._in_thread(self._dispose)
        self._thread.shutdown()

    async def _in_thread(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def _open(self) -> None:
        url = _tested_driver(self._url)
        try:
            self._writing = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
            self._reading = self._writing.execution_options(postgresql_readonly=True, **{_READS_ONLY: True})
            _transaction(self._writing, migrate)
        except StoreMisconfigured:
            self._dispose()
            raise
        except (OSError, ImportError, DBAPIError, TransientStoreError) as error:
            self._dispose()
            shown = url.render_as_string(hide_password=True)
            raise StoreMisconfigured(
                f"the operational database {shown} cannot be opened ({error}): check that its address is right, "
                "that it runs, and that this user may create files or tables there"
            ) from error

    def _dispose(self) -> None:
        if self._writing is not None:
            self._writing.dispose()
        self._writing = self._reading = None


def _transaction(engine: Engine | None, function: Callable[[Connection], T]) -> T:
    if engine is None:
        raise RuntimeError("the database is not open")
    try:
        with engine.begin() as connection:
            return function(connection)
    except DBAPIError as error:
        remedy = remedy_for(error)
        if remedy is error:
            raise
        raise remedy from error


def _tested_driver(text: str) -> URL:
    try:
        url = make_url(text)
        return url.set(drivername=DRIVERS[url.get_backend_name()])
    except (ArgumentError, KeyError) as error:
        raise StoreMisconfigured(
            "the URL of the operational database must be like sqlite:///data/yizhan.db "
            "or postgresql://user:password@host/name"
        ) from error


def _sqlite(url: URL) -> Engine:
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=1, max_overflow=0, connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        # The driver would begin transactions by itself, and only at the first write: too late for IMMEDIATE.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get(_READS_ONLY, False)
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reads_only else 'OFF'}")
        # A transaction that reads first and writes later would fail at once, without waiting, where another process
        # wrote in between; so a writing one takes its turn at the beginning.
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: URL) -> Engine:
    arguments = {
        "connect_timeout": int(BUSY_TIMEOUT_S),
        "tcp_user_timeout": int(LINK_DEAD_AFTER_S * 1_000),
        "keepalives_idle": int(LINK_DEAD_AFTER_S / 2),
        "keepalives_interval": int(LINK_DEAD_AFTER_S / 4),
        "keepalives_count": 2,
    }
    return create_engine(url, pool_size=1, max_overflow=0, connect_args=arguments)
