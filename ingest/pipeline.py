"""The way of a reading: decoded, numbered, counted, shown, batched; then kept; then acknowledged.

Enters: deliveries from the session. Leaves: batches that a keeper made durable, acks and receipts after that.
Never: acknowledges what is not durable, or waits inside `take`.
"""

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from gateway.frames import Message
from gateway.payloads import Rejected
from gateway.session import Delivery
from gateway.topics import PREFIX, Channel, Kind, topic_of
from ingest.batch import Batch, Replay
from ingest.decode import ClockBounds, Reason, Refused, dead_letter, decode
from ingest.live.snapshot import rows_of
from ingest.model import DeadLetter, Reading
from ingest.operating import Refusal, Replayed
from ingest.outlet import Drained, Kept
from ingest.ports import TransientStoreError
from ingest.steps import Books, Steps

log = logging.getLogger(__name__)

MAX_WAITING: Final = 50_000
"""Readings in memory before we stop reading the socket. Larger: memory, and a longer redelivery after a crash.
Smaller: batches cannot grow under load. The broker's window (`receive_maximum`) is reached first, if it has one."""
LEDGER_SHARE: Final = 1_000
"""Ledger rows a batch of which only the day's last reading moved. Larger: that batch's acks wait. Smaller: a fleet that
is all awake outruns it, and the checkpoint with it."""
TICK_S: Final = 0.5
"""Longest wait for a receipt or a share of the checkpoint that is due while nothing arrives."""


class Edge(Protocol):
    """What the pipeline asks of the session with the broker."""

    def ack(self, connection: int, packet_ids: list[bytes]) -> bool:
        """False when that connection is gone."""

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """To a station."""

    def pause(self) -> None:
        """Stop reading."""

    def resume(self) -> None:
        """Read again."""


class Keeper(Protocol):
    """Makes a batch durable, however long that takes."""

    async def keep(self, batch: Batch) -> Kept:
        """Return when all of it is durable; tells where its readings are, and which of them the store refused."""


