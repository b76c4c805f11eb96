"""The benches that print what a platform needs: short runs of them, for figures that cannot be otherwise."""

from pathlib import Path

import pytest

from bench import broker as bench_broker
from bench import footprint, load
from bench.servers import InfluxDB, Mosquitto
from gateway.topics import Kind
from tests.conftest import started


@pytest.mark.broker
def test_waiting_message_takes_at_least_its_own_bytes(tmp_path: Path) -> None:
    """A queue costs more than what is in it, in memory and on disk, and less than ten times as much."""
    broker = started(Mosquitto(tmp_path / "mosquitto", settings="autosave_interval 86400"))
    waiting = load.packets(load.readings(load.station_ids(50), 20_000, boot=1))
    cost = bench_broker.queue_of(broker, waiting)
    broker.stop()
    own = cost["message_bytes"]
    assert own < cost["memory_bytes_a_message"] < 10 * own
    assert own < cost["disk_bytes_a_message"] < 10 * own
    assert cost["pause_of_a_save_s_a_million"] > 0


@pytest.mark.broker
def test_window_is_timed_until_all_have_come(mosquitto: Mosquitto) -> None:
    """The rate is that of all messages, none of which is acknowledged sooner than it is durable."""
    rate = bench_broker.per_second(mosquitto, 1_000, 0.05)
    assert 0 < rate < bench_broker.ROUNDS * 1_000 / 0.05


@pytest.mark.influx
def test_reading_takes_less_in_influxdb_than_in_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same readings are packed by InfluxDB into a part of what SQLite takes, and into more than nothing."""
    monkeypatch.setattr(footprint, "SETTLED_S", 3.0)
    started(InfluxDB(tmp_path / "probe")).stop()  # skips where it is not installed
    in_sqlite = footprint.in_sqlite(tmp_path / "sqlite", Kind.OCCUPANCY, 10, 20_000)
    in_influxdb = footprint.in_influxdb(tmp_path / "influxdb", Kind.OCCUPANCY, 10, 20_000)
    assert 20_000 < in_influxdb < in_sqlite
