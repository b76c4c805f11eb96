"""`/v1/ops/accounting`, `/v1/ops/stations/{station_id}/quality`, `/v1/ops/unregistered`: what came, and how good.

Enters: a station's id, a place in a list. Leaves: figures from the memory of ingest. Never: asks a store.
"""

from bisect import bisect_right
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from api.access import must_cover
from api.answers import json_answer
from api.cursors import cursor_behind
from api.instants import rfc3339, rfc3339_or_none
from api.ops.bodies import (
    AccountingAnswer,
    AccountingNow,
    BacklogNow,
    BootNow,
    ClockNow,
    StationQuality,
    StationQualityAnswer,
    Stranger,
    StrangerList,
    StrangerListAnswer,
)
from api.paging import LIMIT_DEFAULT, LIMIT_MAX, Cursor, after, next_link
from api.platform import PLATFORM
from api.problems import Problem
from api.query import NoQuery, Query
from ingest.operating import BootRecord, StationRecord

HOLES_SHOWN: Final = 100
"""Of each boot. Larger: a station that loses every second reading makes a megabyte of answer. Smaller: an evening of
bad radio does not fit."""


async def show_accounting(request: web.Request, _query: NoQuery) -> web.Response:
    """Where every reading went since the process started."""
    platform = request.app[PLATFORM]
    figures = platform.operations.records.figures()
    now = AccountingNow(
        since=rfc3339(figures.since_ms),
        received=figures.received,
        stored=dict(figures.stored),
        spooled=figures.spooled,
        duplicate=dict(figures.duplicate),
        refused=dict(figures.refused),
        in_flight=figures.in_flight,
        balance=figures.balance,
    )
    return json_answer(AccountingAnswer(last_updated=rfc3339(platform.now_ms()), ttl=0, data=now))


async def show_station_quality(request: web.Request, _query: NoQuery) -> web.Response:
    """How good a station's data is; also of one that nobody registered."""
    platform, station_id = request.app[PLATFORM], request.match_info["station_id"]
    must_cover(request, station_id)
    is_registered = platform.registry.station(station_id) is not None
    record = platform.operations.records.of_station(station_id)
    if record is None:
        if not is_registered:
            raise Problem(404, "No station of this id is registered, and none was heard.")
        record = StationRecord(station_id, ())
    answer = StationQualityAnswer(
        last_updated=rfc3339(platform.now_ms()), ttl=0, data=_quality(record, is_registered=is_registered)
    )
    return json_answer(answer)


class StrangersQuery(Query):
    """Paging of the list of unregistered stations."""

    cursor: Cursor = None
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description=f"how many stations at most, 1 to {LIMIT_MAX}")] = (
        LIMIT_DEFAULT
    )


async def list_unregistered(request: web.Request, query: StrangersQuery) -> web.Response:
    """Stations that publish and are not in the registry."""
    must_cover(request, None)
    platform = request.app[PLATFORM]
    now_ms = platform.now_ms()
    known = platform.picture.unregistered()
    place = bisect_right(known, after(query.cursor))
    page = known[place : place + query.limit]
    cursor = cursor_behind(page[-1]) if place + query.limit < len(known) else None
    strangers = [
        Stranger(id=one, heard_at=rfc3339_or_none(platform.picture.status(one, now_ms).heard_ms)) for one in page
    ]
    answer = StrangerListAnswer(
        last_updated=rfc3339(now_ms), ttl=0, data=StrangerList(stations=strangers, next_cursor=cursor)
    )
    return json_answer(answer, link=next_link(request, cursor))


def _quality(record: StationRecord, *, is_registered: bool) -> StationQuality:
    clock, backlog = None, None
    if record.clock_offset_ms is not None and record.clock_seen_ms is not None:
        clock = ClockNow(offset_ms=record.clock_offset_ms, as_of=rfc3339(record.clock_seen_ms))
    if record.backlog_at_ms is not None:
        backlog = BacklogNow(readings=record.backlog_readings, as_of=rfc3339(record.backlog_at_ms))
    return StationQuality(
        station=record.station,
        registered=is_registered,
        boots=[_boot(one) for one in record.boots],
        duplicates=record.duplicates,
        refused=dict(record.refused),
        unknown_fields=list(record.unknown_fields),
        clock=clock,
        backlog=backlog,
        boot_went_back=record.boot_went_back,
        meter_went_back=record.meter_went_back,
        late_wills=record.late_wills,
    )


def _boot(one: BootRecord) -> BootNow:
    return BootNow(
        kind=one.kind,
        boot=one.boot,
        sent=one.sent,
        received=one.received,
        missing=one.missing,
        holes=list(one.holes[-HOLES_SHOWN:]),
    )
