"""The embedded store: SQLite from the standard library, one file, every commit on disk before it returns.

Enters: batches of readings. Leaves: the same, by station and time, or by when they were received.
Never: holds the event loop or, in a long statement, the interpreter: see `_insert`.
"""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from gateway.payloads import ADAPTERS
from ingest.model import HistoryPoint, Kind, Reading
from ingest.ports import RejectedByStore, StoreMisconfigured, TransientStoreError
from ingest.store.sqlite_history import history

T = TypeVar("T")

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS reading (
    id INTEGER PRIMARY KEY,        -- in the order of writing, so an insert appends
    station TEXT NOT NULL,
    kind TEXT NOT NULL,
    boot INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    ts_ms INTEGER NOT NULL,        -- sampled, by the station's clock
    received_ms INTEGER NOT NULL,  -- by the platform's clock
    payload BLOB NOT NULL,         -- the JSON object as it was sent
    UNIQUE (station, kind, boot, seq)
) STRICT
"""

SCHEMA_WAITED: Final = """
CREATE TABLE IF NOT EXISTS waited (
    first_id INTEGER PRIMARY KEY,  -- of readings that came out of the spool: received before what stands before them
    last_id INTEGER NOT NULL
) STRICT
"""

CHUNKS: Final = (500, 50, 5, 1)
"""Rows of one INSERT. Larger: over 32,766 parameters. Smaller: more statements, and between two of them a busy event
loop may hold the interpreter for 5 ms."""
PROBE: Final = "SELECT id, station, kind, boot, seq, ts_ms, received_ms, payload FROM reading LIMIT 0"
COLUMNS: Final = 7
DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
PRIMARY_CODE: Final = 0xFF
"""An extended code carries its primary code in the lowest byte."""
PAGE: Final = 5_000
"""Rows fetched at once when reading. Larger: memory. Smaller: more hops between threads."""
BUSY_TIMEOUT_S: Final = 5.0
"""How long a write waits for another process at the same file. Larger: an outage is told later. Smaller: a backup that
reads the file looks like one."""
CACHE_KIB: Final = 64 * 1024
"""Page cache. Smaller: the index of names is read from disk again when a fleet is larger than it."""


class SqliteReadingStore:
    """The `ReadingStore` port on one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._db: sqlite3.Connection | None = None

    async def open(self) -> None:
        """See the port."""
        await self._in_thread(self._open)

    async def write(self, readings: Sequence[Reading], *, has_waited: bool = False) -> None:
        """See the port. A name that is there already is left as it is."""
        await self._in_thread(lambda: self._write(readings, has_waited))

    async def stored_since(self, since_ms: int) -> AsyncIterator[Reading]:
        """See the port. Rows are in order of receipt, but for those that waited in the spool."""
        newest = await self._in_thread(lambda: self._first_since(since_ms))
        async for reading in self._paged("SELECT * FROM reading WHERE id >= ? ORDER BY id", (newest,)):
            yield reading

    async def of_station(self, station: str, kind: str, from_ms: int, to_ms: int) -> AsyncIterator[Reading]:
        """See the port."""
        sql = (
            "SELECT * FROM reading WHERE station = ? AND kind = ? AND ts_ms >= ? AND ts_ms < ? "
            "ORDER BY ts_ms, boot, seq"
        )
        async for reading in self._paged(sql, (station, kind, from_ms, to_ms)):
            yield reading

    async def history(self, station: str, kind: Kind, from_ms: int, to_ms: int, every_ms: int) -> list[HistoryPoint]:
        """See `ReadingHistory`. On a thread and a connection of its own: what is written must not wait for it."""

        def read() -> list[HistoryPoint]:
            with closing(sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True)) as db:
                return history(db, station, kind, from_ms, to_ms, every_ms)

        try:
            return await asyncio.to_thread(read)
        except sqlite3.DatabaseError as error:
            raise self._remedy_for(error) from error

    async def close(self) -> None:
        """See the port."""
        await self._in_thread(self._close)
        self._thread.shutdown()

    # ---- in the store's own thread ----

    async def _in_thread(self, function: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, function)
        except sqlite3.DatabaseError as error:
            raise self._remedy_for(error) from error

    def _remedy_for(self, error: sqlite3.DatabaseError) -> Exception:
        if isinstance(error, sqlite3.OperationalError):
            # Locked, disk full, I/O error: the file is as it was, and the same write may succeed later.
            return TransientStoreError(f"{self._path}: {error}")
        if error.sqlite_errorcode & PRIMARY_CODE in DAMAGED:
            return StoreMisconfigured(
                f"the readings file {self._path} is damaged ({error}): "
                "stop the platform and put back a copy of the file together with its -wal file"
            )
        return error

    def _open(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
            try:
                _set_up(db)
            except BaseException:
                db.close()
                raise
        except (OSError, sqlite3.Error) as error:
            raise StoreMisconfigured(
                f"the readings file {self._path} cannot be opened ({error}): check that its folder may be written to, "
                "and that the file is a database of this program"
            ) from error
        self._db = db

    @property
    def _open_db(self) -> sqlite3.Connection:
        if self._db is None:
            raise RuntimeError("the store is not open")
        return self._db

    def _write(self, readings: Sequence[Reading], has_waited: bool) -> None:
        db = self._open_db
        db.execute("BEGIN")
        try:
            before, rows = _last_id(db) if has_waited else 0, db.total_changes
            _insert(db, readings)
            refused = _under_used_names(db, readings) if db.total_changes - rows < len(readings) else []
            if has_waited and (last := _last_id(db)) > before:
                _note_waited(db, before + 1, last)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        if refused:
            raise RejectedByStore(refused)

    def _first_since(self, since_ms: int) -> int:
        """Where to begin: behind the last row that is older, and did not wait in the spool."""
        db, end = self._open_db, sys.maxsize
        while True:
            older = db.execute(_LAST_OLDER, (end, since_ms)).fetchone()
            if older is None:
                return 0
            waited = db.execute(_LAST_WAITED, older).fetchone()
            if waited is None or waited[1] < older[0]:
                return int(older[0]) + 1
            end = waited[0]

    async def _paged(self, sql: str, parameters: tuple[Any, ...]) -> AsyncIterator[Reading]:
        cursor = await self._in_thread(lambda: self._open_db.execute(sql, parameters))
        while rows := await self._in_thread(lambda: cursor.fetchmany(PAGE)):
            for row in rows:
                yield _reading(row)

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def _set_up(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    # FULL: in WAL mode NORMAL may lose the last commits at a power cut, after they were acknowledged.
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    db.execute(SCHEMA)
    db.execute(SCHEMA_WAITED)
    # Another program's table of the same name is noticed here, and not at the first reading.
    db.execute(PROBE)


def _insert(db: sqlite3.Connection, readings: Sequence[Reading]) -> None:
    """Many rows a statement: sqlite3 lets go of the interpreter at each, and a busy event loop gives it back late."""
    at = 0
    for size in CHUNKS:
        while len(readings) - at >= size:
            flat: list[object] = []
            for station, kind, body, payload, received_ms in readings[at : at + size]:
                flat += (station, kind.value, body.boot, body.seq, body.ts, received_ms, payload)
            db.execute(_INSERTS[size], flat)
            at += size


def _under_used_names(db: sqlite3.Connection, readings: Sequence[Reading]) -> list[tuple[Reading, str]]:
    """Those whose name another reading bears: a board that counts its starts anew. A repeat has the same `ts`."""
    refused = []
    for reading in readings:
        body = reading.body
        [[ts_ms]] = db.execute(_TS_OF, (reading.station, reading.kind.value, body.boot, body.seq))
        if ts_ms != body.ts:
            detail = (
                f"boot {body.boot}, seq {body.seq} is the name of another {reading.kind} reading; "
                "boot must grow with every start and be kept in flash"
            )
            refused.append((reading, detail))
    return refused


def _last_id(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(id), 0) FROM reading").fetchone()[0])


def _note_waited(db: sqlite3.Connection, first: int, last: int) -> None:
    """Together with those just before them, if these waited too: a long drain is one row."""
    if not db.execute("UPDATE waited SET last_id = ? WHERE last_id = ?", (last, first - 1)).rowcount:
        db.execute("INSERT INTO waited VALUES (?, ?)", (first, last))


_TS_OF: Final = "SELECT ts_ms FROM reading WHERE station = ? AND kind = ? AND boot = ? AND seq = ?"
_LAST_OLDER: Final = "SELECT id FROM reading WHERE id < ? AND received_ms < ? ORDER BY id DESC LIMIT 1"
_LAST_WAITED: Final = "SELECT first_id, last_id FROM waited WHERE first_id <= ? ORDER BY first_id DESC LIMIT 1"
_INSERT: Final = "INSERT OR IGNORE INTO reading (station, kind, boot, seq, ts_ms, received_ms, payload) VALUES "
_ROW: Final = f"({', '.join('?' * COLUMNS)})"
_INSERTS: Final = {size: _INSERT + ", ".join([_ROW] * size) for size in CHUNKS}


def _reading(row: tuple[Any, ...]) -> Reading:
    _, station, kind, _, _, _, received_ms, payload = row
    known = Kind(kind)
    return Reading(station, known, ADAPTERS[known].validate_json(payload), payload, received_ms)
