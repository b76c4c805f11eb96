"""Sends what the outbox holds: a lane for each channel, so that a slow one delays no other.

Enters: messages that are due. Leaves: what became of each, marked in the outbox. Never: sends one twice while a send is
under way, forgets one (after a crash between a send and its mark it goes again), or ends by a fault of its own.
"""

import asyncio
import logging
import random
import traceback
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from gateway.failure_log import FailureLog
from ingest.alerts.channels.sender import Sender
from ingest.alerts.lane import HOUR_MS, Ended, Lane, RateWindow, after_try, last_try, tries_ms
from ingest.alerts.work import ChannelKind, ChannelSetting, Delivery, Outgoing, SendResult
from ingest.ports import Check, StoreMisconfigured, TransientStoreError

log = logging.getLogger(__name__)

POLL_S: Final = 1.0
"""Between two looks for what is due again; what is new wakes the postman by itself. Larger: retries are late. Smaller:
the database is asked for nothing."""
EACH: Final = 200
"""Messages of one channel that are looked at together. Larger: memory for each channel that is away. Smaller: the order
of what is told of one job is seen in smaller pieces."""
DATABASE_WAIT_S: Final = 1.0
"""Larger: a message that was sent stays unmarked for longer. Smaller: a starting database is asked for nothing."""
AGAIN_S: Final = 1.0
AGAIN_LONGEST_S: Final = 60.0
"""Between a fault of ours and the next run, doubled while it stays. Larger: messages wait longer. Smaller: a fault
between a send and its mark sends one message so much more often."""

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


class Outbox(Protocol):
    """Messages, durable. Each method raises `TransientStoreError` or `StoreMisconfigured` where it cannot be asked."""

    async def due(self, now_ms: int, each: int) -> Sequence[Outgoing]:
        """Waiting ones whose time has come: of each channel at most `each`, emergencies first, then the oldest."""

    async def mark(self, message: Outgoing) -> None:
        """Keep state, tries, next_ms, reason and sent_ms; durable when it returns."""

    async def tried(self) -> Sequence[Outgoing]:
        """Those that wait after a try that failed, whenever their time comes."""

    async def ended_since(self, since_ms: int) -> Sequence[Ended]:
        """The last tries of what was sent or given up since then."""


class Route(NamedTuple):
    """A channel as it is set now."""

    setting: ChannelSetting
    sender: Sender


