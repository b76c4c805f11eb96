"""The topic tree of protocol v1: `yizhan/v1/{station}/{channel}`.

Enters: a topic string. Leaves: a station id and a channel, or `WrongTopic` with words for a firmware author.
Never: looks at a payload.
"""

import re
from enum import StrEnum
from typing import Final

ROOT: Final = "yizhan/v1"
PREFIX: Final = f"{ROOT}/"

STATION_ID: Final = re.compile(r"[0-9a-z][0-9a-z-]{2,31}")


class Kind(StrEnum):
    """What a reading is about. Its value is the topic level and the measurement name."""

    # Enum's own hash is a Python function: 0.2 µs at each look into a dict, several times for every reading.
    __hash__ = str.__hash__

    OCCUPANCY = "occupancy"
    BATTERY = "battery"
    MEDICINE = "medicine"
    EXCHANGE = "exchange"


class Channel(StrEnum):
    """The last level of a topic: a reading's kind, or one of the channels around readings."""

    __hash__ = str.__hash__  # as in Kind

    OCCUPANCY = "occupancy"
    BATTERY = "battery"
    MEDICINE = "medicine"
    EXCHANGE = "exchange"
    STATE = "state"
    BACKLOG = "backlog"
    REPLY = "reply"
    CONFIG = "config"
    COMMAND = "command"
    RECEIPT = "receipt"
    REJECTED = "rejected"


DOWNLINK: Final = frozenset({Channel.CONFIG, Channel.COMMAND, Channel.RECEIPT, Channel.REJECTED})
UPLINK: Final = frozenset(Channel) - DOWNLINK

_CHANNELS: Final = {str(channel): channel for channel in Channel}
_TOPIC: Final = re.compile(rf"{PREFIX}({STATION_ID.pattern})/([a-z]+)")


class WrongTopic(ValueError):
    """The topic is not one of protocol v1; the text says which level is wrong and what it may be."""

    def __init__(self, detail: str, station: str | None = None) -> None:
        super().__init__(detail)
        self.station = station
        """The station id, where that level at least was right: the refusal can be answered."""


def parse_topic(topic: str) -> tuple[str, Channel]:
    """The station id and channel of a topic; raises `WrongTopic`."""
    match = _TOPIC.fullmatch(topic)
    if match is None:
        raise _wrong(topic)
    station, name = match.groups()
    channel = _CHANNELS.get(name)
    if channel is None:
        raise _wrong(topic)
    return station, channel


def _wrong(topic: str) -> WrongTopic:
    if not topic.startswith(PREFIX):
        return WrongTopic(f"topic must begin with {PREFIX}")
    station, _, _ = topic[len(PREFIX) :].partition("/")
    if not STATION_ID.fullmatch(station):
        return WrongTopic(f"station id must match {STATION_ID.pattern}")
    known = ", ".join(sorted(UPLINK))
    return WrongTopic(f"topic must be {PREFIX}{station}/ and one of: {known}", station)


def topic_of(station: str, channel: Channel | Kind) -> str:
    """The topic of a station's channel; raises ValueError for an id that could not be parsed back."""
    if not STATION_ID.fullmatch(station):
        raise ValueError(f"not a station id: {station!r}")
    return f"{PREFIX}{station}/{channel}"
