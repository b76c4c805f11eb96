"""What the page of stations was asked for: the filters that stay in its address.

Enters: query parameters. Leaves: a `Choice`, and the address of each choice beside it.
Never: refuses; what does not exist is left out and said so, because a broken link must still show stations.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError

from api.filters import RADIUS_MAX_M
from api.language import Language
from api.pages.frame import Address, PageQuery
from api.place_parameters import PositionParameter
from api.platform import ApiPlatform
from api.positions import Circle, Position
from api.selection import Wanted
from api.wishes import Good, Wish
from ingest.model import Region
from ingest.registry.services import SERVICES

_POSITION: Final[TypeAdapter[Position]] = TypeAdapter(PositionParameter)
_NAME_CHARS_MAX: Final = 40
"""Of a name that is sought. Larger: an address grows with an attack. Smaller: a long name cannot be given whole."""


class NearQuery(PageQuery):
    """What stands in the address of the page."""

    near: Annotated[str, Field(description="latitude,longitude in WGS-84 degrees; empty: no place")] = ""
    region: Annotated[str, Field(description="the code of a region; empty for the nation")] = ""
    q: Annotated[str, Field(description="part of a name or an address; empty for any")] = ""
    open_now: Annotated[str, Field(description="1: only those that are open now")] = ""
    has: Annotated[
        tuple[str, ...], Field(description="seat, battery, medicine: only those that have it now; repeat it")
    ] = ()
    service: Annotated[tuple[str, ...], Field(description="the code of a service; repeat it for all of them")] = ()
    cursor: Annotated[str, Field(description="where the page begins; empty for the first")] = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice, as far as it exists."""

    language: Language
    near: Position | None = None
    region: Region | None = None
    name: str = ""
    is_open: bool = False
    has: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    cursor: str = ""
    is_mended: bool = False
    """Something of what was asked for does not exist and was left out."""

    @property
    def address(self) -> Address:
        """Of the page that shows it."""
        near = "" if self.near is None else f"{self.near.lat:.4f},{self.near.lon:.4f}"
        return Address(
            "/",
            (
                ("near", near),
                ("region", self.region.code if self.region else ""),
                ("q", self.name),
                ("open_now", "1" if self.is_open else ""),
                *(("has", one) for one in self.has),
                *(("service", one) for one in self.services),
                ("cursor", self.cursor),
            ),
        )

    @property
    def text(self) -> str:
        """What stands in a link."""
        return self.address.text(self.language)

    @property
    def is_filtered(self) -> bool:
        """Whether it leaves out stations of its place."""
        return bool(self.name or self.is_open or self.has or self.services)

    def first_page(self) -> "Choice":
        """The same from its first page on."""
        return replace(self, cursor="")

    def at(self, region: Region | None) -> "Choice":
        """The same for another region."""
        return replace(self, region=region, near=None, cursor="")

    def unfiltered(self) -> "Choice":
        """All stations of the same place."""
        return Choice(self.language, near=self.near, region=self.region)

    def toggled_open(self) -> "Choice":
        """With the other answer to whether they must be open."""
        return replace(self, is_open=not self.is_open, cursor="")

    def toggled_has(self, good: str) -> "Choice":
        """With the other answer to whether they must have something."""
        return replace(self, has=_toggled(self.has, good, [*Good]), cursor="")

    def toggled_service(self, code: str) -> "Choice":
        """With the other answer to whether they must offer a service."""
        return replace(self, services=_toggled(self.services, code, [*SERVICES]), cursor="")

    def wanted(self) -> Wanted:
        """For the selection. Near a place the region has no say, and the nearest come first."""
        return Wanted(
            region=None if self.near is not None or self.region is None else self.region.code,
            services=frozenset(self.services),
            circle=None if self.near is None else Circle(self.near, RADIUS_MAX_M),
            is_open=self.is_open,
            wishes=tuple(Wish(Good(one)) for one in self.has),
            by_distance=self.near is not None,
            text=self.name,
        )


def choice_of(platform: ApiPlatform, query: NearQuery) -> Choice:
    """What was asked for, mended where it must be."""
    region = platform.registry.region(query.region) if query.region else None
    near = _near(query.near)
    has = tuple(one for one in Good if one in query.has)
    services = tuple(code for code in SERVICES if code in query.service)
    return Choice(
        language=query.language,
        near=near,
        region=region,
        name=" ".join(query.q.split())[:_NAME_CHARS_MAX],
        is_open=query.open_now == "1",
        has=has,
        services=services,
        cursor=query.cursor,
        is_mended=(bool(query.region) and region is None)
        or (bool(query.near) and near is None)
        or not set(query.has) <= set(has)
        or not set(filter(None, query.service)) <= set(services),
    )


def _near(text: str) -> Position | None:
    if not text:
        return None
    try:
        return _POSITION.validate_python(text)
    except ValidationError:
        return None


def _toggled(chosen: tuple[str, ...], one: str, order: list[str]) -> tuple[str, ...]:
    """In one order, so that the same choice has one address."""
    wanted = set(chosen) ^ {one}
    return tuple(name for name in order if name in wanted)
