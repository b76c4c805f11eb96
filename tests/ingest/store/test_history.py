"""Figures over spans of time: every store gives what the readings themselves say."""

import math
import zlib
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.servers import InfluxDB
from gateway.payloads import Battery, Medicine
from ingest.model import HistoryPoint, Kind, Reading, Spread
from ingest.ports import ReadingHistory, ReadingStore, TransientStoreError
from ingest.store.figures import FIGURES
from ingest.store.influx.store import InfluxReadingStore
from ingest.store.sqlite import SqliteReadingStore
from tests.ingest.making import MINUTE_MS, NOW_MS, reading
from tests.ingest.store.influx_stores import influx_store
from tests.ingest.store.readings import any_reading

STATES = ("ready", "charging", "empty", "fault")


def figure_of(one: Reading, figure: str) -> float | None:
    """What a reading says of a figure, by itself."""
    match one.body:
        case Battery() as body if figure in STATES:
            return sum(slot.state == figure for slot in body.slots)
        case Battery() as body if figure == "cell_temp_max":
            return max((slot.cell_temp for slot in body.slots if slot.cell_temp is not None), default=None)
        case Medicine() as body if figure == "items":
            return sum(item.qty for item in body.items)
    return cast("float | None", getattr(one.body, figure))


def expected(readings: list[Reading], kind: Kind, from_ms: int, to_ms: int, every_ms: int) -> list[HistoryPoint]:
    """The history, the slow way."""
    spans: dict[int, list[Reading]] = {}
    for one in sorted(readings, key=lambda one: one.body.ts):
        if one.kind is kind and from_ms <= one.body.ts < to_ms:
            spans.setdefault(from_ms + (one.body.ts - from_ms) // every_ms * every_ms, []).append(one)
    return [
        HistoryPoint(
            start, len(inside), {name: spread for name in FIGURES[kind] if (spread := spread_of(inside, name))}
        )
        for start, inside in sorted(spans.items())
    ]


def spread_of(readings: list[Reading], figure: str) -> Spread | None:
    """Of those that tell the figure."""
    told = [value for one in readings if (value := figure_of(one, figure)) is not None]
    return Spread(math.fsum(told) / len(told), min(told), max(told), told[-1]) if told else None


def same(given_back: list[HistoryPoint], wanted: list[HistoryPoint]) -> bool:
    """Equal, but for the last bits of a mean."""
    return [point[:2] for point in given_back] == [point[:2] for point in wanted] and all(
        got.values.keys() == want.values.keys()
        and all(got.values[name] == pytest.approx(want.values[name], rel=1e-9) for name in want.values)
        for got, want in zip(given_back, wanted, strict=True)
    )


async def history(store: ReadingStore, kind: Kind, from_ms: int, to_ms: int, every_ms: int) -> list[HistoryPoint]:
    """Of st-1."""
    return list(await cast("ReadingHistory", store).history("st-1", kind, from_ms, to_ms, every_ms))


@pytest.mark.parametrize("kind", Kind)
async def test_history_is_what_the_readings_say(store: ReadingStore, kind: Kind) -> None:
    """Spans count from the first instant asked for; the last instant is outside; empty spans are left out."""
    written = [
        one._replace(station="st-1")
        for number in range(60)
        if not 20 <= number < 40
        for one in (_varied(kind, number),)
    ]
    strangers = [one._replace(station="st-2") for one in written]
    await store.write([*written, *strangers])
    for from_ms, to_ms, every_ms in (
        (NOW_MS, NOW_MS + 60 * MINUTE_MS, 10 * MINUTE_MS),
        (NOW_MS + 90_500, NOW_MS + 45 * MINUTE_MS, 7 * MINUTE_MS + 1),
        (NOW_MS + 3 * MINUTE_MS, NOW_MS + 3 * MINUTE_MS + 1, MINUTE_MS),
        (NOW_MS + 20 * MINUTE_MS, NOW_MS + 40 * MINUTE_MS, MINUTE_MS),
        (0, 2**45, 2**41),
    ):
        given_back = await history(store, kind, from_ms, to_ms, every_ms)
        assert same(given_back, expected(written, kind, from_ms, to_ms, every_ms)), (from_ms, to_ms, every_ms)


def _varied(kind: Kind, number: int) -> Reading:
    fields: dict[Kind, dict[str, Any]] = {
        Kind.OCCUPANCY: {"present": number % 7, "entered": 100 + number, "left": 90 + number},
        Kind.BATTERY: {
            "slots": [
                {"slot": slot, "state": ("ready", "charging", "empty", "fault", "disabled")[(slot + number) % 5]}
                | ({"cell_temp": 20 + number / 4} if number % 3 else {})
                for slot in range(1, 7)
            ],
            "swaps": number,
        }
        | ({"cabinet_temp": 30 + number / 8} if number % 2 else {}),
        Kind.MEDICINE: {"items": [{"sku": "a", "qty": number}, {"sku": "b", "qty": 2}][: number % 3]}
        | ({"temp": 20 + number / 8} if number < 20 else {"humidity": 40}),
        Kind.EXCHANGE: {"on_shelf": number % 5, "donated": number, "claimed": number // 2},
    }
    return reading(kind, seq=number + 1, ts=NOW_MS + number * MINUTE_MS, **fields[kind])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.lists(any_reading(), max_size=8), st.sampled_from(Kind), st.integers(1, 10**12))
async def test_stores_agree_on_any_history(
    sqlite_and_influx: tuple[SqliteReadingStore, InfluxReadingStore], sampled: list[Reading], kind: Kind, every_ms: int
) -> None:
    """Whatever was sent, the embedded store and InfluxDB draw the same picture."""
    # A name in use, or an instant: which of two readings is the last would be open.
    readings = list({one.body.ts: one for one in sampled}.values())
    station = f"st-{zlib.crc32(b''.join(one.payload for one in readings))}"
    readings = [one._replace(station=station) for one in readings]
    pictures = []
    for store in sqlite_and_influx:
        await store.write(readings)
        pictures.append(await store.history(station, kind, -NOW_MS, 2 * NOW_MS + 1, every_ms))
    assert same(pictures[0], pictures[1])
    assert same(pictures[0], expected(readings, kind, -NOW_MS, 2 * NOW_MS + 1, every_ms))


@pytest.fixture
async def sqlite_and_influx(
    tmp_path_factory: pytest.TempPathFactory, influxdb: InfluxDB
) -> AsyncIterator[tuple[SqliteReadingStore, InfluxReadingStore]]:
    """Both opened."""
    sqlite = SqliteReadingStore(tmp_path_factory.mktemp("sqlite") / "readings.db")
    influx = influx_store(influxdb.url)
    await sqlite.open()
    await influx.open()
    yield sqlite, influx
    await sqlite.close()
    await influx.close()


async def test_history_does_not_wait_for_a_write(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The embedded store is read beside a write that is under way, and a file that is gone is a passing trouble."""
    folder = tmp_path_factory.mktemp("sqlite")
    store = SqliteReadingStore(folder / "readings.db")
    await store.open()
    await store.write([reading()])
    store._open_db.execute("BEGIN IMMEDIATE")
    assert len(await history(store, Kind.OCCUPANCY, NOW_MS, NOW_MS + 1, 1)) == 1
    store._open_db.execute("ROLLBACK")
    await store.close()
    (folder / "readings.db").unlink()
    with pytest.raises(TransientStoreError, match="unable to open"):
        await history(store, Kind.OCCUPANCY, NOW_MS, NOW_MS + 1, 1)
