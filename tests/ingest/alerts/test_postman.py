"""The postman at work: at least once, marked once, in time; clock and channels are the test's."""

import asyncio
import contextlib
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.alerts.channels.sender import Sender
from ingest.alerts.lane import GIVE_UP_MS, GIVE_UP_URGENT_MS, HOUR_MS, MINUTE_MS, Ended
from ingest.alerts.model import Severity
from ingest.alerts.outbox import DatabaseOutbox
from ingest.alerts.postman import Postman, Route
from ingest.alerts.work import ChannelKind, ChannelSetting, Delivery, Outgoing, SendResult, Why
from ingest.database import outbox as outbox_table
from ingest.database.database import Database
from ingest.ports import TransientStoreError
from tests.ingest.alerts.clockwork import Clockwork
from tests.ingest.alerts.messages import NOW_MS, outgoing

OK = SendResult(ok=True)
BROKEN = SendResult(ok=False, reason="HTTP 503", retry=True)
REFUSED = SendResult(ok=False, reason="errcode 40058: too long")


class MemoryOutbox:
    """The port in memory; counts how often each message was marked as sent."""

    def __init__(self, messages: Sequence[Outgoing] = ()) -> None:
        self.messages = {message.id: message for message in messages}
        self.marks: list[Outgoing] = []
        self.is_away = False

    def add(self, *messages: Outgoing) -> None:
        """Queue."""
        self.messages |= {message.id: message for message in messages}

    async def due(self, now_ms: int, each: int) -> Sequence[Outgoing]:
        """See the port."""
        self._check()
        waiting = [m for m in self.messages.values() if m.state is Delivery.WAITING and m.next_ms <= now_ms]
        by_channel: dict[str, list[Outgoing]] = defaultdict(list)
        for message in sorted(waiting, key=lambda m: (-m.notice.severity.rank, m.next_ms, m.id)):
            by_channel[message.notice.channel].append(message)
        found = [message for group in by_channel.values() for message in group[:each]]
        await asyncio.sleep(0)  # the answer is a moment old when it arrives, as a database's is
        return found

    async def mark(self, message: Outgoing) -> None:
        """See the port."""
        self._check()
        self.messages[message.id] = message
        self.marks.append(message)
        await asyncio.sleep(0)

    async def tried(self) -> Sequence[Outgoing]:
        """See the port."""
        self._check()
        return [m for m in self.messages.values() if m.state is Delivery.WAITING and m.tries]

    async def ended_since(self, since_ms: int) -> Sequence[Ended]:
        """See the port."""
        self._check()
        over = [m for m in self.messages.values() if m.state is not Delivery.WAITING]
        ended = [Ended(m.notice.channel, m.next_ms if m.sent_ms is None else m.sent_ms, m.tries) for m in over]
        return [one for one in ended if one.at_ms >= since_ms]

    def _check(self) -> None:
        if self.is_away:
            raise TransientStoreError("the database is away")

    def states(self) -> Counter[Delivery]:
        """How many are in which state."""
        return Counter(message.state for message in self.messages.values())


class ScriptedSender:
    """Answers by a script, then by its last line; notes when each send began and ended."""

    def __init__(self, clockwork: Clockwork, script: Sequence[SendResult] = (OK,), takes_s: float = 0.0) -> None:
        self._clockwork = clockwork
        self._script = list(script)
        self._takes_s = takes_s
        self.began: list[tuple[int, int]] = []
        """(id, ms) of each send."""
        self.under_way: set[int] = set()

    async def send(self, message: Outgoing) -> SendResult:
        """See the port."""
        assert message.id not in self.under_way, "sent while a send is under way"
        self.began.append((message.id, self._clockwork.now_ms))
        self.under_way.add(message.id)
        try:
            await self._clockwork.sleep(self._takes_s)
        finally:
            self.under_way.discard(message.id)
        return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    @property
    def ids(self) -> list[int]:
        """Of what was sent, in order."""
        return [number for number, _ in self.began]


def setting(name: str = "east-robot", **changes: Any) -> ChannelSetting:
    """A channel of 20 messages a minute."""
    return replace(ChannelSetting(name, ChannelKind.DINGTALK), **changes)


@contextlib.asynccontextmanager
async def working(
    clockwork: Clockwork, box: Any, senders: dict[str, Sender], routes: Callable[[str], Route | None] | None = None
) -> AsyncIterator[Postman]:
    """A postman that runs; a lot of 1 makes its waits exact."""

    def route(name: str) -> Route | None:
        return Route(setting(name), senders[name]) if name in senders else None

    postman = Postman(box, routes or route, clockwork.clock, clockwork.sleep, lot=lambda: 1.0)
    running = asyncio.create_task(postman.run())
    try:
        yield postman
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest.fixture
def clockwork() -> Clockwork:
    """A clock of the test's own."""
    return Clockwork(NOW_MS)


