"""`yizhan audit`, `backup` and `restore`, typed, on the files of a platform that is not running."""

import asyncio
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, delete, select, update

from assembly import audit
from assembly.settings import Settings
from ingest.database import checkpoints, ledger, revisions, stations
from ingest.database.database import Database
from ingest.database.tables import DAY_COUNT, LEDGER
from ingest.keeper import SNAPSHOT_MARK
from ingest.model import Reading, Revision, Station
from ingest.store.sqlite import SqliteReadingStore
from ingest.visits.audit import Rebuilt
from ingest.visits.local_day import LocalDays
from ingest.visits.publishing import MENDED_MARK, Moved, Why, publish
from tests.ingest.database.postgresql import PostgreSQL, postgresql_program
from tests.ingest.making import reading
from tests.terminal import Terminal

T = TypeVar("T")

DAYS = LocalDays("Asia/Shanghai")
NOW_MS = time.time_ns() // 1_000_000
TODAY = DAYS.of(NOW_MS)
FIRST = TODAY - timedelta(days=3)
HOUR_MS = 3_600_000


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing runs here that would have to settle."""
    monkeypatch.setattr(audit, "SETTLE_S", 0.0)


def history(received_ms: int | None = None) -> list[Reading]:
    """Three whole days of st-1, and the beginning of today; 23 visits on the first day, 24 on each later one."""
    begin_ms = DAYS.start_ms(FIRST)
    found = []
    for hour in range(24 * 3 + 1):
        ts = begin_ms + hour * HOUR_MS
        found.append(reading(received_ms=ts if received_ms is None else received_ms, ts=ts, seq=hour + 1, entered=hour))
    return found


def in_database(function: Callable[[Connection], T]) -> T:
    """Run something in the database of the current folder."""

    async def run() -> T:
        database = Database("sqlite:///data/yizhan.db")
        await database.open()
        try:
            return await database.run(function)
        finally:
            await database.close()

    return asyncio.run(run())


def store(readings: Sequence[Reading]) -> None:
    """Keep raw readings in the store of the current folder."""

    async def run() -> None:
        readings_file = SqliteReadingStore(Path("data/readings.db"))
        await readings_file.open()
        await readings_file.write(readings)
        await readings_file.close()

    asyncio.run(run())


def keep(connection: Connection, readings: Sequence[Reading], mark_ms: int = NOW_MS) -> None:
    """What a platform leaves that took these readings: a ledger, counts, and the mark of a checkpoint."""
    rebuilt = Rebuilt("st-1", DAYS, ())
    for one in readings:
        rebuilt.take(one)
    stations.save_all(connection, [Station("st-1", "驿站", 39.9, 116.4, "110000", None, "110105")], NOW_MS)
    ledger.merge_rows(connection, rebuilt.rows.values(), NOW_MS)
    publish(connection, {"st-1": Moved(FIRST, Why.LATE)}, TODAY, NOW_MS)
    checkpoints.write(connection, SNAPSHOT_MARK, str(mark_ms))


@pytest.fixture
def platform(terminal: Terminal) -> Terminal:
    """A terminal in the folder of a platform on which all agrees."""
    store(history())
    in_database(partial(keep, readings=history()))
    return terminal


def forget(day: date) -> Callable[[Connection], None]:
    """The ledger loses a day, and counts without it."""

    def run(connection: Connection) -> None:
        connection.execute(delete(LEDGER).where(LEDGER.c.day == day))
        connection.execute(delete(DAY_COUNT).where(DAY_COUNT.c.day == day))
        publish(connection, {"st-1": Moved(FIRST, Why.LATE)}, TODAY, NOW_MS)

    return run


def revisions_of(connection: Connection) -> list[Revision]:
    """All of st-1."""
    return revisions.of_station(connection, "st-1", FIRST, TODAY)


def rows_of(connection: Connection) -> list[Any]:
    """The ledger, but for when its rows moved."""
    return list(connection.execute(select(*(one for one in LEDGER.columns if one.name != "updated_ms"))))


def test_what_agrees_is_told_as_such(platform: Terminal) -> None:
    """Exit code 0, and how much was compared."""
    said = platform.run("audit")
    assert "1 stations, 73 readings of occupancy, 0 days differ" in said
    assert platform.json("audit")["differences"] == []


def test_ledger_that_lost_a_day_is_told(platform: Terminal) -> None:
    """Exit code 1; the day, what is published, and what the readings say."""
    lost = FIRST + timedelta(days=1)
    in_database(forget(lost))
    said = platform.run("audit", code=1)
    assert str(lost) in said
    assert "epoch 1: no row, read 24 to 47" in said
    [first, second, third] = platform.json("audit", code=1)["differences"]
    assert [one["day"] for one in (first, second, third)] == [
        str(FIRST + timedelta(days=number)) for number in range(3)
    ]
    assert (second["published"], second["left"]) == (None, True)
    assert second["readings"] == {"visits": 24, "carried": 0, "quality": "exact"}
    assert third["published"]["visits"] == 48
    assert third["published"]["quality"] == "at_least"


def test_mending_brings_it_back(platform: Terminal) -> None:
    """The ledger is what it was, the counts too, a revision says why, and a running platform is told to look."""
    before = in_database(rows_of)
    in_database(forget(FIRST + timedelta(days=1)))
    assert "3 days differ, 0 after mending" in platform.run("audit", "--mend")
    assert sorted(in_database(rows_of)) == sorted(before)
    assert "0 days differ" in platform.run("audit")
    [revised] = [one for one in in_database(revisions_of) if one.why == "mended by audit"]
    assert (revised.day, revised.old, revised.new) == (FIRST + timedelta(days=2), 48, 24)
    assert in_database(partial(checkpoints.read, name=MENDED_MARK)) is not None


def test_ledger_that_knows_more_is_left_alone(terminal: Terminal) -> None:
    """Raw readings that were deleted are no fault, and mending takes nothing away."""
    store(history()[60:])
    in_database(partial(keep, readings=history()))
    before = in_database(rows_of)
    assert "0 days differ" in terminal.run("audit", "--mend")
    assert in_database(rows_of) == before


def test_published_count_is_mended(platform: Terminal) -> None:
    """A number that is not the ledger's, whoever wrote it."""
    in_database(lambda c: c.execute(update(DAY_COUNT).where(DAY_COUNT.c.day == FIRST).values(visits=99)).rowcount)
    [one] = platform.json("audit", code=1)["differences"]
    assert (one["day"], one["published"]["visits"], one["ledger"]["visits"]) == (str(FIRST), 99, 23)
    assert one["lacks"] == []
    platform.run("audit", "--mend")
    assert "0 days differ" in platform.run("audit")


