"""The connection and its thread: one transaction after another, and errors named by their remedy."""

import asyncio
import os
import sqlite3
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from gateway.child_server import LOOPBACK, free_port
from ingest.database import checkpoints
from ingest.database import database as database_module
from ingest.database.database import Database
from ingest.ports import StoreMisconfigured, TransientStoreError
from tests.ingest.database.postgresql import PostgreSQL

CSV = "station,name\n" * 1_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test on SQLite alone keeps its file."""
    return tmp_path / "yizhan.db"


@pytest.fixture
def stations_csv(tmp_path: Path) -> Path:
    """A file that somebody took for the database."""
    file = tmp_path / "stations.csv"
    file.write_text(CSV)
    return file


def is_stations_csv(file: Path) -> bool:
    """Whether it is as it was."""
    return file.read_text() == CSV


def damage(file: Path) -> None:
    """Overwrite all pages but the first, by which SQLite knows its files."""
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def pragma(connection: Connection, name: str) -> object:
    """The value of a setting of SQLite."""
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def remember(connection: Connection) -> None:
    """Write something."""
    checkpoints.write(connection, "name", "value")


def remembered(connection: Connection) -> str | None:
    """What `remember` wrote; None when it did not last."""
    return checkpoints.read(connection, "name")


async def test_what_a_failed_function_wrote_is_gone(database: Database) -> None:
    """A function that raises leaves nothing behind, its error comes out as it is, and the next one works."""

    def write_and_fail(connection: Connection) -> None:
        remember(connection)
        raise LookupError("of our own")

    with pytest.raises(LookupError, match="of our own"):
        await database.run(write_and_fail)
    assert await database.read(remembered) is None
    await database.run(remember)
    assert await database.read(remembered) == "value"


async def test_a_read_cannot_write(database: Database) -> None:
    """A function run by `read` that writes fails as the fault of ours that it is; writing works again after it."""
    with pytest.raises(DBAPIError):
        await database.read(remember)
    assert await database.read(remembered) is None
    await database.run(remember)


async def test_the_event_loop_goes_on_while_a_function_runs(database: Database) -> None:
    """A function that waits for the loop gets what it waits for."""
    from_the_loop = threading.Event()
    running = asyncio.create_task(database.run(lambda _c: from_the_loop.wait(10)))
    await asyncio.sleep(0)
    from_the_loop.set()
    assert await running


async def test_a_read_waits_for_no_write(database: Database) -> None:
    """It sees what was durable when it began; what is being written, the next read sees."""
    is_read = threading.Event()

    def write_slowly(connection: Connection) -> bool:
        remember(connection)
        return is_read.wait(10)

    writing = asyncio.create_task(database.run(write_slowly))
    await asyncio.sleep(0)
    assert await database.read(remembered) is None
    is_read.set()
    assert await writing
    assert await database.read(remembered) == "value"


async def test_all_that_one_function_reads_is_of_one_instant(database: Database) -> None:
    """What is written between two of its questions, the second does not see either."""
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    is_written = threading.Event()

    def read_twice(connection: Connection) -> list[str | None]:
        first = remembered(connection)
        loop.call_soon_threadsafe(begun.set)
        assert is_written.wait(10)
        return [first, remembered(connection)]

    reading = asyncio.create_task(database.read(read_twice))
    await begun.wait()
    await database.run(remember)
    is_written.set()
    assert await reading == [None, None]


async def test_close_finishes_what_is_under_way(url: str) -> None:
    """What was begun before the end is durable after it; later calls are refused."""
    database = Database(url)
    await database.open()
    go_on = threading.Event()

    def write_slowly(connection: Connection) -> None:
        go_on.wait(10)
        remember(connection)

    writing = asyncio.create_task(database.run(write_slowly))
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(writing, closing)
    with pytest.raises(RuntimeError):
        await database.run(remember)
    again = Database(url)
    await again.open()
    assert await again.read(remembered) == "value"
    await again.close()


async def test_nothing_runs_before_open(url: str) -> None:
    """A database that is not open says so."""
    database = Database(url)
    with pytest.raises(RuntimeError, match="not open"):
        await database.run(remember)
    await database.close()


async def test_sql_that_is_wrong_is_no_outage(database: Database) -> None:
    """A fault of ours is not waited for."""
    with pytest.raises(DBAPIError):
        await database.run(lambda c: c.execute(text("SELECT * FROM no_such_table")))


# ---- SQLite ----


async def test_sqlite_is_set_to_lose_nothing(path: Path) -> None:
    """A commit survives a power cut, readers do not wait for writers, and writers wait for each other."""
    database = Database(f"sqlite:///{path}")
    await database.open()
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5_000}
    for name, value in pragmas.items():
        assert await database.read(partial(pragma, name=name)) == value
    await database.close()


async def test_a_lock_held_by_another_process_is_an_outage_for_writers_only(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing is to be tried again once the other is done; reading goes on meanwhile."""
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_S", 0.05)
    database = Database(f"sqlite:///{path}")
    await database.open()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TransientStoreError, match="locked"):
        await database.run(remember)
    assert await database.read(remembered) is None
    other.execute("ROLLBACK")
    other.close()
    await database.run(remember)
    assert await database.read(remembered) == "value"
    await database.close()


