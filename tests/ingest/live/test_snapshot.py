"""What a checkpoint keeps of a station brings the same station back."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingest.live.snapshot import SnapshotRow, load, rows_of
from ingest.live.station import LiveStation
from ingest.model import Kind
from ingest.sequence import Outcome
from tests.ingest.making import MINUTE_MS, NOW_MS, reading, state, will

INTERVAL_MS = 90_000

events = st.one_of(
    st.tuples(st.just("birth"), st.integers(1, 4), st.none() | st.integers(1, 900), st.booleans()),
    st.tuples(st.just("will"), st.integers(1, 4), st.none(), st.booleans()),
    st.tuples(st.sampled_from(Kind), st.integers(1, 4), st.integers(1, 9), st.booleans()),
)


def lived(name: str, history: list[Any]) -> LiveStation:
    """A station after these events, a second apart."""
    live = LiveStation(name, INTERVAL_MS)
    for place, (what, boot, number, is_odd) in enumerate(history):
        at_ms = NOW_MS + 1000 * place
        if what == "birth":
            extra = {"newer": "field"} if is_odd else {"ts": at_ms}
            live.take_state(state(boot=boot, interval_s=number, **extra), at_ms, is_retained=is_odd)
        elif what == "will":
            live.take_state(will(boot), at_ms, is_retained=is_odd)
        else:
            one = reading(what, name, at_ms, ts=at_ms, boot=boot, seq=number, note="热" if is_odd else "")
            live.heard_ms = at_ms
            track = live.track(what)
            if track.note(boot, number) is Outcome.NEWEST:
                live.show(track, one)
    return live


@given(st.lists(st.lists(events, max_size=15), min_size=1, max_size=3), st.randoms())
def test_station_comes_back_as_it_was(histories: list[list[Any]], shuffler: random.Random) -> None:
    """Rows in any order give stations that show, answer and are written as before."""
    stations = [lived(f"st-{place}", history) for place, history in enumerate(histories)]
    rows = [row for live in stations for row in rows_of(live)]
    shuffler.shuffle(rows)
    loaded = load(rows, INTERVAL_MS, lambda station: station)
    assert set(loaded) == {live.id for live in stations}
    for live in stations:
        back = loaded[live.id]
        assert sorted(rows_of(back)) == sorted(rows_of(live))
        for now_ms in (NOW_MS, NOW_MS + 10 * MINUTE_MS):
            assert back.status(now_ms) == live.status(now_ms)
        assert (back.present, back.interval_ms, back.will) == (live.present, live.interval_ms, live.will)
        for kind in Kind:
            known, restored = live.track(kind), back.track(kind)
            assert restored.dump() == known.dump()
            assert (restored.ts_ms, restored.received_ms) == (known.ts_ms, known.received_ms)


def test_rows_are_named_once_each() -> None:
    """A station has one row for itself and one for each kind it has sent: what the table's key asks for."""
    live = lived("st-1", [("birth", 1, 60, False), *((kind, 1, 1, False) for kind in Kind)])
    names = [(row.station, row.kind) for row in rows_of(live)]
    assert len(set(names)) == len(names) == 1 + len(Kind)


def test_station_is_known_by_the_registrys_own_id() -> None:
    """The id of a loaded station is the very string object that the registry holds."""
    live = lived("st-1", [(Kind.OCCUPANCY, 1, 1, False)])
    own = b"st-1".decode()
    [back] = load(list(rows_of(live)), INTERVAL_MS, lambda _: own).values()
    assert back.id is own


def test_longer_rows_are_read_by_what_they_begin_with() -> None:
    """The database gives its own column behind a row; it is not looked at."""
    rows = [(*row, NOW_MS) for row in rows_of(lived("st-1", [(Kind.BATTERY, 2, 5, False)]))]
    loaded = load(rows, INTERVAL_MS, lambda station: station)
    assert [SnapshotRow(*row[:8]) for row in rows] == list(rows_of(loaded["st-1"]))
