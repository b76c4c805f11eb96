"""Stations from a CSV file (docs/registry.md): all of its rows are right, or none is taken.

Enters: the file, the stations that the registry has, the tree of regions. Leaves: an `ImportResult`.
Never: writes anything, or repairs a cell silently.
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

import opening_hours

from gateway.topics import STATION_ID
from ingest.model import Access, Level, Region, Station
from ingest.registry.csv_rows import (
    Columns,
    Row,
    RowError,
    UnreadableCsv,
    WrongCell,
    decimal_cell,
    flag_cell,
    integer_cell,
    read_rows,
    text_cell,
)
from ingest.registry.provinces import CHINA, PROVINCES, distance_km
from ingest.registry.regions import RegionTree, UnknownRegion, load_regions
from ingest.registry.services import SERVICES

COLUMNS: Final = Columns(
    names=(
        *("id", "name", "name_en", "lat", "lon", "region", "address", "capacity"),
        *("services", "hours", "access", "smart", "model"),
    ),
    required=("id", "name", "lat", "lon", "region"),
)
NAME_LONGEST: Final = 120
ADDRESS_LONGEST: Final = 300
HOURS_LONGEST: Final = 200
"""Longer texts are a slipped column or a pasted page; much shorter limits would refuse true names and addresses."""
SEATS_MOST: Final = 10_000
DECIMALS_LEAST: Final = 2
"""Of lat or lon: 0.01° is 1 km. More refuses true positions from which a spreadsheet cut the zeros at the end;
fewer lets a city's position (39.9, 116.4) stand for a station's."""

_SEPARATOR: Final = re.compile(r"[\s;,|、；，]+")
_SOME_DAY: Final = datetime(2026, 1, 1, 12, 0)  # noqa: DTZ001 - opening hours are local; any instant serves
_BY_LABEL: Final = {label: service.code for service in SERVICES.values() for label in (service.zh, service.en.lower())}


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import would do. With `errors` it would do nothing: nothing is added or changed."""

    added: tuple[Station, ...] = ()
    changed: tuple[Station, ...] = ()
    unchanged: int = 0
    """Rows that say what the registry already has."""
    notes: tuple[RowError, ...] = ()
    """Rows that were understood otherwise than written; for a person to read, not to correct."""
    errors: tuple[RowError, ...] = ()
    """By line."""

    @property
    def to_save(self) -> tuple[Station, ...]:
        """The stations to write."""
        return self.added + self.changed


def import_stations(
    source: bytes | str, existing: Mapping[str, Station], regions: RegionTree | None = None
) -> ImportResult:
    """What importing the file into a registry with the stations `existing` (by id) would do.

    Never raises for what the file holds. A column that the file leaves out keeps what the registry has; an empty cell
    means unknown.
    """
    try:
        rows, errors = read_rows(source, COLUMNS)
    except UnreadableCsv as unreadable:
        return ImportResult(errors=(unreadable.error,))
    parser = _RowParser(load_regions() if regions is None else regions)
    stations = [parser.station(row, existing.get(row.cells["id"])) for row in rows]
    errors += parser.errors
    errors += _repeated_ids(rows)
    if errors:
        return ImportResult(errors=tuple(sorted(errors)))
    good = [station for station in stations if station is not None]
    return ImportResult(
        added=tuple(station for station in good if station.id not in existing),
        changed=tuple(station for station in good if existing.get(station.id, station) != station),
        unchanged=sum(existing.get(station.id) == station for station in good),
        notes=tuple(parser.notes),
    )


def _repeated_ids(rows: list[Row]) -> Iterator[RowError]:
    first_line: dict[str, int] = {}
    for row in rows:
        station_id = row.cells["id"]
        first = first_line.setdefault(station_id, row.line)
        if station_id and first != row.line:
            problem = f"{station_id} stands on line {first} already"
            yield RowError(row.line, "id", problem, f"delete line {first} or {row.line}, or give one another id")


