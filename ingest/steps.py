"""The steps of a reading between decoding and the batch: sequence, visits, live picture, quality, receipt.

Enters: what `decode` made of a message, and `now`. Leaves: an open batch that is fuller. Never: waits, or does I/O.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, cast

from gateway.topics import Kind, topic_of
from ingest.accounting import Accounting
from ingest.batch import Batch
from ingest.checkpoint import Checkpoint
from ingest.decode import Arrived, Backlog, ClockBounds, Ignored, Reason, Refused, StateChange, dead_letter
from ingest.live.picture import LivePicture
from ingest.live.station import LiveStation, Track
from ingest.model import DeadLetter, LedgerRow, Occupancy, Reading
from ingest.ports import LATE_MS
from ingest.quality import QualityBook
from ingest.receipts import Receipts
from ingest.sequence import Outcome
from ingest.visits.ledger import Ledger

REUSED_AFTER_MS: Final = 10 * 60_000
"""A known (boot, seq) sampled so much after the newest one known is another reading. Smaller: a station whose clock was
set back has its repeats refused. Larger: a board that lost its boot counter is taken for a repeater for longer."""
UNREGISTERED_MAX: Final = 50_000
"""Unknown stations kept. Larger: whoever may publish can fill our memory. Smaller: a roll-out is cut."""

Refuse = Callable[[DeadLetter], None]


class Watch(Protocol):
    """Is told of what was newest when it came; must be quick, and raises nothing."""

    def reading(self, live: LiveStation, reading: Reading, now_ms: int) -> None:
        """It is shown as the present now."""

    def state(self, live: LiveStation, now_ms: int, *, is_birth: bool) -> None:
        """A birth as it was sent, or a will that is in force."""


@dataclass(slots=True)
class Books:
    """What the steps consult and change."""

    bounds: ClockBounds
    picture: LivePicture
    ledger: Ledger
    quality: QualityBook
    receipts: Receipts
    checkpoint: Checkpoint
    accounting: Accounting
    watch: Watch | None = None
    """Whoever looks for what is wrong; None: nobody."""


def take_again(books: Books, reading: Reading) -> tuple[LedgerRow, ...]:
    """A reading that is stored, and after a crash perhaps not in the books; gives the rows of the ledger that moved.

    Every rule is idempotent and in any order, so a little too much is no harm.
    """
    live = books.picture.station(reading.station)
    live.heard_ms = max(live.heard_ms, reading.received_ms)
    track = live.track(reading.kind)
    if track.note(reading.body.boot, reading.body.seq) is Outcome.NEWEST:
        live.show(track, reading)
    books.checkpoint.note(live)
    if not isinstance(reading.body, Occupancy):
        return ()
    return books.ledger.take(reading.station, reading.body, reading.received_ms).rows


class Steps:
    """Writes arrivals into the books and the open batch."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.batch = Batch()

    def reading(self, reading: Reading, now_ms: int) -> None:
        """One reading that came alone."""
        live = self._station(reading.station)
        live.heard_ms = now_ms
        self._take(live, reading, now_ms)

    def other(self, arrived: Backlog | StateChange | Ignored, now_ms: int) -> None:
        """Everything that is not one reading."""
        match arrived:
            case Backlog():
                self._backlog(arrived, now_ms)
            case StateChange():
                self._state(arrived, now_ms)
            case Ignored():
                pass

    def replay(
        self, arrived: Arrived, received_ms: int, now_ms: int, refuse: Refuse, *, is_named: bool = False
    ) -> None:
        """What was refused when it came, at `received_ms`: the station was heard then, and is not heard now.

        What is refused again is counted nowhere: it is where it was. `is_named`: its name was noted when it came,
        because only the store refused it; without forgetting that it would be called a repeat, and lost.
        """
        if isinstance(arrived, Ignored):
            return
        live = self._station(arrived.station)
        if isinstance(arrived, StateChange):
            if received_ms >= live.heard_ms:  # else it has said something newer since
                self._state(arrived, received_ms)
            return
        live.heard_ms = max(live.heard_ms, received_ms)
        begin = len(self.batch.readings)
        if isinstance(arrived, Reading):
            if is_named:
                live.track(arrived.kind).forget(arrived.body.boot, arrived.body.seq)
            self._take(live, arrived, now_ms, is_kept=True)
        else:
            self._unpack(live, arrived, now_ms, refuse)
        # A restart looks for readings by when they were received, in the order in which they were stored.
        self.batch.readings[begin:] = [one._replace(received_ms=now_ms) for one in self.batch.readings[begin:]]

    def take_again(self, reading: Reading) -> None:
        """See the function; what moved goes into the open batch."""
        for row in take_again(self._books, reading):
            self.batch.move(row)

    def refuse(self, letter: DeadLetter) -> None:
        """Keep a message that is not taken."""
        accounting = self._books.accounting
        accounting.received += 1
        accounting.in_flight += 1
        if letter.station is not None and letter.station in self._books.picture.stations:
            self._books.quality.of(letter.station).refused[letter.reason] += 1
        self.batch.refuse(letter)

    def _take(self, live: LiveStation, reading: Reading, now_ms: int, *, is_kept: bool = False) -> None:
        books, body, kind = self._books, reading.body, reading.kind
        track = live.track(kind)
        outcome = track.note(body.boot, body.seq)
        if outcome is Outcome.DUPLICATE:
            self._repeat(live, track, reading, now_ms)
            return
        if kind is Kind.OCCUPANCY:  # not isinstance, which pydantic's models make slow
            self._count(live, track, reading, now_ms)
        if outcome is Outcome.NEWEST or self._follows_a_lost_boot(live, track, reading):
            live.show(track, reading)
            books.picture.news.heard(live.id)
            # What was kept while the station was offline is the past, but for its end.
            if books.watch is not None and not (is_kept and live.is_stale(track, now_ms)):
                books.watch.reading(live, reading, now_ms)
        if outcome is Outcome.LATE or now_ms - body.ts > LATE_MS:
            self.batch.late[live.id] = live
        books.quality.note_unknown(reading)
        if outcome is Outcome.LATE:
            # Of a forgotten boot, or below more holes than are remembered, no range would ever name it.
            books.receipts.owe_by_name(live, kind, body.boot, body.seq, now_ms)
        else:
            books.receipts.owe(live, kind, body.boot, now_ms)
        books.checkpoint.note(live)
        books.accounting.received += 1
        books.accounting.in_flight += 1
        self.batch.readings.append(reading)

    def _count(self, live: LiveStation, track: Track, reading: Reading, now_ms: int) -> None:
        """Move the visit meter; raises `Refused` for a jump that nobody could have walked."""
        body = cast("Occupancy", reading.body)
        taken = self._books.ledger.take(live.id, body, now_ms)
        if taken.refused:
            track.forget(body.boot, body.seq)
            raise Refused(Reason.IMPLAUSIBLE_JUMP, taken.refused, live.id)
        if taken.went_back:
            self._books.quality.of(live.id).meter_went_back += 1
        for row in taken.rows:
            self.batch.move(row)

    def _repeat(self, live: LiveStation, track: Track, reading: Reading, now_ms: int) -> None:
        """A known name: the same reading again, or another one under a used name."""
        body = reading.body
        if body.ts > track.ts_ms + REUSED_AFTER_MS:
            detail = (
                f"boot {body.boot}, seq {body.seq} was the name of another {reading.kind} reading; "
                "boot must grow with every start and be kept in flash"
            )
            raise Refused(Reason.NAME_REUSED, detail, live.id)
        self._books.accounting.received += 1
        self._books.accounting.duplicate[reading.kind] += 1
        self._books.quality.of(live.id).duplicates += 1
        # A station that sends again has not had its receipt, or has lost it.
        self._books.receipts.owe_by_name(live, reading.kind, body.boot, body.seq, now_ms)

    def _follows_a_lost_boot(self, live: LiveStation, track: Track, reading: Reading) -> bool:
        """Whether an older boot's reading is plainly the newest: the boot counter went back (a replaced board)."""
        body = reading.body
        if body.boot >= track.boot or body.ts <= track.ts_ms:
            return False
        shown = live.body(reading.kind)
        if shown is not None and shown.boot == body.boot:  # it went back before: this is the next one of that board
            return True
        if body.ts <= track.ts_ms + REUSED_AFTER_MS:
            return False
        self._books.quality.of(live.id).boot_went_back += 1
        return True

    def _backlog(self, backlog: Backlog, now_ms: int) -> None:
        live = self._station(backlog.station)
        live.heard_ms = now_ms
        record = self._books.quality.of(live.id)
        record.backlog_at_ms, record.backlog_readings = now_ms, len(backlog.readings)
        self._unpack(live, backlog, now_ms, self.refuse)

    def _unpack(self, live: LiveStation, backlog: Backlog, now_ms: int, refuse: Refuse) -> None:
        for reading in backlog.readings:
            try:
                self._take(live, reading, now_ms, is_kept=True)
            except Refused as refusal:
                topic = topic_of(reading.station, reading.kind)
                refuse(dead_letter(refusal, topic, reading.payload, now_ms))
        for letter in backlog.refused:
            refuse(letter)
        self._books.receipts.hurry(live)

    def _state(self, change: StateChange, now_ms: int) -> None:
        live, accounting = self._station(change.station), self._books.accounting
        before = (live.birth_boot, live.birth_ts_ms, live.birth, live.will, live.heard_ms)
        if not live.take_state(change.state, now_ms, is_retained=change.is_retained):
            accounting.late_wills += 1
            self._books.quality.of(live.id).late_wills += 1
        elif change.state.online:
            accounting.births += 1
        else:
            accounting.wills += 1
        if change.state.model_extra:
            self._books.quality.note_names(live.id, change.state)
        # With every connection the broker sends all retained states again; most of them say what is known.
        if before != (live.birth_boot, live.birth_ts_ms, live.birth, live.will, live.heard_ms):
            self.batch.late[live.id] = live
            self._books.picture.news.heard(live.id)
            if self._books.watch is not None:
                is_birth = change.state.online and not change.is_retained
                self._books.watch.state(live, now_ms, is_birth=is_birth)

    def _station(self, station_id: str) -> LiveStation:
        picture = self._books.picture
        live = picture.stations.get(station_id)
        if live is not None:
            return live
        if len(picture.strangers) >= UNREGISTERED_MAX and not picture.is_registered(station_id):
            detail = f"{UNREGISTERED_MAX} unregistered stations are heard already; import this one into the registry"
            raise Refused(Reason.TOO_MANY_UNREGISTERED, detail, station_id)
        return picture.station(station_id)