class Postman:
    """`run` sends until cancelled; `wake` when something was queued."""

    def __init__(
        self,
        outbox: Outbox,
        routes: Callable[[str], Route | None],
        now_ms: Callable[[], int],
        sleep: Sleep = asyncio.sleep,
        lot: Callable[[], float] = random.random,
        on_settled: Callable[[Outgoing], None] = lambda _message: None,
    ) -> None:
        """`routes` gives the channel of a name, None where there is none; `on_settled` hears what each try led to."""
        self._outbox = outbox
        self._routes = routes
        self._now_ms = now_ms
        self._sleep = sleep
        self._lot = lot
        self._on_settled = on_settled
        self._woken = asyncio.Event()
        self._settled: set[int] = set()
        """Since the outbox was last asked: its answer may be older than they are."""
        self._lanes: dict[str, _RunningLane] = {}
        self._failing: dict[str, str] = {}
        self._database_failures = FailureLog(log, "outbox")
        self._failure, self._failed_ms = "", 0

    @property
    def failing(self) -> Mapping[str, str]:
        """Channels whose last try failed, and why."""
        return self._failing

    def wake(self) -> None:
        """Something was queued."""
        self._woken.set()

    def check(self) -> Check:
        """For /readyz."""
        if self._failure:
            return Check(ok=False, detail=self._failure, since_ms=self._failed_ms)
        return Check(ok=True, detail="what is queued is sent")

    async def run(self) -> None:
        """Send until cancelled, through faults of ours. What is cut off is sent again by the next run."""
        wait_s = AGAIN_S
        while True:
            try:
                await self._work()
            except Exception as error:
                kind = type(_first(error)).__name__
                failure = f"messages do not leave: the postman failed ({kind}), and begins again; the log says where"
                wait_s = min(2 * wait_s, AGAIN_LONGEST_S) if self._failure else AGAIN_S
                if failure != self._failure:
                    log.critical("%s", failure, exc_info=error)
                    self._failure, self._failed_ms = failure, self._now_ms()
            await self._sleep(wait_s)

    async def _work(self) -> None:
        resumed = await self._asked(self._resumed)
        self._lanes = {}
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._woken.clear()
                due = await self._due()
                for channel in due.keys() - self._lanes.keys():
                    running = self._lanes[channel] = resumed.lane(channel)
                    tasks.create_task(self._serve(channel, running), name=f"channel {channel}")
                for channel, running in self._lanes.items():
                    running.lane.offer(due.get(channel, ()))
                    running.changed.set()
                await self._rest(self._woken, POLL_S)
                if all(running.lane.is_idle for running in self._lanes.values()):
                    self._failure = ""

    async def _due(self) -> dict[str, list[Outgoing]]:
        """What is due and not under way or settled meanwhile, by channel."""

        async def ask() -> Sequence[Outgoing]:
            self._settled.clear()
            return await self._outbox.due(self._now_ms(), EACH)

        by_channel = defaultdict(list)
        for message in await self._asked(ask):
            if message.id not in self._settled:
                by_channel[message.notice.channel].append(message)
        return by_channel

    async def _resumed(self) -> "_Resumed":
        return _Resumed(await self._outbox.tried(), await self._outbox.ended_since(self._now_ms() - HOUR_MS))

    async def _serve(self, channel: str, running: "_RunningLane") -> None:
        lane = running.lane
        while True:
            running.changed.clear()
            route = self._routes(channel)
            if route is not None:
                # What a handheld shows is what was published last.
                lane.follow(route.setting.per_minute, in_order=route.setting.kind is ChannelKind.MQTT)
            now_ms = self._now_ms()
            message, look_again_ms = lane.pick(now_ms)
            if message is None:
                wait_s = None if look_again_ms is None else (look_again_ms - now_ms) / 1000
                await self._rest(running.changed, wait_s)
                continue
            result = await _sent(route, message) if route is not None else _nowhere(channel)
            ended_ms = self._now_ms()
            lane.ended(result, ended_ms)
            after = after_try(message, result, ended_ms, self._lot())
            await self._asked(partial(self._outbox.mark, after))
            self._settled.add(message.id)
            lane.settled(after)
            self._tell(channel, running.failures, after)
            self._failure = ""
            if lane.is_idle:
                self.wake()

    def _tell(self, channel: str, failures: FailureLog, after: Outgoing) -> None:
        match after.state:
            case Delivery.SENT:
                self._failing.pop(channel, None)
                failures.worked()
            case Delivery.WAITING:
                self._failing[channel] = after.reason
                failures.failed(after.reason)
            case Delivery.GIVEN_UP:
                self._failing[channel] = after.reason
                log.error("channel %s: message %s was given up: %s", channel, after.notice.key, after.reason)
        self._on_settled(after)

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What the outbox says, however long that takes."""
        while True:
            try:
                answer = await ask()
            except (TransientStoreError, StoreMisconfigured) as error:
                self._database_failures.failed(f"{error}; messages wait, none is lost")
                await self._sleep(DATABASE_WAIT_S)
            else:
                self._database_failures.worked()
                return answer

    async def _rest(self, event: asyncio.Event, wait_s: float | None) -> None:
        """Until the event, or for so long."""
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(event.wait())]
        if wait_s is not None:
            waits.append(asyncio.ensure_future(self._sleep(wait_s)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


class _RunningLane(NamedTuple):
    lane: Lane
    changed: asyncio.Event
    failures: FailureLog


class _Resumed(NamedTuple):
    """What an earlier process left."""

    tried: Sequence[Outgoing]
    ended: Sequence[Ended]

    def lane(self, channel: str) -> _RunningLane:
        """A channel's lane, as it goes on."""
        tried = [message for message in self.tried if message.notice.channel == channel]
        # What failed counts, too: the service has counted it.
        lasts = [*map(last_try, tried), *(one for one in self.ended if one.channel == channel)]
        rate = RateWindow(at_ms for last in lasts for at_ms in tries_ms(last))
        return _RunningLane(Lane(rate, tried), asyncio.Event(), FailureLog(log, f"channel {channel}"))


async def _sent(route: Route, message: Outgoing) -> SendResult:
    try:
        return await route.sender.send(message)
    except Exception as error:  # noqa: BLE001 - one channel's fault must not end the lanes of all the others
        # Its words may hold a secret, such as the address that it called; where it happened does not.
        place = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"its sender failed: {type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
        return SendResult(ok=False, reason=reason, retry=True)


def _nowhere(channel: str) -> SendResult:
    reason = f"there is no channel {channel} (any more): set it again, or its messages grow too old"
    return SendResult(ok=False, reason=reason, retry=True)


def _first(error: BaseException) -> BaseException:
    """What lies at the bottom of what a group of tasks raised."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
