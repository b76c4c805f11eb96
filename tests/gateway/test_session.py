"""The session on real brokers: what arrives, what is acknowledged, and what comes again."""

import asyncio
import shutil
import subprocess

import pytest

from bench.servers import Mosquitto
from gateway.broker import EmbeddedBroker
from tests.gateway.listening import Inbox, ack_all, eventually, listening, send, settings_for, settled

pytestmark = pytest.mark.broker

TOPIC = "yizhan/v1/st-1/occupancy"


def numbered(count: int, first: int = 0) -> list[tuple[str, bytes]]:
    """Messages that can be told apart."""
    return [(TOPIC, b"%d" % number) for number in range(first, first + count)]


def payloads(messages: list[tuple[str, bytes]]) -> list[bytes]:
    """What they carry."""
    return [payload for _, payload in messages]


@pytest.fixture(params=["mosquitto", "embedded"])
def broker(request: pytest.FixtureRequest) -> Mosquitto | EmbeddedBroker:
    """Every broker that the platform runs on here."""
    name = {"mosquitto": "mosquitto", "embedded": "embedded_broker"}[request.param]
    server: Mosquitto | EmbeddedBroker = request.getfixturevalue(name)
    return server


@pytest.fixture
def port(broker: Mosquitto | EmbeddedBroker) -> int:
    """Where it speaks MQTT 5."""
    return broker.port if isinstance(broker, Mosquitto) else broker.port_v5


async def test_messages_arrive_in_order_with_what_they_carry(port: int) -> None:
    """Topic, payload and order are those of the sender, and there is something to acknowledge."""
    inbox, sent = Inbox(), numbered(50)
    async with listening(inbox, settings_for(port)) as session:
        await send(port, sent)
        await inbox.count(50)
        assert [(message.topic, message.payload) for message in inbox.messages] == sent
        assert all(message.packet_id and not message.retained for message in inbox.messages)
        assert ack_all(session, inbox)


async def test_message_of_qos_0_has_nothing_to_acknowledge(mosquitto: Mosquitto) -> None:
    """At QoS 0 there is no packet id; the embedded broker raises every message to the QoS of the subscription."""
    inbox = Inbox()
    async with listening(inbox, settings_for(mosquitto.port)):
        await send(mosquitto.port, numbered(1), qos=0)
        [message] = await inbox.count(1)
    assert message.packet_id == b""


async def test_own_downlink_does_not_come_back(mosquitto: Mosquitto) -> None:
    """The tree that is listened to holds our own receipts too: Mosquitto is asked not to echo them (no-local)."""
    inbox = Inbox()
    async with listening(inbox, settings_for(mosquitto.port)) as session:
        session.publish("yizhan/v1/st-1/receipt", b"{}", qos=1)
        await settled(session, mosquitto.port)
        await send(mosquitto.port, numbered(1))
        await inbox.count(1)
    assert [message.topic for message in inbox.messages] == [TOPIC]


async def test_delivery_returns_when_the_broker_has_it(port: int) -> None:
    """A retained message that was delivered is given to whoever subscribes afterwards."""
    topic = "yizhan/v1/st-1/config"
    async with listening(Inbox(), settings_for(port)) as session:
        await session.subscribed.wait()
        await session.deliver(topic, b"wanted", retain=True)
    inbox = Inbox()
    async with listening(inbox, settings_for(port, client_id="another")):
        [message] = await inbox.count(1)
    assert (message.topic, message.payload, message.retained) == (topic, b"wanted", True)


async def test_message_of_a_megabyte_passes(port: int) -> None:
    """A message far over the limits of protocol v1 arrives whole, so that it can be refused by name."""
    inbox = Inbox()
    async with listening(inbox, settings_for(port)) as session:
        await send(port, [(TOPIC, b"x" * 1_000_000), (TOPIC, b"after")])
        await inbox.count(2)
        assert [len(payload) for payload in inbox.payloads] == [1_000_000, 5]
        assert ack_all(session, inbox)


async def test_nothing_is_acknowledged_before_it_is_asked_for(port: int) -> None:
    """What was not acknowledged comes again on the next connection, and what was does not."""
    inbox, settings = Inbox(), settings_for(port)
    async with listening(inbox, settings) as session:
        await send(port, numbered(5))
        messages = await inbox.count(5)
        assert session.ack(inbox.deliveries[0].connection, [message.packet_id for message in messages[:2]])
        await settled(session, port)
    inbox.clear()
    async with listening(inbox, settings) as session:
        await inbox.count(3)
        assert inbox.payloads == payloads(numbered(3, first=2))
        ack_all(session, inbox)
        await settled(session, port)
    inbox.clear()
    async with listening(inbox, settings):
        await send(port, numbered(1, first=9))
        await inbox.count(1)
    assert inbox.payloads == payloads(numbered(1, first=9))


