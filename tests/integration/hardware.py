"""A station's firmware as the tests play it: a paho client that sends what it is told, good or bad.

Enters: a broker's port. Leaves: messages on it, and what the platform answered. Never: code of the gateway.
"""

import json
import queue
from types import TracebackType
from typing import Any, Final, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

WAIT_S: Final = 20.0
"""For what takes milliseconds; longer than it ever takes on a busy machine."""


class Hardware:
    """Publishes and waits for the broker's PUBACK; collects what comes on its downlink."""

    def __init__(self, port: int, station: str, client_id: str = "") -> None:
        self._station = station
        self._port = port
        self._subscribed: queue.Queue[bool] = queue.Queue()
        self._answers: dict[str, queue.Queue[dict[str, Any]]] = {"rejected": queue.Queue(), "receipt": queue.Queue()}
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.on_subscribe = lambda *_: self._subscribed.put(True)
        self._client.on_message = self._take

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        self._client.subscribe([(f"yizhan/v1/{self._station}/{name}", 1) for name in self._answers])
        self._subscribed.get(timeout=WAIT_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, _client: Any, _userdata: Any, message: paho.MQTTMessage) -> None:
        self._answers[message.topic.rpartition("/")[2]].put(json.loads(message.payload))

    def send(self, channel: str, payload: bytes, *, retain: bool = False) -> None:
        """On the station's own topic."""
        self.send_to(f"yizhan/v1/{self._station}/{channel}", payload, retain=retain)

    def send_to(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """QoS 1; returns when the broker has it."""
        self._client.publish(topic, payload, 1, retain).wait_for_publish(WAIT_S)

    def answer(self, channel: str) -> dict[str, Any]:
        """The next `rejected` or `receipt`; raises queue.Empty when none comes."""
        return self._answers[channel].get(timeout=WAIT_S)
