"""Where the bars of a small chart stand.

Enters: numbers in order. Leaves: rectangles in the units of a view box. Never: words, colours or HTML.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 336
"""Of the view box: the text column of a phone that is 360 px wide, so that one unit is one pixel there."""
HEIGHT: Final = 120
TOP: Final = 18
"""Above the bars, for their numbers."""
BOTTOM: Final = 18
"""Below the bars, for the days or hours."""
_GAP_SHARE: Final = 0.25
"""Of a bar's place. Larger: thin bars. Smaller: they run together."""
_LEAST_HEIGHT: Final = 1.5
"""Of a bar that is not zero, so that it is seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle, and the middle of its place."""

    x: float
    y: float
    width: float
    height: float


def middles(count: int) -> list[float]:
    """Where so many bars have their middles."""
    return [round(WIDTH / count * (number + 0.5), 1) for number in range(count)]


def bars(values: Sequence[float | None]) -> list[Bar | None]:
    """A bar for each value, the highest of them reaching the top; None where there is none."""
    most = max((value for value in values if value is not None), default=0) or 1
    place = WIDTH / max(1, len(values))
    width = place * (1 - _GAP_SHARE)
    room = HEIGHT - TOP - BOTTOM
    drawn: list[Bar | None] = []
    for number, value in enumerate(values):
        if value is None:
            drawn.append(None)
            continue
        height = max(_LEAST_HEIGHT if value > 0 else 0.0, room * max(0.0, value) / most)
        middle = place * (number + 0.5)
        drawn.append(
            Bar(
                x=round(middle - width / 2, 1),
                y=round(TOP + room - height, 1),
                width=round(width, 1),
                height=round(height, 1),
            )
        )
    return drawn


@dataclass(frozen=True, slots=True)
class Trace:
    """A line with the range around it, and where its span of numbers lies."""

    line: str
    """A path: the means, broken where nothing is known."""
    band: str
    """A path: from the lowest to the highest of each span."""
    least: float
    most: float


def trace(points: Sequence[tuple[float, float, float] | None]) -> Trace | None:
    """Of (mean, lowest, highest) in order; None where nothing is known. None as a whole: nothing is known at all."""
    known = [point for point in points if point is not None]
    if not known:
        return None
    least, most = min(point[1] for point in known), max(point[2] for point in known)
    room = HEIGHT - TOP - BOTTOM
    height = (most - least) or 1.0

    def down(value: float) -> float:
        return round(TOP + room - room * (value - least) / height, 1)

    line, band, is_drawing = [], [], False
    half = WIDTH / len(points) / 2
    for middle, point in zip(middles(len(points)), points, strict=True):
        if point is None:
            is_drawing = False
            continue
        mean, lowest, highest = point
        line.append(f"{'L' if is_drawing else 'M'}{middle} {down(mean)}" + ("" if is_drawing else "h0.1"))
        left, right = round(middle - half, 1), round(middle + half, 1)
        band.append(f"M{left} {down(highest)}H{right}V{down(lowest)}H{left}Z")
        is_drawing = True
    return Trace("".join(line), "".join(band), least, most)
