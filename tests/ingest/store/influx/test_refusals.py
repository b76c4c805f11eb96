"""Points that InfluxDB will never take: each is named with the reason, and everything around it is stored."""

import time
from collections.abc import Sequence

import pytest
from aiohttp import web

from bench.servers import InfluxDB
from ingest.model import Kind, Reading
from ingest.ports import RejectedByStore, StoreMisconfigured
from ingest.store.influx import settle
from ingest.store.influx.store import InfluxReadingStore
from tests.ingest.making import MINUTE_MS, NOW_MS, reading
from tests.ingest.store.influx.conftest import MakeStore
from tests.ingest.store.influx_stores import ask, count, registry_of, tell
from tests.ingest.store.influx_v2_front import InfluxV2Front
from tests.ingest.store.test_contract import everything, seqs

pytestmark = pytest.mark.influx


@pytest.fixture(params=["1.6", "2.x"])
async def store(request: pytest.FixtureRequest, influxdb: InfluxDB, make_store: MakeStore) -> InfluxReadingStore:
    """Opened, on either way of writing."""
    if request.param == "1.6":
        made = make_store(influxdb.url)
    else:
        front: InfluxV2Front = request.getfixturevalue("influx_v2")
        made = make_store(front.url, org=front.org, token=front.token)
    await made.open()
    return made


async def refused_by(store: InfluxReadingStore, readings: Sequence[Reading]) -> list[tuple[Reading, str]]:
    """What a write raises."""
    with pytest.raises(RejectedByStore) as raised:
        await store.write(readings)
    return list(raised.value.refused)


async def test_type_conflict_in_the_middle_of_a_batch_costs_one_reading(
    store: InfluxReadingStore, influxdb: InfluxDB
) -> None:
    """Another program has made a field a text: the one reading that has the field is refused, 999 are stored."""
    await tell(influxdb.url, 'medicine,station=other humidity="dry"')
    batch = [reading(Kind.MEDICINE, seq=seq, ts=NOW_MS + seq) for seq in range(1, 1_001)]
    batch[313] = reading(Kind.MEDICINE, seq=314, ts=NOW_MS + 314, humidity=48)
    refused = await refused_by(store, batch)
    assert [one for one, _ in refused] == [batch[313]]
    assert "field type conflict" in refused[0][1]
    assert "humidity" in refused[0][1]
    assert seqs(await everything(store)) == [seq for seq in range(1, 1_001) if seq != 314]
    assert await count(influxdb.url, Kind.MEDICINE) == 999


