"""The desk: where alerts become jobs and messages, a turn at a time, each durable as a whole before anything leaves.

Enters: what the engine found, acts of people, the time. Leaves: rows and messages in one transaction; then events for
whoever watches, and a word to the postman. Never: a rule; and nothing is told that is not durable.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection

from gateway.failure_log import FailureLog
from ingest.alerts.broadcast import Broadcast
from ingest.alerts.composing import bare
from ingest.alerts.jobs import JobBook
from ingest.alerts.mishaps import Mishap, Mishaps
from ingest.alerts.model import Alert, AlertKey, Change
from ingest.alerts.records import BoardEvent
from ingest.alerts.silences import Silences
from ingest.alerts.teller import Teller
from ingest.alerts.telling import muffled
from ingest.alerts.work import Act, Job, JobChange, Notice, Outgoing, WhyNot
from ingest.alerts.writ import Writ
from ingest.database.database import Database
from ingest.ports import Check, StoreMisconfigured, TransientStoreError

log = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_EVERY_S: Final = 1.0
"""Longest wait for what only time brings. Larger: an alert fires so much later than its hold-off says. Smaller: looks
that find nothing."""
RETRY_S: Final = 1.0
"""Between tries while the database is away. Larger: what is due waits after it is back. Smaller: it is asked for
nothing."""
CHANGES_MOST: Final = 1_000
"""Changes of alerts in one turn, and so in one transaction; the next turn follows at once. Larger: when a province goes
dark, readings wait for the one thread of the database. Smaller: a storm is told later."""


class Findings(Protocol):
    """What the desk asks of the engine of rules."""

    def tick(self, now_ms: int) -> None:
        """Let happen what time alone brings."""

    @property
    def sees(self) -> bool:
        """Whether what stations say is heard and looked at; else nothing is proven good."""

    @property
    def has_changes(self) -> bool:
        """Whether `take_changes` has more to give."""

    def take_changes(self, most: int | None = None) -> list[Change]:
        """What happened to alerts since it was asked last, in order; at most so much, and the rest the next time."""

    def take_notes(self, now_ms: int, *, is_last: bool = False) -> dict[str, dict[str, str | None]]:
        """What it wants to be given again after a restart, by book and name; None: forget it."""

    def inhibited_by(self, alert: Alert) -> AlertKey | None:
        """The cause above an alert."""


Compose = Callable[[Notice, int], Outgoing]
"""Makes the message of a notice, in the language of its channel."""
Do = Callable[[int], Sequence[JobChange]]
"""A human act, at an instant; raises what the board makes a refusal of."""


@dataclass(frozen=True, slots=True)
class Books:
    """What a turn consults and changes."""

    findings: Findings
    jobs: JobBook
    teller: Teller
    silences: Silences


class Desk:
    """`run` takes turns until cancelled; `wake` where something happened; `act` is a turn with a human act in it."""

    def __init__(
        self,
        books: Books,
        database: Database,
        compose: Compose,
        on_queued: Callable[[], None],
        now_ms: Callable[[], int],
    ) -> None:
        self.books = books
        self.broadcast = Broadcast()
        self._database = database
        self._compose = compose
        self._on_queued = on_queued
        self._now_ms = now_ms
        self._woken = asyncio.Event()
        self._turn = asyncio.Lock()
        self._writs: deque[Writ] = deque()
        """Decided, and not known to be durable, oldest first."""
        self._changed: set[str] = set()
        """Jobs that took a step and that the teller has not looked at since."""
        self._failures = FailureLog(log, "alerts")
        self._trouble = ""
        self._mishaps = Mishaps()
        self._failure, self._failed_ms = "", 0

    def wake(self) -> None:
        """Something happened that the next turn should see."""
        self._woken.set()

    async def run(self) -> None:
        """Take turns until cancelled."""
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            while not await self._tried_turn():  # noqa: ASYNC110 - no event tells that a database is back
                await asyncio.sleep(RETRY_S)

    async def turn(self) -> bool:
        """Decide what is to be decided now; whether all of it went well and is durable."""
        async with self._turn:
            self._decide(self._writ(), self._now_ms())
            is_written = await self._written()
        if self.books.findings.has_changes:
            self.wake()
        return self._went_well() and is_written

    async def _tried_turn(self) -> bool:
        try:
            return await self.turn()
        except Exception as error:  # noqa: BLE001 - it is shown, and the next turn follows
            self._show(Mishap("everything", error))
            return False

    def _went_well(self) -> bool:
        """Whether no step failed since this was asked last; what did is shown."""
        books = self.books
        found = [one.take() for one in (self._mishaps, books.jobs.mishaps, books.teller.mishaps)]
        mishap = next((one for one in found if one is not None), None)
        if mishap is None:
            self._failure = ""
            return True
        self._show(mishap)
        return False

    def _show(self, mishap: Mishap) -> None:
        failure = (
            f"not all is told: the desk failed at {mishap.about} ({type(mishap.error).__name__}), and tries again; "
            "the log says where"
        )
        if failure != self._failure:
            log.critical("%s", failure, exc_info=mishap.error)
            self._failure, self._failed_ms = failure, self._now_ms()

    def check(self) -> Check:
        """For /readyz."""
        if self._failure:
            return Check(ok=False, detail=self._failure, since_ms=self._failed_ms)
        return Check(ok=True, detail="what is found is told")

    async def act(self, do: Do, act: Act, notes: Iterable[tuple[str, str, bytes | None]] = ()) -> None:
        """A human act and all that follows from it; durable when it returns.

        Raises what `do` raises, with nothing changed, and `TransientStoreError` while the database is away.
        """
        if self._trouble:
            raise TransientStoreError(self._trouble)
        async with self._turn:
            now_ms = self._now_ms()
            job_changes, writ = do(now_ms), self._writ()
            self._step(writ, job_changes)
            writ.acts.append(act)
            for book, name, body in notes:
                writ.note(book, name, body)
            self._decide(writ, now_ms)
            if not await self._written():
                raise TransientStoreError(
                    f"{self._trouble}; it is noted, and will be kept as soon as the database is back"
                )
        self._went_well()

    async def last_turn(self) -> None:
        """What was decided when the platform stops; what cannot be kept now is found again after the start."""
        async with self._turn:
            self._decide(self._writ(), self._now_ms(), is_last=True)
            while self.books.findings.has_changes:
                self._decide(self._writ(), self._now_ms(), is_last=True)
            await self._written()
        self._went_well()
        self.broadcast.close()

    async def read(self, function: Callable[[Connection], T]) -> T:
        """What the database says; raises `TransientStoreError` where it is away."""
        return await self._database.read(function)

    def muffled(self, alert: Alert, now_ms: int) -> WhyNot | None:
        """Why nobody is told of an alert."""
        return muffled(alert, self.books.findings.inhibited_by, self.books.silences, now_ms)

    def _writ(self) -> Writ:
        """The one that what is decided now goes into; never one that may be durable already."""
        if not self._writs or self._writs[-1].is_offered or len(self._writs[-1].changes) >= CHANGES_MOST:
            self._writs.append(Writ(secrets.token_hex(8)))
        return self._writs[-1]

    def _decide(self, writ: Writ, now_ms: int, *, is_last: bool = False) -> None:
        """Everything that follows from what happened, into the writ; an error of one step takes no other's findings."""
        books, spare = self.books, self._mishaps.spare
        with spare("what time brings"):
            books.findings.tick(now_ms)
        changes = books.findings.take_changes(CHANGES_MOST)
        writ.changes.extend(changes)
        with spare("the book of jobs"):
            sees, owes = books.findings.sees, books.teller.owes
            taken = books.jobs.take(changes, books.findings.inhibited_by, now_ms, sees=sees, owes=owes)
            self._step(writ, taken)
        with spare("who is told"):
            decision = books.teller.decide(books.jobs, partial(self.muffled, now_ms=now_ms), self._changed, now_ms)
            self._changed.clear()
            writ.job_changes.extend(decision.job_changes)
            writ.tell(decision.told, decision.paces, decision.digested, decision.forgotten)
            writ.messages.extend(self._worded(notice, now_ms) for notice in decision.notices)
        for silence in books.silences.take_old(now_ms):
            writ.note("silence", silence.id, None)
        with spare("what was learnt"):
            for book, notes in books.findings.take_notes(now_ms, is_last=is_last).items():
                writ.notes.setdefault(book, {}).update(notes)

    def _step(self, writ: Writ, job_changes: Sequence[JobChange]) -> None:
        writ.job_changes.extend(job_changes)
        self._changed.update(change.job.id for change in job_changes)

    def _worded(self, notice: Notice, now_ms: int) -> Outgoing:
        try:
            return self._compose(notice, now_ms)
        except Exception:
            log.exception("message %s could not be worded, and goes out bare", notice.key)
            return bare(notice, now_ms)

    async def _written(self) -> bool:
        """Whether all that was decided is durable now; what is, is let out."""
        while self._writs:
            writ = self._writs[0]
            if not writ.is_empty:
                writ.is_offered = True
                try:
                    await self._database.run(partial(writ.write, now_ms=self._now_ms()))
                except (TransientStoreError, StoreMisconfigured) as error:
                    self._trouble = str(error)
                    self._failures.failed(
                        f"{error}; what was decided is kept in memory and told when the database is back"
                    )
                    return False
                self._trouble = ""
                self._failures.worked()
            self._writs.popleft()
            self._let_out(writ)
        return True

    def _let_out(self, writ: Writ) -> None:
        if writ.messages:
            self._on_queued()
        for change in writ.changes:
            self.broadcast.publish(BoardEvent("alert", change.alert.key.place, alert=change.alert))
        for job in _last(writ.job_changes):
            self.broadcast.publish(BoardEvent("job", job.place, job=job))


def _last(changes: Iterable[JobChange]) -> Iterable[Job]:
    """Each job once, as it is after all of its changes."""
    return {change.job.id: change.job for change in changes}.values()
