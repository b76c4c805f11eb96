"""An operator's own map of the provinces, in place of the squares: approved for publication, and shown with its number.

Enters: GeoJSON (RFC 7946) whose features name provinces, an approval number. Leaves: SVG paths.
Never: a map without a number (审图号), or one that this project ships.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, radians
from typing import Any, Final

WIDTH: Final = 400.0
"""Of the view box, as wide as the squares."""
_MIDDLE_LAT: Final = 36.0
"""Where a degree of longitude is drawn as wide as it is. Elsewhere in China it is off by a fifth at most."""
_STEP: Final = 0.4
"""Points that are nearer than this to the one before are left out, in units of the view box. Larger: corners are lost.
Smaller: the page is larger than what a screen can show."""
_CODE_CHARS: Final = 6
_NAMES: Final = ("adcode", "code", "id")
"""Properties in which a feature may name its province, beside its own id."""

_Ring = list[tuple[float, float]]


class WrongMap(ValueError):
    """The file cannot be shown; the text says why and what would be right."""


@dataclass(frozen=True, slots=True)
class ApprovedMap:
    """A map that may be published."""

    shapes: tuple[tuple[str, str], ...]
    """Code of the province, empty for what belongs to none (such as lines at sea), and its path."""
    height: float
    """Of the view box."""
    approval: str
    """The number, as it must be printed."""


def read_map(text: str, approval: str) -> ApprovedMap:
    """The map of a file; raises `WrongMap`."""
    if not approval.strip():
        raise WrongMap(
            "a map of China may only be published with its approval number (审图号): give it beside the file"
        )
    try:
        document = json.loads(text)
        features = [(_code(one), list(_rings(one.get("geometry")))) for one in document["features"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongMap(f"it is not a GeoJSON FeatureCollection of polygons or lines: {error!r}") from error
    points = [point for _, rings in features for ring in rings for point in ring]
    if not points:
        raise WrongMap("it has no shapes")
    west, east = min(lon for lon, _ in points), max(lon for lon, _ in points)
    south, north = min(lat for _, lat in points), max(lat for _, lat in points)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004 - degrees
        raise WrongMap("its positions are not longitude and latitude in degrees")
    narrow = cos(radians(_MIDDLE_LAT))
    scale = WIDTH / ((east - west) * narrow)

    def drawn(ring: _Ring) -> str:
        return _path([((lon - west) * narrow * scale, (north - lat) * scale) for lon, lat in ring])

    shapes = tuple((code, "".join(drawn(ring) for ring in rings)) for code, rings in features)
    return ApprovedMap(shapes, round((north - south) * scale, 1), approval.strip())


def _code(feature: dict[str, Any]) -> str:
    """`110000` of 110000, "110000", "11" or CN110000; empty where it names no province."""
    properties = feature.get("properties") or {}
    for given in (*(properties.get(name) for name in _NAMES), feature.get("id")):
        digits = "".join(one for one in str(given or "") if one.isascii() and one.isdecimal())
        if len(digits) in {2, _CODE_CHARS}:
            return digits.ljust(_CODE_CHARS, "0")
    return ""


def _rings(geometry: dict[str, Any] | None) -> Iterator[_Ring]:
    """Every line of a shape."""
    if geometry is None:
        return
    places: Any = geometry.get("coordinates")
    match geometry["type"]:
        case "LineString":
            yield _ring(places)
        case "Polygon" | "MultiLineString":
            yield from (_ring(ring) for ring in places)
        case "MultiPolygon":
            yield from (_ring(ring) for polygon in places for ring in polygon)
        case "GeometryCollection":
            for part in geometry["geometries"]:
                yield from _rings(part)
        case other:
            raise ValueError(f"a {other} cannot be drawn")


def _ring(places: list[list[float]]) -> _Ring:
    return [(float(place[0]), float(place[1])) for place in places]


def _path(points: _Ring) -> str:
    told: list[str] = []
    last = None
    for x, y in points:
        if last is not None and abs(x - last[0]) + abs(y - last[1]) < _STEP:
            continue
        told.append(f"{'L' if told else 'M'}{x:.1f} {y:.1f}")
        last = (x, y)
    return "".join(told)
