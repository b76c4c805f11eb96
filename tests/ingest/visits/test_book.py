"""The book of visits on a real database: what is published, when, and that no crash can make it wrong."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from ingest.database import database as operational
from ingest.database.database import Database
from ingest.model import Revision
from ingest.ports import TransientStoreError
from ingest.registry.registry import MemoryRegistry
from ingest.visits import book as book_module
from ingest.visits.book import PublishedVisits
from ingest.visits.publishing import Why
from tests.ingest.visits.conftest import DAY_MS, DAYS, TODAY, Clock
from tests.ingest.visits.published import (
    AT_LEAST,
    EXACT,
    PROVISIONAL,
    THIS_MORNING,
    YESTERDAY,
    ago,
    counts,
    publish,
    row,
    write,
)


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