async def test_what_is_queued_is_sent_at_once(clockwork: Clockwork) -> None:
    """A wake-up is enough, no look at the clock."""
    box, sender = MemoryOutbox(), ScriptedSender(clockwork)
    async with working(clockwork, box, {"east-robot": sender}) as postman:
        await clockwork.settle()
        box.add(outgoing(1))
        postman.wake()
        assert await clockwork.until(lambda: box.states()[Delivery.SENT] == 1, within_ms=0)
    assert sender.began == [(1, NOW_MS)]
    assert box.messages[1].sent_ms == NOW_MS


async def test_a_failure_is_tried_again_until_it_works(clockwork: Clockwork) -> None:
    """After 2, 4 and 8 seconds; the reason stands in the outbox meanwhile and the channel is told as failing."""
    box = MemoryOutbox([outgoing(1)])
    sender = ScriptedSender(clockwork, [BROKEN, BROKEN, BROKEN, OK])
    async with working(clockwork, box, {"east-robot": sender}) as postman:
        await clockwork.until(lambda: len(sender.began) == 2, within_ms=MINUTE_MS)
        assert box.messages[1].reason == "HTTP 503"
        assert postman.failing == {"east-robot": "HTTP 503"}
        assert await clockwork.until(lambda: box.states()[Delivery.SENT] == 1, within_ms=MINUTE_MS)
        assert postman.failing == {}
    assert [at_ms - NOW_MS for _, at_ms in sender.began] == [0, 2_000, 6_000, 14_000]
    assert box.messages[1].tries == 4


async def test_what_never_works_is_given_up_with_its_reason(
    clockwork: Clockwork, caplog: pytest.LogCaptureFixture
) -> None:
    """An ordinary message after four hours, an emergency after a day; both are told in the log."""
    old_ms = NOW_MS - GIVE_UP_MS + MINUTE_MS
    fire = outgoing(2, severity=Severity.EMERGENCY, jobs=("j-2",), created_ms=old_ms)
    oldest_fire = outgoing(3, severity=Severity.EMERGENCY, jobs=("j-3",), created_ms=NOW_MS - GIVE_UP_URGENT_MS)
    box = MemoryOutbox([outgoing(1, created_ms=old_ms), fire, oldest_fire])
    sender = ScriptedSender(clockwork, [BROKEN])
    async with working(clockwork, box, {"east-robot": sender}):
        await clockwork.until(within_ms=1_000)
        assert [box.messages[number].state for number in (1, 2, 3)] == [
            Delivery.WAITING,
            Delivery.WAITING,
            Delivery.GIVEN_UP,
        ]
        await clockwork.until(within_ms=3 * MINUTE_MS)
        assert [box.messages[number].state for number in (1, 2)] == [Delivery.GIVEN_UP, Delivery.WAITING]
    assert all("HTTP 503" in message.reason for message in box.messages.values())
    assert caplog.text.count("was given up") == 2


async def test_a_slow_channel_delays_no_other(clockwork: Clockwork) -> None:
    """One takes half a minute for each, and hundreds wait for it."""
    slow, quick = ScriptedSender(clockwork, takes_s=30.0), ScriptedSender(clockwork)
    box = MemoryOutbox([outgoing(number, channel="slow", jobs=()) for number in range(1, 500)])
    box.add(outgoing(1_000, channel="quick"))
    async with working(clockwork, box, {"slow": slow, "quick": quick}):
        assert await clockwork.until(lambda: quick.ids == [1_000], within_ms=0)


async def test_twenty_a_minute_and_emergencies_first(clockwork: Clockwork) -> None:
    """Fifteen ordinary ones go out, then an emergency comes, and finds a place in the same minute."""
    box = MemoryOutbox([outgoing(number, jobs=(f"j-{number}",)) for number in range(1, 41)])
    sender = ScriptedSender(clockwork)
    async with working(clockwork, box, {"east-robot": sender}) as postman:
        await clockwork.until(within_ms=10_000)
        assert sender.ids == list(range(1, 16))
        box.add(outgoing(99, severity=Severity.EMERGENCY))
        postman.wake()
        assert await clockwork.until(lambda: sender.ids[-1] == 99, within_ms=0)
        assert await clockwork.until(lambda: box.states()[Delivery.SENT] == 41, within_ms=3 * MINUTE_MS)


