"""The session when the broker misbehaves: one that does exactly what the test says."""

import asyncio

import pytest

from gateway.child_server import LOOPBACK, free_port
from tests.gateway.listening import WAIT_S, Inbox, ack_all, eventually, listening, settings_for
from tests.gateway.mqtt_packets import Publish, disconnect, packet
from tests.gateway.scripted_broker import CONNECT, DISCONNECT, PINGREQ, PUBACK, PUBLISH, SUBSCRIBE, ScriptedBroker

TOPIC = "yizhan/v1/st-1/occupancy"
SESSION_TAKEN_OVER, SERVER_SHUTTING_DOWN, BAD_PASSWORD, NOT_AUTHORIZED = 0x8E, 0x8B, 0x86, 0x87


def refused(reason: int) -> bytes:
    """A CONNACK with a reason other than success."""
    return packet(0x20, bytes([0, reason, 0]))


async def connects(broker: ScriptedBroker, count: int) -> None:
    """Wait for so many connections."""
    await broker.until(CONNECT, count)


@pytest.mark.parametrize("reason", [SESSION_TAKEN_OVER, SERVER_SHUTTING_DOWN])
async def test_session_comes_back_after_the_brokers_goodbye(reason: int) -> None:
    """A DISCONNECT of the broker, after which paho closes the socket itself, is followed by a connection that reads."""
    inbox = Inbox()
    async with ScriptedBroker() as broker, listening(inbox, settings_for(broker.port)) as session:
        for number in range(1, 4):
            broker.send(disconnect(reason))
            await broker.until(SUBSCRIBE, number + 1)
            await asyncio.wait_for(session.subscribed.wait(), WAIT_S)
            broker.send(Publish(TOPIC, b"%d" % number, number).encode())
            await inbox.count(number)
        assert ack_all(session, Inbox())
    assert inbox.payloads == [b"1", b"2", b"3"]


async def test_messages_before_a_goodbye_are_delivered() -> None:
    """What stands in front of a DISCONNECT, and between other packets, is not thrown away with it."""
    inbox = Inbox()
    async with ScriptedBroker() as broker, listening(inbox, settings_for(broker.port)):
        first, second = (Publish(TOPIC, payload, 1).encode() for payload in (b"first", b"second"))
        broker.send(first + packet(0xD0, b"") + second + disconnect(SERVER_SHUTTING_DOWN))
        await inbox.count(2)
    assert inbox.payloads == [b"first", b"second"]


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(packet(0x34, b"\x00\x01t\x00\x01\x00x"), id="QoS 2"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"\xff" * 100, id="not MQTT"),
        pytest.param(b"\x30\xff\xff\xff\x7f" + b"x" * 5_000_000, id="a packet of 256 MiB"),
    ],
)
async def test_broker_that_does_not_speak_mqtt_is_left_and_asked_again(garbage: bytes) -> None:
    """Malformed bytes end the connection with a reason, and the next connection works."""
    inbox = Inbox()
    async with ScriptedBroker() as broker, listening(inbox, settings_for(broker.port)) as session:
        broker.send(garbage)
        await broker.until(SUBSCRIBE, 2)
        await asyncio.wait_for(session.subscribed.wait(), WAIT_S)
        broker.send(Publish(TOPIC, b"after", 1).encode())
        await inbox.count(1)
    assert inbox.payloads == [b"after"]


async def test_hang_up_is_followed_by_a_new_connection() -> None:
    """A connection that breaks without a word is made again; acks of the old one are refused."""
    inbox = Inbox()
    async with ScriptedBroker() as broker, listening(inbox, settings_for(broker.port)) as session:
        broker.send(Publish(TOPIC, b"before", 1).encode())
        await inbox.count(1)
        broker.hang_up()
        await broker.until(SUBSCRIBE, 2)
        await asyncio.wait_for(session.subscribed.wait(), WAIT_S)
        assert not ack_all(session, inbox)
        assert PUBACK not in broker.kinds()


async def test_refused_password_is_named() -> None:
    """Health says that the broker refused us and what to check, while we go on trying."""
    async with ScriptedBroker() as broker:
        broker.connack = refused(BAD_PASSWORD)
        async with listening(Inbox(), settings_for(broker.port), subscribed=False) as session:
            await connects(broker, 3)
            assert not session.link.is_up
            assert "Bad user name or password" in session.link.detail
            assert "check user name, password" in session.link.detail
            broker.connack = packet(0x20, b"\x00\x00\x00")
            await asyncio.wait_for(session.subscribed.wait(), WAIT_S)
            assert session.link.is_up


