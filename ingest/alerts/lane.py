"""One channel's way out: which message goes next, when, and what becomes of it after a try.

Enters: messages that are due, results of tries, the time. Leaves: the next message, or when to look again.
Never: waits, sends, or lets one that says "all is good" overtake what it is about.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from ingest.alerts.model import Severity
from ingest.alerts.work import Delivery, Outgoing, SendResult, Why

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000

FIRST_WAIT_MS: Final = 2_000
"""After a first failure; doubled with each more. Larger: a short break delays a message more than it lasts. Smaller: a
service that is starting is knocked over."""
LONGEST_WAIT_MS: Final = MINUTE_MS
"""Larger: messages wait after the service is back. Smaller: each outage is a thousand lines in somebody's log."""
LONGEST_URGENT_WAIT_MS: Final = 15_000
"""The same for emergencies, where a minute matters."""
GIVE_UP_MS: Final = 4 * HOUR_MS
"""Age after which a message that fails is given up. The job is told of again after so long anyway. Larger: a channel
that comes back buries its crew in what is long over. Smaller: an evening's outage loses messages."""
GIVE_UP_URGENT_MS: Final = 24 * HOUR_MS
"""The same for emergencies: somebody must know, even a day late."""
RESERVED_SHARE: Final = 4
"""One in so many places a minute is kept for emergencies. Larger: one emergency fills what is left. Smaller: the rest
waits for what does not come."""

SLOWEST_PER_MINUTE: Final = 1 / 60
"""One an hour; a rate below it is taken for it. Smaller: emergencies wait for hours."""


class Pick(NamedTuple):
    """What a lane does now."""

    message: Outgoing | None = None
    """To be sent at once."""
    look_again_ms: int | None = None
    """Where there is none: when there will be; None: when more is offered."""


def is_urgent(message: Outgoing) -> bool:
    """Emergencies; that one is over can wait for its turn."""
    return message.notice.severity is Severity.EMERGENCY and message.notice.why not in {Why.RESOLVED, Why.CLOSED}


def after_try(message: Outgoing, result: SendResult, now_ms: int, lot: float) -> Outgoing:
    """The message as it is after a try that ended now; `lot`, 0 to 1, spreads what failed together."""
    tries = message.tries + 1
    if result.ok:
        return replace(message, state=Delivery.SENT, tries=tries, reason="", sent_ms=now_ms)
    if not result.retry:
        return replace(message, state=Delivery.GIVEN_UP, tries=tries, next_ms=now_ms, reason=result.reason)
    next_ms = now_ms + wait_ms(tries, lot, urgent=is_urgent(message))
    if result.retry_after_s is not None:
        next_ms = max(next_ms, now_ms + int(result.retry_after_s * 1000))
    patience_ms = GIVE_UP_URGENT_MS if is_urgent(message) else GIVE_UP_MS
    # Only after a try: what waited while the platform was away is tried at least once.
    if now_ms - message.created_ms >= patience_ms:
        reason = f"given up after {tries} tries in {patience_ms // HOUR_MS} h: {result.reason}"
        return replace(message, state=Delivery.GIVEN_UP, tries=tries, next_ms=now_ms, reason=reason)
    return replace(message, tries=tries, reason=result.reason, next_ms=next_ms)


def wait_ms(tries: int, lot: float, *, urgent: bool) -> int:
    """Between half and all of the doubled wait."""
    longest_ms = LONGEST_URGENT_WAIT_MS if urgent else LONGEST_WAIT_MS
    whole_ms = min(longest_ms, FIRST_WAIT_MS * 2 ** min(tries - 1, 20))
    return int(whole_ms * (0.5 + 0.5 * lot))


class Ended(NamedTuple):
    """The last try of a message, as an earlier process left it."""

    channel: str
    at_ms: int
    """When it ended, or the latest that it can have."""
    tries: int


def last_try(message: Outgoing) -> Ended:
    """Of a message that waits after a try that failed: only when it is tried next is kept."""
    at_ms = message.next_ms - wait_ms(message.tries, 0.0, urgent=is_urgent(message))
    return Ended(message.notice.channel, at_ms, message.tries)