def test_count_without_any_row_cannot_be_mended(platform: Terminal) -> None:
    """Neither ledger nor readings know the day: it is told, and it stays told."""
    long_ago = TODAY - timedelta(days=5)

    def invent(connection: Connection) -> None:
        connection.execute(update(DAY_COUNT).where(DAY_COUNT.c.day == FIRST).values(day=long_ago))
        publish(connection, {"st-1": Moved(FIRST, Why.LATE)}, TODAY, NOW_MS)

    in_database(invent)
    assert "1 days differ, 1 after mending" in platform.run("audit", "--mend", code=1)


def test_readings_that_may_be_on_their_way_are_left_out(terminal: Terminal) -> None:
    """What was received after the platform's last checkpoint, or shortly before, may not be in the ledger yet."""
    store(history(received_ms=NOW_MS))
    in_database(partial(keep, readings=history()[:10], mark_ms=NOW_MS + audit.RECENT_MS))
    assert "0 readings of occupancy, 0 days differ" in terminal.run("audit")
    in_database(lambda c: checkpoints.write(c, SNAPSHOT_MARK, str(NOW_MS + audit.RECENT_MS + 1)))
    assert "73 readings of occupancy, 4 days differ" in terminal.run("audit", code=1)


def test_difference_that_passes_is_none(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the platform publishes while the audit reads is looked at once more."""
    store(history())
    in_database(partial(keep, readings=history()))
    in_database(lambda c: c.execute(delete(DAY_COUNT)).rowcount)

    async def publish_meanwhile(_seconds: float) -> None:
        await asyncio.to_thread(in_database, partial(keep, readings=history()))

    report = asyncio.run(audit.audit(Settings(), None, None, mend=False, sleep=publish_meanwhile))
    assert report.found == []


def test_days_are_those_that_were_asked_for(platform: Terminal) -> None:
    """Both ends included; one end alone makes a week."""
    in_database(forget(FIRST + timedelta(days=1)))
    day = str(FIRST + timedelta(days=1))
    [one] = platform.json("audit", "--from", day, "--to", day, code=1)["differences"]
    assert one["day"] == day
    document = platform.json("audit", "--to", "2020-01-07")
    assert (document["from"], document["differences"]) == ("2020-01-01", [])
    assert "is after" in platform.run("audit", "--from", "2026-11-02", "--to", "2026-11-01", code=2)
    assert "2026-13-01" in platform.run("audit", "--from", "2026-13-01", code=2)


# ---- copies ----


def test_copy_is_made_and_put_back(platform: Terminal, tmp_path: Path) -> None:
    """What was there is kept aside; what was written since is gone."""
    said = platform.run("backup", "copy.db")
    assert "whole, schema 0003, newest entry 20" in said
    in_database(forget(FIRST))
    platform.run("restore", "copy.db")
    assert in_database(lambda c: len(rows_of(c))) == 4
    [kept] = (tmp_path / "data").glob("yizhan.db.replaced-*")
    assert kept.stat().st_size > 0


def test_restored_platform_learns_from_the_readings(platform: Terminal) -> None:
    """An old copy, and an audit behind it: the counts are what they were before the loss."""
    before = in_database(rows_of)
    in_database(lambda c: c.execute(delete(LEDGER).where(LEDGER.c.day > FIRST)).rowcount)
    platform.run("backup", "old.db")
    in_database(partial(keep, readings=history()))
    platform.run("restore", "old.db", "--force")
    platform.run("audit", "--mend")
    assert sorted(in_database(rows_of)) == sorted(before)


def test_what_cannot_be_copied_is_told(terminal: Terminal, tmp_path: Path) -> None:
    """In words, with code 1."""
    assert "there is no database" in terminal.run("backup", "copy.db", code=1)
    assert "there is no file" in terminal.run("restore", "copy.db", code=1)
    (tmp_path / "diary.db").write_text("this is a diary", encoding="utf-8")
    assert "no operational database" in terminal.run("restore", "diary.db", code=1)


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    """One of the test's own."""
    if postgresql_program("initdb") is None:
        pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="yizhan-postgresql-") as folder, PostgreSQL(Path(folder)) as server:
        yield server


def test_postgresql_is_copied_by_its_own_tools(
    terminal: Terminal, postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code 2 and a command without the password; the two commands, run as they are told, bring all of it back."""
    url = postgresql.new_database().replace("postgres@", "postgres:hidden@")
    monkeypatch.setenv("YIZHAN_DATABASE__URL", url)
    terminal.run("tokens", "add", "Li", "--role", "viewer")

    def told(*arguments: str) -> list[str]:
        said = terminal.run(*arguments, code=2)
        assert "hidden" not in said
        return shlex.split(said.strip().splitlines()[-1])

    dump = told("backup", "a copy.dump")
    assert dump[0] == "pg_dump"
    subprocess.run(dump, check=True)
    terminal.run("tokens", "add", "Chen", "--role", "viewer")
    restore = told("restore", "a copy.dump")
    assert restore[0] == "pg_restore"
    subprocess.run(restore, check=True)
    assert [one["name"] for one in terminal.json("tokens", "list")] == ["Li"]
