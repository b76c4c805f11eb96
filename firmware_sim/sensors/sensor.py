"""What every sensor is, and the cumulative counters that a sensor keeps in flash.

Enters: instants. Leaves: the fields of a reading. Never: knows which station it is in.
"""

from typing import Protocol


class Counters:
    """Cumulative counts and their epoch: which life of the counter this is."""

    def __init__(self, *names: str) -> None:
        self.epoch = 1
        self.values = dict.fromkeys(names, 0)

    def add(self, name: str, number: int = 1) -> None:
        """Count on."""
        self.values[name] += number

    def restart(self) -> None:
        """A replaced sensor or lost flash: all from zero, in a new epoch."""
        self.epoch += 1
        self.values = dict.fromkeys(self.values, 0)


class Sensor(Protocol):
    """One kind of reading."""

    @property
    def kind(self) -> str:
        """The kind, as in the topic."""

    @property
    def counters(self) -> Counters | None:
        """What it counts for life; None when it counts nothing."""

    def advance(self, now_ms: int, /) -> None:
        """Let the world go on until an instant, which is never earlier than the last one."""

    def body(self) -> dict[str, object]:
        """The fields of a reading, without ts, boot and seq."""
