"""However writing, publishing and crashing alternate, what is published is what the ledger says."""

from datetime import date
from enum import Enum
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete

from ingest.database import ledger
from ingest.database.database import Database
from ingest.database.tables import CHECKPOINT, DAY_COUNT, LEDGER, REVISION
from ingest.model import LedgerRow, Quality
from ingest.registry.registry import MemoryRegistry
from ingest.visits.book import PublishedVisits
from ingest.visits.counting import count_days
from tests.ingest.visits.conftest import DAY_MS, DAYS, Clock
from tests.ingest.visits.history import STATION, any_rows
from tests.ingest.visits.platform import Rows, merge_into

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 9)
"""The days of `any_rows`."""
PROVISIONAL = Quality.PROVISIONAL
NOON_MS = DAYS.start_ms(date(2026, 6, 5)) + DAY_MS // 2


class Then(Enum):
    """What happens after a row was written."""

    NOTED = "noted"
    PUBLISHED = "published"
    CRASH_UNNOTED = "crash before it was noted"
    CRASH_NOTED = "crash before it was published"
    MIDNIGHT = "noted, and the day turns"


@given(rows=any_rows(), later=any_rows(), data=st.data())
@settings(
    max_examples=40,
    deadline=None,
    # The examples share a database, and each empties it first.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_published_is_what_the_ledger_says(
    database: Database,
    registry: MemoryRegistry,
    clock: Clock,
    rows: list[LedgerRow],
    later: list[LedgerRow],
    data: st.DataObject,
) -> None:
    """After each publishing the counts are those of all rows, and each complete count that changed has a revision."""
    await database.run(empty)
    clock.now_ms = NOON_MS
    book = await reopened(database, registry, clock)
    written: Rows = {}
    complete: dict[date, int] = {}
    changes = 0
    for row in [*rows, *later]:
        then = data.draw(st.sampled_from(Then))
        merge_into(written, [row])
        await database.run(partial(ledger.merge_rows, rows=[row], now_ms=clock()))
        if then is not Then.CRASH_UNNOTED:
            book.note(STATION, row.day)
        if then in (Then.CRASH_UNNOTED, Then.CRASH_NOTED):
            book = await reopened(database, registry, clock)
        if then is Then.MIDNIGHT:
            clock.now_ms += DAY_MS
        if then is Then.PUBLISHED:
            changes += await assert_published(book, written, complete, clock)
    changes += await assert_published(book, written, complete, clock)
    assert len(await book.revisions(STATION, FIRST, LAST)) == changes


def empty(connection: Connection) -> None:
    """Forget the example before."""
    for table in (LEDGER, DAY_COUNT, REVISION, CHECKPOINT):
        connection.execute(delete(table))


async def reopened(database: Database, registry: MemoryRegistry, clock: Clock) -> PublishedVisits:
    """A book that knows nothing but what is durable."""
    book = PublishedVisits(database, registry, DAYS, clock)
    await book.restore()
    return book


async def assert_published(book: PublishedVisits, written: Rows, complete: dict[date, int], clock: Clock) -> int:
    """Publish and compare; how many counts changed that were complete before."""
    await book.flush()
    found = await book.of_stations([STATION], FIRST, LAST)
    assert found == count_days(list(written.values()), DAYS.of(clock()))
    changes = len([one for one in found if complete.get(one.day, one.visits) != one.visits])
    complete.update({one.day: one.visits for one in found if one.day in complete or one.quality is not PROVISIONAL})
    return changes
