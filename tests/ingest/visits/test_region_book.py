"""The visits of regions on a real database: they follow their stations, whatever is published meanwhile."""

import asyncio
import threading
from datetime import date

import pytest
from sqlalchemy import Connection

from ingest.database import day_counts
from ingest.database.database import Database
from ingest.database.day_counts import Published
from ingest.model import RegionDay
from ingest.registry.registry import MemoryRegistry
from ingest.visits import region_book
from ingest.visits.book import PublishedVisits
from tests.ingest.visits.conftest import DAYS, TODAY, Clock, entry
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
