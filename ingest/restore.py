"""After a start: the books as they were, from the last checkpoint and the readings stored since.

Enters: the operational database and the store. Leaves: a live picture, a ledger and quality records; and in the
database those ledger rows that a crash cut off between the store's write and the database's. Never: counts visits, or
lets the checkpoint pass readings that could not be read because the store is away.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection

from gateway.failure_log import FailureLog
from ingest.database import checkpoints, latest, ledger, quality
from ingest.database.database import Database
from ingest.keeper import SNAPSHOT_MARK
from ingest.live.snapshot import load
from ingest.live.station import LiveStation
from ingest.model import LedgerRow, Reading
from ingest.outlet import FIRST_WAIT_S, Sleep, next_wait
from ingest.ports import ReadingStore, StoreMisconfigured, TransientStoreError
from ingest.steps import Books, take_again
from ingest.visits.ledger import merge

log = logging.getLogger(__name__)

AT_ONCE: Final = 200
"""Readings taken in before others get a turn. Larger: arrivals wait. Smaller: it takes longer."""

OnAnswer = Callable[[Exception | None], None]
"""Told how each question to the store ended; None: well."""


class Restored(NamedTuple):
    """How far the books are what they were."""

    readings: int
    """Taken in again behind the checkpoint."""
    unread_since_ms: int | None = None
    """The store is away: what it has received since then is missing. None: nothing is."""


async def restore(
    books: Books,
    database: Database,
    store: ReadingStore | None,
    spooled: Iterable[Reading],
    today: date,
    now_ms: int,
    default_interval_ms: int,
    process: str | None = None,
) -> Restored:
    """Fill the books; where the store is away, hold the checkpoint, for `restore_rest` to go on.

    `store`: None where it is known to be away. `spooled`: what is durable and not in the store yet. `process`: the name
    of this one where several ingest into one database.
    """

    def read(connection: Connection) -> tuple[dict[str, LiveStation], int]:
        own_id, yesterday = books.picture.own_id, today - timedelta(days=1)
        stations = load(latest.rows(connection), default_interval_ms, own_id)
        books.ledger.restore(ledger.rows_on_days(connection, [yesterday, today], own_id))
        for station, record in quality.every(connection).items():
            books.quality.of(station).load(dict(record))
        return stations, _mark_ms(connection, process)

    stations, mark_ms = await database.read(read)
    for live in stations.values():
        books.picture.adopt(live)
    books.quality.take_dirty()
    mend = _Mend(books)
    for reading in spooled:
        mend.take(reading)
    unread_since_ms = None if await mend.take_stored(store, mark_ms) else mark_ms
    if unread_since_ms is not None:
        books.checkpoint.hold()
        log.warning("what was stored after the last checkpoint is taken in again when the store is back")
    if mend.rows:
        rows = list(mend.rows.values())
        await database.run(lambda connection: ledger.merge_rows(connection, rows, now_ms))
    if mend.readings:
        log.info("took in again %d readings kept after the last checkpoint", mend.readings)
    return Restored(mend.readings, unread_since_ms)


async def restore_rest(
    books: Books,
    store: ReadingStore,
    since_ms: int,
    take: Callable[[Reading], None],
    on_answer: OnAnswer,
    sleep: Sleep = asyncio.sleep,
) -> int:
    """While the platform runs: what a start could not read. Returns when all is taken, however long the store is away.

    Of what has arrived since the start some is given to `take` once more, which changes nothing.
    """
    wait_s, failures = FIRST_WAIT_S, FailureLog(log, "restart")
    while True:
        taken = 0
        try:
            async for reading in store.stored_since(since_ms):
                take(reading)
                taken += 1
                if taken % AT_ONCE == 0:
                    await asyncio.sleep(0)
        except (TransientStoreError, StoreMisconfigured) as error:
            on_answer(error)
            failures.failed(f"{error}; what was stored before the start is not taken in again yet, nothing is lost")
            wait_s = await next_wait(sleep, wait_s, error)
        else:
            on_answer(None)
            failures.worked()
            books.checkpoint.release()
            log.info("the store is back: took in again %d readings kept after the last checkpoint", taken)
            return taken


def _mark_ms(connection: Connection, process: str | None) -> int:
    """Of this process. One that is new among several has stored nothing yet; the oldest mark of all is early enough."""
    own = checkpoints.read(connection, checkpoints.name_of(SNAPSHOT_MARK, process))
    if own is not None:
        return int(own)
    return min(map(int, checkpoints.of_all(connection, SNAPSHOT_MARK)), default=0)


class _Mend:
    """Takes in again what was kept after the checkpoint."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.readings = 0
        self.rows: dict[tuple[str, date, int], LedgerRow] = {}

    def take(self, reading: Reading) -> None:
        """One reading, in any order."""
        for row in take_again(self._books, reading):
            key = row.station, row.day, row.epoch
            self.rows[key] = merge(self.rows[key], row) if key in self.rows else row
        self.readings += 1

    async def take_stored(self, store: ReadingStore | None, since_ms: int) -> bool:
        """Whether all of it could be read."""
        if store is None:
            return False
        try:
            async for reading in store.stored_since(since_ms):
                self.take(reading)
        except (TransientStoreError, StoreMisconfigured) as error:
            log.warning("the store cannot be read: %s", error)
            return False
        return True
