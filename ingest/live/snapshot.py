"""A live station as rows, and back: what a checkpoint keeps of the picture.

Enters: live stations. Leaves: plain rows for `ingest.database.latest`, and from those the same stations.
Never: touches a database.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from pydantic_core import from_json, to_json

from gateway.payloads import STATE
from ingest.live.station import LiveStation, Will
from ingest.model import Kind

STATE_ROW: Final = "state"
_KINDS: Final = {kind.value: kind for kind in Kind}


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
    birth = live.whole_birth()
    payload = birth.model_dump_json(exclude_none=True).encode() if birth else b""
    # `present` stands here too, so that a restart need not parse 186,100 payloads to find it.
    own = to_json([live.present, live.will]).decode()
    yield SnapshotRow(live.id, STATE_ROW, live.birth_boot, None, None, live.heard_ms, payload, own)
    for kind, track in live.tracks():
        seen = to_json(track.dump()).decode()
        yield SnapshotRow(
            live.id, kind.value, track.boot, track.highest, track.ts_ms, track.received_ms, track.payload, seen
        )


def load(
    rows: Iterable[Sequence[Any]], default_interval_ms: int, own_id: Callable[[str], str]
) -> dict[str, LiveStation]:
    """The stations of these rows (`SnapshotRow`, or longer ones that begin like it), in whatever order they come.

    `own_id` gives the string object that the registry holds for an id, so that it is in memory once.
    """
    stations: dict[str, LiveStation] = {}
    for row in rows:
        station, name, boot, _seq, ts_ms, received_ms, payload, seen = row[:8]
        live = stations.get(station)
        if live is None:
            known = own_id(station)
            live = stations[known] = LiveStation(known, default_interval_ms)
        if name == STATE_ROW:
            live.heard_ms = received_ms
            if payload:
                live.adopt_birth(STATE.validate_json(payload))
            live.birth_boot = boot
            live.present, will = from_json(seen)
            live.will = Will(*will) if will else None
            continue
        track = live.track(_KINDS[name])
        track.load(from_json(seen))
        track.ts_ms, track.received_ms, track.payload = ts_ms, received_ms, payload
    return stations
