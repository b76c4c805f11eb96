"""Makes batches durable: readings through the outlet, all else in the operational database, in this order.

Enters: a closed batch. Leaves: nothing, until all of it is durable; then the days whose counts may have moved.
Never: drops a batch. An error that waiting may heal is waited for; a reading refused for good becomes a dead letter.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection

from gateway.failure_log import FailureLog
from ingest.batch import Batch
from ingest.database import checkpoints, dead_letters, latest, ledger, quality
from ingest.database.database import Database
from ingest.model import DeadLetter
from ingest.outlet import FIRST_WAIT_S, Kept, Outlet, Sleep, next_wait
from ingest.ports import Check, StoreMisconfigured, TransientStoreError

log = logging.getLogger(__name__)


SNAPSHOT_MARK: Final = "snapshot"
"""Name of the checkpoint: all that was received before this instant (ms) is in the snapshots and the ledger.
Where several processes ingest into one database, each has its own: what one has not written, another may be past."""

DayMoved = Callable[[str, date], None]


class StoreKeeper:
    """One batch under way at a time."""

    def __init__(
        self,
        outlet: Outlet,
        database: Database,
        on_day_moved: DayMoved,
        now_ms: Callable[[], int],
        sleep: Sleep = asyncio.sleep,
        process: str | None = None,
    ) -> None:
        self._outlet = outlet
        self._database = database
        self._on_day_moved = on_day_moved
        self._now_ms = now_ms
        self._sleep = sleep
        self._mark_name = checkpoints.name_of(SNAPSHOT_MARK, process)
        self._failures = FailureLog(log, "database")
        self.database_check = Check(ok=True, detail="no write yet")

    @property
    def store_check(self) -> Check:
        """Of the store, or the spool that stands in for it."""
        return self._outlet.check

    async def keep(self, batch: Batch) -> Kept:
        """Return when the batch is durable; tells where its readings are."""
        kept = await self._outlet.keep(batch.readings) if batch.readings else Kept()
        # The letter of a reading that was replayed is kept already.
        known = [letter for replay in batch.replays for letter in replay.letters_of(kept.letters)]
        added = [letter for letter in kept.letters if letter not in known]
        if added or batch.needs_database:
            await self._keep_rest(batch, added)
        for station, day, _epoch in batch.rows:
            self._on_day_moved(station, day)
        return kept

    async def keep_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Return when they are durable."""
        if letters:
            await self._write(lambda connection: dead_letters.add(connection, letters))

    async def _keep_rest(self, batch: Batch, added: Sequence[DeadLetter]) -> None:
        def write(connection: Connection) -> None:
            # Read anew with each try: what follows the ledger asks for rows by when they were written.
            now_ms = self._now_ms()
            if batch.rows or batch.ends:
                ledger.merge_rows(connection, (*batch.rows.values(), *batch.ends), now_ms)
            if batch.letters or added:
                dead_letters.add(connection, (*batch.letters, *added))
            if batch.snapshot:
                latest.upsert(connection, (latest.LatestRow(*row, now_ms) for row in batch.snapshot))
            if batch.quality:
                quality.upsert(connection, dict(batch.quality), now_ms)
            if batch.mark is not None:
                checkpoints.write(connection, self._mark_name, str(batch.mark))

        await self._write(write)

    async def _write(self, function: Callable[[Connection], None]) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                await self._database.run(function)
            except (TransientStoreError, StoreMisconfigured) as error:
                self._mark(Check(ok=False, detail=str(error)))
                self._failures.failed(f"{error}; nothing is acknowledged meanwhile, and nothing is lost")
                wait_s = await next_wait(self._sleep, wait_s, error)
            else:
                self._mark(Check(ok=True, detail="writing"))
                self._failures.worked()
                return

    def _mark(self, check: Check) -> None:
        """Remember since when."""
        before = self.database_check
        since_ms = before.since_ms if before.ok == check.ok else None
        self.database_check = Check(check.ok, check.detail, self._now_ms() if since_ms is None else since_ms)