class _Codes(NamedTuple):
    """Where a station stands; the names are those of `Station`'s fields."""

    province: str
    city: str | None
    district: str | None


class _RowParser:
    """Turns rows into stations and gathers what is wrong with them."""

    def __init__(self, regions: RegionTree) -> None:
        self._regions = regions
        self._codes_by_region: dict[str, _Codes] = {}
        self.errors: list[RowError] = []
        self.notes: list[RowError] = []

    def station(self, row: Row, known: Station | None) -> Station | None:
        """The station of a row, or None with all of its errors noted."""
        errors_before = len(self.errors)
        fields: dict[str, Any] = {}
        for column, cell in row.cells.items():
            try:
                fields[column] = self._value(column, cell, row.line)
            except WrongCell as wrong:
                self.errors.append(RowError(row.line, column, wrong.problem, wrong.remedy))
        if len(self.errors) == errors_before:
            self._check_position(row, fields)
            self._settle_access(row, fields, known)
        if len(self.errors) > errors_before:
            return None
        fields |= self._codes(fields.pop("region"))._asdict()
        return Station(**fields) if known is None else replace(known, **fields)

    def _value(self, column: str, cell: str, line: int) -> object:
        if not cell and column in COLUMNS.required:
            raise WrongCell("empty", f"every station has a {column}")
        if column == "region":
            return self._region(cell, line)
        return _VALUES[column](cell)

    def _region(self, code: str, line: int) -> Region:
        try:
            region, note = self._regions.resolve(code)
        except UnknownRegion as unknown:
            raise WrongCell(str(unknown), "write the six-digit code of the district (docs/registry.md)") from None
        below = self._regions.children(region.code)
        if region.level is Level.CITY and below:
            examples = ", ".join(f"{district.code} {district.name}" for district in below[:3])
            raise WrongCell(f"{code} {region.name} has districts", f"write the code of one, as {examples}")
        if note is not None:
            self.notes.append(RowError(line, "region", note, "write that code to be understood without a note"))
        return region

    def _codes(self, region: Region) -> _Codes:
        """Made once a region and not once a row."""
        known = self._codes_by_region.get(region.code)
        if known is None:
            path = self._regions.path_of(region.code)
            at = {above.level: above.code for above in path}
            known = _Codes(path[0].code, at.get(Level.CITY), at.get(Level.DISTRICT))
            self._codes_by_region[region.code] = known
        return known

    def _check_position(self, row: Row, fields: dict[str, Any]) -> None:
        lat, lon = fields["lat"], fields["lon"]
        code = self._codes(fields["region"]).province
        province = PROVINCES[code]
        away_km = distance_km(lat, lon, province.lat, province.lon)
        if CHINA.holds(lon, lat):
            problem, remedy = "lat and lon are swapped", f"write lat {lon:g}, lon {lat:g}"
        elif not CHINA.holds(lat, lon):
            south, north, west, east = CHINA
            problem = f"{lat:g}, {lon:g} is outside China"
            remedy = f"write WGS-84 degrees: lat {south:g} to {north:g}, lon {west:g} to {east:g}"
        elif away_km > province.reach_km:
            problem = f"{lat:g}, {lon:g} is {away_km:.0f} km from the capital of {self._regions.full_name(code)}"
            remedy = f"nothing there is farther than {province.reach_km} km: correct the position or the region"
        elif max(len(row.cells[column].partition(".")[2]) for column in ("lat", "lon")) < DECIMALS_LEAST:
            problem = f"{lat:g}, {lon:g} is too coarse for a station"
            remedy = "write at least 4 decimals (10 m)"
        else:
            return
        self.errors.append(RowError(row.line, "lat", problem, remedy))

    def _settle_access(self, row: Row, fields: dict[str, Any], known: Station | None) -> None:
        hours = fields.get("hours", known.hours if known else "")
        always = _is_always_open(hours)
        access = fields.get("access", known.access if known else None)
        contradicts = bool(hours) and access is not None and always != (access is Access.ALL_DAY)
        if access is None or (contradicts and "access" not in fields):
            access = Access.ALL_DAY if always else Access.BUSINESS
        elif contradicts:
            right = "24h" if always else "extended or business"
            problem = f"{access} contradicts the hours {hours!r}"
            self.errors.append(RowError(row.line, "access", problem, f"write {right}, or leave it empty"))
        fields["access"] = access


