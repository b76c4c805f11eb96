"""Copies of an SQLite database: one moment, whole, checked; and put back over nothing that would be missed."""

import asyncio
import contextlib
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ingest.database import checkpoints, stations
from ingest.database.copies import CopyFailed, back_up, facts_of, put_back
from ingest.database.database import Database
from ingest.model import Station

STAMP = "20261122T120000Z"


def station(number: int) -> Station:
    """Each with a name that takes some room."""
    return Station(f"yz-{number:06d}", "驿站" * 100, 39.9, 116.4, "110000", None, "110105")


async def save(database: Database, number: int, now_ms: int) -> None:
    """Register one station."""
    await database.run(lambda c: stations.save_all(c, [station(number)], now_ms))


def count(file: Path) -> int:
    """Stations in a file."""
    with sqlite3.connect(file) as connection:
        [found] = connection.execute("SELECT count(*) FROM station").fetchone()
    connection.close()
    return int(found)


def content_of(file: Path) -> bytes:
    """All of it."""
    return file.read_bytes()


def fill(file: Path, content: bytes) -> None:
    """Put something in its place."""
    file.write_bytes(content)


def mode_of(file: Path) -> int:
    """Who may do what with it."""
    return stat.S_IMODE(file.stat().st_mode)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Open, with one station of the instant 1000; the file is yizhan.db."""
    opened = Database(f"sqlite:///{tmp_path}/yizhan.db")
    await opened.open()
    await save(opened, 1, 1000)
    yield opened
    with contextlib.suppress(RuntimeError):  # the test may have closed it
        await opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Of the database."""
    return tmp_path / "yizhan.db"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Where a copy goes."""
    return tmp_path / "copies" / "yizhan copy.db"


@pytest.fixture(autouse=True)
def folder_of_copies(tmp_path: Path) -> None:
    """It must be there."""
    (tmp_path / "copies").mkdir()


# ---- backing up ----


async def test_copy_of_an_open_database_is_whole(database: Database, file: Path, copy: Path) -> None:
    """What stands in the -wal file is in it; it is one file, and nobody but its owner may read it."""
    assert content_of(file.with_name("yizhan.db-wal"))
    facts = back_up(file, copy, force=False)
    assert facts == facts_of(file)
    assert facts.newest_ms == 1000
    assert count(copy) == 1
    assert [one.name for one in copy.parent.iterdir()] == [copy.name]
    assert mode_of(copy) == 0o600


async def test_copy_is_one_moment_of_a_database_that_is_written(database: Database, file: Path, copy: Path) -> None:
    """Rows that are written two at a time are both in it or neither, whenever it is made."""
    is_over = asyncio.Event()

    async def write() -> None:
        number = 2
        while not is_over.is_set():
            pair = [station(number), station(number + 1)]
            await database.run(lambda c, pair=pair: stations.save_all(c, pair, 2000))  # type: ignore[misc]  # mypy sees no default
            number += 2

    writing = asyncio.create_task(write())
    for _ in range(10):
        await asyncio.to_thread(back_up, file, copy, force=True)
        assert count(copy) % 2 == 1
    is_over.set()
    await writing
    assert count(copy) > 1


async def test_copy_that_is_there_is_not_replaced_unasked(database: Database, file: Path, copy: Path) -> None:
    """Last week's copy may be the only good one."""
    fill(copy, b"last week's")
    with pytest.raises(CopyFailed, match="--force"):
        back_up(file, copy, force=False)
    assert content_of(copy) == b"last week's"
    back_up(file, copy, force=True)
    assert count(copy) == 1


async def test_copy_that_fails_leaves_nothing_behind(database: Database, file: Path, tmp_path: Path) -> None:
    """No half file under the name of a copy, and what stood there stays."""
    with pytest.raises(CopyFailed, match="could not be copied"):
        back_up(file, tmp_path / "no such folder" / "copy.db", force=False)
    with pytest.raises(CopyFailed, match="there is no database"):
        back_up(tmp_path / "absent.db", tmp_path / "copy.db", force=False)
    assert not (tmp_path / "copy.db").exists()


async def test_damaged_database_makes_no_copy(database: Database, file: Path, copy: Path) -> None:
    """Whoever keeps only the newest copies must not lose the good ones to a bad one."""
    for number in range(200):
        await save(database, number, 1000)
    await database.close()
    with file.open("r+b") as damaged:
        damaged.seek(40 * 4096)
        damaged.write(os.urandom(20 * 4096))
    fill(copy, b"the good one")
    with pytest.raises(CopyFailed):
        back_up(file, copy, force=True)
    assert content_of(copy) == b"the good one"
    assert [one.name for one in copy.parent.iterdir()] == [copy.name]


