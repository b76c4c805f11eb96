"""What only crews may know of a station: its parts one by one, and how good its data is.

Enters: the newest readings, the record of a station, a wording. Leaves: rows of text.
Never: an old reading without since when it is unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.console.alert_words import Present
from api.offer import sampled_ms
from ingest.model import Battery, Exchange, Kind, Medicine, Occupancy, Seen, StationStatus
from ingest.operating import BootRecord, StationRecord

HOLES_SHOWN: Final = 20
"""Of each boot. Larger: a station that loses every other reading fills the screen. Smaller: an evening of bad radio
does not fit."""


@dataclass(frozen=True, slots=True)
class Part:
    """A reading of one kind, as rows of name and value."""

    kind: Kind
    said: str
    is_stale: bool
    rows: tuple[tuple[str, str], ...]


def parts(present: Present, status: StationStatus) -> list[Part]:
    """What the station sent last, kind by kind. A stale part keeps its rows, because crews ask what was last seen."""
    shown = []
    for kind in Kind:
        seen = status.seen.get(kind)
        if seen is not None:
            as_of = present.time(sampled_ms(seen))
            said = present.say("ops.last_known" if seen.is_stale else "heard_at", time=as_of)
            shown.append(Part(kind, said, seen.is_stale, tuple(_rows(present, seen))))
    return shown


def quality_rows(present: Present, record: StationRecord) -> list[tuple[str, str]]:
    """The record of a station's data, but for its boots."""
    say = present.say
    rows = [
        (say("ops_quality.duplicates"), say("count", n=record.duplicates)),
        (say("ops_quality.meter_went_back"), say("ops.times", n=record.meter_went_back)),
        (say("ops_quality.boot_went_back"), say("ops.times", n=record.boot_went_back)),
        (say("ops_quality.late_wills"), say("ops.times", n=record.late_wills)),
    ]
    if record.clock_offset_ms is not None and record.clock_seen_ms is not None:
        seconds = f"{record.clock_offset_ms / 1000:+.1f}"
        rows.append(
            (say("ops_quality.clock"), say("ops.seconds_at", n=seconds, time=present.time(record.clock_seen_ms)))
        )
    if record.backlog_at_ms is not None:
        backlog = say("ops.readings_at", n=record.backlog_readings, time=present.time(record.backlog_at_ms))
        rows.append((say("ops_quality.backlog"), backlog))
    if record.unknown_fields:
        rows.append((say("ops_quality.unknown_fields"), ", ".join(record.unknown_fields)))
    return rows


def boot_rows(boots: Sequence[BootRecord]) -> list[tuple[str, int, int, int, str]]:
    """Kind, boot, sent, missing and which, the newest boot first."""
    return [
        (boot.kind.value, boot.boot, boot.sent, boot.missing, _holes(boot))
        for boot in sorted(boots, key=lambda boot: (-boot.boot, boot.kind))
    ]


def _holes(boot: BootRecord) -> str:
    shown = [f"{first}" if first == last else f"{first}–{last}" for first, last in boot.holes[-HOLES_SHOWN:]]
    return ("… " if len(boot.holes) > HOLES_SHOWN else "") + ", ".join(shown)


def _rows(present: Present, seen: Seen) -> list[tuple[str, str]]:
    say, body = present.say, seen.body
    rows: list[tuple[str, str | None]] = []
    if isinstance(body, Occupancy):
        rows = [
            (say("ops_part.present"), say("people_n", n=body.present)),
            (say("ops_part.entered"), say("people_n", n=body.entered)),
            (say("ops_part.left"), say("people_n", n=body.left)),
        ]
    elif isinstance(body, Battery):
        rows = [
            (say("ops_part.cabinet_temp"), _unit(body.cabinet_temp, "°C")),
            (say("ops_part.smoke"), _yes(present, body.smoke)),
            (say("ops_part.mains"), _yes(present, body.mains)),
            (say("ops_part.suppress"), body.suppress),
            *_slots(present, body),
        ]
    elif isinstance(body, Medicine):
        rows = [
            (say("ops_part.box_temp"), _unit(body.temp, "°C")),
            (say("ops_part.humidity"), _unit(body.humidity, "%")),
            (say("ops_part.door"), body.door),
            *((item.sku, _joined(f"{item.qty}", item.lot, _text(item.expires))) for item in body.items),
        ]
    elif isinstance(body, Exchange):
        rows = [
            (say("ops_part.on_shelf"), say("count", n=body.on_shelf)),
            (say("ops_part.donated"), say("count", n=body.donated)),
            (say("ops_part.claimed"), say("count", n=body.claimed)),
        ]
    return [(name, value) for name, value in rows if value is not None]


def _slots(present: Present, body: Battery) -> list[tuple[str, str | None]]:
    return [
        (
            present.say("ops.slot", n=slot.slot),
            _joined(
                present.say(f"slot.{slot.state}"),
                _unit(slot.soc, "%"),
                _unit(slot.cell_temp, "°C"),
                slot.battery,
                *slot.faults,
            ),
        )
        for slot in body.slots
    ]


def _joined(*told: str | None) -> str:
    return " · ".join(one for one in told if one)


def _unit(value: float | None, unit: str) -> str | None:
    return None if value is None else f"{value:g} {unit}"


def _yes(present: Present, value: bool | None) -> str | None:
    return None if value is None else present.say("ops.yes" if value else "ops.no")


def _text(value: object) -> str | None:
    return None if value is None else str(value)
