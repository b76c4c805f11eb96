"""Copies of an SQLite database, made while it is used, and put back in its place.

Enters: paths of files. Leaves: a file that was checked, or the database as the copy has it, all of it or nothing.
Never: copies a file byte by byte (its newest part is in its -wal file), or writes over what others have open.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from ingest.database.migrate import known_revisions
from ingest.database.tables import METADATA

LOCK_WAIT_S: Final = 1.0
"""For the lock that nobody else may have. Larger: who forgot to stop the platform waits. Smaller: a reader that is just
leaving is taken for a platform."""
OWNER_ONLY: Final = 0o600
"""Digests of tokens are in a copy, and which station is where."""

_INSTANTS: Final = [
    (table.name, column.name)
    for table in METADATA.sorted_tables
    for column in table.columns
    if column.name in {"updated_ms", "published_ms", "at_ms", "received_ms", "created_ms", "revoked_ms"}
]


class CopyFailed(Exception):
    """It is as it was before; the text says why and what to do."""


class Facts(NamedTuple):
    """What is known of a database after it was checked."""

    revision: str
    newest_ms: int
    """When the newest row was written, ms; 0 where there is none."""


def back_up(database: Path, copy: Path, *, force: bool) -> Facts:
    """One moment of the database as a file of its own, checked; raises `CopyFailed`. It may be in use meanwhile."""
    if not database.exists():
        raise CopyFailed(f"there is no database at {database}")
    if copy.exists() and not force:
        raise CopyFailed(f"{copy} is there already: choose another name, or --force to replace it")
    part = copy.with_name(f"{copy.name}.part")
    with _told(f"{database} could not be copied to {copy}"):
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
        try:
            with closing(_reader(database)) as source, closing(sqlite3.connect(part)) as target:
                source.backup(target)
                # One file and no -wal beside it, so that it can be carried away.
                target.execute("PRAGMA journal_mode = DELETE")
            facts = facts_of(part)
            part.replace(copy)
            _sync(copy.parent)
        finally:
            part.unlink(missing_ok=True)
    return facts


def put_back(copy: Path, database: Path, *, force: bool, stamp: str) -> Path | None:
    """Make the database what the copy holds; gives where the database that was there is kept, if one was.

    Raises `CopyFailed` where somebody has it open, and, without `force`, where it is newer than the copy or unreadable.
    """
    facts = facts_of(copy)
    replaced = database.with_name(f"{database.name}.replaced-{stamp}")
    with _told(f"{copy} could not be put back as {database}"):
        database.parent.mkdir(parents=True, exist_ok=True)
        if not database.exists():
            _fill(copy, database)
            return None
        if not _is_sqlite(database):
            if not force:
                raise CopyFailed(
                    f"{database} is no database that could be read: --force keeps it aside and replaces it"
                )
            for end in ("", "-wal", "-shm"):
                if (part := database.with_name(database.name + end)).exists():
                    part.rename(replaced.with_name(replaced.name + end))
            _fill(copy, database)
            return replaced
        with _alone_with(database) as target:
            if not force:
                _refuse_newer(database, _facts(target), facts)
            with closing(sqlite3.connect(replaced)) as aside:
                target.backup(aside)
            replaced.chmod(OWNER_ONLY)
            # Into the open file, not over its name: a platform that starts at this moment waits for our lock.
            with closing(_reader(copy)) as source:
                source.backup(target)
    return replaced


def facts_of(file: Path) -> Facts:
    """What a file holds, after all of it was read; raises `CopyFailed` where it is no whole database of ours."""
    if not file.exists():
        raise CopyFailed(f"there is no file {file}")
    try:
        with closing(_reader(file)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            if found != ["ok"]:
                raise CopyFailed(f"{file} is damaged: {found[0]}")
            facts = _facts(connection)
    except sqlite3.Error as error:
        raise CopyFailed(f"{file} is no operational database: {error}") from error
    if facts.revision not in known_revisions():
        raise CopyFailed(f"{file} was made by a later version of the platform ({facts.revision}): update this one")
    return facts


def _facts(connection: sqlite3.Connection) -> Facts:
    [revision] = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    newest = [
        connection.execute(f"SELECT max({column}) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
        for table, column in _INSTANTS
        if table in tables
    ]
    return Facts(revision, max((instant for instant in newest if instant is not None), default=0))


def _refuse_newer(database: Path, there: Facts, copy: Facts) -> None:
    if there.newest_ms > copy.newest_ms or there.revision > copy.revision:
        raise CopyFailed(
            f"{database} is newer than the copy, by {max(0, there.newest_ms - copy.newest_ms) // 1000} s: what was "
            "written since would be lost; --force keeps it aside and replaces it"
        )


@contextmanager
def _alone_with(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection that nobody else can have beside it."""
    connection = sqlite3.connect(database, isolation_level=None, timeout=LOCK_WAIT_S)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        try:
            # To leave the WAL is only granted to the last one there, and the lock of a transaction stays behind it.
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise CopyFailed(f"{database} is open elsewhere ({error}): stop the platform first") from error
        yield connection
    finally:
        connection.close()


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise CopyFailed(f"{what}: {error}") from error


def _fill(copy: Path, database: Path) -> None:
    with closing(_reader(copy)) as source, closing(sqlite3.connect(database)) as target:
        source.backup(target)


def _reader(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, isolation_level=None)


def _is_sqlite(file: Path) -> bool:
    """Whether it can be opened and read at all."""
    try:
        with closing(_reader(file)) as connection:
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        # Locked is a database; no such table is one too, but none of ours.
        return "locked" in str(error)
    except sqlite3.DatabaseError:
        return False
    return True


def _sync(folder: Path) -> None:
    """A new name is durable only with its folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
