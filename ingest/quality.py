"""The data-quality record of a station: what it sent that was wrong, odd or unknown.

Enters: one call per odd event. Leaves: a record per station that had any. Never: a record for a station without fault.
"""

from collections import Counter
from typing import Any, Final

from gateway.payloads import Payload, ReadingBody, unknown_fields
from gateway.topics import Kind
from ingest.model import Reading

UNKNOWN_MAX: Final = 32
"""Names kept per station. Larger: a hostile station costs memory. Smaller: a typo hides behind newer firmware."""

NAME_MAX: Final = 64
"""Characters kept of each. Larger: the same, since a name may fill a message. Smaller: long names look alike."""


class StationQuality:
    """Counts since the station was first heard."""

    __slots__ = (
        "backlog_at_ms",
        "backlog_readings",
        "boot_went_back",
        "duplicates",
        "is_dirty",
        "late_wills",
        "meter_went_back",
        "refused",
        "unknown",
    )

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self.unknown: dict[str, None] = {}
        self.duplicates = 0
        self.meter_went_back = 0
        self.boot_went_back = 0
        self.late_wills = 0
        self.backlog_at_ms = 0
        self.backlog_readings = 0
        self.is_dirty = False

    def dump(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return {
            "refused": dict(self.refused),
            "unknown_fields": list(self.unknown),
            "duplicates": self.duplicates,
            "meter_went_back": self.meter_went_back,
            "boot_went_back": self.boot_went_back,
            "late_wills": self.late_wills,
            "backlog_at_ms": self.backlog_at_ms,
            "backlog_readings": self.backlog_readings,
        }

    def load(self, record: dict[str, Any]) -> None:
        """Take over what `dump` gave."""
        self.refused = Counter(record["refused"])
        self.unknown = dict.fromkeys(record["unknown_fields"])
        for name in (
            "duplicates",
            "meter_went_back",
            "boot_went_back",
            "late_wills",
            "backlog_at_ms",
            "backlog_readings",
        ):
            setattr(self, name, record[name])


class QualityBook:
    """The records, by station."""

    def __init__(self) -> None:
        self.records: dict[str, StationQuality] = {}

    def of(self, station: str) -> StationQuality:
        """To be changed: made if missing, and due for the next checkpoint."""
        record = self.records.get(station)
        if record is None:
            record = self.records[station] = StationQuality()
        record.is_dirty = True
        return record

    def note_unknown(self, reading: Reading) -> None:
        """Remember the names of fields that v1 does not know, if there are any."""
        if has_unknown(reading.kind, reading.body):
            self.note_names(reading.station, reading.body)

    def note_names(self, station: str, body: Payload) -> None:
        """The same for a payload that is known to have such fields."""
        record = self.of(station)
        for name in unknown_fields(body):
            if len(record.unknown) < UNKNOWN_MAX:
                record.unknown.setdefault(name[:NAME_MAX])

    def take_dirty(self) -> list[tuple[str, dict[str, Any]]]:
        """What changed since the last call."""
        dirty = [(station, record) for station, record in self.records.items() if record.is_dirty]
        for _, record in dirty:
            record.is_dirty = False
        return [(station, record.dump()) for station, record in dirty]


def has_unknown(kind: Kind, body: ReadingBody) -> bool:
    """Runs for every reading, so it looks without making anything."""
    if body.__pydantic_extra__:
        return True
    parts = _PARTS.get(kind)
    if parts is not None:
        for part in getattr(body, parts):
            if part.__pydantic_extra__:
                return True
    return False


_PARTS: Final = {Kind.BATTERY: "slots", Kind.MEDICINE: "items"}