class Pipeline:
    """`take` runs the steps for what arrived; `run` keeps and acknowledges, one batch at a time (group commit)."""

    def __init__(self, books: Books, edge: Edge, keeper: Keeper, now_ms: Callable[[], int]) -> None:
        self._books = books
        self._steps = Steps(books)
        self._edge = edge
        self._keeper = keeper
        self._now_ms = now_ms
        self._wake = asyncio.Event()
        self._is_paused = False
        self._is_stopping = False
        self._failure: Exception | None = None

    @property
    def has_stopped_reading(self) -> bool:
        """Whether more waits in memory than may, or the pipeline has failed."""
        return self._is_paused or self._failure is not None

    def take(self, delivery: Delivery) -> None:
        """All messages of one wake-up, each through all steps. On an error of our own the pipeline ends: see `run`."""
        if self._failure is not None:
            return
        try:
            self._take(delivery)
        except Exception as error:  # noqa: BLE001 - `run` raises it
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Whatever it is, the books may hold half a reading, and its repeat would be taken for a duplicate."""
        log.critical("the pipeline failed, and ends before anything wrong is kept", exc_info=error)
        self._failure = error
        self._edge.pause()
        self._wake.set()

    def _take(self, delivery: Delivery) -> None:
        now_ms, bounds, steps = self._now_ms(), self._books.bounds, self._steps
        for message in delivery.messages:
            try:
                arrived = decode(message, now_ms, bounds)
                if isinstance(arrived, Reading):
                    steps.reading(arrived, now_ms)
                else:
                    steps.other(arrived, now_ms)
            except Refused as refusal:
                steps.refuse(dead_letter(refusal, message.topic, message.payload, now_ms))
        ids = [message.packet_id for message in delivery.messages if message.packet_id]
        if ids:
            acks = steps.batch.acks
            if delivery.connection not in acks:
                # Those of earlier connections can never be sent: behind a store that is away they would pile up.
                self._books.accounting.acks_dropped += sum(map(len, acks.values()))
                acks.clear()
            acks.setdefault(delivery.connection, []).extend(ids)
        self._wake.set()
        if steps.batch.size > MAX_WAITING and not self._is_paused:
            self._is_paused = True
            self._edge.pause()

    async def replay(self, letter: DeadLetter, bounds: ClockBounds) -> Replayed:
        """A message that was refused, through all steps once more; returns when what was taken of it is durable.

        Its clock is held to `bounds` as it was when the message came. Of what is refused again no other letter is made.
        Raises `TransientStoreError` while the pipeline stops.
        """
        if self._is_stopping:
            raise TransientStoreError("the platform is stopping: replay it when it is up again")
        now_ms, steps, accounting = self._now_ms(), self._steps, self._books.accounting
        begin, duplicates = len(steps.batch.readings), accounting.duplicate.total()
        # As a retained one, because what a state says was so then, and may not be any more.
        message = Message(letter.topic, letter.payload, b"", retained=True)
        refused: list[DeadLetter] = []
        is_named = letter.reason == Reason.REJECTED_BY_STORE
        try:
            arrived = decode(message, letter.received_ms, bounds)
            steps.replay(arrived, letter.received_ms, now_ms, refused.append, is_named=is_named)
        except Refused as refusal:
            refused.append(dead_letter(refusal, letter.topic, letter.payload, letter.received_ms))
        except Exception as error:
            self._fail(error)
            raise
        taken, duplicates = steps.batch.readings[begin:], accounting.duplicate.total() - duplicates
        durable: asyncio.Future[Sequence[DeadLetter]] = asyncio.get_running_loop().create_future()
        steps.batch.replays.append(Replay(taken, lambda letters: _settle(durable, letters)))
        self._wake.set()
        not_stored = await durable
        if letter.reason == Reason.NAME_REUSED and duplicates:
            refused.append(letter)  # what is known by its name is the other reading; this one is stored nowhere
        told = tuple(Refusal(one.reason, one.detail) for one in (*refused, *not_stored))
        return Replayed(len(taken) - len(not_stored), duplicates, told)

    def take_again(self, reading: Reading) -> None:
        """A reading that was stored before the start, and could not be read then: into the books, not the store."""
        self._steps.take_again(reading)

    async def run(self) -> None:
        """Keep what has arrived, then what has arrived meanwhile, until `stop`.

        Raises what failed in `take`, at once and with nothing more kept: what was not acknowledged comes again.
        """
        while not self._is_stopping:
            try:
                async with asyncio.timeout(TICK_S):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            if self._failure is not None:
                raise self._failure
            await self._finish(self._close())
        if self._failure is not None:
            raise self._failure
        await self._finish(self._close())

    def stop(self) -> None:
        """Let `run` return after one last batch that holds everything."""
        self._is_stopping = True
        self._wake.set()

    def _close(self) -> Batch:
        """Take the open batch, and read off what may be said and kept once it is durable."""
        books, now_ms = self._books, self._now_ms()
        batch, self._steps.batch = self._steps.batch, Batch()
        is_last = self._is_stopping
        turn = books.checkpoint.everything(now_ms) if is_last else books.checkpoint.share(now_ms)
        for live in {live.id: live for live in (*batch.late.values(), *turn)}.values():
            batch.snapshot.extend(rows_of(live))
        if books.checkpoint.is_running:
            # Rows that have been quiet since before the sweep; those that stir meanwhile are in the next one.
            share = sys.maxsize if is_last else LEDGER_SHARE
            batch.ends = books.ledger.take_dirty(share, None if is_last else books.checkpoint.started_ms)
            batch.mark = books.checkpoint.mark() if len(batch.ends) < share else None
        if batch.mark is not None:
            batch.quality = books.quality.take_dirty()
        batch.receipts = books.receipts.collect(now_ms)
        if self._is_paused and not is_last:
            self._is_paused = False
            self._edge.resume()
        return batch

    async def _finish(self, batch: Batch) -> None:
        """Durable first; then the figures, the acks, and what the stations are told."""
        if batch.is_empty:
            return
        kept = await self._keeper.keep(batch)
        accounting = self._books.accounting
        accounting.in_flight -= len(batch.readings) + len(batch.letters)
        accounting.refused.update(letter.reason for letter in batch.letters)
        if kept.is_spooled:
            accounting.spooled += len(batch.readings)
        else:
            self._account(batch.readings, kept.letters)
        for connection, packet_ids in batch.acks.items():
            if not self._edge.ack(connection, packet_ids):
                accounting.acks_dropped += len(packet_ids)
        for topic, payload in batch.receipts:
            self._edge.publish(topic, payload, qos=1)
            accounting.receipts += 1
        self._tell_refused((*batch.letters, *kept.letters))
        for replay in batch.replays:
            replay.on_kept(replay.letters_of(kept.letters))

    def drained(self, drained: Drained) -> None:
        """What was in the spool is in the store now, but for what the store refused."""
        readings = [*drained.stored, *drained.refused]
        self._books.accounting.spooled -= len(readings)
        self._account(readings, drained.letters)
        self._tell_refused(drained.letters)

    def _account(self, readings: Sequence[Reading], refused: Sequence[DeadLetter]) -> None:
        accounting = self._books.accounting
        accounting.stored.update(reading.kind for reading in readings)
        accounting.refused.update(letter.reason for letter in refused)
        for letter in refused:
            accounting.stored[Kind(letter.topic.rpartition("/")[2])] -= 1

    def _tell_refused(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            if letter.station is not None:
                self._edge.publish(topic_of(letter.station, Channel.REJECTED), _rejected(letter), qos=0)


def _settle(durable: asyncio.Future[Sequence[DeadLetter]], letters: Sequence[DeadLetter]) -> None:
    if not durable.done():  # whoever asked may have gone
        durable.set_result(letters)


def _rejected(letter: DeadLetter) -> bytes:
    channel = letter.topic.removeprefix(f"{PREFIX}{letter.station}/")
    told = Rejected(
        ts=letter.received_ms,
        channel=channel,
        reason=letter.reason,
        detail=letter.detail,
        boot=letter.boot,
        seq=letter.seq,
    )
    return told.model_dump_json(exclude_none=True).encode()
