"""Where a batch of readings becomes durable: in the store, or in the spool while the store is away.

Enters: readings. Leaves: the word that they are on disk, and where; later, from the spool, the same readings stored.
Never: drops one, or says durable before it is. At the spool's bound it waits, and so the broker keeps the rest.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

from gateway.failure_log import FailureLog
from gateway.topics import topic_of
from ingest.decode import Reason
from ingest.model import DeadLetter, Reading
from ingest.ports import Check, ReadingStore, RejectedByStore, StoreMisconfigured, TransientStoreError
from ingest.spool import Spool, SpoolFull

log = logging.getLogger(__name__)

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]

FIRST_WAIT_S: Final = 0.1
LONGEST_WAIT_S: Final = 15.0
"""Larger: readings wait after the store is back. Smaller: a store that is starting is knocked over."""
DRAIN_AT_ONCE: Final = 5_000
"""Readings taken out of the spool for one write. Larger: a live batch waits behind it. Smaller: an hour's outage takes
longer to drain."""


class Kept(NamedTuple):
    """What became of a batch."""

    is_spooled: bool = False
    letters: Sequence[DeadLetter] = ()
    """Readings that the store refused for good."""


class Drained(NamedTuple):
    """What came out of the spool in one write."""

    stored: Sequence[Reading]
    refused: Sequence[Reading] = ()
    letters: Sequence[DeadLetter] = ()
    """What the refused ones became."""


class Outlet:
    """Two ways to durable, one write under way at a time."""

    def __init__(
        self,
        store: ReadingStore,
        spool: Spool | None,
        now_ms: Callable[[], int],
        spool_after_s: float = 2.0,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store = store
        self._spool = spool
        self._now_ms = now_ms
        self._spool_after_s = spool_after_s
        self._sleep = sleep
        self._writing = asyncio.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")
        self._is_away = False
        """Whether new batches go to the spool without asking the store first."""
        self._has_waiting = asyncio.Event()
        self._failures = FailureLog(log, "store")
        self.check = Check(ok=True, detail="no write yet")

    async def open(self) -> int:
        """Find what an earlier process left in the spool; gives how many readings that is."""
        if self._spool is None:
            return 0
        await self._in_thread(self._spool.open)
        if not self._spool.is_empty:
            log.warning("%d readings of an earlier outage wait in the spool", self._spool.readings)
            self._has_waiting.set()
        return self._spool.readings

    def waiting(self) -> Iterator[Reading]:
        """All that is in the spool, oldest first; blocks on the disk, and is to be used up before anything is kept."""
        return self._spool.every() if self._spool is not None else iter(())

    async def close(self) -> None:
        """What waits stays on disk."""
        if self._spool is not None:
            await self._in_thread(self._spool.close)
        self._thread.shutdown()

    def begin_away(self, error: Exception) -> None:
        """The store cannot be used from the start: new batches go to the spool at once."""
        self._is_away = self._spool is not None
        self._mark_ill(str(error))

    def note_answer(self, error: Exception | None) -> None:
        """Somebody else asked the store, and it answered or failed; of use where no batch finds that out."""
        if not self._is_away or (self._spool is not None and not self._spool.is_empty):
            return
        if error is None:
            self._mark_well()
        else:
            self._mark_ill(str(error))

    async def keep(self, readings: Sequence[Reading]) -> Kept:
        """Return when all are durable."""
        began_ms, wait_s = self._now_ms(), FIRST_WAIT_S
        while True:
            if self._is_away and await self._spooled(readings):
                return Kept(is_spooled=True)
            is_full = self._is_away
            try:
                async with self._writing:
                    await self._store.write(readings)
            except RejectedByStore as rejected:
                self._mark_well()
                return Kept(letters=[letter_of(reading, why, self._now_ms()) for reading, why in rejected.refused])
            except (TransientStoreError, StoreMisconfigured) as error:
                has_tried = self._now_ms() - began_ms >= self._spool_after_s * 1000
                self._is_away = self._spool is not None and (has_tried or isinstance(error, StoreMisconfigured))
                if not is_full:
                    self._mark_ill(str(error))
                if is_full or not self._is_away:
                    wait_s = await next_wait(self._sleep, wait_s, error)
            else:
                self._mark_well()
                return Kept()

    async def drain(self, on_drained: Callable[[Drained], Awaitable[None]]) -> None:
        """Bring what waits into the store, oldest first, until cancelled; `on_drained` keeps the letters."""
        spool, wait_s = self._spool, FIRST_WAIT_S
        if spool is None:
            return
        while True:
            await self._has_waiting.wait()
            readings = await self._in_thread(lambda: spool.oldest(DRAIN_AT_ONCE))
            drained = Drained(readings)
            try:
                async with self._writing:
                    await self._store.write(readings, has_waited=True)
            except RejectedByStore as rejected:
                refused = [reading for reading, _ in rejected.refused]
                drained = Drained(
                    [reading for reading in readings if not any(reading is one for one in refused)],
                    refused,
                    [letter_of(reading, why, self._now_ms()) for reading, why in rejected.refused],
                )
            except (TransientStoreError, StoreMisconfigured) as error:
                self._mark_ill(str(error))
                wait_s = await next_wait(self._sleep, wait_s, error)
                continue
            wait_s = FIRST_WAIT_S
            await on_drained(drained)
            await self._in_thread(spool.drop_oldest)
            if spool.is_empty:
                self._has_waiting.clear()
            self._mark_well()

    async def _spooled(self, readings: Sequence[Reading]) -> bool:
        """Whether they are in the spool now; False at its bound."""
        spool = self._spool
        if spool is None:
            return False
        try:
            await self._in_thread(lambda: spool.append(readings))
        except SpoolFull as full:
            self._mark_stopped(f"{full}; reading has stopped and the broker keeps the rest")
            return False
        self._has_waiting.set()
        return True

    async def _in_thread(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    # ---- what is said of it ----

    def _mark_ill(self, detail: str) -> None:
        if self._is_away:
            self._failures.failed(f"{detail}; readings go to the spool, nothing is lost")
            waiting = f"; {self._spool.readings} readings wait in the spool, nothing is lost" if self._spool else ""
            # Degraded, not failed: live status and counts go on, and stations get their receipts.
            self._mark(Check(ok=True, is_degraded=True, detail=f"{detail}{waiting}"))
        else:
            self._mark_stopped(f"{detail}; nothing is acknowledged meanwhile, nothing is lost")

    def _mark_stopped(self, detail: str) -> None:
        self._failures.failed(detail)
        self._mark(Check(ok=False, detail=detail))

    def _mark_well(self) -> None:
        self._is_away = False
        waits = self._spool is not None and not self._spool.is_empty
        detail = f"writing; {self._spool.readings} readings of an outage are drained" if waits and self._spool else ""
        self._failures.worked()
        self._mark(Check(ok=True, is_degraded=waits, detail=detail or "writing"))

    def _mark(self, check: Check) -> None:
        """Remember since when."""
        before = self.check
        is_same = (before.ok, before.is_degraded) == (check.ok, check.is_degraded)
        since_ms = before.since_ms if is_same and before.since_ms is not None else self._now_ms()
        self.check = Check(check.ok, check.detail, since_ms, check.is_degraded)


async def next_wait(sleep: Sleep, wait_s: float, error: TransientStoreError | StoreMisconfigured) -> float:
    """Sleep for what the store asked, or a random time up to `wait_s`; gives the next wait."""
    asked_s = error.retry_after_s if isinstance(error, TransientStoreError) else None
    await sleep(random.uniform(0, wait_s) if asked_s is None else asked_s)  # noqa: S311 - spreads retries
    return min(LONGEST_WAIT_S, wait_s * 2)


def letter_of(reading: Reading, why: str, now_ms: int) -> DeadLetter:
    """A reading that the store refused, as the dead letter it becomes."""
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
