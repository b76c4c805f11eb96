"""Rows back into readings: in order, each once, and nobody else's."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.topics import Kind
from ingest.store.influx.points import point_ns
from ingest.store.influx.rows import InOrder, history_point, reading_of
from tests.ingest.store.readings import NOW_MS, reading

NAMES = st.sets(st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(1, 40)), max_size=30)
"""(ms, boot, seq)."""


@given(NAMES, st.randoms(use_true_random=False))
def test_readings_come_by_time_and_name_and_once(names: set[tuple[int, int, int]], rng: random.Random) -> None:
    """Points of one millisecond are in another order than their names, and a move of the station doubles them."""
    sampled = [reading(ts=NOW_MS + ts, boot=boot, seq=seq) for ts, boot, seq in names]
    doubled = sampled + rng.sample(sampled, len(sampled) // 2)
    doubled.sort(key=lambda one: point_ns(one.body.ts, one.body.boot, one.body.seq))
    ordered = InOrder()
    given_back = [out for one in doubled for out in ordered.take(one)] + list(ordered.rest())
    assert [(out.body.ts, out.body.boot, out.body.seq) for out in given_back] == [
        (NOW_MS + ts, boot, seq) for ts, boot, seq in sorted(names)
    ]


@pytest.mark.parametrize(
    "row",
    [
        [NOW_MS * 10**6, None, 1, 1, None, None, 1, 1, 1, 1],
        [NOW_MS * 10**6, "bj-000001", None, None, None, None, 1, 1, 1, 1],
        [NOW_MS * 10**6, "bj-000001", 1, 1, None, None, None, 1, 1, 1],
        [NOW_MS * 10**6, "bj-000001", 1, 1, None, None, 1.5, 1, 1, 1],
        [NOW_MS * 10**6, "bj-000001", 1, 1, None, "not json", 1, 1, 1, 1],
    ],
)
def test_point_of_another_program_is_no_reading(row: list[object]) -> None:
    """A point without a name, or with fields that no reading has, is passed over and stops nothing."""
    assert reading_of(Kind.OCCUPANCY, row) is None


def test_figure_that_nobody_told_is_left_out() -> None:
    """A span in which a figure was never told has no value for it, and not a zero."""
    point = history_point([NOW_MS * 10**6, 3, 21.5, 20, 23, 22, None, None, None, None], ("temp", "humidity"))
    assert (point.start_ms, point.readings, list(point.values)) == (NOW_MS, 3, ["temp"])
    assert point.values["temp"] == (21.5, 20, 23, 22)
