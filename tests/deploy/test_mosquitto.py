"""The files for Mosquitto: who may do what, what is kept while the platform is away, what a broken station may do."""

import asyncio
import dataclasses
import queue
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gateway.child_server import LOOPBACK, free_port
from gateway.frames import MAX_PACKET_BYTES, Message
from gateway.payloads import BACKLOG_MAX_BYTES
from gateway.session import SessionSettings
from gateway.topics import DOWNLINK, UPLINK, Channel, topic_of
from tests.certificates import make_certificates
from tests.conftest import started
from tests.deploy.mosquitto_installed import PLATFORM, InstalledMosquitto, password_of
from tests.gateway.listening import Inbox, listening, settings_for

pytestmark = pytest.mark.broker

WAIT_S: Final = 20.0
OURS: Final = "bj-hd-1"
THEIRS: Final = "bj-cy-2"
OUTAGE: Final = 20_000
LAST: Final = b"last"


class Client:
    """Somebody with a user name. `told` holds what was delivered, topic and payload."""

    def __init__(self, broker: InstalledMosquitto, user: str, **how: Any) -> None:
        self.told: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.broker = broker
        self.cuts: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=how.get("client_id", user),
            protocol=how.get("protocol", MQTTProtocolVersion.MQTTv5),
            reconnect_on_failure=False,
        )
        if user:
            self._client.username_pw_set(user, how.get("password", password_of(user)))
        if "will" in how:
            self._client.will_set(how["will"], b"gone", 1)
        self._client.on_connect = lambda _c, _u, _f, reason, _p: self._answers.put(str(reason))
        self._client.on_disconnect = lambda _c, _u, _f, reason, _p: self.cuts.put(str(reason))
        self._client.on_subscribe = lambda *_: self._answers.put("subscribed")
        self._client.on_message = lambda _c, _u, message: self.told.put((message.topic, bytes(message.payload)))

    def connect(self) -> str:
        """What the broker said."""
        self._client.connect(LOOPBACK, self.broker.port)
        self._client.loop_start()
        return self._answers.get(timeout=WAIT_S)

    def __enter__(self) -> Self:
        assert self.connect() == "Success"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def hear(self, *filters: str) -> Self:
        """Subscribe, and return when that was answered."""
        for wanted in filters:
            self._client.subscribe(wanted, 1)
            self._answers.get(timeout=WAIT_S)
        return self

    def say(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Publish, and return when that was answered, be it by a refusal."""
        self._client.publish(topic, payload, qos, retain).wait_for_publish(WAIT_S)

    def say_all(self, topic: str, number: int) -> None:
        """Publish so many, numbered, and return when all were answered."""
        for answer in [self._client.publish(topic, b"%d" % n, 1) for n in range(number)]:
            answer.wait_for_publish(WAIT_S)

    def break_off(self) -> None:
        """Leave without a goodbye: the broker publishes the will."""
        connection = self._client.socket()
        assert isinstance(connection, socket.socket)
        connection.shutdown(socket.SHUT_RDWR)
        self.cuts.get(timeout=WAIT_S)

    def heard_until(self, last: tuple[str, bytes]) -> list[tuple[str, bytes]]:
        """All that was delivered before a last message."""
        heard = []
        while (message := self.told.get(timeout=WAIT_S)) != last:
            heard.append(message)
        return heard


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[InstalledMosquitto]:
    """Mosquitto with the files of deploy/, and two stations that it knows."""
    server = started(InstalledMosquitto(tmp_path / "mosquitto", (OURS, THEIRS)))
    yield server
    server.stop()


def platform_settings(broker: InstalledMosquitto, **changes: Any) -> SessionSettings:
    """How our own gateway comes to it."""
    return settings_for(broker.port, username=PLATFORM, password=password_of(PLATFORM), **changes)


def test_platform_hears_each_channel_of_each_station(broker: InstalledMosquitto) -> None:
    """What a station may say arrives, on every channel that the protocol gives it."""
    with Client(broker, PLATFORM) as platform, Client(broker, OURS) as ours, Client(broker, THEIRS) as theirs:
        platform.hear("yizhan/v1/#")
        said = [(topic_of(OURS, channel), channel.encode()) for channel in sorted(UPLINK)]
        for topic, payload in said:
            ours.say(topic, payload)
        theirs.say(topic_of(THEIRS, Channel.REPLY), b"last")
        assert platform.heard_until((topic_of(THEIRS, Channel.REPLY), b"last")) == said


@pytest.mark.parametrize("protocol", [MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311])
def test_station_publishes_as_nobody_else(broker: InstalledMosquitto, protocol: MQTTProtocolVersion) -> None:
    """Nothing is delivered of what a station publishes as another one, as the platform, or outside of the tree."""
    own = topic_of(OURS, Channel.OCCUPANCY)
    forbidden = [topic_of(THEIRS, channel) for channel in Channel]
    forbidden += [topic_of(OURS, channel) for channel in DOWNLINK]
    forbidden += [f"yizhan/v2/{OURS}/state", f"{own}/deeper", "anything", "$SYS/broker/version"]
    with Client(broker, PLATFORM) as platform, Client(broker, THEIRS) as theirs:
        platform.hear("#", "$SYS/broker/version")
        theirs.hear("#")
        with Client(broker, OURS, protocol=protocol) as ours:
            for topic in forbidden:
                ours.say(topic, b"forged")
            ours.say(own, b"last")
        assert [heard for heard in platform.heard_until((own, b"last")) if heard[1] == b"forged"] == []
        platform.say(topic_of(THEIRS, Channel.CONFIG), b"last")
        assert theirs.heard_until((topic_of(THEIRS, Channel.CONFIG), b"last")) == []


def test_will_in_the_name_of_another_is_not_published(broker: InstalledMosquitto) -> None:
    """A station's own will is published when it is cut off, another's name in it makes it nothing."""
    with Client(broker, PLATFORM) as platform:
        platform.hear("yizhan/v1/#")
        for willed in (THEIRS, OURS):
            with Client(broker, OURS, will=topic_of(willed, Channel.STATE)) as ours:
                ours.break_off()
        assert platform.heard_until((topic_of(OURS, Channel.STATE), b"gone")) == []


@pytest.mark.parametrize("wanted", ["yizhan/v1/#", "#", "yizhan/v1/+/receipt", f"yizhan/v1/{OURS}/+", "$SYS/#"])
def test_station_hears_what_it_alone_is_told(broker: InstalledMosquitto, wanted: str) -> None:
    """Whatever a station subscribes to, it gets nothing of another's: no receipt, no command, no reading, no state."""
    with Client(broker, PLATFORM) as platform, Client(broker, OURS) as ours, Client(broker, THEIRS) as theirs:
        ours.say(topic_of(OURS, Channel.STATE), b"secret", retain=True)
        theirs.hear(wanted, topic_of(THEIRS, Channel.RECEIPT))
        ours.say(topic_of(OURS, Channel.OCCUPANCY), b"secret")
        for channel in sorted(DOWNLINK):
            platform.say(topic_of(OURS, channel), b"secret")
        platform.say(topic_of(THEIRS, Channel.RECEIPT), b"last")
        assert theirs.heard_until((topic_of(THEIRS, Channel.RECEIPT), b"last")) == []


def test_station_is_told_on_each_channel_of_its_own(broker: InstalledMosquitto) -> None:
    """All that the platform may say to a station arrives there."""
    with Client(broker, PLATFORM) as platform, Client(broker, OURS) as ours:
        ours.hear(f"yizhan/v1/{OURS}/+")
        for channel in sorted(DOWNLINK):
            platform.say(topic_of(OURS, channel), b"told")
        told = {ours.told.get(timeout=WAIT_S)[0] for _ in DOWNLINK}
        assert told == {topic_of(OURS, channel) for channel in DOWNLINK}


def test_handheld_sees_what_is_open_for_its_own_channel(broker: InstalledMosquitto) -> None:
    """A user named like the channel: the jobs of others are not delivered, and it writes nothing there."""
    with Client(broker, PLATFORM) as platform, Client(broker, OURS) as handheld:
        handheld.hear("yizhan/alerts/v1/#")
        handheld.say(f"yizhan/alerts/v1/{OURS}/bj-cy-001", b"forged")
        platform.say(f"yizhan/alerts/v1/{THEIRS}/bj-cy-001", b"another's")
        platform.say(f"yizhan/alerts/v1/{OURS}/bj-cy-001", b"last")
        assert handheld.heard_until((f"yizhan/alerts/v1/{OURS}/bj-cy-001", b"last")) == []


def test_platform_speaks_as_no_station(broker: InstalledMosquitto) -> None:
    """A reading that the platform would publish in a station's name is not delivered."""
    with Client(broker, PLATFORM) as platform:
        platform.hear("yizhan/v1/#")
        for channel in sorted(UPLINK):
            platform.say(topic_of(OURS, channel), b"forged")
        platform.say(topic_of(OURS, Channel.CONFIG), b"last")
        assert platform.heard_until((topic_of(OURS, Channel.CONFIG), b"last")) == []


@pytest.mark.parametrize(
    ("user", "password"), [("", ""), (OURS, "wrong"), ("bj-xx-9", "any"), (PLATFORM, password_of(OURS))]
)
def test_nobody_comes_in_without_the_right_password(broker: InstalledMosquitto, user: str, password: str) -> None:
    """No user, a wrong password and an unknown user are refused."""
    stranger = Client(broker, user, password=password, client_id="anybody")
    assert stranger.connect() == "Not authorized"
    stranger.__exit__(None, None, None)


def test_nobody_takes_the_session_of_another(broker: InstalledMosquitto) -> None:
    """A station that connects under the platform's client id does not cut the platform off."""
    with Client(broker, PLATFORM, client_id="yizhan-ingest") as platform:
        platform.hear("yizhan/v1/#")
        with Client(broker, OURS, client_id="yizhan-ingest") as ours, Client(broker, THEIRS, client_id=PLATFORM):
            ours.say(topic_of(OURS, Channel.STATE), b"last")
        assert platform.heard_until((topic_of(OURS, Channel.STATE), b"last")) == []
        assert platform.cuts.empty()


async def outage(broker: InstalledMosquitto, receive_maximum: int = 65_535) -> list[Message]:
    """The platform goes, stations send, the broker is restarted, the platform comes back: what it is handed at once."""
    async with listening(Inbox(), platform_settings(broker)):
        pass
    await asyncio.to_thread(_send_all, broker)
    await asyncio.to_thread(broker.restart)
    inbox = Inbox()
    async with listening(inbox, platform_settings(broker, receive_maximum=receive_maximum)):
        # At QoS 0 it waits for no acknowledgement: it comes behind all that may come without one.
        await asyncio.to_thread(_say_last, broker)
        await inbox.until(lambda come: come.payloads[-1:] == [LAST])
    return inbox.messages[:-1]


def _send_all(broker: InstalledMosquitto) -> None:
    for station in (OURS, THEIRS):
        with Client(broker, station) as client:
            client.say_all(topic_of(station, Channel.OCCUPANCY), OUTAGE // 2)


def _say_last(broker: InstalledMosquitto) -> None:
    with Client(broker, OURS) as client:
        client.say(topic_of(OURS, Channel.STATE), LAST, qos=0)


async def test_no_message_of_an_outage_is_lost(broker: InstalledMosquitto) -> None:
    """20,000 messages that came while the platform was away are there when it comes back, over a restart, each once."""
    messages = await outage(broker)
    assert len(messages) == OUTAGE
    assert {(message.topic, message.payload) for message in messages} == {
        (topic_of(station, Channel.OCCUPANCY), b"%d" % number)
        for station in (OURS, THEIRS)
        for number in range(OUTAGE // 2)
    }


async def test_default_of_mosquitto_keeps_a_thousand(broker: InstalledMosquitto) -> None:
    """Without our bounds all but 1,000 of the 20,000 are gone, though each was acknowledged."""
    broker.without = ("max_queued_messages", "max_queued_bytes")
    await asyncio.to_thread(broker.restart)
    assert len(await outage(broker)) == 1_000


async def test_platform_alone_bounds_what_is_unacknowledged(broker: InstalledMosquitto) -> None:
    """As many messages as the platform allows come without one acknowledgement, and no more."""
    assert len(await outage(broker, receive_maximum=1_500)) == 1_500


async def test_stations_come_over_tls(broker: InstalledMosquitto, tmp_path: Path) -> None:
    """The lines for TLS, once taken in, let clients in who trust the authority, with the same rules."""
    broker.certificates = make_certificates(tmp_path)
    await asyncio.to_thread(broker.restart)
    inbox = Inbox()
    secure = SessionSettings(
        LOOPBACK,
        broker.tls_port,
        filters=["yizhan/v1/#"],
        username=PLATFORM,
        password=password_of(PLATFORM),
        tls=True,
        tls_ca=str(broker.certificates.authority),
    )
    async with listening(inbox, secure):
        await asyncio.to_thread(_say_last, broker)
        assert (await inbox.count(1))[0].payload == LAST


def test_packet_beyond_the_bound_cuts_the_sender_off(broker: InstalledMosquitto) -> None:
    """What is larger than anything the protocol knows ends the connection; what is a little too large gets through."""
    with Client(broker, PLATFORM) as platform, Client(broker, OURS, protocol=MQTTProtocolVersion.MQTTv311) as ours:
        platform.hear("yizhan/v1/#")
        ours.say(topic_of(OURS, Channel.BACKLOG), bytes(4 * BACKLOG_MAX_BYTES))
        assert len(platform.told.get(timeout=WAIT_S)[1]) == 4 * BACKLOG_MAX_BYTES
        ours._client.publish(topic_of(OURS, Channel.BACKLOG), bytes(MAX_PACKET_BYTES), 1)
        assert ours.cuts.get(timeout=WAIT_S) != "Normal disconnection"
        assert platform.told.empty()


def test_every_line_is_understood(broker: InstalledMosquitto) -> None:
    """Mosquitto starts without a word of warning about our files, and listens where they say and nowhere else."""
    told = broker.log
    assert [line for line in told.splitlines() if "Warning" in line and "root" not in line] == []
    assert re.findall(r"listen socket on port (\d+)", told) == [str(broker.port)]


async def test_container_lets_the_platform_in_beside_its_own_listener(broker: InstalledMosquitto) -> None:
    """With the main file of the container the same rules hold at one more port, where the other containers knock."""
    broker.container_port = free_port()
    await asyncio.to_thread(broker.restart)
    inbox = Inbox()
    settings = dataclasses.replace(platform_settings(broker), port=broker.container_port)
    async with listening(inbox, settings):
        await asyncio.to_thread(_say_last, broker)
        assert (await inbox.count(1))[0].payload == LAST
    opened = re.findall(r"listen socket on port (\d+)", broker.log)
    assert set(opened) == {str(broker.port), str(broker.container_port)}
