"""Makes batches durable: readings in the store, all else in the operational database, in this order.

Enters: a closed batch. Leaves: nothing, until all of it is durable; then the days whose counts may have moved.
Never: drops a batch. An error that waiting may heal is waited for; a reading refused for good becomes a dead letter.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection

from gateway.topics import topic_of
from ingest.batch import Batch
from ingest.database import checkpoints, dead_letters, latest, ledger, quality
from ingest.database.database import Database
from ingest.decode import Reason
from ingest.model import DeadLetter, Reading
from ingest.ports import Check, ReadingStore, RejectedByStore, StoreMisconfigured, TransientStoreError

log = logging.getLogger(__name__)

FIRST_WAIT_S: Final = 0.1
LONGEST_WAIT_S: Final = 15.0
"""Larger: readings wait after the store is back. Smaller: a store that is starting is knocked over."""

SNAPSHOT_MARK: Final = "snapshot"
"""Name of the checkpoint: all that was received before this instant (ms) is in the snapshots and the ledger."""

DayMoved = Callable[[str, date], None]
Sleep = Callable[[float], Awaitable[None]]


class StoreKeeper:
    """One write under way at a time."""

    def __init__(
        self,
        store: ReadingStore,
        database: Database,
        on_day_moved: DayMoved,
        now_ms: Callable[[], int],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store = store
        self._database = database
        self._on_day_moved = on_day_moved
        self._now_ms = now_ms
        self._sleep = sleep
        self.store_check = Check(ok=True, detail="no write yet")
        self.database_check = Check(ok=True, detail="no write yet")

    async def keep(self, batch: Batch) -> Sequence[DeadLetter]:
        """Return when the batch is durable; gives the readings that the store refused for good, as letters."""
        added = await self._keep_readings(batch.readings) if batch.readings else []
        if added or batch.needs_database:
            await self._keep_rest(batch, added)
        for station, day, _epoch in batch.rows:
            self._on_day_moved(station, day)
        return added

    async def _keep_readings(self, readings: Sequence[Reading]) -> list[DeadLetter]:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                await self._store.write(readings)
            except RejectedByStore as rejected:
                self.store_check = self._well(self.store_check)
                return [refused_letter(reading, why, self._now_ms()) for reading, why in rejected.refused]
            except (TransientStoreError, StoreMisconfigured) as error:
                self.store_check = self._ill(self.store_check, f"store: {error}")
                wait_s = await self._wait(wait_s, error)
            else:
                self.store_check = self._well(self.store_check)
                return []

    async def _keep_rest(self, batch: Batch, added: list[DeadLetter]) -> None:
        now_ms = self._now_ms()

        def write(connection: Connection) -> None:
            if batch.rows:
                ledger.merge_rows(connection, batch.rows.values(), now_ms)
            if batch.letters or added:
                dead_letters.add(connection, (*batch.letters, *added))
            if batch.snapshot:
                latest.upsert(connection, (latest.LatestRow(*row, now_ms) for row in batch.snapshot))
            if batch.quality:
                quality.upsert(connection, dict(batch.quality), now_ms)
            if batch.mark is not None:
                checkpoints.write(connection, SNAPSHOT_MARK, str(batch.mark))

        wait_s = FIRST_WAIT_S
        while True:
            try:
                await self._database.run(write)
            except (TransientStoreError, StoreMisconfigured) as error:
                self.database_check = self._ill(self.database_check, str(error))
                wait_s = await self._wait(wait_s, error)
            else:
                self.database_check = self._well(self.database_check)
                return

    def _ill(self, before: Check, detail: str) -> Check:
        if not before.ok and before.detail == detail:
            return before
        log.error("%s; nothing is acknowledged meanwhile, and nothing is lost", detail)
        return Check(ok=False, detail=detail, since_ms=before.since_ms if not before.ok else self._now_ms())

    def _well(self, before: Check) -> Check:
        if before.ok and before.since_ms is not None:
            return before
        if not before.ok:
            log.warning("writing again")
        return Check(ok=True, detail="writing", since_ms=self._now_ms())

    async def _wait(self, wait_s: float, error: TransientStoreError | StoreMisconfigured) -> float:
        """Sleep for what the store asked, or a random time up to the wait; gives the next wait."""
        asked_s = error.retry_after_s if isinstance(error, TransientStoreError) else None
        await self._sleep(random.uniform(0, wait_s) if asked_s is None else asked_s)  # noqa: S311 - spreads retries
        return min(LONGEST_WAIT_S, wait_s * 2)


def refused_letter(reading: Reading, why: str, now_ms: int) -> DeadLetter:
    """What becomes of a reading that the store will never take."""
    return DeadLetter(
        received_ms=now_ms,
        topic=topic_of(reading.station, reading.kind),
        payload=reading.payload,
        reason=Reason.REJECTED_BY_STORE,
        detail=f"the store refused it: {why}",
        station=reading.station,
        boot=reading.body.boot,
        seq=reading.body.seq,
    )