async def test_nothing_is_sent_twice_while_a_send_is_under_way(clockwork: Clockwork) -> None:
    """The outbox goes on giving the message; it goes out once."""
    box, sender = MemoryOutbox([outgoing(1)]), ScriptedSender(clockwork, takes_s=9.0)
    async with working(clockwork, box, {"east-robot": sender}) as postman:
        for _ in range(8):
            postman.wake()
            await clockwork.until(within_ms=1_000)
        assert await clockwork.until(lambda: box.states()[Delivery.SENT] == 1, within_ms=10_000)
        await clockwork.until(within_ms=10_000)
    assert sender.ids == [1]


async def test_a_database_that_is_away_is_waited_for(clockwork: Clockwork) -> None:
    """What was sent is marked when it is back, and not sent again."""
    box, sender = MemoryOutbox([outgoing(1)]), ScriptedSender(clockwork, takes_s=1.0)
    async with working(clockwork, box, {"east-robot": sender}):
        await clockwork.until(lambda: bool(sender.under_way), within_ms=100)
        box.is_away = True
        await clockwork.until(within_ms=MINUTE_MS)
        box.is_away = False
        assert await clockwork.until(lambda: box.states()[Delivery.SENT] == 1, within_ms=10_000)
        await clockwork.until(within_ms=10_000)
    assert sender.ids == [1]


async def test_a_message_to_a_channel_that_is_gone_waits_for_it(clockwork: Clockwork) -> None:
    """It says so, and goes out when the channel is set again."""
    box, sender = MemoryOutbox([outgoing(1)]), ScriptedSender(clockwork)
    known: dict[str, Route] = {}
    async with working(clockwork, box, {}, known.get):
        await clockwork.until(within_ms=MINUTE_MS)
        assert "no channel east-robot" in box.messages[1].reason
        known["east-robot"] = Route(setting(), sender)
        assert await clockwork.until(lambda: sender.ids == [1], within_ms=2 * MINUTE_MS)


async def test_a_message_that_is_refused_holds_up_nothing(clockwork: Clockwork) -> None:
    """It is given up, and the next one of the same job goes out."""
    box = MemoryOutbox([outgoing(1), outgoing(2)])
    sender = ScriptedSender(clockwork, [REFUSED, OK])
    async with working(clockwork, box, {"east-robot": sender}):
        assert await clockwork.until(lambda: box.states()[Delivery.SENT] == 1, within_ms=1_000)
    assert box.messages[1].state is Delivery.GIVEN_UP


RESULTS = st.sampled_from([OK, OK, BROKEN, BROKEN._replace(retry_after_s=40.0), REFUSED])
STEPS = st.lists(
    st.tuples(
        st.integers(0, 20_000),
        st.sampled_from(list(Severity)),
        st.sampled_from([Why.OPENED, Why.WORSE, Why.RESOLVED]),
        st.sampled_from(["j-1", "j-2", "j-3"]),
    ),
    min_size=1,
    max_size=30,
)


@example(
    steps=[(wait_ms, Severity.INFO, Why.OPENED, "j-1") for wait_ms in (0, 0, 8_300)],
    script=[SendResult(ok=False, reason="HTTP 503", retry=True)] * 2,
    crash_at=3,
    per_minute=3,
)
@given(steps=STEPS, script=st.lists(RESULTS, max_size=30), crash_at=st.integers(0, 12), per_minute=st.integers(1, 20))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
async def test_each_message_is_sent_and_marked_once(
    steps: list[tuple[int, Severity, Why, str]], script: list[SendResult], crash_at: int, per_minute: int
) -> None:
    """Whatever the service answers and whenever the process dies: every message ends, is marked as sent at most once,
    the rate holds, and that all is good never comes before what it is about.
    """
    clockwork = Clockwork(NOW_MS)
    box, sender = MemoryOutbox(), ScriptedSender(clockwork, [*script, OK], takes_s=0.3)
    routes = {"east-robot": Route(setting(per_minute=float(per_minute)), sender)}
    queue = [
        outgoing(number, severity=severity, why=why, jobs=(job,), created_ms=NOW_MS)
        for number, (_, severity, why, job) in enumerate(steps, start=1)
    ]
    async with working(clockwork, box, {}, routes.get) as postman:
        for (wait_ms, *_), message in zip(steps[:crash_at], queue, strict=False):
            await clockwork.until(within_ms=wait_ms)
            box.add(replace(message, next_ms=clockwork.now_ms))
            postman.wake()
    cut_off = len(sender.began) - len(box.marks)
    async with working(clockwork, box, {}, routes.get):
        box.add(*queue[crash_at:])
        await clockwork.until(lambda: not box.states()[Delivery.WAITING], within_ms=4 * HOUR_MS)
    assert box.states()[Delivery.WAITING] == 0
    sent = [message.id for message in box.marks if message.state is Delivery.SENT]
    assert len(sent) == len(set(sent))
    assert set(sender.ids) == set(box.messages)
    assert len(sender.began) == len(box.marks) + cut_off
    times = [at_ms for _, at_ms in sender.began]
    # A try that the crash cut off is not in the outbox, so the new process may add one for it.
    assert all(sum(first <= at_ms < first + MINUTE_MS for at_ms in times) <= per_minute + 1 for first in times)
    for over in (message for message in queue if message.notice.why is Why.RESOLVED):
        earlier = {m.id for m in queue if m.id < over.id and m.notice.jobs == over.notice.jobs}
        first_of_over = sender.ids.index(over.id)
        assert earlier <= {m.id for m in box.marks} & set(sender.ids)
        assert not earlier & set(sender.ids[first_of_over:])


