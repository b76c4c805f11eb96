"""Crews from a CSV file (docs/alerts.md): all of its rows are right, or none is taken.

Enters: the file, the names of the channels that there are, the tree of regions. Leaves: crews, or words for the person.
Never: writes anything, or reads a channel: those have secrets, which stand in a TOML file.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from ingest.alerts import crew_fields as fields
from ingest.alerts.shifts import Calendar
from ingest.alerts.work import Crew, EscalationStep
from ingest.registry.csv_rows import Columns, Row, RowError, UnreadableCsv, WrongCell, read_rows
from ingest.registry.regions import RegionTree

COLUMNS: Final = Columns(
    names=("id", "name", "regions", "kinds", "hours", "channels", "chain", "digest_at"),
    required=("id", "name", "channels"),
)
_SEPARATOR: Final = re.compile(r"[\s;,|、；，]+")
_STEPS: Final = re.compile(r"\s*[;；]\s*")
_CHAIN_RIGHT: Final = (
    "write DELAY: CHANNEL or DELAY: CHANNEL: SEVERITY, with ; between, as 15 min: lead; 1 h: city: critical"
)


@dataclass(frozen=True, slots=True)
class CrewsCsv:
    """All crews of the file; none when there are errors."""

    crews: tuple[Crew, ...] = ()
    errors: tuple[RowError, ...] = ()
    """By line."""


def import_crews(
    source: bytes | str, channels: Collection[str], regions: RegionTree, calendar: Calendar, now_ms: int
) -> CrewsCsv:
    """The crews that the file describes; never raises for what the file holds."""
    try:
        rows, errors = read_rows(source, COLUMNS)
    except UnreadableCsv as unreadable:
        return CrewsCsv(errors=(unreadable.error,))
    readers: dict[str, Callable[[str], Any]] = {
        "id": fields.id_of,
        "name": fields.name_of,
        "regions": lambda cell: fields.regions_of(_words(cell), regions),
        "kinds": lambda cell: fields.kinds_of(_words(cell)),
        "hours": lambda cell: fields.hours_of(cell, calendar, now_ms),
        "channels": lambda cell: fields.channels_of(_words(cell), channels),
        "chain": lambda cell: _chain(cell, channels),
        "digest_at": lambda cell: fields.clock_of(cell or "08:00"),
    }
    crews: list[Crew] = []
    first_line: dict[str, int] = {}
    for row in rows:
        wrong = len(errors)
        values = _values(row, readers, errors)
        first = first_line.setdefault(row.cells["id"], row.line)
        if first != row.line:
            remedy = "delete one of the two, or give one another id"
            errors.append(RowError(row.line, "id", f"{row.cells['id']} stands on line {first} already", remedy))
        if len(errors) == wrong:
            crews.append(Crew(**values))
    return CrewsCsv(errors=tuple(sorted(errors))) if errors else CrewsCsv(tuple(crews))


def _values(row: Row, readers: dict[str, Callable[[str], Any]], errors: list[RowError]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column, cell in row.cells.items():
        try:
            values[column] = readers[column](cell)
        except WrongCell as wrong:
            errors.append(RowError(row.line, column, wrong.problem, wrong.remedy))
    return values


def _words(cell: str) -> list[str]:
    return [word for word in _SEPARATOR.split(cell) if word]


def _chain(cell: str, channels: Collection[str]) -> tuple[EscalationStep, ...]:
    steps = []
    for text in (text for text in _STEPS.split(cell) if text):
        parts = [part.strip() for part in re.split("[:：]", text)]
        if not 2 <= len(parts) <= 3:  # noqa: PLR2004 - delay, channels and, where it is given, the severity
            raise WrongCell(f"not a step of a chain: {text!r}", _CHAIN_RIGHT)
        steps.append(fields.step_of(parts[0], _words(parts[1]), "".join(parts[2:]), channels))
    return fields.chain_of(steps)