def tries_ms(ended: Ended) -> Iterator[int]:
    """When a message was tried, newest first, each as late as it can have been: what failed counts for its service."""
    at_ms = ended.at_ms
    yield at_ms
    for tries in range(ended.tries - 1, 0, -1):
        at_ms -= wait_ms(tries, 0.0, urgent=True)
        if ended.at_ms - at_ms > HOUR_MS:
            return
        yield at_ms


class RateWindow:
    """At most so many messages in any minute, or one in so many minutes.

    A list of the last instants and no bucket that refills: a full bucket lets twice the rate through in a minute, and
    DingTalk shuts a robot out for that.
    """

    def __init__(self, ended_ms: Iterable[int] = (), per_minute: float = 20.0) -> None:
        """`ended_ms`: earlier tries, of the last minute at least."""
        self._ended_ms = sorted(ended_ms)
        self.per_minute = per_minute

    @property
    def _most(self) -> int:
        return max(1, int(self.per_minute))

    @property
    def _span_ms(self) -> int:
        return MINUTE_MS if self.per_minute >= 1 else int(MINUTE_MS / max(self.per_minute, SLOWEST_PER_MINUTE))

    def free_ms(self, now_ms: int, *, urgent: bool) -> int:
        """When the next may go: now, or later."""
        # A clock that was put back must not shut the channel until it is where it was.
        self._ended_ms = [min(one, now_ms) for one in self._ended_ms]
        most = self._most if urgent else max(1, self._most - self._most // RESERVED_SHARE)
        if len(self._ended_ms) < most:
            return now_ms
        return max(now_ms, self._ended_ms[-most] + self._span_ms)

    def note(self, now_ms: int) -> None:
        """A try ended; the service has counted it before that."""
        self._ended_ms = [*self._ended_ms, now_ms][-self._most :]


class Lane:
    """One channel. Messages are offered again and again, until they are settled."""

    def __init__(self, rate: RateWindow, tried: Iterable[Outgoing] = ()) -> None:
        """`tried`: what waits after a failed try, from before a restart."""
        self._rate = rate
        self._in_order = False
        self._due: dict[int, Outgoing] = {}
        self._tried = {message.id: message for message in tried}
        self._shut_until_ms = 0
        self._under_way: int | None = None

    def follow(self, per_minute: float, *, in_order: bool) -> None:
        """How the channel is set now. `in_order`: not even emergencies overtake."""
        self._rate.per_minute = per_minute
        self._in_order = in_order

    def offer(self, due: Sequence[Outgoing]) -> None:
        """All that is due now, emergencies first; in place of what was offered before."""
        self._due = {message.id: message for message in due if message.id != self._under_way}

    @property
    def is_idle(self) -> bool:
        """Nothing is left of what was offered."""
        return not self._due

    def pick(self, now_ms: int) -> Pick:
        """The message to send now. It is under way until it is settled."""
        oldest = self._oldest_of_jobs()
        ready = [message for message in self._due.values() if not self._must_wait(message, oldest)]
        if not ready:
            return Pick()
        first = min(ready, key=lambda message: not is_urgent(message))  # the first of those, as offered
        free_ms = max(self._rate.free_ms(now_ms, urgent=is_urgent(first)), self._shut_until_ms)
        if free_ms > now_ms:
            return Pick(look_again_ms=free_ms)
        self._under_way = first.id
        return Pick(self._due.pop(first.id))

    def ended(self, result: SendResult, now_ms: int) -> None:
        """A try ended with this result; the message is under way until it is settled."""
        self._rate.note(now_ms)
        if result.retry_after_s is not None:
            self._shut_until_ms = now_ms + int(result.retry_after_s * 1000)

    def settled(self, message: Outgoing) -> None:
        """What became of it is durable."""
        self._under_way = None
        self._due.pop(message.id, None)
        if message.state is Delivery.WAITING:
            self._tried[message.id] = message
        else:
            self._tried.pop(message.id, None)

    def _oldest_of_jobs(self) -> dict[str, int]:
        """By job: the id of the oldest message about it that has not gone out yet."""
        oldest: dict[str, int] = {}
        for message in (*self._tried.values(), *self._due.values()):
            for job in message.notice.jobs:
                oldest[job] = min(message.id, oldest.get(job, message.id))
        return oldest

    def _must_wait(self, message: Outgoing, oldest: Mapping[str, int]) -> bool:
        if is_urgent(message) and not self._in_order:
            return False
        return any(oldest[job] < message.id for job in message.notice.jobs)
