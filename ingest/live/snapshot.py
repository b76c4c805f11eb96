"""A live station as rows, and back: what a checkpoint keeps of the picture.

Enters: live stations. Leaves: plain rows for `ingest.database.latest`, and from those the same stations.
Never: touches a database.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pydantic_core import from_json, to_json

from gateway.payloads import ADAPTERS, STATE
from ingest.live.station import LiveStation
from ingest.model import Kind

STATE_ROW: Final = "state"


class SnapshotRow(NamedTuple):
    """One (station, kind); the row of kind `state` holds what belongs to the station as a whole."""

    station: str
    kind: str
    boot: int
    seq: int | None
    ts_ms: int | None
    received_ms: int
    payload: bytes
    seen: str | None


def rows_of(live: LiveStation) -> Iterator[SnapshotRow]:
    """All rows of a station."""
    presence = to_json([live.will_boot, live.will_ms]).decode()
    yield SnapshotRow(live.id, STATE_ROW, live.birth_boot, None, None, live.heard_ms, live.birth_payload, presence)
    for kind, track in live.tracks.items():
        yield SnapshotRow(
            live.id,
            kind.value,
            track.boot,
            track.highest,
            track.ts_ms,
            track.received_ms,
            track.payload,
            to_json(track.dump()).decode(),
        )


def load(rows: Iterable[SnapshotRow], default_interval_ms: int) -> dict[str, LiveStation]:
    """The stations of these rows, in whatever order they come."""
    stations: dict[str, LiveStation] = {}
    kinds = {kind.value: kind for kind in Kind}
    for station, kind, boot, _seq, ts_ms, received_ms, payload, seen in rows:
        live = stations.get(station)
        if live is None:
            live = stations[station] = LiveStation(station, default_interval_ms)
        if kind == STATE_ROW:
            _load_state(live, boot, received_ms, payload, seen)
            continue
        track = live.track(kinds[kind])
        track.load(from_json(seen or ""))
        track.ts_ms, track.received_ms, track.payload = ts_ms or 0, received_ms, payload
        if payload and kinds[kind] in _SHOWN:
            live.show_body(kinds[kind], ADAPTERS[kinds[kind]].validate_json(payload))
    return stations


_SHOWN: Final = frozenset({Kind.OCCUPANCY, Kind.EXCHANGE})


def _load_state(live: LiveStation, boot: int, heard_ms: int, payload: bytes, presence: str | None) -> None:
    live.heard_ms = heard_ms
    live.birth_boot, live.birth_payload = boot, payload
    live.will_boot, live.will_ms = from_json(presence or "[0,0]")
    if payload:
        interval_s = STATE.validate_json(payload).interval_s
        if interval_s is not None:
            live.interval_ms = int(interval_s * 1000)
