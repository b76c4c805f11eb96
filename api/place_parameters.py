"""Positions and boxes in a URL.

Enters: `39.93,116.45` and `116.3,39.8,116.5,40.0`. Leaves: a `Position`, a `Box`, or what would be right.
Never: guesses which of two numbers is the latitude.
"""

import re
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema

from api.positions import Box, Position

_LAT: Final = r"-?(90(\.0{1,8})?|[0-8]?\d(\.\d{1,8})?)"
_LON: Final = r"-?(180(\.0{1,8})?|(1[0-7]\d|\d{1,2})(\.\d{1,8})?)"
_POSITION: Final = re.compile(f"{_LAT},{_LON}", re.ASCII)
_BOX: Final = re.compile(f"{_LON},{_LAT},{_LON},{_LAT}", re.ASCII)

NEAR_EXPECTED: Final = "latitude,longitude in WGS-84 degrees, such as 39.9371,116.4548"
BBOX_EXPECTED: Final = "west,south,east,north in WGS-84 degrees, such as 116.3,39.8,116.5,40.0"


def _position(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _POSITION.fullmatch(value):
        raise ValueError("should be latitude,longitude")
    lat, lon = map(float, value.split(","))
    return Position(lat, lon)


def _box(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _BOX.fullmatch(value):
        raise ValueError("should be west,south,east,north")
    box = Box(*map(float, value.split(",")))
    if box.south > box.north:
        raise ValueError("its south is north of its north")
    return box


PositionParameter = Annotated[
    Position,
    BeforeValidator(_position),
    WithJsonSchema({"type": "string", "pattern": f"^{_POSITION.pattern}$"}, mode="validation"),
]
BoxParameter = Annotated[
    Box, BeforeValidator(_box), WithJsonSchema({"type": "string", "pattern": f"^{_BOX.pattern}$"}, mode="validation")
]
