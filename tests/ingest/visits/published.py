"""Rows of a ledger made durable and published, for stories about the books of visits.

Enters: days, meters, numbers. Leaves: rows, and what is published of them. Never: a count of its own.
"""

from datetime import date, timedelta

from ingest.database import ledger
from ingest.database.database import Database
from ingest.model import LedgerRow, Mark, Quality
from ingest.visits.book import PublishedVisits
from tests.ingest.visits.conftest import DAYS, TODAY, Clock

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
