"""`/v1/stations/{station_id}/history`: how a station's figures went, in spans of time.

Enters: a kind, two instants, the length of a span. Leaves: mean, lowest, highest and last of each figure in each span.
Never: what only the operator may know, or more spans than one answer may hold.
"""

import asyncio
import re
from datetime import UTC, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import BeforeValidator, Field, WithJsonSchema

from api.answers import json_answer
from api.history_bodies import HistorySpan, SpreadBody, StationHistory, StationHistoryAnswer
from api.instants import local, rfc3339
from api.platform import PLATFORM
from api.privacy import told_people
from api.problems import wrong_parameter
from api.query import InstantMs, Query
from api.stations import known_station
from ingest.model import HistoryPoint, Kind, Spread

SPANS_MAX: Final = 1_000
"""Of one answer. Larger: a cabinet's answer is over a megabyte. Smaller: a day by minutes needs several requests."""
SPANS_DEFAULT: Final = 200
"""At most, without `every`. Larger: more points than a chart has room for. Smaller: a chart is coarse."""
DAYS_MAX: Final = 400
"""Between `from` and `to`, as with visits. Larger: one request keeps the store busy for seconds. Smaller: a year beside
the same weeks of the year before no longer fits."""
AT_ONCE: Final = 2
"""Questions to the store under way; others wait. Larger: a crowd of charts slows the writing of readings. Smaller: one
long question holds up all others."""

_S: Final = 1_000
_DAY_S: Final = 86_400
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": _DAY_S}
_EVERY: Final = re.compile(r"([1-9][0-9]{0,7})([smhd])")
_EVERY_EXPECTED: Final = "a whole number with a unit: 30s, 15m, 6h, 1d"
_ROUND_S: Final = (60, 300, 900, 3_600, 6 * 3_600, _DAY_S, 7 * _DAY_S)

_FIRST_MS: Final = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * _S
_LAST_MS: Final = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()) * _S
_INSTANT_EXPECTED: Final = "an instant of this century like 2026-11-22T06:00:00Z"

HISTORY_TURNS: Final = web.AppKey("history turns", asyncio.Semaphore)


def _seconds(value: object) -> object:
    if not isinstance(value, str):
        return value
    told = _EVERY.fullmatch(value)
    if told is None:
        raise ValueError(f"should be {_EVERY_EXPECTED}")
    return int(told[1]) * _UNITS_S[told[2]]


SpanS = Annotated[
    int,
    BeforeValidator(_seconds),
    WithJsonSchema({"type": "string", "pattern": f"^{_EVERY.pattern}$"}, mode="validation"),
]
"""The length of a span, as seconds."""


class HistoryQuery(Query):
    """Which figures, of which time, how fine."""

    kind: Annotated[
        Kind,
        Field(description=f"one of: {', '.join(Kind)}"),
        WithJsonSchema({"type": "string", "enum": [*Kind]}, mode="validation"),
    ]
    first_ms: Annotated[
        InstantMs | None,
        Field(
            alias="from",
            ge=_FIRST_MS,
            le=_LAST_MS,
            description=f"{_INSTANT_EXPECTED}; without it: a day before `to`, on a round hour or minute",
        ),
    ] = None
    last_ms: Annotated[
        InstantMs | None,
        Field(alias="to", ge=_FIRST_MS, le=_LAST_MS, description=f"{_INSTANT_EXPECTED}, not included; without it: now"),
    ] = None
    every_s: Annotated[
        SpanS | None,
        Field(
            alias="every",
            le=DAYS_MAX * _DAY_S,
            description=f"{_EVERY_EXPECTED}; at most {SPANS_MAX} spans in one answer; without it: a round one, at most "
            f"{SPANS_DEFAULT} spans",
        ),
    ] = None


async def show_history(request: web.Request, query: HistoryQuery) -> web.Response:
    """How the figures of one kind of a station's readings went."""
    platform = request.app[PLATFORM]
    station, now_ms = known_station(request).id, platform.now_ms()
    first_ms, last_ms, every_s = _spans(query, now_ms, platform.settings.zone)
    async with request.app[HISTORY_TURNS]:
        points = await platform.history.history(station, query.kind, first_ms, last_ms, every_s * _S)
    history = StationHistory(
        station=station,
        kind=query.kind,
        first=rfc3339(first_ms),
        last=rfc3339(last_ms),
        every_s=every_s,
        spans=[_span(point, platform.settings.few_people) for point in points],
    )
    return json_answer(StationHistoryAnswer(last_updated=rfc3339(now_ms), ttl=platform.settings.ttl_s, data=history))


def _spans(query: HistoryQuery, now_ms: int, zone: ZoneInfo) -> tuple[int, int, int]:
    """From, to (ms) and every (s); raises `Problem` (400)."""
    last_ms = now_ms if query.last_ms is None else query.last_ms
    first_ms = last_ms - _DAY_S * _S if query.first_ms is None else query.first_ms
    if first_ms >= last_ms:
        behind = "now" if query.last_ms is None else "to"
        raise wrong_parameter(
            "from", f"{rfc3339(first_ms)} is not before {behind}, {rfc3339(last_ms)}", "an earlier one"
        )
    length_s = -(-(last_ms - first_ms) // _S)
    if length_s > DAYS_MAX * _DAY_S:
        detail = f"{rfc3339(first_ms)} to {rfc3339(last_ms)} is more than {DAYS_MAX} days"
        raise wrong_parameter("from", detail, f"at most {DAYS_MAX} days before to")
    if query.every_s is None:
        every_s = next(every_s for every_s in _ROUND_S if length_s <= every_s * SPANS_DEFAULT)
    else:
        every_s = query.every_s
    if query.first_ms is None:
        first_ms = _round(first_ms, every_s, zone)
    spans = -(-(last_ms - first_ms) // (every_s * _S))
    if spans > SPANS_MAX:
        detail = f"{rfc3339(first_ms)} to {rfc3339(last_ms)} every {every_s} s is {spans} spans"
        raise wrong_parameter("every", detail, f"at most {SPANS_MAX} spans in one answer: a longer one, or fewer days")
    return first_ms, last_ms, every_s


def _round(instant_ms: int, every_s: int, zone: ZoneInfo) -> int:
    """The last instant up to this one at which the wall clock shows a multiple of `every_s`."""
    offset = local(instant_ms, zone).utcoffset()
    ahead_ms = int(offset.total_seconds()) * _S if offset is not None else 0
    return instant_ms - (instant_ms + ahead_ms) % (every_s * _S)


_PUBLIC_NAMES: Final = {
    "temp": "temp_c",
    "cabinet_temp": "cabinet_temp_c",
    "cell_temp_max": "cell_temp_max_c",
    "humidity": "humidity_percent",
}
"""Units stand in the names of this API; the other figures are counts."""


_PEOPLE: Final = frozenset({"present"})
_TELLS_OF_FEW: Final = frozenset({"left"})
"""Beside `entered` it would tell what `present` hides."""


def _spread(figure: str, spread: Spread, few: int) -> SpreadBody:
    if figure in _PEOPLE:
        spread = Spread(*(told_people(one, few) for one in spread))
    return SpreadBody(mean=spread.mean, lowest=spread.lowest, highest=spread.highest, last=spread.last)


def _span(point: HistoryPoint, few: int) -> HistorySpan:
    figures = {
        _PUBLIC_NAMES.get(figure, figure): _spread(figure, spread, few)
        for figure, spread in point.values.items()
        if few == 1 or figure not in _TELLS_OF_FEW
    }
    return HistorySpan(start=rfc3339(point.start_ms), readings=point.readings, figures=figures)
