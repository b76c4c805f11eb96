"""What makes a point: its tags, its time, and the escapes of line protocol.

Enters: station ids, region codes, text, a reading's own time and name. Leaves: pieces of lines.
Never: a clock. A point is the same however often its reading is written, so a repeat overwrites itself.
"""

from typing import Final

NS_PER_MS: Final = 1_000_000

PLACES: Final = 9_973
"""Points of a station and kind that one millisecond can hold, 100 ns apart: the largest prime that fits. A prime,
because clocks are set back by hours and days, which are round numbers of report intervals. Ten times as many: a
timestamp takes 8 bytes on disk instead of 4, in each field. Fewer: readings of a clock that stands still overwrite one
another sooner."""
BOOT_STEP: Final = 5_842
"""How far the next boot begins, in places. Of all steps the one that keeps boots farthest apart: readings of a clock
that starts at the same instant each time meet only where seq differs by more than 3,000 / (boots between them)."""

_TAG_ESCAPES: Final = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})


MIN_NS: Final = -(2**63) + 2
MAX_NS: Final = 2**63 - 2
"""The instants that InfluxDB knows: 1677 to 2262."""


def bound_ns(instant_ms: int) -> int:
    """A bound of a query; beyond what InfluxDB knows there is nothing to find."""
    return min(max(instant_ms * NS_PER_MS, MIN_NS), MAX_NS)


def point_ns(ts_ms: int, boot: int, seq: int) -> int:
    """The time of a reading's point: within its millisecond, at a place of its own."""
    return (ts_ms * 10_000 + (boot * BOOT_STEP + seq) % PLACES) * 100


def tag(value: str) -> str:
    """A tag's value in a line. It holds no backslash and no line end: station ids and region codes have neither."""
    return value.translate(_TAG_ESCAPES)


def tags(station: str, province: str | None) -> str:
    """The tags of a station's points; without the province of a station that the registry does not know."""
    return f"station={tag(station)}" if province is None else f"station={tag(station)},province={tag(province)}"


def string_field(text: str) -> str:
    """A string in a line, quotes and all. It holds no line end."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    return '"' + text.replace('"', r"\"") + '"'