async def test_refused_subscription_is_named_and_asked_for_again() -> None:
    """A session that may not listen is not up: it says so, and tries again until it may."""
    async with ScriptedBroker() as broker:
        broker.subscribe_reason = NOT_AUTHORIZED
        settings = settings_for(broker.port, filters=("yizhan/v1/#", "$share/a/yizhan/v1/#"))
        async with listening(Inbox(), settings, subscribed=False) as session:
            await broker.until(SUBSCRIBE, 3)
            assert not session.link.is_up
            assert "check its access rules" in session.link.detail
            broker.subscribe_reason = 1
            await asyncio.wait_for(session.subscribed.wait(), WAIT_S)
            assert session.link.is_up


async def test_wait_grows_while_connections_do_not_last() -> None:
    """A broker that takes every connection and ends it at once is asked less and less often, also after a good one."""
    async with ScriptedBroker() as broker, listening(Inbox(), settings_for(broker.port, backoff_cap_s=60)) as session:
        broker.greeting = disconnect(SESSION_TAKEN_OVER)
        broker.send(disconnect(SESSION_TAKEN_OVER))
        await connects(broker, 3)
        assert session.link.attempts >= 2


async def test_broker_that_does_not_read_holds_up_nobody() -> None:
    """Writes that the kernel does not take wait for it without blocking the loop, and arrive whole in the end."""
    inbox = Inbox()
    async with ScriptedBroker() as broker, listening(inbox, settings_for(broker.port)) as session:
        broker.is_reading.clear()
        payload = b"x" * 1_000_000
        for _ in range(20):
            session.publish("yizhan/v1/st-1/receipt", payload, qos=0)
        broker.send(Publish(TOPIC, b"still heard", 7).encode())
        await inbox.count(1)
        assert ack_all(session, inbox)
        broker.is_reading.set()
        await broker.until(PUBACK)
        publishes = [one for one in broker.packets if one[0] >> 4 == PUBLISH]
    assert len(publishes) == 20
    assert all(one.endswith(payload) for one in publishes)


async def test_session_that_does_not_read_stays_connected() -> None:
    """A pause longer than the keepalive costs neither the connection nor a message: we go on saying that we live."""
    inbox = Inbox()
    async with ScriptedBroker() as broker, listening(inbox, settings_for(broker.port, keepalive_s=1)) as session:
        session.pause()
        broker.send(Publish(TOPIC, b"while paused", 1).encode())
        await broker.until(PINGREQ, 4)
        assert inbox.payloads == []
        session.resume()
        await inbox.count(1)
        assert session.link.is_up
        await broker.until(PINGREQ, 6)
        assert broker.connections == 1


async def test_paused_session_does_not_connect_anew_until_it_may_read() -> None:
    """A connection lost in a pause is made again at its end: nobody would read what the broker answers."""
    inbox = Inbox()
    async with ScriptedBroker() as broker, listening(inbox, settings_for(broker.port, keepalive_s=1)) as session:
        broker.send(Publish(TOPIC, b"before", 1).encode())
        await inbox.count(1)
        session.pause()
        broker.hang_up()
        await eventually(lambda: not session.link.is_up)
        assert broker.connections == 1
        session.resume()
        await broker.until(SUBSCRIBE, 2)
        await asyncio.wait_for(session.subscribed.wait(), WAIT_S)
        broker.send(Publish(TOPIC, b"after", 1).encode())
        await inbox.count(2)


async def test_session_says_goodbye_when_it_is_stopped() -> None:
    """An orderly stop ends with a DISCONNECT behind the last acknowledgement, and health says that we stopped."""
    inbox = Inbox()
    async with ScriptedBroker() as broker:
        async with listening(inbox, settings_for(broker.port)) as session:
            broker.send(Publish(TOPIC, b"last", 1).encode())
            await inbox.count(1)
            assert ack_all(session, inbox)
        await broker.until(DISCONNECT)
        assert broker.kinds()[-2:] == [PUBACK, DISCONNECT]
        assert (session.link.is_up, session.link.detail) == (False, "stopped")
        assert not ack_all(session, inbox)


async def test_stop_in_the_moment_of_a_loss_stops() -> None:
    """A stop that comes together with the broker's goodbye is not forgotten over it."""
    inbox = Inbox()
    async with ScriptedBroker() as broker:
        for _ in range(5):
            async with listening(inbox, settings_for(broker.port)):
                broker.send(Publish(TOPIC, b"last", 1).encode() + disconnect(SERVER_SHUTTING_DOWN))
                await inbox.count(1)
            inbox.clear()


async def test_nobody_there_is_named() -> None:
    """Health names the address that does not answer."""
    port = free_port()
    async with listening(Inbox(), settings_for(port), subscribed=False) as session:
        await eventually(lambda: session.link.attempts > 1)
        assert session.link.detail.startswith(f"cannot connect to {LOOPBACK}:{port}")