async def test_measurement_taken_by_another_program_costs_that_measurement(
    store: InfluxReadingStore, influxdb: InfluxDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All readings of the kind are refused, all others stored, in a handful of requests."""
    await tell(influxdb.url, "occupancy,station=other present=1.5")
    bodies = 0
    write = store._client.write

    async def counted(lines: bytes) -> None:
        nonlocal bodies
        bodies += 1
        await write(lines)

    monkeypatch.setattr(store._client, "write", counted)
    kinds = list(Kind)
    batch = [reading(kinds[seq % 4], seq=seq, ts=NOW_MS + seq) for seq in range(1, 2_001)]
    refused = await refused_by(store, batch)
    assert [one for one, _ in refused] == [one for one in batch if one.kind is Kind.OCCUPANCY]
    assert len(await everything(store)) == 1_500
    assert bodies == 5


async def test_reading_with_several_points_is_refused_as_one(store: InfluxReadingStore, influxdb: InfluxDB) -> None:
    """A cabinet one of whose slots is refused is refused by name, and its neighbours are stored."""
    await tell(influxdb.url, 'battery_slot,station=other soh="fine"')
    good = [reading(Kind.BATTERY, seq=seq, ts=NOW_MS + seq) for seq in (1, 3)]
    bad = reading(Kind.BATTERY, seq=2, ts=NOW_MS + 2, slots=[{"slot": 1, "state": "ready", "soh": 91.5}])
    refused = await refused_by(store, [good[0], bad, good[1]])
    assert [one for one, _ in refused] == [bad]
    assert {1, 3} <= set(seqs(await everything(store)))


async def test_point_with_two_conflicts_does_not_hide_a_good_neighbour(
    store: InfluxReadingStore, influxdb: InfluxDB
) -> None:
    """However the server counts what it dropped, a good reading beside a doubly bad one is not refused with it."""
    await tell(influxdb.url, 'medicine,station=other humidity="dry",temp="warm"')
    bad = reading(Kind.MEDICINE, seq=1, humidity=40, temp=21)
    good = reading(Kind.MEDICINE, seq=2, ts=NOW_MS + 2)
    assert [one for one, _ in await refused_by(store, [bad, good])] == [bad]
    assert seqs(await everything(store)) == [2]


async def test_reading_older_than_the_retention_is_refused(store: InfluxReadingStore, influxdb: InfluxDB) -> None:
    """InfluxDB drops what is older than it keeps: that is said, and not taken for stored."""
    await ask(influxdb.url, 'ALTER RETENTION POLICY "autogen" ON "yizhan" DURATION 7d SHARD DURATION 1d')
    now_ms = time.time_ns() // 10**6  # the server's own clock counts here
    old = reading(seq=1, ts=now_ms - 20 * 1440 * MINUTE_MS)
    refused = await refused_by(store, [old, reading(seq=2, ts=now_ms)])
    assert [one for one, _ in refused] == [old]
    assert "retention" in refused[0][1]
    assert seqs(await everything(store)) == [2]


async def test_instant_that_influxdb_does_not_know_is_refused(store: InfluxReadingStore) -> None:
    """A time beyond the year 2262 cannot be kept, and stops nothing."""
    beyond = reading(seq=1, ts=9_300_000_000_000)
    assert [one for one, _ in await refused_by(store, [reading(seq=2), beyond, reading(seq=3, ts=NOW_MS + 3)])] == [
        beyond
    ]
    assert seqs(await everything(store)) == [2, 3]


async def test_server_with_a_small_limit_takes_everything(influxdb: InfluxDB, make_store: MakeStore) -> None:
    """1.6 cuts a body that is too large off, mostly before its 413 is read: smaller bodies are tried by themselves."""
    influxdb.http_settings = "max-body-size = 50000"
    influxdb.restart()
    store = make_store(influxdb.url)
    await store.open()
    await store.write([reading(seq=seq, ts=NOW_MS + seq) for seq in range(1, 6_001)])
    assert await count(influxdb.url) == 6_000


@pytest.mark.parametrize("gzip", [False, True])
async def test_413_is_answered_with_halves(influx_v2: InfluxV2Front, make_store: MakeStore, gzip: bool) -> None:
    """2.x counts what is sent, compressed or not; all of it is stored in the end."""
    influx_v2.max_body_bytes = 20_000
    store = make_store(influx_v2.url, org=influx_v2.org, token=influx_v2.token, gzip=gzip)
    await store.open()
    await store.write([reading(seq=seq, ts=NOW_MS + seq) for seq in range(1, 2_001)])
    assert await count(influx_v2.behind_url) == 2_000
    assert influx_v2.encodings == {"gzip" if gzip else "identity"}


async def test_single_reading_that_is_too_large_is_refused(influx_v2: InfluxV2Front, make_store: MakeStore) -> None:
    """One that no body can be small enough for is named, and the others are stored."""
    influx_v2.max_body_bytes = 2_000
    store = make_store(influx_v2.url, org=influx_v2.org, token=influx_v2.token)
    await store.open()
    large = reading(seq=2, ts=NOW_MS + 2, note="x" * 3_000)
    refused = await refused_by(store, [reading(seq=1), large, reading(seq=3, ts=NOW_MS + 3)])
    assert [one for one, _ in refused] == [large]
    assert "too large" in refused[0][1]
    assert seqs(await everything(store)) == [1, 3]


async def test_large_batch_goes_in_bodies_of_a_set_size(influx_v2: InfluxV2Front, make_store: MakeStore) -> None:
    """However much has waited, no body has more points or bytes than InfluxDB is asked to hold at once."""
    store = make_store(influx_v2.url, org=influx_v2.org, token=influx_v2.token)
    await store.open()
    items = [{"sku": f"sku-{number}", "qty": 3, "expires": "2027-03-31"} for number in range(10)]
    await store.write([reading(Kind.MEDICINE, seq=seq, ts=NOW_MS + seq, items=items) for seq in range(1, 6_002)])
    assert await count(influx_v2.behind_url, Kind.MEDICINE) == 6_001
    assert all(len(body) <= settle.BODY_MAX_BYTES for body in influx_v2.bodies)
    assert all(body.count(b"\n") < settle.BODY_MAX_POINTS for body in influx_v2.bodies)


async def test_refusal_in_unknown_words_is_held_against_the_point_alone(
    influx_v2: InfluxV2Front, make_store: MakeStore
) -> None:
    """While the server takes a plain point, a 400 of any wording is about what was in the body."""
    store = make_store(influx_v2.url, org=influx_v2.org, token=influx_v2.token)
    await store.open()
    influx_v2.planned.append(web.Response(status=400, text="nobody has heard of this"))
    await store.write([reading(seq=1), reading(seq=2, ts=NOW_MS + 2)])
    assert seqs(await everything(store)) == [1, 2]


async def test_server_that_refuses_everything_is_not_the_readings_fault(
    influx_v2: InfluxV2Front, make_store: MakeStore
) -> None:
    """A proxy that answers 400 to whatever comes makes no dead letters: a person must look, and nothing is lost."""
    store = make_store(influx_v2.url, org=influx_v2.org, token=influx_v2.token)
    await store.open()
    influx_v2.planned.extend(web.Response(status=400, text="plain HTTP request sent to HTTPS port") for _ in range(2))
    with pytest.raises(StoreMisconfigured, match=r"plain test point.*http or https"):
        await store.write([reading(seq=1), reading(seq=2, ts=NOW_MS + 2)])


async def test_station_beyond_a_limit_of_1_x_is_refused_with_the_remedy(
    influxdb: InfluxDB, make_store: MakeStore
) -> None:
    """With its index in memory 1.x refuses stations beyond its limit: those alone, in words that name the setting."""
    influxdb.index, influxdb.data_settings = "inmem", "max-values-per-tag = 3"
    influxdb.restart()
    store = make_store(influxdb.url, registry=registry_of("st-1", "st-2", "st-3"))
    await store.open()
    for number in range(1, 4):
        await store.write([reading(station=f"st-{number}")])
    refused = await refused_by(store, [reading(station="st-4"), reading(station="st-3", seq=2, ts=NOW_MS + 2)])
    assert [one.station for one, _ in refused] == ["st-4"]
    assert "max-values-per-tag = 0" in refused[0][1]
    assert seqs(await everything(store, "st-3")) == [1, 2]


async def test_points_of_other_programs_are_passed_over(
    influxdb: InfluxDB, make_store: MakeStore, caplog: pytest.LogCaptureFixture
) -> None:
    """A point in our measurement that is no reading is left out of every answer, and said once."""
    store = make_store(influxdb.url)
    await store.open()
    await store.write([reading(seq=1)])
    await tell(influxdb.url, "occupancy,station=st-1 present=3i", "occupancy note=1i", at_ms=NOW_MS + 5)
    assert seqs(await everything(store)) == [1]
    assert "passed over 1 points of the measurement occupancy" in caplog.text
    assert seqs([one async for one in store.stored_since(0)]) == [1]


async def test_disk_index_takes_more_stations_than_the_limit_says(influxdb: InfluxDB, make_store: MakeStore) -> None:
    """The limit holds for the index in memory alone: on the disk-based one no station is refused."""
    influxdb.data_settings = "max-values-per-tag = 3"
    influxdb.restart()
    store = make_store(influxdb.url, registry=registry_of("st-1"))
    await store.open()
    for number in range(1, 6):
        await store.write([reading(station=f"st-{number}")])
    assert await count(influxdb.url) == 5