async def test_the_outbox_of_the_database_survives_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A second process goes on where the first was: nothing sent is sent again, what failed waits its time."""
    caplog.set_level(logging.INFO)
    sent: list[tuple[str, SendResult]] = []

    class Note:
        """Takes every message but the third."""

        async def send(self, message: Outgoing) -> SendResult:
            """See the port."""
            result = BROKEN if message.notice.key == "k-3" and len(sent) < 4 else OK
            sent.append((message.notice.key, result))
            return result

    async def round_of(*messages: Outgoing, settled: int) -> list[Outgoing]:
        database = Database(f"sqlite:///{tmp_path}/yizhan.db")
        await database.open()
        await database.run(lambda c: outbox_table.add(c, messages))
        enough = asyncio.Event()
        heard: list[Outgoing] = []

        def on_settled(message: Outgoing) -> None:
            heard.append(message)
            if len(heard) == settled:
                enough.set()

        postman = Postman(
            DatabaseOutbox(database),
            lambda name: Route(setting(name), Note()),
            now_ms=lambda: NOW_MS + 10_000 * len(sent),
            lot=lambda: 0.0,
            on_settled=on_settled,
        )
        running = asyncio.create_task(postman.run())
        async with asyncio.timeout(20):
            await enough.wait()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        kept = await database.read(lambda c: outbox_table.newest(c, 9))
        await database.close()
        return kept

    messages = [outgoing(number, jobs=(f"j-{number}",)) for number in (1, 2, 3)]
    await round_of(*messages, settled=3)
    kept = await round_of(*messages, outgoing(4, jobs=("j-4",)), settled=2)
    assert Counter(key for key, result in sent if result.ok) == {"k-1": 1, "k-2": 1, "k-3": 1, "k-4": 1}
    assert [one.state for one in kept] == [Delivery.SENT] * 4


async def test_a_sender_that_breaks_its_word_ends_no_lane_but_waits_in_its_own() -> None:
    """A fault of ours in one channel: its message is tried again, and those of the others go out meanwhile."""

    class Broken:
        async def send(self, message: Outgoing) -> SendResult:
            raise ZeroDivisionError(message.id)

    clockwork, box = Clockwork(NOW_MS), MemoryOutbox()
    sender = ScriptedSender(clockwork, [OK], takes_s=0.3)
    routes = {"broken": Route(setting(), Broken()), "east-robot": Route(setting(), sender)}
    async with working(clockwork, box, {}, routes.get):
        box.add(outgoing(1, channel="broken"), outgoing(2))
        await clockwork.until(lambda: box.messages[1].tries > 1, within_ms=HOUR_MS)
    assert box.messages[2].state is Delivery.SENT
    assert "ZeroDivisionError" in box.messages[1].reason


async def test_a_fault_of_ours_in_the_postman_ends_nothing_and_is_shown(clockwork: Clockwork) -> None:
    """The next run sends what waits, and /readyz is well again."""
    box, sender = MemoryOutbox([outgoing(1)]), ScriptedSender(clockwork)
    asked = list[int]()

    def broken_once(name: str) -> Route | None:
        asked.append(1)
        if len(asked) == 1:
            raise ZeroDivisionError(name)
        return Route(setting(name), sender)

    async with working(clockwork, box, {}, broken_once) as postman:
        await clockwork.settle()
        assert "messages do not leave" in postman.check().detail
        assert await clockwork.until(lambda: box.states()[Delivery.SENT] == 1, within_ms=10_000)
        assert postman.check().ok
    assert sender.ids == [1]
