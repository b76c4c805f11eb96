"""The embedded broker, tried as a client of it would: by real connections."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gateway.broker import MQTT_5, PACKET_MAX_BYTES, EmbeddedBroker, answers_connect, config_text
from gateway.child_server import LOOPBACK, ServerFailed, free_port
from gateway.payloads import BACKLOG_MAX_BYTES

pytestmark = pytest.mark.broker
WAIT_S = 10


@contextmanager
def client(port: int, name: str, *topics: str, keep: bool = False, version: int = 4) -> Iterator[mqtt.Client]:
    """A connected client that acknowledges by hand; its messages arrive in `user_data_get()`."""
    inbox: Queue[mqtt.MQTTMessage] = Queue()
    ready = threading.Event()
    link = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=name,
        userdata=inbox,
        clean_session=None if version == MQTT_5 else not keep,
        protocol=MQTTProtocolVersion(version),
        manual_ack=True,
    )
    link.on_message = lambda _client, _inbox, message: inbox.put(message)

    def on_connect(*_: object) -> None:
        if topics:
            link.subscribe([(topic, 1) for topic in topics])
        else:
            ready.set()

    link.on_connect = on_connect
    link.on_subscribe = lambda *_: ready.set()
    link.connect(LOOPBACK, port)
    link.loop_start()
    try:
        assert ready.wait(WAIT_S)
        yield link
    finally:
        link.disconnect()
        link.loop_stop()


def inbox_of(link: mqtt.Client) -> "Queue[mqtt.MQTTMessage]":
    """The messages that the client was handed."""
    inbox: Queue[mqtt.MQTTMessage] = link.user_data_get()
    return inbox


def publish(port: int, topic: str, payload: bytes, *, retain: bool = False) -> None:
    """Publish at QoS 1 and return when it was acknowledged."""
    with client(port, "sender") as sender:
        sender.publish(topic, payload, 1, retain).wait_for_publish(WAIT_S)


def test_broker_carries_a_message_from_mqtt_5_to_mqtt_3(embedded_broker: EmbeddedBroker) -> None:
    """What is published on one protocol version arrives on the other."""
    with (
        client(embedded_broker.port, "old", "t/x") as old,
        client(embedded_broker.port_v5, "new", version=MQTT_5) as new,
    ):
        new.publish("t/x", b"hello", 1)
        assert inbox_of(old).get(timeout=WAIT_S).payload == b"hello"


@pytest.mark.parametrize("size", [BACKLOG_MAX_BYTES, 1_000_000])
def test_broker_carries_a_full_backlog_and_what_is_to_be_refused(embedded_broker: EmbeddedBroker, size: int) -> None:
    """A full backlog arrives whole, and so does a megabyte, which ingest refuses by name."""
    assert size < PACKET_MAX_BYTES
    with client(embedded_broker.port, "reader", "t/#") as reader:
        publish(embedded_broker.port, "t/big", b"x" * size)
        assert len(inbox_of(reader).get(timeout=WAIT_S).payload) == size


def test_unacknowledged_messages_come_again_in_order(embedded_broker: EmbeddedBroker) -> None:
    """A message that was handed out and never acknowledged is handed out again on the next connection."""
    with client(embedded_broker.port, "ingest", "t/#", keep=True) as first:
        for number in (b"1", b"2", b"3"):
            publish(embedded_broker.port, "t/x", number)
        held = [inbox_of(first).get(timeout=WAIT_S) for _ in range(3)]
        first.ack(held[0].mid, 1)
    with client(embedded_broker.port, "ingest", keep=True) as second:
        again = [inbox_of(second).get(timeout=WAIT_S).payload for _ in range(2)]
    assert again == [b"2", b"3"]


def test_restart_keeps_the_ports_and_forgets_the_messages(embedded_broker: EmbeddedBroker) -> None:
    """After a restart the same ports answer, with nothing retained: a fact that the documents promise."""
    publish(embedded_broker.port, "t/state", b"online", retain=True)
    ports = embedded_broker.port, embedded_broker.port_v5
    embedded_broker.restart()
    assert (embedded_broker.port, embedded_broker.port_v5) == ports
    with client(embedded_broker.port, "reader", "t/#") as reader:
        publish(embedded_broker.port, "t/after", b"fresh")
        assert inbox_of(reader).get(timeout=WAIT_S).topic == "t/after"


def test_stop_lets_go_of_the_ports(embedded_broker: EmbeddedBroker) -> None:
    """After a stop nobody answers, and stopping twice is harmless."""
    embedded_broker.stop()
    embedded_broker.stop()
    assert embedded_broker.pid is None
    assert not answers_connect(embedded_broker.port)
    assert not answers_connect(embedded_broker.port_v5, MQTT_5)


def test_taken_port_is_named(tmp_path: Path) -> None:
    """A port that somebody else listens on ends the start with that port in the text."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServerFailed, match=str(port)):
            EmbeddedBroker(tmp_path, port=port).start()


def test_broker_ends_when_its_owner_is_killed(tmp_path: Path) -> None:
    """SIGKILL of the process that started the broker ends the broker as well."""
    owner_program = (
        "import sys, pathlib; from gateway.broker import EmbeddedBroker;"
        "b = EmbeddedBroker(pathlib.Path(sys.argv[1])).start(); print(b.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", owner_program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as owner:
        assert owner.stdout is not None
        broker_pid = int(owner.stdout.readline())
        watch = os.pidfd_open(broker_pid)
        try:
            owner.send_signal(signal.SIGKILL)
            ended, _, _ = select.select([watch], [], [], WAIT_S)
        finally:
            os.close(watch)
    assert ended


def test_broker_listens_on_loopback_only() -> None:
    """Without an ACL the broker must never be reached from another machine."""
    listens = [line for line in config_text(free_port(), free_port()).splitlines() if line.startswith("listen")]
    assert len(listens) == 2
    assert all(f'"{LOOPBACK}:' in line for line in listens)


def test_question_whether_it_answers_is_asked_under_another_name_each_time() -> None:
    """No two probes share a client id: rumqttd loses a listener for good where one id meets itself on both ports."""
    asked = []
    with socket.create_server((LOOPBACK, 0)) as server:

        def serve() -> None:
            for _ in range(2):
                link, _ = server.accept()
                with link:
                    asked.append(link.recv(1000))
                    link.sendall(b"\x20\x02\x00\x00")
                    link.recv(1000)

        serving = threading.Thread(target=serve)
        serving.start()
        port = server.getsockname()[1]
        assert answers_connect(port)
        assert answers_connect(port)
        serving.join()
    assert len(set(asked)) == 2
