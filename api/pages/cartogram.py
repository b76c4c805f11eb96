"""The provinces as equal squares: a map without borders, because a map of China may only be published with an approval.

Enters: a number for each province. Leaves: squares with their place and shade, and what the shades mean.
Never: an outline, or a shade that says more than its range.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

SIDE: Final = 40
"""Of a square and its gap, in units of the view box."""
GAP: Final = 3
COLUMNS: Final = 10
ROWS: Final = 9
SHADES: Final = 5
"""Beside the one for nothing. More: neighbours are not told apart. Fewer: half of the country looks the same."""

PLACES: Final[dict[str, tuple[int, int]]] = {
    "230000": (9, 0),
    "150000": (7, 1),
    "220000": (9, 1),
    "650000": (1, 2),
    "110000": (7, 2),
    "120000": (8, 2),
    "210000": (9, 2),
    "620000": (3, 3),
    "640000": (4, 3),
    "140000": (6, 3),
    "130000": (7, 3),
    "370000": (8, 3),
    "630000": (2, 4),
    "610000": (4, 4),
    "410000": (6, 4),
    "340000": (7, 4),
    "320000": (8, 4),
    "540000": (1, 5),
    "510000": (3, 5),
    "500000": (4, 5),
    "420000": (6, 5),
    "310000": (8, 5),
    "520000": (4, 6),
    "430000": (6, 6),
    "360000": (7, 6),
    "330000": (8, 6),
    "530000": (3, 7),
    "450000": (5, 7),
    "440000": (6, 7),
    "350000": (8, 7),
    "710000": (9, 7),
    "460000": (5, 8),
    "820000": (6, 8),
    "810000": (7, 8),
}
"""Column and row by code: our own drawing, roughly where the province lies."""

SHORT_ZH: Final = dict(
    zip(
        sorted(PLACES),
        "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新台港澳",
        strict=True,
    )
)
"""The one-character names in the order of the codes (GB/T 2260)."""
_LETTERS: Final = (
    "BJ TJ HE SX NM LN JL HL SH JS ZJ AH FJ JX SD HA HB HN GD GX HI CQ SC GZ YN XZ SN GS QH NX XJ TW HK MO"
)
SHORT_EN: Final = dict(zip(sorted(PLACES), _LETTERS.split(" "), strict=True))
"""The letters of GB/T 2260."""


@dataclass(frozen=True, slots=True)
class Square:
    """A province."""

    code: str
    x: int
    y: int
    shade: int
    """0: nothing, or not known; 1 the least to `SHADES` the most."""


@dataclass(frozen=True, slots=True)
class Shade:
    """What a shade means: from the least to the most of the numbers that have it."""

    number: int
    least: float
    most: float


def squares(numbers: Mapping[str, float | None]) -> list[Square]:
    """All provinces, from north to south and west to east, as one reads."""
    bounds = _bounds(_told(numbers))
    drawn = []
    for code, (column, row) in sorted(PLACES.items(), key=lambda item: (item[1][1], item[1][0])):
        number = numbers.get(code)
        shade = 0 if not number else 1 + bisect_right(bounds, number)
        drawn.append(Square(code, column * SIDE, row * SIDE, shade))
    return drawn


def legend(numbers: Mapping[str, float | None]) -> list[Shade]:
    """The shades that are there, from the least to the most."""
    told = _told(numbers)
    bounds = _bounds(told)
    members: dict[int, list[float]] = {}
    for number in told:
        members.setdefault(1 + bisect_right(bounds, number), []).append(number)
    return [Shade(shade, min(those), max(those)) for shade, those in sorted(members.items())]


def _told(numbers: Mapping[str, float | None]) -> list[float]:
    """What is known and not nothing, ascending."""
    return sorted(number for number in numbers.values() if number)


def _bounds(told: Sequence[float]) -> list[float]:
    """Where the next shade begins: a fifth of the provinces has each, so that one giant does not pale all others."""
    if not told:
        return []
    return sorted({told[len(told) * part // SHADES] for part in range(1, SHADES)} - {told[0]})