# ---- putting back ----


async def test_lost_database_is_put_back(database: Database, file: Path, copy: Path) -> None:
    """Where none is, the copy becomes it, and a platform can open it."""
    back_up(file, copy, force=False)
    await database.close()
    for one in file.parent.glob("yizhan.db*"):
        one.unlink()
    assert put_back(copy, file, force=False, stamp=STAMP) is None
    again = Database(f"sqlite:///{file}")
    await again.open()
    assert [one.id for one in await again.read(lambda c: list(stations.load_all(c)))] == ["yz-000001"]
    await again.close()


async def test_database_that_is_open_is_not_touched(database: Database, file: Path, copy: Path) -> None:
    """A platform runs on it: even by force nothing happens."""
    back_up(file, copy, force=False)
    for force in (False, True):
        with pytest.raises(CopyFailed, match="stop the platform first"):
            put_back(copy, file, force=force, stamp=STAMP)
    await save(database, 2, 3000)
    assert await database.read(lambda c: len(list(stations.load_all(c)))) == 2


async def test_newer_database_is_replaced_by_force_alone(database: Database, file: Path, copy: Path) -> None:
    """What was written since the copy would be lost; by force it goes, and is kept aside."""
    back_up(file, copy, force=False)
    await save(database, 2, 61_000)
    await database.close()
    with pytest.raises(CopyFailed, match="newer than the copy, by 60 s"):
        put_back(copy, file, force=False, stamp=STAMP)
    assert count(file) == 2
    aside = put_back(copy, file, force=True, stamp=STAMP)
    assert aside == file.with_name(f"yizhan.db.replaced-{STAMP}")
    assert (count(file), count(aside)) == (1, 2)
    assert mode_of(aside) == 0o600


async def test_database_of_a_later_program_is_newer(database: Database, file: Path, copy: Path) -> None:
    """By its schema, whatever its rows say."""
    back_up(file, copy, force=False)
    await database.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    connection.close()
    with pytest.raises(CopyFailed, match="newer than the copy"):
        put_back(copy, file, force=False, stamp=STAMP)


async def test_older_database_is_replaced(database: Database, file: Path, copy: Path) -> None:
    """The copy is of a later moment, or of the same."""
    back_up(file, copy, force=False)
    await database.close()
    assert put_back(copy, file, force=False, stamp=STAMP) is not None
    assert count(file) == 1


@pytest.mark.parametrize("content", [b"", b"this is a diary", b"SQLite format 3\0" + bytes(4096)])
async def test_unreadable_database_is_replaced_by_force_alone(
    database: Database, file: Path, copy: Path, content: bytes
) -> None:
    """Nobody can tell how new it is, so somebody must say; it is kept aside as it was."""
    back_up(file, copy, force=False)
    await database.close()
    fill(file, content)
    with pytest.raises(CopyFailed, match="--force"):
        put_back(copy, file, force=False, stamp=STAMP)
    aside = put_back(copy, file, force=True, stamp=STAMP)
    assert aside is not None
    assert content_of(aside) == content
    assert count(file) == 1


async def test_what_is_no_copy_is_refused(database: Database, file: Path, tmp_path: Path) -> None:
    """Neither an absent file, nor anything else, nor another program's database, nor a later program's."""
    await database.close()
    other = tmp_path / "other.db"
    with pytest.raises(CopyFailed, match="there is no file"):
        put_back(other, file, force=True, stamp=STAMP)
    for content in (b"this is a diary", b""):
        fill(other, content)
        with pytest.raises(CopyFailed, match="no operational database"):
            put_back(other, file, force=True, stamp=STAMP)
    back_up(file, other, force=True)
    with sqlite3.connect(other) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    connection.close()
    with pytest.raises(CopyFailed, match="later version of the platform"):
        put_back(other, file, force=True, stamp=STAMP)
    assert count(file) == 1


async def test_copy_of_an_earlier_program_is_taken(database: Database, file: Path, copy: Path) -> None:
    """The next start brings it up to date."""
    newest = back_up(file, copy, force=False).revision
    await database.close()
    with sqlite3.connect(copy) as connection:
        for table in ("act", "alert", "alert_change", "alert_note", "job", "outbox", "token"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    assert facts_of(copy).revision == "0001"
    put_back(copy, file, force=True, stamp=STAMP)
    again = Database(f"sqlite:///{file}")
    await again.open()
    await again.run(lambda c: checkpoints.write(c, "name", "value"))
    await again.close()
    assert facts_of(file).revision == newest
