"""The embedded broker: rumqttd as a child process on loopback, for a first look, tests and benches.

Enters: a folder for its TOML and log. Leaves: a port for MQTT 3.1.1 and one for MQTT 5, both seen answering a CONNECT.
Never: outlives us, listens beyond loopback (it has no ACL), or keeps a message over its restart (all is in memory).
"""

import socket
import time
from pathlib import Path
from typing import Final

from gateway.child_server import LOOPBACK, ChildServer, free_port, module_command

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

MQTT_3_1_1: Final = 4
MQTT_5: Final = 5


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
    # Another one each time: where one client id meets itself on both of its ports, rumqttd 0.20 panics at times, and
    # from then on refuses everybody on that port.
    client_id = b"is-it-ready-%d" % time.monotonic_ns()
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


class EmbeddedBroker(ChildServer):
    """rumqttd with two loopback ports, free ones unless given."""

    def __init__(self, folder: Path, port: int = 0, port_v5: int = 0) -> None:
        super().__init__(folder)
        self.port = port or free_port()
        """MQTT 3.1.1."""
        self.port_v5 = port_v5 or free_port()
        """MQTT 5."""

    def __str__(self) -> str:
        return f"the embedded broker (MQTT 3.1.1 on port {self.port}, MQTT 5 on port {self.port_v5})"

    @property
    def url(self) -> str:
        """Where MQTT 3.1.1 is spoken."""
        return f"mqtt://{LOOPBACK}:{self.port}"

    @property
    def url_v5(self) -> str:
        """Where MQTT 5 is spoken."""
        return f"mqtt://{LOOPBACK}:{self.port_v5}"

    def prepare(self) -> list[str]:
        """Write the TOML."""
        config = self.folder / "broker.toml"
        config.write_text(config_text(self.port, self.port_v5), encoding="utf-8")
        return module_command("gateway.broker_child", str(config))

    def answers(self) -> bool:
        """Both ports answer a CONNECT of their version."""
        return answers_connect(self.port, MQTT_3_1_1) and answers_connect(self.port_v5, MQTT_5)
