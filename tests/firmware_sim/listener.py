"""A platform of a few lines: keeps what stations say and confirms it, so that the fleet's promises can be tested alone.

Enters: MQTT messages. Leaves: receipts, and what was heard, by name. Never: counts visits; that is the real one's.
"""

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, NamedTuple, Self
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion


class Heard(NamedTuple):
    """One message."""

    station: str
    channel: str
    document: dict[str, Any]


_CONFIRM_EVERY_S: Final = 0.1
"""Larger: runs at full speed wait. Smaller: the threads of a test fight for the core."""


class Listener:
    """Confirms ten times a second, as a platform confirms batches; `confirms=False` for one that never does."""

    def __init__(self, url: str, *, confirms: bool = True) -> None:
        self.heard: list[Heard] = []
        self.readings: dict[tuple[str, str, int], dict[int, dict[str, Any]]] = defaultdict(dict)
        self._upto: Counter[tuple[str, str, int]] = Counter()
        self.repeated: Counter[str] = Counter()
        self._touched: set[tuple[str, str, int]] = set()
        self._ended = threading.Event()
        self._confirmer = threading.Thread(target=self._confirm_till_end) if confirms else None
        self._ready = threading.Event()
        self._something = threading.Condition()
        parts = urlsplit(url)
        # A session that lasts, so that a broker's restart loses nothing on this side.
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="listener", clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("yizhan/v1/#", 1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _client, _userdata, message: self._on_message(message)
        self._client.connect(parts.hostname or "", parts.port or 1883)

    def __enter__(self) -> Self:
        self._client.loop_start()
        assert self._ready.wait(10)
        if self._confirmer:
            self._confirmer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._confirmer:
            self._confirmer.join()
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, station: str, channel: str, document: dict[str, Any], *, retain: bool = False) -> None:
        """Say something to a station; returns when the broker has it."""
        told = self._client.publish(f"yizhan/v1/{station}/{channel}", json.dumps(document), 1, retain)
        told.wait_for_publish(10)

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Until what was heard makes something true; fails with its name after a while."""
        with self._something:
            assert self._something.wait_for(is_so, 20), what

    def wait_for(self, station: str, channel: str, **fields: object) -> dict[str, Any]:
        """The first message of a channel that has these fields, past or yet to come."""
        found: list[dict[str, Any]] = []

        def is_heard() -> bool:
            found.extend(
                heard.document
                for heard in self.heard
                if heard[:2] == (station, channel) and fields.items() <= heard.document.items()
            )
            return bool(found)

        self.wait_until(is_heard, f"{channel} of {station} with {fields}")
        return found[0]

    def seqs(self, station: str) -> dict[str, dict[str, int]]:
        """How many different readings were heard, by kind and boot, as the truth file has it."""
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        for (of, kind, boot), readings in self.readings.items():
            if of == station:
                counts[kind][str(boot)] = len(readings)
        return dict(counts)

    def states(self, station: str) -> list[bool]:
        """Online or not, in the order heard."""
        return [heard.document["online"] for heard in self.heard if heard[:2] == (station, "state")]

    def _on_message(self, message: paho.MQTTMessage) -> None:
        _, _, station, channel = message.topic.split("/")
        if channel in {"receipt", "config", "command"}:
            return
        document = json.loads(message.payload)
        if channel == "backlog":
            assert len(document["readings"]) <= 500
            assert len(message.payload) <= 256 * 1024
        with self._something:
            self.heard.append(Heard(station, channel, document))
            for kind, reading in _readings(channel, document):
                self._keep((station, kind, reading["boot"]), reading)
            self._something.notify_all()

    def _keep(self, name: tuple[str, str, int], reading: dict[str, Any]) -> None:
        known = self.readings[name]
        self.repeated[name[0]] += reading["seq"] in known
        assert known.setdefault(reading["seq"], reading) == reading
        self._touched.add(name)

    def _confirm_till_end(self) -> None:
        while not self._ended.wait(_CONFIRM_EVERY_S):
            with self._something:
                touched, self._touched = self._touched, set()
                lines = [(name[0], self._line(*name)) for name in sorted(touched)]
            for station, line in lines:
                self._client.publish(f"yizhan/v1/{station}/receipt", json.dumps({"ts": 1, "stored": [line]}), 1)

    def _line(self, station: str, kind: str, boot: int) -> dict[str, Any]:
        name = (station, kind, boot)
        known, upto = self.readings[name], self._upto[name]
        while upto + 1 in known:
            upto += 1
        self._upto[name] = upto
        also: list[list[int]] = []
        for seq in sorted(known.keys() - range(upto + 1)) if len(known) > upto else ():
            if also and also[-1][1] == seq - 1:
                also[-1][1] = seq
            else:
                also.append([seq, seq])
        return {"kind": kind, "boot": boot, "seq": upto, "also": also}


def _readings(channel: str, document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    if channel == "backlog":
        return [
            (reading["kind"], {k: v for k, v in reading.items() if k != "kind"}) for reading in document["readings"]
        ]
    return [] if channel in {"state", "reply"} else [(channel, document)]
