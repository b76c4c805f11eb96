"""Line protocol read back, from its description alone: it shares nothing with what writes it.

Enters: text. Leaves: points. Never: lenient; what InfluxDB would not read raises ValueError.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

Field = int | float | bool | str


class Point(NamedTuple):
    """One line."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, Field]
    time_ns: int

    @property
    def key(self) -> tuple[str, frozenset[tuple[str, str]], int]:
        """What InfluxDB takes for the same point."""
        return self.measurement, frozenset(self.tags.items()), self.time_ns


def points(text: str) -> list[Point]:
    """All lines of a body."""
    return [_point(line) for line in _split(text, "\n") if line]


def _point(line: str) -> Point:
    parts = list(_split(line, " "))
    if len(parts) != 3:
        raise ValueError(f"{len(parts)} parts instead of tags, fields and time: {line!r}")
    names, fields, time_ns = parts
    measurement, *tags = _split(names, ",")
    return Point(
        _bare(measurement),
        {_bare(name): _bare(value) for name, value in map(_pair, tags)},
        {_bare(name): _value(value) for name, value in map(_pair, _split(fields, ","))},
        _number(time_ns),
    )


def _split(text: str, at: str) -> Iterator[str]:
    """Cut where `at` stands neither behind a backslash nor inside quotes."""
    start = place = 0
    is_quoted = False
    while place < len(text):
        character = text[place]
        if character == "\\":
            place += 1
        elif character == '"':
            is_quoted = not is_quoted
        elif character == at and not is_quoted:
            yield text[start:place]
            start = place + 1
        elif character == "\n" and at != "\n":
            raise ValueError("a line end inside a line")
        place += 1
    if is_quoted:
        raise ValueError("quotes that do not close")
    yield text[start:]


def _pair(text: str) -> tuple[str, str]:
    name, value = _split(text, "=")
    if not name or not value:
        raise ValueError(f"no name or no value: {text!r}")
    return name, value


def _bare(text: str) -> str:
    return re.sub(r"\\([,= ])", r"\1", text)


def _value(text: str) -> Field:
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    if text in {"true", "false"}:
        return text == "true"
    if text.endswith("i"):
        return _number(text[:-1])
    if not re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text):
        raise ValueError(f"not a field: {text!r}")
    return float(text)


def _number(text: str) -> int:
    number = int(text)
    if not re.fullmatch(r"-?\d+", text) or not -(2**63) < number < 2**63:
        raise ValueError(f"not a 64-bit integer: {text!r}")
    return number
