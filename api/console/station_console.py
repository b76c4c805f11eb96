"""`/ops/stations/{station_id}`: a station as crews see it.

Enters: a visitor. Leaves: HTML: parts, data quality, holes, refused messages, charts of a day.
Never: a station that is not theirs to see.
"""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from api.console.alert_words import Present, job_line
from api.console.gate import HOME, Visitor, must_see
from api.console.jobs_page import present_of
from api.console.on_the_board import worst_first
from api.console.station_view import boot_rows, parts, quality_rows
from api.history import HISTORY_TURNS
from api.pages.charts import Trace, trace
from api.pages.frame import Address, station_address
from api.pages.map_links import amap, geo
from api.problems import Problem
from ingest.model import Kind, Presence
from ingest.operating import LetterFilter, Role, StationRecord
from ingest.ports import StoreMisconfigured, TransientStoreError

_LETTERS_SHOWN: Final = 10
_SPANS: Final = 48
_SPAN_MS: Final = 30 * 60_000
CHARTED: Final = (
    (Kind.OCCUPANCY, "present", ""),
    (Kind.BATTERY, "ready", ""),
    (Kind.BATTERY, "cell_temp_max", "°C"),
    (Kind.BATTERY, "cabinet_temp", "°C"),
    (Kind.MEDICINE, "items", ""),
    (Kind.MEDICINE, "temp", "°C"),
    (Kind.EXCHANGE, "on_shelf", ""),
)
"""What a crew looks back on, with its unit; the names are those of `/v1/stations/{station_id}/history`."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure over a day."""

    title: str
    unit: str
    trace: Trace
    last: str


async def show_station_console(visitor: Visitor) -> web.Response:
    """All that is known of one station; also of one that nobody registered."""
    platform, station_id = visitor.platform, visitor.request.match_info["station_id"]
    must_see(visitor, station_id)
    station = platform.registry.station(station_id)
    record = platform.operations.records.of_station(station_id)
    status = platform.picture.status(station_id, platform.now_ms())
    if station is None and record is None and status.presence is Presence.NEVER_SEEN:
        raise Problem(404, "No station of this id is registered, and none was heard.")
    present = present_of(visitor)
    letters = await platform.operations.dead_letters.page(LetterFilter(station=station_id), None, _LETTERS_SHOWN)
    record = record or StationRecord(station_id, ())
    name = station_id if station is None else visitor.say.station(station)
    board = platform.operations.alerts
    lines = []
    if board is not None:
        jobs = board.jobs(lambda job: job.place == station_id)
        lines = [job_line(present, job, worst_first(board, job.alerts), None) for job in jobs]
    charts = await _charts(visitor, present, station_id)
    context = {
        "section": "jobs",
        "id": station_id,
        "name": name,
        "is_registered": station is not None,
        "public_page": None if station is None else station_address(station_id).text(visitor.language),
        "address": "" if station is None else station.address,
        "amap": None if station is None else amap(name, station.lat, station.lon),
        "geo": None if station is None else geo(name, station.lat, station.lon),
        "heard": None if status.heard_ms is None else present.time(status.heard_ms),
        "is_dark": status.presence is Presence.DARK,
        "birth": status.birth,
        "jobs": lines,
        "parts": parts(present, status),
        "quality": quality_rows(present, record),
        "refused": sorted(record.refused.items()),
        "boots": boot_rows(record.boots),
        "letters": [(one.id, present.time(one.received_ms), one.reason, one.detail) for one in letters],
        "charts": charts,
        "may_act": visitor.may(Role.CREW),
    }
    return visitor.show("station_console.html", Address(f"{HOME}/stations/{station_id}"), context)


async def _charts(visitor: Visitor, present: Present, station_id: str) -> list[Chart] | None:
    """Of the last 24 hours, those that tell something; None while the store is away."""
    platform = visitor.platform
    to_ms = (platform.now_ms() // _SPAN_MS + 1) * _SPAN_MS
    from_ms = to_ms - _SPANS * _SPAN_MS
    charts = []
    try:
        async with visitor.request.app[HISTORY_TURNS]:
            found = {
                kind: await platform.history.history(station_id, kind, from_ms, to_ms, _SPAN_MS)
                for kind in dict.fromkeys(kind for kind, _, _ in CHARTED)
            }
    except (TransientStoreError, StoreMisconfigured):
        return None
    for kind, figure, unit in CHARTED:
        told = {(point.start_ms - from_ms) // _SPAN_MS: point.values.get(figure) for point in found[kind]}
        spreads = [told.get(place) for place in range(_SPANS)]
        drawn = trace([None if one is None else (one.mean, one.lowest, one.highest) for one in spreads])
        if drawn is not None:
            last = next(one.last for one in reversed(spreads) if one is not None)
            charts.append(Chart(present.say(f"figure.{figure}"), unit, drawn, f"{last:g} {unit}".strip()))
    return charts
