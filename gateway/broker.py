"""The embedded broker: rumqttd as a child process on loopback, for a first look, tests and benches.

Enters: a folder for its TOML and log. Leaves: a port for MQTT 3.1.1 and one for MQTT 5, both seen answering a CONNECT.
Never: outlives us, listens beyond loopback (it has no ACL), or keeps a message over its restart (all is in memory).
"""

import contextlib
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

LOOPBACK: Final = "127.0.0.1"

PACKET_MAX_BYTES: Final = 2 * 1024 * 1024
"""Smaller than a backlog of 256 KiB: stations would be cut off without a word. As it is, a message of 1 MB still
reaches ingest, which refuses it by name. Larger: one sender can make us hold that much per connection."""

UNACKED_MAX: Final = 10_000
"""What we ask for; rumqttd 0.20 hands a subscriber 100 unacked messages all the same. It does heed this number for
retained messages at QoS 0: smaller, a wildcard subscription misses stations; larger only costs memory."""

SEGMENT_BYTES: Final = 32 * 1024 * 1024
SEGMENTS: Final = 16
"""Per subscribed filter rumqttd keeps a log of SEGMENTS x SEGMENT_BYTES (512 MiB), read messages included. Smaller: a
subscriber that is further behind loses the oldest messages silently. Larger: memory grows up to it for each filter."""

READY_WITHIN_S: Final = 10.0
"""Shorter: a loaded machine fails a start that was under way. Longer: a broker that hangs is noticed later."""
STOP_WITHIN_S: Final = 5.0
"""rumqttd has nothing to save, so it goes at once; after this long it is killed."""
POLL_S: Final = 0.01
"""Between looks at a socket that is not open yet. Longer delays every start; shorter burns the core the child needs."""

MQTT_3_1_1: Final = 4
MQTT_5: Final = 5

_CHILD: Final = Path(__file__).with_name("broker_child.py")


class BrokerFailed(RuntimeError):
    """The broker did not come up; the text carries its own last words."""


def config_text(port: int, port_v5: int) -> str:
    """The TOML of rumqttd: one router, one loopback listener for each protocol version."""
    listeners = "".join(_listener(version, number) for version, number in (("v4", port), ("v5", port_v5)))
    return f"""id = 0

[router]
id = 0
max_connections = 10010
max_outgoing_packet_count = {UNACKED_MAX}
max_segment_size = {SEGMENT_BYTES}
max_segment_count = {SEGMENTS}
{listeners}"""


def _listener(version: str, port: int) -> str:
    return f"""
[{version}.1]
name = "{version}"
listen = "{LOOPBACK}:{port}"
next_connection_delay_ms = 0

[{version}.1.connections]
connection_timeout_ms = 60000
max_payload_size = {PACKET_MAX_BYTES}
max_inflight_count = {UNACKED_MAX}
dynamic_filters = true
"""


def answers_connect(port: int, protocol: int = MQTT_3_1_1, host: str = LOOPBACK) -> bool:
    """Whether a broker answers a CONNECT of that protocol level with a CONNACK, be it a refusal."""
    client_id = b"is-it-ready"
    body = b"\x00\x04MQTT" + bytes([protocol, 0x02, 0, 10]) + (b"\x00" if protocol == MQTT_5 else b"")
    body += len(client_id).to_bytes(2, "big") + client_id
    try:
        with socket.create_connection((host, port), timeout=1.0) as link:
            link.sendall(bytes([0x10, len(body)]) + body)
            answered = link.recv(1) == b"\x20"
            link.sendall(b"\xe0\x00")
            return answered
    except OSError:
        return False


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


class EmbeddedBroker:
    """Starts, stops and restarts rumqttd on the same ports. Its calls block, so from asyncio use a thread."""

    def __init__(self, folder: Path, port: int = 0, port_v5: int = 0) -> None:
        self._folder = folder
        self.port = port or free_port()
        """MQTT 3.1.1."""
        self.port_v5 = port_v5 or free_port()
        """MQTT 5."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where MQTT 3.1.1 is spoken."""
        return f"mqtt://{LOOPBACK}:{self.port}"

    @property
    def url_v5(self) -> str:
        """Where MQTT 5 is spoken."""
        return f"mqtt://{LOOPBACK}:{self.port_v5}"

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Return when both ports answered a CONNECT; raises `BrokerFailed`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        config, log = self._folder / "broker.toml", self._folder / "broker.log"
        config.write_text(config_text(self.port, self.port_v5), encoding="utf-8")
        with log.open("wb") as errors:
            # A session of its own: Ctrl-C in a terminal goes to us alone, and we stop the broker last. -P: the child's
            # folder must not shadow the standard library.
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
                [sys.executable, "-P", str(_CHILD), str(config)],
                stdin=subprocess.PIPE,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while not (answers_connect(self.port, MQTT_3_1_1) and answers_connect(self.port_v5, MQTT_5)):
            code = self._process.poll()
            if code is not None or time.monotonic() > deadline:
                why = f"ended with code {code}" if code is not None else f"gave no answer within {READY_WITHIN_S:g} s"
                self.kill()
                words = log.read_text(encoding="utf-8", errors="replace").strip()[-500:]
                raise BrokerFailed(f"the embedded broker on ports {self.port} and {self.port_v5} {why}: {words}")
            time.sleep(POLL_S)
        return self

    def stop(self) -> None:
        """End the child and let go of the ports; harmless when it is not running."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_WITHIN_S)
        self.kill()

    def kill(self) -> None:
        """End the child by SIGKILL: the broker's crash."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def restart(self) -> None:
        """Stop and start on the same ports; sessions, queues and retained messages are gone."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
