"""What the platform does with a bad message, through a real broker: acked, kept, counted, answered; others arrive."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from assembly.platform import RunningPlatform, open_platform
from assembly.settings import Settings
from bench.servers import Mosquitto
from ingest.model import DeadLetter
from tests.ingest.kept_letters import kept_letters
from tests.integration.conftest import register_demo_stations, until
from tests.integration.hardware import Hardware

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

STATION = "bj-chaoyang-01"


def now_ms() -> int:
    """As the station's clock has it."""
    return time.time_ns() // 1_000_000


def occupancy(seq: int, **fields: object) -> bytes:
    """A good reading, with what a case makes of it."""
    good = {"ts": now_ms(), "boot": 1, "seq": seq, "present": 3, "entered": 10, "left": 7, "epoch": 1}
    return json.dumps(good | fields).encode()


@dataclass(frozen=True)
class Bad:
    """One bad message, and what must become of it."""

    reason: str
    make: Callable[[], bytes]
    """Called as it is sent, so that its clock is right unless the case is about clocks."""
    channel: str = "occupancy"
    told: str = ""
    """A word that the firmware's author must find in the answer."""


CASES = {
    "wrong topic": Bad("wrong_topic", lambda: occupancy(2), "occupncy", "occupancy"),
    "empty": Bad("empty", lambda: b"", told="JSON object"),
    "1 MB": Bad("too_large", lambda: b'{"ts":1,"pad":"' + b"x" * 1_000_000 + b'"}', told="16384"),
    "not UTF-8": Bad("not_utf8", lambda: b'{"ts":\xff\xfe}'),
    "not JSON": Bad("not_json", lambda: b"ts=1;present=3"),
    "NaN": Bad("wrong_type", lambda: occupancy(2).replace(b'"present": 3', b'"present": NaN'), told="present"),
    "NaN in a float": Bad(
        "out_of_range", lambda: b'{"ts":%d,"boot":1,"seq":2,"items":[],"temp":NaN}' % now_ms(), "medicine", "temp"
    ),
    "a huge integer": Bad("out_of_range", lambda: occupancy(2, entered=10**400), told="entered"),
    "deep nesting": Bad("not_json", lambda: b"[" * 8_000 + b"]" * 8_000),
    "a missing field": Bad(
        "missing_field", lambda: b'{"ts":%d,"boot":1,"seq":2,"present":3}' % now_ms(), told="entered"
    ),
    "a wrong type": Bad("wrong_type", lambda: occupancy(2, present="3"), told="present"),
    "a clock in 1970": Bad("clock_past", lambda: occupancy(2, ts=12_345), told="clock"),
    "a clock in 2100": Bad("clock_future", lambda: occupancy(2, ts=4_102_444_800_000), told="clock"),
    "a jump of 10,000 people": Bad("implausible_jump", lambda: occupancy(2, entered=10_010), told="entered"),
    "a backlog of anything": Bad("missing_field", lambda: b'{"reading":[]}', "backlog", "readings"),
}


async def letters(platform: RunningPlatform) -> list[DeadLetter]:
    """All that are kept, newest first."""
    return [kept.letter for kept in await kept_letters(platform.database)]


@pytest.mark.parametrize("bad", CASES.values(), ids=list(CASES))
async def test_bad_message_is_kept_answered_and_in_nobodys_way(
    platform: RunningPlatform, mosquitto: Mosquitto, bad: Bad
) -> None:
    """Acked, kept whole with its reason, counted, answered in words; the messages before and behind it arrive."""
    accounting = platform.books.accounting
    sent: list[bytes] = []

    def play() -> dict[str, object]:
        with Hardware(mosquitto.port, STATION) as hardware:
            hardware.send("occupancy", occupancy(1))
            sent.append(bad.make())
            hardware.send(bad.channel, sent[0])
            hardware.send("occupancy", occupancy(3))
            return hardware.answer("rejected")

    told = await asyncio.to_thread(play)
    await until(lambda: accounting.stored.total() == 2)
    (kept,) = await letters(platform)
    assert (kept.reason, kept.payload, kept.station) == (bad.reason, sent[0], STATION)
    assert kept.topic == f"yizhan/v1/{STATION}/{bad.channel}"
    assert (told["reason"], told["channel"]) == (bad.reason, bad.channel)
    assert bad.told in str(told["detail"])
    assert dict(accounting.refused) == {bad.reason: 1}
    assert (accounting.received, accounting.balance) == (3, 0)
    status = platform.books.picture.status(STATION, now_ms())
    assert [seen.body.seq for seen in status.seen.values()] == [3]


