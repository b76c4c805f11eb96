"""After a start: the books as they were, from the last checkpoint and the readings stored since.

Enters: the operational database and the store. Leaves: a live picture, a ledger and quality records; and in the
database those ledger rows that a crash cut off between the store's write and the database's. Never: counts visits.
"""

import logging
from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import Connection

from ingest.database import checkpoints, latest, ledger, quality
from ingest.database.database import Database
from ingest.keeper import SNAPSHOT_MARK
from ingest.live.snapshot import load
from ingest.live.station import LiveStation
from ingest.model import LedgerRow, Occupancy, Reading
from ingest.ports import ReadingStore
from ingest.sequence import Outcome
from ingest.steps import Books
from ingest.visits.ledger import merge

log = logging.getLogger(__name__)


async def restore(
    books: Books,
    database: Database,
    store: ReadingStore,
    spooled: Iterable[Reading],
    today: date,
    now_ms: int,
    default_interval_ms: int,
) -> int:
    """Fill the books; gives how many readings were taken in again behind the checkpoint.

    `spooled`: what is durable and not in the store yet.
    """

    def read(connection: Connection) -> tuple[dict[str, LiveStation], int]:
        own_id, yesterday = books.picture.own_id, today - timedelta(days=1)
        stations = load(latest.rows(connection), default_interval_ms, own_id)
        books.ledger.restore(ledger.rows_on_days(connection, [yesterday, today], own_id))
        for station, record in quality.every(connection).items():
            books.quality.of(station).load(dict(record))
        return stations, int(checkpoints.read(connection, SNAPSHOT_MARK) or 0)

    stations, mark_ms = await database.read(read)
    for live in stations.values():
        books.picture.adopt(live)
    books.quality.take_dirty()
    mend = _Mend(books)
    for reading in spooled:
        mend.take(reading)
    async for reading in store.stored_since(mark_ms):
        mend.take(reading)
    if mend.rows:
        rows = list(mend.rows.values())
        await database.run(lambda connection: ledger.merge_rows(connection, rows, now_ms))
    if mend.readings:
        log.info("took in again %d readings kept after the last checkpoint", mend.readings)
    return mend.readings


class _Mend:
    """Takes in again what was kept after the checkpoint. Every rule is idempotent, so a little too much is no harm."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.readings = 0
        self.rows: dict[tuple[str, date, int], LedgerRow] = {}

    def take(self, reading: Reading) -> None:
        """One reading, in any order."""
        books = self._books
        live = books.picture.station(reading.station)
        live.heard_ms = max(live.heard_ms, reading.received_ms)
        track = live.track(reading.kind)
        if track.note(reading.body.boot, reading.body.seq) is Outcome.NEWEST:
            live.show(track, reading)
        if isinstance(reading.body, Occupancy):
            for row in books.ledger.take(reading.station, reading.body, reading.received_ms).rows:
                key = row.station, row.day, row.epoch
                self.rows[key] = merge(self.rows[key], row) if key in self.rows else row
        books.checkpoint.note(live)
        self.readings += 1
