"""The shapes of a station's answers: what it is, what it offers now, what it read last.

Enters: values that the handlers derive. Leaves: models that become JSON and the schemas of `/openapi.json`.
Never: gives an old value the place of a present one; see `Measured`.
"""

from datetime import date
from typing import Any, Generic, Literal, Self

from pydantic import ConfigDict

from api.bodies import Answer, Body, DataT, Instant, RegionRef
from api.instants import rfc3339
from ingest.model import Access, Presence

# ---- what a station reports ----


class Measured(Body, Generic[DataT]):
    """A value and how far it can be believed."""

    value: DataT | None
    """What is true now; null while `stale`, because then nobody knows."""

    last_known: DataT | None
    """While `stale`: what was true at `as_of`, and may not be any more. Otherwise null."""

    stale: bool
    """The newest reading is older than three of the station's report intervals, or the station is not heard."""

    as_of: Instant
    """When the station sampled it, by the station's clock; never after it was received."""

    age_s: int
    """Seconds from `as_of` to the answer."""

    @classmethod
    def of(cls, value: DataT, as_of_ms: int, is_stale: bool, now_ms: int) -> Self:
        """The one place where a stale value is kept from standing where a present one would."""
        return cls(
            value=None if is_stale else value,
            last_known=value if is_stale else None,
            stale=is_stale,
            as_of=rfc3339(as_of_ms),
            age_s=max(0, now_ms - as_of_ms) // 1000,
        )


class MeasuredCount(Measured[int]):
    """A number and how far it can be believed."""


class OccupancyNow(Body):
    """People inside, and the meter of those who came and went."""

    present: int
    """People inside, as the station believes. Very few are not told one by one: it is 0 then, or the bound."""

    entered: int
    """People counted in since the counter was last zero. For visits of a day ask /v1/visits."""

    left: int | None
    """People counted out since the counter was last zero; null where `present` is not told exactly."""


class SlotNow(Body):
    """One slot of a battery-swap cabinet. Serial numbers of batteries are not published."""

    slot: int
    state: Literal["empty", "charging", "ready", "reserved", "fault", "disabled"]
    soc_percent: float | None
    """State of charge."""

    soh_percent: float | None
    """State of health."""

    cell_temp_c: float | None
    """The hottest cell, °C."""

    faults: tuple[str, ...]


class BatteryNow(Body):
    """The battery-swap cabinet."""

    slots: list[SlotNow]
    swaps: int
    """Batteries handed out since the counter was last zero."""

    cabinet_temp_c: float | None
    smoke: bool | None
    mains: bool | None
    """Fed by the grid."""

    suppress: Literal["armed", "discharged", "fault", "none"] | None
    """The fire suppression."""


class ItemNow(Body):
    """One lot of one article in the medicine box."""

    sku: str
    name: str | None
    """From the catalogue; null when the article is not in it."""

    name_en: str | None
    unit: str | None
    """What `qty` counts: vials, boxes, …"""

    qty: int
    lot: str | None
    expires: date | None
    """The last day on which it is good."""


class MedicineNow(Body):
    """The medicine box."""

    items: list[ItemNow]
    temp_c: float | None
    humidity_percent: float | None


class ExchangeNow(Body):
    """The donation shelf."""

    on_shelf: int
    donated: int
    """Things given since the counter was last zero."""

    claimed: int
    """Things taken since the counter was last zero."""


class MeasuredOccupancy(Measured[OccupancyNow]):
    """The newest occupancy reading."""


class MeasuredBattery(Measured[BatteryNow]):
    """The newest reading of the battery-swap cabinet."""


class MeasuredMedicine(Measured[MedicineNow]):
    """The newest reading of the medicine box."""


class MeasuredExchange(Measured[ExchangeNow]):
    """The newest reading of the donation shelf."""


class ReadingsNow(Body):
    """The newest reading of each kind; null for a kind that the station has not sent."""

    occupancy: MeasuredOccupancy | None
    battery: MeasuredBattery | None
    medicine: MeasuredMedicine | None
    exchange: MeasuredExchange | None


# ---- stations ----


class OpenNow(Body):
    """Whether the registry's opening hours say that the station is open."""

    state: Literal["open", "closed", "unknown"]
    until: Instant | None
    """When that changes; null when it does not within a year, or is not known."""


class LiveNow(Body):
    """Whether the station is heard."""

    presence: Presence
    heard_at: Instant | None
    """When anything was last received from it; null when never."""

    dark_since: Instant | None


class OfferNow(Body):
    """What somebody at the door would find. null: the station does not report it."""

    seats_free: MeasuredCount | None
    batteries_charged: MeasuredCount | None
    """Batteries in the swap cabinet that are ready to be taken."""

    heat_medicine: MeasuredCount | None
    """Units in stock, not expired, of articles that help against heat stroke."""


def _only_the_id_is_sure(schema: dict[str, Any]) -> None:
    """Where `fields` names some, the others are left out."""
    schema["required"] = ["id"]


class StationEntry(Body):
    """A station: what the registry knows, and what it offers now; all of it, or the `fields` that were asked for."""

    model_config = ConfigDict(json_schema_extra=_only_the_id_is_sure)

    id: str
    name: str
    name_en: str | None
    lat: float
    """WGS-84, degrees."""

    lon: float
    lat_gcj02: float | None
    """The same for map apps of China, in their datum; null where `crs=gcj02` did not ask for it."""

    lon_gcj02: float | None
    distance_m: int | None
    """From `near`, along the great circle; null where nothing was near."""

    province: RegionRef | None
    city: RegionRef | None
    """null where that level does not exist."""

    district: RegionRef | None
    address: str
    capacity: int | None
    """Seats; null when unknown."""

    services: list[str]
    """Codes, in alphabetical order."""

    opening_hours: str | None
    """In the syntax of OpenStreetMap; null when unknown."""

    access: Access
    smart: bool
    """Built to report live."""

    model: bool
    """Named a model station by the union."""

    open: OpenNow
    live: LiveNow
    offer: OfferNow


class StationDetail(StationEntry):
    """A station with its newest reading of each kind."""

    model_config = ConfigDict(json_schema_extra={})

    readings: ReadingsNow


class StationList(Body):
    """One page of stations, in order of id or of distance."""

    stations: list[StationEntry]
    next_cursor: str | None
    """Give it back as `cursor` for the next page (or follow the Link header); null on the last page."""


# ---- the answers by name ----


class StationListAnswer(Answer[StationList]):
    """A page of stations."""


class StationAnswer(Answer[StationDetail]):
    """A station."""
