"""What a station puts on the wire: messages, topics, JSON, and the protocol's limits.

Enters: plain values. Leaves: bytes. Never: time, chance or a connection.
"""

import json
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

PREFIX: Final = "yizhan/v1"
STATION_ID: Final = re.compile(r"[0-9a-z][0-9a-z-]{2,31}")

KINDS: Final = ("occupancy", "battery", "medicine", "exchange")
"""What a reading can be about; also the last level of its topic."""
DOWNLINK: Final = ("config", "command", "receipt", "rejected")
"""The channels that a station listens to."""

BACKLOG_MAX_READINGS: Final = 500
BACKLOG_MAX_BYTES: Final = 256 * 1024

AT_LEAST_ONCE: Final = 1


class Message(NamedTuple):
    """One PUBLISH."""

    topic: str
    payload: bytes
    qos: int = AT_LEAST_ONCE
    retain: bool = False


def topic_of(station_id: str, channel: str) -> str:
    """The topic of a station's channel."""
    return f"{PREFIX}/{station_id}/{channel}"


def station_and_channel(topic: str) -> tuple[str, str]:
    """The last two levels of a topic; empty strings where they are missing."""
    head, _, channel = topic.rpartition("/")
    return head.rpartition("/")[2], channel


def encode(document: Mapping[str, object]) -> bytes:
    """One JSON object, without spaces, UTF-8; raises ValueError for NaN, which is not JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
