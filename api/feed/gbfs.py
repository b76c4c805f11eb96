"""Battery-swap cabinets as GBFS 3.0 has shared mobility: one system a province, batteries as vehicles of type `other`.

Enters: the platform at one instant, a province, where we are reached. Leaves: the `data` of each file.
Never: a station that was never heard, or a number of a stale reading as one that can be had: then nothing is rented.
What has no place in GBFS begins with `_`, where its schemas allow that.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from api.hours import Door
from api.instants import rfc3339
from api.offer import sampled_ms
from api.station_view import Viewpoint
from ingest.model import Battery, Kind, Level, Presence, Region, Seen, Station, StationStatus

VERSION: Final = "3.0"
SERVICE: Final = "battery_swap"
PREFIX: Final = "smart_stations_cn_"
BATTERY: Final = "battery"
RANGE_M: Final = 50_000
"""GBFS wants the range of whatever has a motor: what an e-bike does with one battery, by the makers' sheets."""
LANGUAGES: Final = ("zh", "en")
FILES: Final = (
    "system_information",
    "vehicle_types",
    "station_information",
    "station_status",
    "system_regions",
)


class System(NamedTuple):
    """One data set: the cabinets of a province."""

    view: Viewpoint
    province: Region
    origin: str
    """Where we are reached, like https://stations.example."""

    @property
    def id(self) -> str:
        """Of the system."""
        return f"{PREFIX}{self.province.code}"

    @property
    def address(self) -> str:
        """Below which its files lie."""
        return f"{self.origin}/gbfs/v3/{self.id}"

    def cabinets(self) -> Iterator[tuple[Station, StationStatus, Seen]]:
        """Stations with a cabinet that was ever heard, in order of id."""
        for station in self.view.platform.registry.stations(region=self.province.code):
            if SERVICE in station.services:
                status = self.view.status(station)
                seen = status.seen.get(Kind.BATTERY)
                if seen is not None:
                    yield station, status, seen


def provinces(view: Viewpoint) -> Iterator[Region]:
    """Those in which a station offers battery swap, in order of code."""
    for region in view.platform.registry.regions():
        summary = view.platform.picture.summary(region.code)
        if summary is not None and summary.services.get(SERVICE):
            yield region


def manifest(view: Viewpoint, origin: str) -> dict[str, Any]:
    """Where the data set of each province is."""
    systems = [System(view, region, origin) for region in provinces(view)]
    return {
        "datasets": [
            {"system_id": one.id, "versions": [{"version": VERSION, "url": f"{one.address}/gbfs.json"}]}
            for one in systems
        ]
    }


def discovery(system: System) -> dict[str, Any]:
    """`gbfs.json`: the files of a system."""
    return {"feeds": [{"name": name, "url": f"{system.address}/{name}.json"} for name in FILES]}


def _system_information(system: System) -> dict[str, Any]:
    host = system.origin.partition("://")[2].partition(":")[0]
    return {
        "system_id": system.id,
        "languages": list(LANGUAGES),
        "name": _words(
            f"{system.province.name}户外劳动者驿站换电柜",
            f"Battery swap at rest stations, {system.province.name_en or system.province.name}",
        ),
        "opening_hours": "24/7",
        "feed_contact_email": system.view.platform.settings.feed_contact or f"feed@{host}",
        "timezone": system.view.platform.settings.zone.key,
        "manifest_url": f"{system.origin}/gbfs/v3/manifest.json",
        "license_id": "CC0-1.0",
    }


def _vehicle_types(_system: System) -> dict[str, Any]:
    battery = {
        "vehicle_type_id": BATTERY,
        "form_factor": "other",
        "propulsion_type": "electric",
        "max_range_meters": RANGE_M,
        "name": _words("可换电池", "Swappable battery"),
        "_kind": "battery",
    }
    return {"vehicle_types": [battery]}


def _station_information(system: System) -> dict[str, Any]:
    return {"stations": [_information(station, seen) for station, _, seen in system.cabinets()]}


def _information(station: Station, seen: Seen) -> dict[str, Any]:
    body = seen.body
    facts: dict[str, Any] = {
        "station_id": station.id,
        "name": _words(station.name, station.name_en or station.name),
        "lat": round(station.lat, 6),
        "lon": round(station.lon, 6),
        "capacity": len(body.slots) if isinstance(body, Battery) else 0,
        "_services": sorted(station.services),
    }
    if station.address:
        facts["address"] = station.address
    region = station.district or station.city
    if region is not None:
        facts["region_id"] = region
    if station.hours:
        facts["station_opening_hours"] = station.hours
    return facts


def _station_status(system: System) -> dict[str, Any]:
    return {"stations": [_status(system, *one) for one in system.cabinets()]}


def _status(system: System, station: Station, status: StationStatus, seen: Seen) -> dict[str, Any]:
    body = seen.body
    states = [slot.state for slot in body.slots] if isinstance(body, Battery) else []
    door = system.view.opening(station).door
    is_known = status.presence is Presence.ONLINE and not seen.is_stale
    is_safe = isinstance(body, Battery) and not body.smoke and body.suppress != "discharged"
    slots = body.slots if isinstance(body, Battery) else ()
    ready, empty = states.count("ready"), states.count("empty")
    # Each slot is counted once: of a fault it is the battery, where there is one in it.
    stuck = sum(slot.state == "fault" and (slot.battery is not None or slot.soc is not None) for slot in slots)
    may_swap = is_known and is_safe and door is not Door.CLOSED
    facts: dict[str, Any] = {
        "station_id": station.id,
        "num_vehicles_available": ready if is_known else 0,
        "vehicle_types_available": [{"vehicle_type_id": BATTERY, "count": ready if is_known else 0}],
        "num_docks_available": empty if is_known else 0,
        "is_installed": True,
        # By the standard an empty cabinet rents and a full one takes back: the numbers say how much.
        "is_renting": may_swap,
        "is_returning": may_swap,
        "last_reported": rfc3339(sampled_ms(seen)),
        "_open_now": door.value,
        "_swap": {state: states.count(state) for state in sorted(set(states))} if is_known else None,
        "_unknown_since": None if is_known else rfc3339(sampled_ms(seen)),
    }
    if is_known:
        facts["num_vehicles_disabled"] = states.count("charging") + stuck
        facts["num_docks_disabled"] = states.count("disabled") + states.count("fault") - stuck
    return facts


def _system_regions(system: System) -> dict[str, Any]:
    found: dict[str, Region] = {}
    for station, _, _ in system.cabinets():
        for region in system.view.platform.registry.path(station):
            if region.level is not Level.PROVINCE:
                found[region.code] = region
    return {
        "regions": [
            {"region_id": code, "name": _words(region.name, region.name_en or region.name)}
            for code, region in sorted(found.items())
        ]
    }


DATA: Final[Mapping[str, Callable[[System], dict[str, Any]]]] = {
    "gbfs": discovery,
    "system_information": _system_information,
    "vehicle_types": _vehicle_types,
    "station_information": _station_information,
    "station_status": _station_status,
    "system_regions": _system_regions,
}
"""By file."""


def _words(zh: str, en: str) -> list[dict[str, str]]:
    """In every language of the system, as GBFS wants it."""
    return [{"text": zh, "language": "zh"}, {"text": en, "language": "en"}]
