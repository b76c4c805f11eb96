"""The filters that every list of stations takes, in a URL.

Enters: query parameters. Leaves: a `Wanted`, or a 400 that says what would be right. Never: looks at a station.
"""

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from api.place_parameters import BBOX_EXPECTED, NEAR_EXPECTED, BoxParameter, PositionParameter
from api.platform import ApiPlatform
from api.positions import Circle
from api.problems import wrong_parameter
from api.query import Query
from api.selection import Wanted, known_region
from api.wishes import WISH_PATTERN, Wish
from ingest.registry.services import SERVICES

RADIUS_MAX_M: Final = 50_000
"""Larger: one request measures and sorts the distances of many thousand stations. Smaller: somebody far out in the
country finds nothing."""
RADIUS_DEFAULT_M: Final = 5_000
WISHES_MAX: Final = 10
"""Of one request. Larger: each station is asked more questions. Smaller: nobody has needed it."""

_SERVICES: Final = ", ".join(SERVICES)
_WISHES: Final = "seat, battery, medicine (any against heat stroke) or medicine:SKU (an article of the catalogue)"


def _wish(value: object) -> object:
    """Checked here, kept as text: the model is what the document shows."""
    if isinstance(value, str):
        Wish.parse(value)
    return value


class StationFilters(Query):
    """Which stations."""

    province: Annotated[str | None, Field(description="the code of a region of any level, see /v1/regions")] = None
    region: Annotated[str | None, Field(description="the same as province; give one of the two")] = None
    service: Annotated[
        tuple[Annotated[str, Field(json_schema_extra={"enum": [*SERVICES]})], ...],
        Field(max_length=len(SERVICES), description=f"one of: {_SERVICES}; repeat it for stations that offer them all"),
    ] = ()
    near: Annotated[PositionParameter | None, Field(description=NEAR_EXPECTED)] = None
    radius: Annotated[
        int | None,
        Field(
            ge=1, le=RADIUS_MAX_M, description=f"metres from near, 1 to {RADIUS_MAX_M}; without it {RADIUS_DEFAULT_M}"
        ),
    ] = None
    bbox: Annotated[BoxParameter | None, Field(description=BBOX_EXPECTED)] = None
    open_now: Annotated[
        Literal["1", "0"], Field(description="1: only those that are open now by their hours; 0: all")
    ] = "0"
    has: Annotated[
        tuple[Annotated[str, BeforeValidator(_wish), Field(json_schema_extra={"pattern": WISH_PATTERN})], ...],
        Field(max_length=WISHES_MAX, description=f"{_WISHES}: only those that have it now; repeat it for all of them"),
    ] = ()


def wanted_by(platform: ApiPlatform, filters: StationFilters, *, by_distance: bool = False) -> Wanted:
    """What the parameters ask for; raises `Problem` (400)."""
    unknown = next((code for code in filters.service if code not in SERVICES), None)
    if unknown is not None:
        raise wrong_parameter("service", "is not a service", f"one of: {_SERVICES}")
    if filters.near is None and filters.radius is not None:
        raise wrong_parameter("radius", "was given without near", f"give near too: {NEAR_EXPECTED}")
    if filters.near is None and by_distance:
        raise wrong_parameter("sort", "distance was given without near", f"give near too: {NEAR_EXPECTED}")
    return Wanted(
        region=_region(platform, filters),
        services=frozenset(filters.service),
        circle=None if filters.near is None else Circle(filters.near, filters.radius or RADIUS_DEFAULT_M),
        box=filters.bbox,
        is_open=filters.open_now == "1",
        wishes=tuple(Wish.parse(text) for text in filters.has),
        by_distance=by_distance,
    )


def _region(platform: ApiPlatform, filters: StationFilters) -> str | None:
    if filters.province is not None and filters.region is not None:
        raise wrong_parameter("region", "was given beside province", "give one of the two, they mean the same")
    name, code = ("province", filters.province) if filters.region is None else ("region", filters.region)
    return None if code is None else known_region(platform.registry, name, code).code
