"""Published counts in InfluxDB: one point a station and day, and the newest word on it."""

from datetime import date

import pytest

from bench.servers import InfluxDB
from ingest.model import DayCount, Quality
from ingest.ports import StoreMisconfigured
from tests.ingest.store.influx.conftest import MakeStore
from tests.ingest.store.influx_stores import ask, tell

pytestmark = pytest.mark.influx

DAY = date(2026, 11, 22)
START_NS = 1_795_276_800_000_000_000
"""2026-11-21T16:00:00Z: that day begins in Shanghai."""


async def test_count_that_changes_overwrites_itself(influxdb: InfluxDB, make_store: MakeStore) -> None:
    """Late data moves a count: its point moves with it, and there is still one."""
    store = make_store(influxdb.url)
    await store.write_counts([DayCount("st-1", DAY, 11, 0, Quality.PROVISIONAL)])
    await store.write_counts(
        [DayCount("st-1", DAY, 12, 3, Quality.AT_LEAST), DayCount("st-2", DAY, 5, 0, Quality.EXACT)]
    )
    rows = await ask(influxdb.url, "SELECT station, visits, carried, quality FROM visits WHERE station = 'st-1'")
    assert rows == [[START_NS, "st-1", 12, 3, "at_least"]]


async def test_a_nation_of_counts_is_written(influxdb: InfluxDB, make_store: MakeStore) -> None:
    """More counts than one body may hold."""
    store = make_store(influxdb.url)
    await store.write_counts([DayCount(f"st-{number}", DAY, number, 0, Quality.EXACT) for number in range(12_000)])
    assert await ask(influxdb.url, "SELECT COUNT(visits), SUM(visits) FROM visits") == [[0, 12_000, 71_994_000]]


async def test_measurement_that_is_not_ours_is_named(influxdb: InfluxDB, make_store: MakeStore) -> None:
    """Where another program keeps `visits` as something else, a person has to choose."""
    store = make_store(influxdb.url)
    await store.open()
    await tell(influxdb.url, 'visits,station=other visits="many"')
    with pytest.raises(StoreMisconfigured, match=r"field type conflict.*must be ours alone"):
        await store.write_counts([DayCount("st-1", DAY, 11, 0, Quality.EXACT)])
