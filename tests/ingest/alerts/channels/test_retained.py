"""MQTT for handhelds: through the embedded broker, as the platform publishes; and what the broker does not take."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession

from gateway.broker import EmbeddedBroker
from gateway.topics import WrongTopic, parse_topic
from ingest.alerts.channels.asking import WrongChannel
from ingest.alerts.channels.registry import sender_of
from ingest.alerts.channels.retained import Retainer
from ingest.alerts.channels.sender import Publish, Surroundings
from ingest.alerts.work import ChannelKind, SendResult, Why
from tests.gateway.listening import Inbox, listening, settings_for
from tests.ingest.alerts.messages import NOW_MS, channel, outgoing

SETTING = channel(ChannelKind.MQTT, "", secrets={})
TOPIC = "yizhan/alerts/v1/east-robot/bj-cy-001"
CLOSED = json.dumps({"jobs": [{"place": "bj-cy-001", "state": "closed"}], "alertmanager": {}, "links": {}})


async def outcome(publish: Publish | None, message: Any = None, timeout_s: float = 5.0) -> SendResult:
    """What becomes of a message."""
    async with ClientSession() as http:
        world = Surroundings(http, lambda: NOW_MS, publish, timeout_s)
        return await sender_of(SETTING, world).send(message or outgoing())


@pytest.mark.broker
async def test_a_handheld_that_comes_late_sees_what_is_open(embedded_broker: EmbeddedBroker) -> None:
    """Retained while the job is open, gone when it is closed; and the pipeline's own subscription hears none of it."""
    platform = Inbox()
    async with listening(platform, settings_for(embedded_broker.port_v5)) as session:

        async def publish(topic: str, payload: bytes) -> None:
            await session.deliver(topic, payload, retain=True)

        assert (await outcome(publish)).ok
        late = Inbox()
        handheld = settings_for(embedded_broker.port_v5, client_id="handheld", filters=("yizhan/alerts/v1/#",))
        async with listening(late, handheld):
            [seen] = await late.count(1)
            assert (seen.topic, seen.retained) == (TOPIC, True)
            assert json.loads(seen.payload)["name"] == "驿站"
            late.clear()
            assert (await outcome(publish, outgoing(payload=CLOSED, why=Why.RESOLVED))).ok
            [cleared] = await late.count(1)
            assert cleared.payload == b""
    assert platform.messages == []


async def test_a_broker_that_refuses_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """With its reason; the message is tried again, because access rules can be mended."""

    async def publish(_topic: str, _payload: bytes) -> None:
        raise OSError("the broker refused our message (reason 0x87); check its access rules")

    result = await outcome(publish)
    assert (result.ok, result.retry) == (False, True)
    assert "access rules" in result.reason


async def test_a_broker_that_is_away_is_left_in_time() -> None:
    """It is tried again; the channel is not held for ever."""

    async def publish(_topic: str, _payload: bytes) -> None:
        await asyncio.Event().wait()

    result = await outcome(publish, timeout_s=0.01)
    assert (result.ok, result.retry) == (False, True)


async def test_without_a_broker_it_says_so() -> None:
    """A process that has none keeps the message."""
    result = await outcome(None)
    assert (result.ok, result.retry) == (False, True)


async def test_a_trial_leaves_nothing_behind() -> None:
    """Seen by whoever listens, and cleared at once."""
    seen: list[tuple[str, bytes]] = []

    async def publish(topic: str, payload: bytes) -> None:
        seen.append((topic, payload))

    assert (await outcome(publish, outgoing(why=Why.TRIAL))).ok
    assert [payload == b"" for _, payload in seen] == [False, True]


@pytest.mark.parametrize("address", ["yizhan/v1/alerts", "yizhan/v1", "a b/c", "alerts/#", "+/x", "$SYS/alerts", "/a"])
async def test_a_topic_that_would_do_harm_is_refused(address: str) -> None:
    """Below the stations' tree, with a wildcard, or the broker's own."""
    async with ClientSession() as http:
        with pytest.raises(WrongChannel, match="mqtt"):
            Retainer(replace(SETTING, address=address), Surroundings(http, lambda: NOW_MS))


@pytest.mark.parametrize("station", ["alerts", "v1", "bj-cy-001"])
def test_no_station_can_stand_where_alerts_are(station: str) -> None:
    """Whatever its id is, its topics are in another tree."""
    with pytest.raises(WrongTopic):
        parse_topic(f"yizhan/alerts/v1/{station}")
