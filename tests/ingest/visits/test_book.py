"""The book of visits on a real database: what is published, when, and that no crash can make it wrong."""

import asyncio
import sqlite3
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ingest.database import database as operational
from ingest.database import day_counts, ledger
from ingest.database.database import Database
from ingest.database.day_counts import Published
from ingest.model import LedgerRow, Mark, Quality, RegionDay, Revision
from ingest.ports import TransientStoreError
from ingest.registry.registry import MemoryRegistry
from ingest.visits import book as book_module
from ingest.visits import region_book
from ingest.visits.book import PublishedVisits
from ingest.visits.publishing import Why
from tests.ingest.visits.conftest import DAY_MS, DAYS, TODAY, Clock, entry

EXACT, PROVISIONAL, AT_LEAST = Quality.EXACT, Quality.PROVISIONAL, Quality.AT_LEAST


def ago(days: int) -> date:
    """A day before today."""
    return TODAY - timedelta(days=days)


def row(day: date, meter: tuple[int, int], seqs: tuple[int, int], station: str = "bj-1", epoch: int = 1) -> LedgerRow:
    """A row of the ledger: lowest and highest number, seq of the first and the last reading."""
    begin_ms = DAYS.start_ms(day)
    return LedgerRow(
        station, day, epoch, *meter, Mark(begin_ms + seqs[0], 1, seqs[0]), Mark(begin_ms + seqs[1], 1, seqs[1])
    )


async def write(database: Database, clock: Clock, *rows: LedgerRow) -> None:
    """Make rows durable, as a batch does."""
    await database.run(lambda connection: ledger.merge_rows(connection, rows, clock()))


async def publish(database: Database, clock: Clock, book: PublishedVisits, *rows: LedgerRow) -> None:
    """Make rows durable, note them, and wait until they are published."""
    await write(database, clock, *rows)
    for one in rows:
        book.note(one.station, one.day)
    await book.flush()


async def counts(book: PublishedVisits, station: str = "bj-1") -> list[tuple[date, int, int, Quality]]:
    """What is published of a station, all days."""
    found = await book.of_stations([station], date(2026, 1, 1), date(2027, 1, 1))
    return [(one.day, one.visits, one.carried, one.quality) for one in found]


YESTERDAY = row(ago(1), (0, 10), (1, 100))
THIS_MORNING = row(TODAY, (10, 14), (101, 150))


async def test_a_day_is_published_and_completed(database: Database, clock: Clock, book: PublishedVisits) -> None:
    """A day is provisional until the next one is heard, which makes it exact though only the next one was noted."""
    await publish(database, clock, book, YESTERDAY)
    assert await counts(book) == [(ago(1), 10, 0, PROVISIONAL)]
    await publish(database, clock, book, THIS_MORNING)
    assert await counts(book) == [(ago(1), 10, 0, EXACT), (TODAY, 4, 0, PROVISIONAL)]
    assert await book.revisions("bj-1", ago(9), TODAY) == []


async def test_a_silent_station_is_counted_from_its_last_day(
    database: Database, clock: Clock, book: PublishedVisits
) -> None:
    """However long ago the last reading was, and whatever came before that, the base is found."""
    old = [row(ago(200), (0, 10), (1, 100)), row(ago(100), (12, 30), (101, 200))]
    await publish(database, clock, book, *old)
    await publish(database, clock, book, row(TODAY, (33, 35), (301, 400)))
    assert await counts(book) == [
        (ago(200), 10, 0, EXACT),
        (ago(100), 20, 0, AT_LEAST),
        (TODAY, 5, 3, PROVISIONAL),
    ]


