"""The operational database as the rest of ingest sees it: functions of a connection, those that write one by one.

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

WAL_BYTES: Final = 64 * 1024 * 1024
"""SQLite's log before it is made to start over, waiting for whoever reads. Larger: disk, and slower reads. Smaller:
writers wait for readers more often."""

DRIVERS: Final = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
"""By the URL's own name of the database: the driver that is tested."""


class Database:
    """Two connections, each with the one thread that uses it: one for what writes, one for what only reads.

    A reader sees all that was durable when it began, and waits for no writer: a page is not behind ten thousand rows.
    `open` first, `close` last.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._writing = _Line("database writer")
        self._reading = _Line("database reader")

    async def open(self) -> None:
        """Create what is missing, bring the schema up to date; raises `StoreMisconfigured` with what to do."""
        await self._writing.call(self._open)

    async def run(self, function: Callable[[Connection], T]) -> T:
        """What `function` returns, when all that it wrote is durable; on any exception nothing is written.

        Raises `TransientStoreError` where the same call may succeed later. A caller that is cancelled does not stop a
        function which has begun: it ends as if nobody had gone.
        """
        return await self._writing.call(lambda: self._writing.transaction(function))

    async def read(self, function: Callable[[Connection], T]) -> T:
        """As `run`, for a function that only reads: it keeps nobody from writing, and fails if it writes itself."""
        return await self._reading.call(lambda: self._reading.transaction(function))

    async def close(self) -> None:
        """Finish what is under way and let go; nothing can be run any more."""
        for line in (self._reading, self._writing):
            await line.close()

    def _open(self) -> None:
        url = _tested_driver(self._url)
        connect = _sqlite if url.get_backend_name() == "sqlite" else _postgresql
        try:
            self._writing.engine = connect(url, reads_only=False)
            self._writing.transaction(migrate)
            self._reading.engine = connect(url, reads_only=True)
        except StoreMisconfigured:
            self._writing.dispose()
            raise
        except (OSError, ImportError, DBAPIError, TransientStoreError) as error:
            self._writing.dispose()
            shown = url.render_as_string(hide_password=True)
            raise StoreMisconfigured(
                f"the operational database {shown} cannot be opened ({error}): check that its address is right, "
                "that it runs, and that this user may create files or tables there"
            ) from error


class _Line:
    """One connection, and the one thread that uses it."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self.engine: Engine | None = None

    async def call(self, function: Callable[[], T]) -> T:
        """What `function` returns, in the thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def transaction(self, function: Callable[[Connection], T]) -> T:
        """To be called in the thread."""
        if self.engine is None:
            raise RuntimeError("the database is not open")
        try:
            with self.engine.begin() as connection:
                return function(connection)
        except DBAPIError as error:
            remedy = remedy_for(error)
            if remedy is error:
                raise
            raise remedy from error

    async def close(self) -> None:
        """Let go, when what is under way is done."""
        await self.call(self.dispose)
        self._thread.shutdown()

    def dispose(self) -> None:
        """To be called in the thread."""
        if self.engine is not None:
            self.engine.dispose()
        self.engine = None


def _tested_driver(text: str) -> URL:
    try:
        url = make_url(text)
        return url.set(drivername=DRIVERS[url.get_backend_name()])
    except (ArgumentError, KeyError) as error:
        raise StoreMisconfigured(
            "the URL of the operational database must be like sqlite:///data/yizhan.db "
            "or postgresql://user:password@host/name"
        ) from error


def _sqlite(url: URL, *, reads_only: bool) -> Engine:
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=1, max_overflow=0, connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        # The driver would begin transactions by itself, and only at the first write: too late for IMMEDIATE.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA query_only = {'ON' if reads_only else 'OFF'}")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")

    wal = Path(f"{url.database}-wal")

    @event.listens_for(engine, "checkin")
    def start_over(connection: Any, _record: object) -> None:
        # By itself the log starts over only where nobody happens to read; behind readers in a row it would grow.
        if not reads_only and connection is not None and wal.exists() and wal.stat().st_size > WAL_BYTES:
            connection.execute("PRAGMA wal_checkpoint(RESTART)")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail at once, without waiting, where another process
        # wrote in between; so a writing one takes its turn at the beginning.
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: URL, *, reads_only: bool) -> Engine:
    arguments = {
        "connect_timeout": int(BUSY_TIMEOUT_S),
        "tcp_user_timeout": int(LINK_DEAD_AFTER_S * 1_000),
        "keepalives_idle": int(LINK_DEAD_AFTER_S / 2),
        "keepalives_interval": int(LINK_DEAD_AFTER_S / 4),
        "keepalives_count": 2,
    }
    engine = create_engine(url, pool_size=1, max_overflow=0, connect_args=arguments)
    if not reads_only:
        return engine
    # All that one function reads is of one instant, as it is with SQLite.
    return engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
