"""Rows of InfluxDB back into readings.

Enters: rows in the columns of `influxql.readings`. Leaves: readings, equal in body, name and time to those written.
Never: the payload byte for byte: it is rebuilt from the fields, unless it held a field that v1 does not know.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import to_json

from gateway.payloads import ADAPTERS
from gateway.topics import Kind
from ingest.model import HistoryPoint, Reading, Spread
from ingest.store.influx.influxql import BODY_FIELDS, Row
from ingest.store.influx.points import NS_PER_MS

ARRAYS: Final = {"slots_json": "slots", "items_json": "items"}
"""Fields that hold JSON, and the name of the array in the payload."""


def reading_of(kind: Kind, row: Row) -> Reading | None:
    """One row; None for one that is no reading, which another program must have written.

    Without a time of receipt stored beside it, a reading was received when it was sampled, to the minute.
    """
    time_ns, station, boot, seq, received_ms, kept, *values = row
    if station is None or boot is None or seq is None:
        return None
    ts_ms = time_ns // NS_PER_MS
    payload = kept.encode() if kept is not None else _payload(kind, ts_ms, boot, seq, values)
    try:
        body = ADAPTERS[kind].validate_json(payload)
    except ValidationError:
        return None
    return Reading(station, kind, body, payload, received_ms if received_ms is not None else ts_ms)


def _payload(kind: Kind, ts_ms: int, boot: int, seq: int, values: Sequence[Any]) -> bytes:
    parts = [b'"ts":%d,"boot":%d,"seq":%d' % (ts_ms, boot, seq)]
    for field, value in zip(BODY_FIELDS[kind], values, strict=True):
        if value is None:
            continue
        array = ARRAYS.get(field)
        parts.append(b'"%s":%s' % ((array or field).encode(), value.encode() if array is not None else to_json(value)))
    return b"{%s}" % b",".join(parts)


class InOrder:
    """Readings of one station and kind by time of sampling, then boot and seq; each once.

    Points come in order of time, which inside a millisecond is not that of the names. A reading may be there twice, at
    the same time under another province: written before the station's move, and again after it.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], Reading] = {}
        self._ts_ms: int | None = None

    def take(self, reading: Reading) -> Iterator[Reading]:
        """Give what can be given now that this one is known."""
        if reading.body.ts != self._ts_ms:
            yield from self.rest()
            self._ts_ms = reading.body.ts
        self._held.setdefault((reading.body.boot, reading.body.seq), reading)

    def rest(self) -> Iterator[Reading]:
        """Give what is left."""
        held, self._held = self._held, {}
        yield from (held[name] for name in sorted(held))


def history_point(row: Row, figures: Sequence[str]) -> HistoryPoint:
    """A row in the columns of `influxql.history`."""
    start_ns, readings, *rest = row
    quads = (rest[place : place + 4] for place in range(0, len(rest), 4))
    values = {figure: Spread(*quad) for figure, quad in zip(figures, quads, strict=True) if quad[0] is not None}
    return HistoryPoint(start_ns // NS_PER_MS, readings, values)