async def test_late_readings_revise_the_day_and_its_neighbour(
    database: Database, clock: Clock, book: PublishedVisits
) -> None:
    """A complete count that changes leaves a revision; so does that of the next day, whose base it is."""
    await publish(database, clock, book, row(ago(2), (0, 5), (1, 60)), row(ago(1), (10, 20), (101, 200)), THIS_MORNING)
    assert await counts(book) == [
        (ago(2), 5, 0, AT_LEAST),
        (ago(1), 15, 5, AT_LEAST),
        (TODAY, 0, 0, PROVISIONAL),
    ]
    clock.now_ms += 1000
    await publish(database, clock, book, row(ago(2), (5, 9), (61, 100)))
    assert (await counts(book))[:2] == [(ago(2), 9, 0, EXACT), (ago(1), 11, 0, AT_LEAST)]
    assert await book.revisions("bj-1", ago(9), TODAY) == [
        Revision("bj-1", ago(2), 5, 9, "late readings", clock.now_ms),
        Revision("bj-1", ago(1), 15, 11, "late readings", clock.now_ms),
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_revision_says_why(
    database: Database, clock: Clock, book: PublishedVisits, order: tuple[int, int]
) -> None:
    """Who mends gives the reason, whatever else is noted of the station before or after."""
    await publish(database, clock, book, YESTERDAY, THIS_MORNING)
    await write(database, clock, row(ago(1), (0, 12), (1, 100)))
    notes = ((TODAY, Why.LATE), (ago(1), Why.AUDIT))
    for number in order:
        book.note("bj-1", *notes[number])
    await book.flush()
    assert [(one.day, one.old, one.new, one.why) for one in await book.revisions("bj-1", ago(9), TODAY)] == [
        (ago(1), 10, 12, "mended by audit")
    ]


async def test_a_label_that_changes_is_no_revision(database: Database, clock: Clock, book: PublishedVisits) -> None:
    """The end of a day is mended: its label gets better, its number stays."""
    await publish(database, clock, book, row(ago(1), (0, 10), (1, 90)), row(TODAY, (11, 14), (101, 150)))
    assert await counts(book) == [(ago(1), 10, 0, AT_LEAST), (TODAY, 4, 1, PROVISIONAL)]
    await publish(database, clock, book, row(ago(1), (10, 10), (91, 100)))
    assert await counts(book) == [(ago(1), 10, 0, EXACT), (TODAY, 4, 0, PROVISIONAL)]
    assert await book.revisions("bj-1", ago(9), TODAY) == []


async def test_a_wrong_clock_does_not_count_visits_twice(
    database: Database, clock: Clock, book: PublishedVisits
) -> None:
    """Numbers that a clock set back put on an earlier day are found there again, also days later."""
    await publish(database, clock, book, row(ago(5), (0, 10), (1, 100)), row(ago(3), (10, 20), (101, 200)))
    await publish(database, clock, book, row(ago(5), (21, 30), (201, 300)))
    await publish(database, clock, book, row(ago(2), (31, 35), (301, 350)))
    await publish(database, clock, book, row(ago(1), (35, 40), (351, 400)))
    assert sum(visits for _day, visits, _carried, _label in await counts(book)) == 40
    assert await book.revisions("bj-1", ago(9), TODAY) == [
        Revision("bj-1", ago(5), 10, 30, "late readings", clock.now_ms)
    ]


async def test_our_own_clock_set_back_does_not_take_back_a_complete_day(
    database: Database, clock: Clock, book: PublishedVisits
) -> None:
    """A number told as final leaves a revision whenever it changes, even where its day has begun again for us."""
    await publish(database, clock, book, YESTERDAY, THIS_MORNING)
    clock.now_ms -= DAY_MS
    await publish(database, clock, book, row(ago(1), (0, 12), (1, 100)))
    await publish(database, clock, book, row(ago(1), (0, 13), (1, 100)))
    assert [(one.old, one.new) for one in await book.revisions("bj-1", ago(1), ago(1))] == [(10, 12), (12, 13)]


# ---- midnight ----


async def test_a_clock_that_is_ahead_completes_the_day_at_midnight(
    database: Database, registry: MemoryRegistry, clock: Clock
) -> None:
    """Heard on a day that had not begun: when it does, the day before is over, with no further reading."""
    clock.now_ms = DAYS.end_ms(ago(1)) - 60_000
    book = PublishedVisits(database, registry, DAYS, clock)
    await publish(database, clock, book, YESTERDAY, THIS_MORNING)
    assert await counts(book) == [(ago(1), 10, 0, PROVISIONAL), (TODAY, 4, 0, PROVISIONAL)]
    assert [region.visits for region in book.region_days(None)] == [10, 0]
    clock.now_ms = DAYS.end_ms(ago(1))
    assert [region.visits for region in book.region_days(None)] == [4, 10]
    await book.flush()
    assert (await counts(book))[0] == (ago(1), 10, 0, EXACT)


async def test_a_restart_over_midnight_completes_the_day_of_a_clock_that_is_ahead(
    database: Database, registry: MemoryRegistry, clock: Clock
) -> None:
    """Nothing moved since the last round before midnight, and yet the day is over for this station."""
    clock.now_ms = DAYS.end_ms(ago(1)) - 5 * 60_000
    book = PublishedVisits(database, registry, DAYS, clock)
    await publish(database, clock, book, YESTERDAY, THIS_MORNING)
    clock.now_ms += 2 * book_module.MARGIN_MS
    await publish(database, clock, book, row(ago(1), (0, 3), (1, 9), "bj-2"))
    clock.now_ms += DAY_MS
    again = PublishedVisits(database, registry, DAYS, clock)
    await again.restore()
    await again.flush()
    assert (await counts(again))[0] == (ago(1), 10, 0, EXACT)


async def test_midnight_may_come_while_a_count_is_being_published(
    database: Database, registry: MemoryRegistry, clock: Clock
) -> None:
    """Counted before midnight and shown after it: the day before is over all the same."""
    clock.now_ms = DAYS.end_ms(ago(1)) - 1
    book = PublishedVisits(database, registry, DAYS, clock)
    await write(database, clock, YESTERDAY, THIS_MORNING)
    book.note("bj-1", ago(1))
    publishing = asyncio.create_task(book.flush(), name="publishing")
    await asyncio.sleep(0)  # it is in the database's thread now, and cannot come back before we wait for it
    clock.now_ms += 1
    book.region_days(None)
    await publishing
    await book.flush()
    assert (await counts(book))[0] == (ago(1), 10, 0, EXACT)


async def test_all_stations_turn_at_once(database: Database, clock: Clock, book: PublishedVisits) -> None:
    """More stations than one transaction takes are all published."""
    stations = [f"s-{number:04d}" for number in range(2 * book_module.STATIONS_AT_ONCE + 7)]
    await publish(database, clock, book, *(row(TODAY, (0, 3), (1, 9), station) for station in stations))
    found = await book.of_stations(stations, TODAY, TODAY)
    assert [(one.station, one.visits) for one in found] == [(station, 3) for station in stations]


# ---- crashes and errors ----


async def test_a_crash_between_ledger_and_book_is_mended(
    database: Database, registry: MemoryRegistry, clock: Clock, book: PublishedVisits
) -> None:
    """What was durable but not published is published by the next process, with its revisions."""
    await publish(database, clock, book, YESTERDAY, THIS_MORNING)
    clock.now_ms += 60_000
    await write(database, clock, row(ago(1), (0, 12), (1, 100)), row(TODAY, (14, 15), (151, 160)))
    book.note("bj-1", ago(1))
    del book  # killed before it published

    again = PublishedVisits(database, registry, DAYS, clock)
    await again.restore()
    assert again.region_days(None)[0].visits == 4
    await again.flush()
    assert await counts(again) == [(ago(1), 12, 0, AT_LEAST), (TODAY, 3, 0, PROVISIONAL)]
    assert [(one.old, one.new) for one in await again.revisions("bj-1", ago(1), ago(1))] == [(10, 12)]
    assert [region.visits for region in again.region_days("110101")] == [3, 12]


async def test_a_ledger_that_was_never_published_is_published_whole(
    database: Database, registry: MemoryRegistry, clock: Clock
) -> None:
    """The first start over an old ledger counts it from its beginning."""
    await write(database, clock, row(ago(300), (0, 7), (1, 99)), row(ago(299), (7, 9), (100, 199)))
    book = PublishedVisits(database, registry, DAYS, clock)
    await book.restore()
    await book.flush()
    assert await counts(book) == [(ago(300), 7, 0, EXACT), (ago(299), 2, 0, PROVISIONAL)]


async def test_a_restart_recounts_only_what_moved(
    database: Database, registry: MemoryRegistry, clock: Clock, book: PublishedVisits
) -> None:
    """Stations whose rows are as old as the last round are left alone."""
    await publish(database, clock, book, YESTERDAY, THIS_MORNING)
    clock.now_ms += 2 * book_module.MARGIN_MS
    await publish(database, clock, book, row(TODAY, (0, 3), (1, 9), "bj-2"))
    again = PublishedVisits(database, registry, DAYS, clock)
    await again.restore()
    assert set(again._moved) == {"bj-2"}


async def test_an_error_of_the_database_keeps_what_was_noted(
    database: Database, clock: Clock, registry: MemoryRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process holds the database nothing is lost; when it lets go, all is published."""
    await write(database, clock, YESTERDAY)
    monkeypatch.setattr(operational, "BUSY_TIMEOUT_S", 0.05)
    impatient = Database(f"sqlite:///{tmp_path}/yizhan.db")
    await impatient.open()
    book = PublishedVisits(impatient, registry, DAYS, clock)
    book.note("bj-1", ago(1))
    other = sqlite3.connect(tmp_path / "yizhan.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TransientStoreError):
        await book.flush()
    other.execute("ROLLBACK")
    other.close()
    await book.flush()
    assert await counts(book) == [(ago(1), 10, 0, PROVISIONAL)]
    await impatient.close()


async def test_run_publishes_within_a_second_and_outlives_an_outage(
    database: Database, clock: Clock, registry: MemoryRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop publishes soon after a note, waits out an error, and goes on."""
    monkeypatch.setattr(operational, "BUSY_TIMEOUT_S", 0.05)
    monkeypatch.setattr(book_module, "FIRST_WAIT_S", 0.05)
    impatient = Database(f"sqlite:///{tmp_path}/yizhan.db")
    await impatient.open()
    book = PublishedVisits(impatient, registry, DAYS, clock)
    running = asyncio.create_task(book.run(), name="visits")
    for meter in (10, 12):
        other = sqlite3.connect(tmp_path / "yizhan.db", isolation_level=None)
        await write(database, clock, row(TODAY, (0, meter), (1, meter)))
        other.execute("BEGIN IMMEDIATE")
        book.note("bj-1", TODAY)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(published(book, meter)), 0.15)
        other.execute("ROLLBACK")
        other.close()
        await asyncio.wait_for(published(book, meter), 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await impatient.close()


async def published(book: PublishedVisits, visits: int) -> None:
    """Return when the public can see a number of visits today."""
    while (await counts(book))[-1:] != [(TODAY, visits, 0, PROVISIONAL)]:  # noqa: ASYNC110 - the public polls as well
        await asyncio.sleep(0.01)


# ---- regions ----


async def by_region(book: PublishedVisits, code: str | None) -> list[RegionDay]:
    """The last three days of a region."""
    return list(await book.of_region(code, ago(2), TODAY))


async def test_regions_follow_their_stations(database: Database, clock: Clock, book: PublishedVisits) -> None:
    """Sums, the weakest label and the stations behind each label, for every level; strangers count nowhere."""
    await publish(
        database,
        clock,
        book,
        YESTERDAY,
        THIS_MORNING,
        row(ago(1), (0, 20), (1, 50), "bj-2"),
        row(TODAY, (21, 30), (60, 90), "bj-2"),
        row(TODAY, (0, 100), (1, 90), "bj-3"),
        row(TODAY, (0, 1000), (1, 90), "stranger"),
    )
    today, yesterday = book.region_days("110101")
    assert yesterday == RegionDay(ago(1), 30, 0, AT_LEAST, {EXACT: 1, PROVISIONAL: 0, AT_LEAST: 1})
    assert today == RegionDay(TODAY, 14, 1, PROVISIONAL, {EXACT: 0, PROVISIONAL: 2, AT_LEAST: 0})
    assert [region.visits for region in book.region_days("110000")] == [114, 30]
    assert [region.visits for region in book.region_days(None)] == [114, 30]
    assert [region.visits for region in book.region_days("440000")] == [0, 0]
    assert await by_region(book, "110101") == [yesterday, today]
    assert (await counts(book, "stranger"))[0][1] == 1000


@pytest.mark.parametrize("is_asked", [True, False])
async def test_what_is_published_while_regions_are_summed_is_in_them(
    database: Database, clock: Clock, book: PublishedVisits, monkeypatch: pytest.MonkeyPatch, is_asked: bool
) -> None:
    """A slow sum of a day, asked for or after a change of the registry, and counts that are published meanwhile.

    They are neither missing afterwards nor in it twice.
    """
    monkeypatch.setattr(region_book, "SMALL_STATIONS", 0)
    day = ago(9) if is_asked else ago(1)
    await publish(database, clock, book, row(day, (0, 5), (1, 50)))
    reading, may_end, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()
    of_days = day_counts.of_days

    def slow(connection: Connection, first: date, last: date) -> list[Published]:
        found = list(of_days(connection, first, last))
        loop.call_soon_threadsafe(reading.set)
        assert may_end.wait(10)
        return found

    monkeypatch.setattr(day_counts, "of_days", slow)
    summing = asyncio.ensure_future(book.of_region(None, day, day) if is_asked else book.registry_changed())
    await reading.wait()
    one = row(day, (0, 7), (1, 70), "bj-2")
    await write(database, clock, one)
    book.note(one.station, day)
    publishing = asyncio.create_task(book.flush())
    await asyncio.wait([publishing], timeout=0.1)  # it would be done by then, if nothing held it
    may_end.set()
    await asyncio.gather(summing, publishing)
    assert [one.visits for one in await book.of_region(None, day, day)] == [5 + 7]


@pytest.mark.parametrize("small", [0, 2_000])
async def test_regions_are_the_same_by_station_and_by_day(
    database: Database,
    clock: Clock,
    book: PublishedVisits,
    registry: MemoryRegistry,
    monkeypatch: pytest.MonkeyPatch,
    small: int,
) -> None:
    """A wide region's old days are summed once and then followed; a small one's are read; both say the same."""
    monkeypatch.setattr(region_book, "SMALL_STATIONS", small)
    await publish(database, clock, book, row(ago(2), (0, 5), (1, 60)), row(ago(1), (10, 20), (101, 200)))
    for code in (None, "110000", "110101"):
        assert [(one.day, one.visits) for one in await by_region(book, code)] == [(ago(2), 5), (ago(1), 15)]
    await publish(database, clock, book, row(ago(2), (5, 9), (61, 100)))
    for code in (None, "110000", "110101"):
        assert [(one.day, one.visits) for one in await by_region(book, code)] == [(ago(2), 9), (ago(1), 11)]
    registry.reload([entry("bj-2", "110101")])
    await book.registry_changed()
    for code in (None, "110000", "110101"):
        assert await by_region(book, code) == []
    assert [region.visits for region in book.region_days(None)] == [0, 0]


async def test_wide_days_in_memory_are_bounded(
    database: Database, clock: Clock, book: PublishedVisits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for years leaves no more than the bound behind, and is answered all the same."""
    monkeypatch.setattr(region_book, "SMALL_STATIONS", 0)
    monkeypatch.setattr(region_book, "WIDE_DAYS_MAX", 3)
    await publish(database, clock, book, row(ago(9), (0, 7), (1, 99)), row(ago(4), (7, 9), (100, 199)))
    found = await book.of_region(None, ago(9), TODAY)
    assert [(one.day, one.visits) for one in found] == [(ago(9), 7), (ago(4), 2)]
    assert len(book._regions._wide) == 3


async def test_today_is_the_local_day(book: PublishedVisits) -> None:
    """16:00 UTC is midnight in Shanghai."""
    midnight_ms = DAYS.start_ms(TODAY)
    assert (book.today(midnight_ms - 1), book.today(midnight_ms)) == (ago(1), TODAY)