async def test_refused_messages_do_not_come_back(settings: Settings, mosquitto: Mosquitto) -> None:
    """All were acknowledged: a platform that takes the session over is sent none of them again."""
    await register_demo_stations(settings)

    def play() -> None:
        with Hardware(mosquitto.port, STATION) as hardware:
            hardware.send("occupancy", occupancy(1))
            for bad in CASES.values():
                hardware.send(bad.channel, bad.make())

    async with open_platform(settings) as first:
        await first.session.subscribed.wait()
        await asyncio.to_thread(play)
        await until(lambda: first.books.accounting.refused.total() == len(CASES))
    async with open_platform(settings) as second:
        await second.session.subscribed.wait()
        with Hardware(mosquitto.port, STATION) as hardware:
            await asyncio.to_thread(hardware.send, "occupancy", occupancy(9))
        await until(lambda: second.books.accounting.stored.total() == 1)
        assert second.books.accounting.received == 1


async def test_topic_of_no_station_is_kept_without_an_answer(platform: RunningPlatform, mosquitto: Mosquitto) -> None:
    """Where not even the id is one, nobody can be answered, and nothing is lost."""
    with Hardware(mosquitto.port, STATION) as hardware:
        await asyncio.to_thread(hardware.send_to, "yizhan/v1/Station 7/occupancy", occupancy(1))
        await asyncio.to_thread(hardware.send_to, "yizhan/v1", b"hello")
    await until(lambda: platform.books.accounting.refused["wrong_topic"] == 2)
    assert {letter.topic for letter in await letters(platform)} == {"yizhan/v1/Station 7/occupancy", "yizhan/v1"}


async def test_unknown_station_is_counted_and_listed_and_not_public(
    platform: RunningPlatform, mosquitto: Mosquitto
) -> None:
    """Kept like any other, named as unregistered, and not shown to the public."""
    with Hardware(mosquitto.port, "sh-unheard-of") as hardware:
        await asyncio.to_thread(hardware.send, "occupancy", occupancy(1))
    await until(lambda: platform.books.accounting.stored.total() == 1)
    assert platform.books.picture.unregistered() == ["sh-unheard-of"]
    assert platform.registry.station("sh-unheard-of") is None


async def test_replayed_will_changes_nothing(platform: RunningPlatform, mosquitto: Mosquitto) -> None:
    """The will of an older start arrives late: ignored and counted, the station stays online."""

    def play() -> None:
        with Hardware(mosquitto.port, STATION) as hardware:
            hardware.send("state", json.dumps({"online": True, "ts": now_ms(), "boot": 8, "interval_s": 60}).encode())
            hardware.send("state", b'{"online":false,"boot":7}')

    await asyncio.to_thread(play)
    await until(lambda: platform.books.accounting.late_wills == 1)
    assert platform.books.picture.status(STATION, now_ms()).presence == "online"


async def test_bad_reading_in_a_backlog_is_refused_alone(platform: RunningPlatform, mosquitto: Mosquitto) -> None:
    """Of a backlog the good readings are stored and confirmed at once; the bad one is kept and answered by name."""
    readings = [{"kind": "occupancy", **json.loads(occupancy(seq))} for seq in range(1, 6)]
    readings[2]["present"] = -1

    def play() -> tuple[dict[str, object], dict[str, object]]:
        with Hardware(mosquitto.port, STATION) as hardware:
            hardware.send("backlog", json.dumps({"readings": readings}).encode())
            return hardware.answer("receipt"), hardware.answer("rejected")

    receipt, rejected = await asyncio.to_thread(play)
    assert receipt["stored"] == [{"kind": "occupancy", "boot": 1, "seq": 2, "also": [[4, 5]]}]
    assert (rejected["reason"], rejected["boot"], rejected["seq"]) == ("out_of_range", 1, 3)
    assert platform.books.accounting.stored.total() == 4
    assert platform.books.accounting.balance == 0