async def test_what_was_sent_while_we_were_away_is_kept(port: int) -> None:
    """The session is persistent: the broker queues under our client id while we are gone."""
    inbox, settings = Inbox(), settings_for(port)
    async with listening(inbox, settings):
        pass
    await send(port, numbered(90))
    async with listening(inbox, settings):
        await inbox.count(90)
    assert inbox.payloads == payloads(numbered(90))


async def test_retained_message_says_so(port: int) -> None:
    """A message that the broker had stored is told from one that is sent right now."""
    inbox = Inbox()
    await send(port, [("yizhan/v1/st-1/state", b"stored")], retain=True)
    async with listening(inbox, settings_for(port)):
        await inbox.count(1)
        await send(port, [("yizhan/v1/st-1/state", b"live")], retain=True)
        await inbox.count(2)
    assert [(message.payload, message.retained) for message in inbox.messages] == [(b"stored", True), (b"live", False)]


async def test_ack_of_an_old_connection_is_dropped(mosquitto: Mosquitto) -> None:
    """After a reconnect an old packet id means another message: its ack is not sent, and the broker sends again."""
    inbox = Inbox()
    async with listening(inbox, settings_for(mosquitto.port)) as session:
        await send(mosquitto.port, numbered(3))
        await inbox.count(3)
        old = inbox.deliveries[:]
        inbox.clear()
        await asyncio.to_thread(mosquitto.restart)
        await inbox.count(3)
        assert not any(session.ack(one.connection, [message.packet_id for message in one.messages]) for one in old)
    inbox.clear()
    async with listening(inbox, settings_for(mosquitto.port)):
        await inbox.count(3)
    assert inbox.payloads == payloads(numbered(3))


async def test_session_subscribes_again_after_a_restart_of_the_broker(
    broker: Mosquitto | EmbeddedBroker, port: int
) -> None:
    """A broker that came back, with or without its memory, is listened to as before; health says how it stands."""
    inbox = Inbox()
    async with listening(inbox, settings_for(port)) as session:
        await asyncio.to_thread(broker.stop)
        await eventually(lambda: not session.link.is_up)
        await asyncio.to_thread(broker.start)
        await asyncio.wait_for(session.subscribed.wait(), 20)
        assert (session.link.is_up, session.link.detail) == (True, "connected")
        await send(port, numbered(10))
        await inbox.count(10)
    assert inbox.payloads == payloads(numbered(10))


async def test_pause_loses_nothing(port: int) -> None:
    """While we do not read, everything waits; after it all is there, once and in order."""
    inbox = Inbox()
    async with listening(inbox, settings_for(port)) as session:
        session.pause()
        await send(port, numbered(90))
        assert inbox.payloads == []
        session.resume()
        await inbox.count(90)
        assert ack_all(session, inbox)
    assert inbox.payloads == payloads(numbered(90))


async def test_long_stream_arrives_whole_with_pauses_in_between(mosquitto: Mosquitto) -> None:
    """Many messages, acknowledged late and with reading stopped again and again, arrive once each and in order."""
    inbox, sent = Inbox(), numbered(5_000)
    async with listening(inbox, settings_for(mosquitto.port)) as session:
        sending = asyncio.create_task(send(mosquitto.port, sent))
        for upto in range(500, 5_001, 500):
            await inbox.count(upto)
            session.pause()
            session.resume()
        await sending
        assert ack_all(session, inbox)
        await settled(session, mosquitto.port)
        assert session.link.connects == 1
    assert inbox.payloads == payloads(sent)
    inbox.clear()
    async with listening(inbox, settings_for(mosquitto.port)):
        await send(mosquitto.port, [(TOPIC, b"after")])
        await inbox.count(1)
    assert inbox.payloads == [b"after"]


async def test_wrong_password_is_named_and_the_right_one_works(mosquitto: Mosquitto) -> None:
    """A broker that asks for a password is told ours; health names the refusal of a wrong one."""
    passwords = mosquitto.folder / "passwords"
    program = shutil.which("mosquitto_passwd") or "/usr/bin/mosquitto_passwd"
    making = [program, "-c", "-b", str(passwords), "yizhan", "right"]
    await asyncio.to_thread(subprocess.run, making, check=True, capture_output=True)
    mosquitto.settings = f"allow_anonymous false\npassword_file {passwords}"
    await asyncio.to_thread(mosquitto.restart)
    wrong = settings_for(mosquitto.port, username="yizhan", password="wrong")
    async with listening(Inbox(), wrong, subscribed=False) as session:
        await eventually(lambda: "refused by the broker: Not authorized" in session.link.detail)
        assert not session.link.is_up
    async with listening(Inbox(), settings_for(mosquitto.port, username="yizhan", password="right")) as session:
        assert session.link.is_up