def _station_id(cell: str) -> str:
    if not STATION_ID.fullmatch(cell):
        candidate = re.sub(r"[\s_.]+", "-", cell.lower())
        right = f", for example {candidate}" if STATION_ID.fullmatch(candidate) else ""
        raise WrongCell(f"not a station id: {cell!r}", f"write 3 to 32 of 0-9 a-z -, not beginning with -{right}")
    return cell


def _services(cell: str) -> frozenset[str]:
    codes = [code for code in _SEPARATOR.split(cell) if code]
    unknown = [code for code in codes if code not in SERVICES]
    if unknown:
        meant = [f"{found} for {code}" for code in unknown if (found := _meant_service(code))]
        remedy = f"write {', '.join(meant)}" if meant else f"known are: {' '.join(SERVICES)}"
        raise WrongCell(f"unknown service {', '.join(unknown)}", remedy)
    return _shared_services(frozenset(codes))


@lru_cache(maxsize=4096)
def _shared_services(codes: frozenset[str]) -> frozenset[str]:
    """One object for all stations with the same services: a set of its own for each would be half of the registry."""
    return codes


def _meant_service(text: str) -> str | None:
    by_label = _BY_LABEL.get(text.lower())
    close = difflib.get_close_matches(text.lower(), SERVICES, n=1)
    return by_label or (close[0] if close else None)


@lru_cache(maxsize=4096)
def _hours(cell: str) -> str:
    text_cell(cell, HOURS_LONGEST)
    if cell and not opening_hours.validate(cell):
        plain = cell.translate(_FULL_WIDTH).replace("~", "-")
        right = "24/7" if "24小时" in plain or "全天" in plain else plain
        example = right if right != cell and opening_hours.validate(right) else "Mo-Fr 08:00-20:00; Sa,Su 09:00-18:00"
        raise WrongCell(f"not opening hours in OpenStreetMap syntax: {cell!r}", f"write for example {example}")
    return cell


_FULL_WIDTH: Final = str.maketrans("：；，～－—–", ":;,----")


@lru_cache(maxsize=4096)
def _is_always_open(hours: str) -> bool:
    if not hours:
        return False
    parsed = opening_hours.OpeningHours(hours)
    return parsed.is_open(_SOME_DAY) and parsed.next_change(_SOME_DAY) is None


def _access(cell: str) -> Access | None:
    """None where it follows from the hours."""
    try:
        return Access(cell.lower()) if cell else None
    except ValueError:
        known = ", ".join(Access)
        raise WrongCell(f"unknown access {cell!r}", f"write one of {known}, or leave it empty") from None


_VALUES: Final[dict[str, Callable[[str], object]]] = {
    "id": _station_id,
    "name": lambda cell: text_cell(cell, NAME_LONGEST),
    "name_en": lambda cell: text_cell(cell, NAME_LONGEST),
    "lat": decimal_cell,
    "lon": decimal_cell,
    "address": lambda cell: text_cell(cell, ADDRESS_LONGEST),
    "capacity": lambda cell: integer_cell(cell or "0", 0, SEATS_MOST),
    "services": _services,
    "hours": _hours,
    "access": _access,
    "smart": lambda cell: flag_cell(cell or "true"),
    "model": lambda cell: flag_cell(cell or "false"),
}
"""How a cell of each column is read; `region` alone needs the tree."""
