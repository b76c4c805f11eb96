"""Stations as the CSV file that `stations_csv` reads back without a change (docs/registry.md).

Enters: stations. Leaves: lines of text, the header first. Never: a column that an import would not know.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from ingest.model import Station
from ingest.registry.stations_csv import COLUMNS


def export_stations(stations: Iterable[Station]) -> Iterator[str]:
    """The file, line by line, each with its end."""
    yield _line(COLUMNS.names)
    for station in stations:
        yield _line([_cell(station, column) for column in COLUMNS.names])


def _cell(station: Station, column: str) -> str:
    match column:
        case "region":
            return station.district or station.city or station.province
        case "lat" | "lon":
            # repr: the shortest digits that are read back as the same number.
            return repr(getattr(station, column))
        case "services":
            return ";".join(sorted(station.services))
        case "smart" | "model":
            return str(getattr(station, column)).lower()
        case _:
            return str(getattr(station, column))


def _line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