async def test_the_log_of_sqlite_stays_small_behind_readers_in_a_row(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody always reads while much is written: the log starts over all the same."""
    monkeypatch.setattr(database_module, "WAL_BYTES", 1_000_000)
    database = Database(f"sqlite:///{path}")
    await database.open()
    is_over = False

    def read_slowly(connection: Connection) -> None:
        remembered(connection)
        time.sleep(0.02)
        remembered(connection)

    async def read_on() -> None:
        while not is_over:
            await database.read(read_slowly)

    reading = asyncio.create_task(read_on())
    for number in range(60):
        await database.run(lambda c, n=number: checkpoints.write(c, "name", str(n) * 250_000))  # type: ignore[misc]
    is_over = True
    await reading
    assert os.path.getsize(f"{path}-wal") < 5_000_000  # noqa: ASYNC240, PTH202
    await database.close()


async def test_a_full_disk_is_an_outage(path: Path) -> None:
    """What does not fit any more is to be tried again; when there is room it is written."""
    database = Database(f"sqlite:///{path}")
    await database.open()

    def limit_pages(connection: Connection, most: int) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")

    def write_much(connection: Connection) -> None:
        checkpoints.write(connection, "name", "x" * 1_000_000)

    await database.run(lambda c: limit_pages(c, 1))
    with pytest.raises(TransientStoreError, match="full"):
        await database.run(write_much)
    await database.run(lambda c: limit_pages(c, 1_000_000))
    await database.run(write_much)
    await database.close()


async def test_a_damaged_file_needs_a_person(path: Path) -> None:
    """The error says that a copy must be put back."""
    database = Database(f"sqlite:///{path}")
    await database.open()
    await database.close()
    damage(path)
    damaged = Database(f"sqlite:///{path}")
    with pytest.raises(StoreMisconfigured, match="put back a copy"):
        await damaged.open()
    await damaged.close()


# ---- PostgreSQL ----


@pytest.fixture
async def on_postgresql(postgresql: PostgreSQL) -> Database:
    """A database on PostgreSQL; the test closes it."""
    database = Database(postgresql.new_database())
    await database.open()
    return database


async def test_a_lost_connection_is_an_outage_and_is_made_again(
    on_postgresql: Database, postgresql: PostgreSQL
) -> None:
    """The call that finds the connection gone is to be tried again; the next one has a new connection."""

    def own_pid(connection: Connection) -> int:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())

    for pid in (await on_postgresql.run(own_pid), await on_postgresql.read(own_pid)):
        postgresql.execute(f"SELECT pg_terminate_backend({pid}, 5000)")
    with pytest.raises(TransientStoreError):
        await on_postgresql.run(remember)
    with pytest.raises(TransientStoreError):
        await on_postgresql.read(remembered)
    await on_postgresql.run(remember)
    assert await on_postgresql.read(remembered) == "value"
    await on_postgresql.close()


@pytest.mark.parametrize(
    ("sqlstate", "remedy"),
    [
        ("08006", TransientStoreError),
        ("40001", TransientStoreError),
        ("40P01", TransientStoreError),
        ("53100", TransientStoreError),
        ("55P03", TransientStoreError),
        ("57P03", TransientStoreError),
        ("58030", TransientStoreError),
        ("22012", DBAPIError),
        ("42501", DBAPIError),
    ],
)
async def test_sqlstate_decides_the_remedy(on_postgresql: Database, sqlstate: str, remedy: type[Exception]) -> None:
    """Lost connections, lost races and lack of resources pass by; everything else is told as it is."""
    fail = text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}'; END $$")
    with pytest.raises(remedy):
        await on_postgresql.run(lambda c: c.execute(fail))
    await on_postgresql.close()


# ---- opening ----


@pytest.mark.parametrize("wrong", ["", "yizhan.db", "mysql://localhost/yizhan", "sqlite//x"])
async def test_a_url_that_is_none_of_ours_is_answered_with_examples(wrong: str) -> None:
    """Whoever wrote it sees what a right one looks like."""
    database = Database(wrong)
    with pytest.raises(StoreMisconfigured, match=r"sqlite:///data/yizhan\.db"):
        await database.open()
    await database.close()


async def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    """The message says which address failed and what to check, and keeps the secret."""
    pytest.importorskip("psycopg", reason="psycopg is not installed; install the extra yizhan[postgresql]")
    database = Database(f"postgresql://yizhan:s3cret@{LOOPBACK}:{free_port()}/yizhan")
    with pytest.raises(StoreMisconfigured, match="check that its address is right") as raised:
        await database.open()
    assert LOOPBACK in str(raised.value)
    assert "s3cret" not in str(raised.value)
    await database.close()


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").touch()
    database = Database(f"sqlite:///{tmp_path}/file/yizhan.db")
    with pytest.raises(StoreMisconfigured, match=r"file/yizhan\.db"):
        await database.open()
    await database.close()


async def test_a_file_that_is_no_database_is_left_alone(stations_csv: Path) -> None:
    """The message says what is wrong with it; the file keeps its content."""
    database = Database(f"sqlite:///{stations_csv}")
    with pytest.raises(StoreMisconfigured, match="not an SQLite file"):
        await database.open()
    await database.close()
    assert is_stations_csv(stations_csv)
