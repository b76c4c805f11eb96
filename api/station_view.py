"""A station as an answer shows it: facts of the registry, opening hours, live status, offer.

Enters: one instant of the platform (`Viewpoint`) and a station. Leaves: `StationEntry` or `StationDetail`.
Never: asks a clock or a store; everything of one answer is seen from one instant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Self, TypedDict

from api.bodies import RegionRef
from api.gcj02 import gcj02
from api.hours import Opening, opening
from api.instants import local, rfc3339, rfc3339_or_none
from api.offer import Offer, Stock, heat_skus, offer_of
from api.platform import ApiPlatform
from api.readings import readings_now
from api.station_bodies import (
    LiveNow,
    MeasuredCount,
    OfferNow,
    OpenNow,
    StationDetail,
    StationEntry,
)
from ingest.model import Access, Article, Level, Region, Station, StationStatus


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """What all stations of one answer have in common."""

    platform: ApiPlatform
    now_ms: int
    now: datetime
    """The same instant, in the stations' zone."""

    today: date
    articles: Mapping[str, Article]
    """By sku."""

    heat: frozenset[str]
    _regions: dict[str, RegionRef] = field(default_factory=dict)
    """Those met so far: a page of stations has few regions and many stations."""

    @classmethod
    def at(cls, platform: ApiPlatform, now_ms: int) -> Self:
        """The platform as it is known at an instant."""
        articles = {article.sku: article for article in platform.registry.articles()}
        return cls(
            platform=platform,
            now_ms=now_ms,
            now=local(now_ms, platform.settings.zone),
            today=platform.visits.today(now_ms),
            articles=articles,
            heat=heat_skus(articles),
        )

    def status(self, station: Station) -> StationStatus:
        """The live picture of the station."""
        return self.platform.picture.status(station.id, self.now_ms)

    def opening(self, station: Station) -> Opening:
        """What its hours say."""
        return opening(station, self.now, self.platform.settings.holidays)

    def offer(self, station: Station, status: StationStatus) -> Offer:
        """What somebody at its door would find."""
        return offer_of(station, status, self.heat, self.today, self.platform.settings.few_people)

    def region(self, region: Region) -> RegionRef:
        """Its short form."""
        known = self._regions.get(region.code)
        if known is None:
            known = self._regions[region.code] = region_ref(region)
        return known


def region_ref(region: Region) -> RegionRef:
    """A region by name."""
    return RegionRef(code=region.code, name=region.name, name_en=region.name_en)


def station_entry(
    view: Viewpoint, station: Station, distance_m: float | None = None, *, with_gcj02: bool = False
) -> StationEntry:
    """The station without its readings; `distance_m` is from where somebody asked."""
    return StationEntry(**_facts(view, station, view.status(station), distance_m, with_gcj02=with_gcj02))


def station_detail(view: Viewpoint, station: Station, *, with_gcj02: bool = False) -> StationDetail:
    """The station with its newest reading of each kind."""
    status = view.status(station)
    readings = readings_now(status.seen, view.articles, view.now_ms, view.platform.settings.few_people)
    return StationDetail(**_facts(view, station, status, None, with_gcj02=with_gcj02), readings=readings)


class _Facts(TypedDict):
    """The fields of `StationEntry`, so that both shapes are filled by one function and mypy sees what it fills."""

    id: str
    name: str
    name_en: str | None
    lat: float
    lon: float
    lat_gcj02: float | None
    lon_gcj02: float | None
    distance_m: int | None
    province: RegionRef | None
    city: RegionRef | None
    district: RegionRef | None
    address: str
    capacity: int | None
    services: list[str]
    opening_hours: str | None
    access: Access
    smart: bool
    model: bool
    open: OpenNow
    live: LiveNow
    offer: OfferNow


def _facts(
    view: Viewpoint, station: Station, status: StationStatus, distance_m: float | None, *, with_gcj02: bool
) -> _Facts:
    shifted = gcj02(station.lat, station.lon) if with_gcj02 else (None, None)
    place = {region.level: view.region(region) for region in view.platform.registry.path(station)}
    return _Facts(
        id=station.id,
        name=station.name,
        name_en=station.name_en or None,
        lat=station.lat,
        lon=station.lon,
        lat_gcj02=shifted[0],
        lon_gcj02=shifted[1],
        distance_m=None if distance_m is None else round(distance_m),
        province=place.get(Level.PROVINCE),
        city=place.get(Level.CITY),
        district=place.get(Level.DISTRICT),
        address=station.address,
        capacity=station.capacity or None,
        services=sorted(station.services),
        opening_hours=station.hours or None,
        access=station.access,
        smart=station.smart,
        model=station.model,
        open=_open_now(view.opening(station)),
        live=LiveNow(
            presence=status.presence,
            heard_at=rfc3339_or_none(status.heard_ms),
            dark_since=rfc3339_or_none(status.dark_since_ms),
        ),
        offer=_offer_now(view.offer(station, status), view.now_ms),
    )


def _open_now(opening: Opening) -> OpenNow:
    until = None if opening.until is None else rfc3339(round(opening.until.timestamp() * 1000))
    return OpenNow(state=opening.door.value, until=until)


def _offer_now(offer: Offer, now_ms: int) -> OfferNow:
    return OfferNow(
        seats_free=_count(offer.seats_free, now_ms),
        batteries_charged=_count(offer.batteries_charged, now_ms),
        heat_medicine=_count(offer.heat_medicine, now_ms),
    )


def _count(stock: Stock | None, now_ms: int) -> MeasuredCount | None:
    return None if stock is None else MeasuredCount.of(stock.count, stock.as_of_ms, stock.seen.is_stale, now_ms)
