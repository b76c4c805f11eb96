"""The servers that tests and benches start: what they keep over a stop and a kill."""

import urllib.parse
import urllib.request
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from bench.servers import InfluxDB, Mosquitto, ServerMissing, program
from gateway.child_server import LOOPBACK

WAIT_S = 10


def retained(port: int, topic: str, payload: bytes | None = None) -> bytes:
    """Publish a retained payload if one is given; the payload that a new subscriber is handed."""
    link = mqtt.Client(CallbackAPIVersion.VERSION2)
    seen: list[bytes] = []

    def on_message(client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
        seen.append(bytes(message.payload))
        client.disconnect()

    link.on_message = on_message
    link.connect(LOOPBACK, port)
    if payload is not None:
        link.publish(topic, payload, 1, retain=True)
    link.subscribe(topic, 1)
    link.loop_forever()
    return seen[0]


def query(server: InfluxDB, text: str) -> str:
    """The answer of InfluxDB to one statement."""
    body = urllib.parse.urlencode({"q": text, "db": "d"}).encode()
    with urllib.request.urlopen(f"{server.url}/query", body, timeout=WAIT_S) as answer:
        words: bytes = answer.read()
    return words.decode()


@pytest.mark.broker
def test_mosquitto_keeps_what_it_holds_over_a_restart(mosquitto: Mosquitto) -> None:
    """A retained message is handed out again after a restart on the same port."""
    assert retained(mosquitto.port, "t/state", b"online") == b"online"
    mosquitto.restart()
    assert retained(mosquitto.port, "t/state") == b"online"


@pytest.mark.broker
def test_mosquitto_takes_settings_at_a_restart(mosquitto: Mosquitto) -> None:
    """A setting given before a restart is in force after it: here, a packet that is too large ends the connection."""
    mosquitto.settings = "max_packet_size 100"
    mosquitto.restart()
    assert retained(mosquitto.port, "t/small", b"ok") == b"ok"
    link = mqtt.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
    link.connect(LOOPBACK, mosquitto.port)
    link.publish("t/large", b"x" * 200, 1)
    assert link.loop_forever() != mqtt.MQTT_ERR_SUCCESS


@pytest.mark.influx
def test_influxdb_keeps_a_point_over_a_kill(influxdb: InfluxDB) -> None:
    """A point whose write was answered is there after SIGKILL and a new start."""
    query(influxdb, "CREATE DATABASE d")
    line = urllib.request.Request(f"{influxdb.url}/write?db=d", data=b"m,station=a v=1i 1")
    with urllib.request.urlopen(line, timeout=WAIT_S):
        pass
    influxdb.kill()
    influxdb.start()
    assert '"values":[["1970-01-01T00:00:00.000000001Z",1]]' in query(influxdb, "SELECT v FROM m")


def test_missing_program_names_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A program that is not installed is reported with the command that installs it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerMissing, match="apt-get install yizhan-nothing"):
        program("yizhan-nothing", "yizhan-nothing")
