"""The bench of the ingest with InfluxDB: short runs, for figures that cannot be otherwise, and a loss that ends it."""

from pathlib import Path

import pytest

from bench import ingest_influx, load
from bench.ingest import measure
from bench.servers import InfluxDB, Mosquitto
from tests.conftest import started

SENT = 3_000


@pytest.mark.broker
@pytest.mark.influx
@pytest.mark.e2e
@pytest.mark.timeout(180)
def test_every_part_of_the_way_is_told_apart(tmp_path: Path) -> None:
    """Broker, ingest, database and load each took some CPU, and the way through all is no faster than its last part."""
    started(InfluxDB(tmp_path / "probe")).stop()
    started(Mosquitto(tmp_path / "probe-of-broker")).stop()
    result = measure(tmp_path, "influxdb", messages=20_000, stations=200)
    parts = ("ingest_cpu_s", "broker_cpu_s", "influxdb_cpu_s", "load_cpu_s", "straight_influxdb_cpu_s")
    assert [name for name in parts if result[name] <= 0] == []
    assert 0 < result["per_s"] < result["straight_per_s"]
    assert result["straight_ratio"] == pytest.approx(result["per_s"] / result["straight_per_s"], abs=0.001)
    assert result["ratio"] == pytest.approx(result["per_cpu_s"] / result["paho_baseline_per_cpu_s"], abs=0.001)


@pytest.mark.influx
def test_readings_posted_straight_are_all_there(influxdb: InfluxDB) -> None:
    """Each reading is one point of its kind, though a cabinet's has lines for its slots; one too few ends the run."""
    ids = load.station_ids(100)
    introduction, sent = list(load.readings(ids, 500, boot=1)), list(load.readings(ids, SENT, boot=2))
    assert any(topic.endswith("/battery") for topic, _ in sent)
    assert ingest_influx.measure_straight(influxdb, introduction, sent)["per_s"] > 0
    assert ingest_influx.held(influxdb) == 500 + SENT
    with pytest.raises(RuntimeError, match=f"holds {500 + SENT} readings, not {501 + SENT}"):
        ingest_influx.assert_held(influxdb, 501 + SENT)


@pytest.mark.influx
def test_refused_body_ends_the_run(influxdb: InfluxDB) -> None:
    """What InfluxDB does not take is no figure: its own words are told."""
    with pytest.raises(RuntimeError, match=r"answers /write with 404: .*database not found"):
        ingest_influx.post(influxdb, [b"occupancy,station=a present=1i 1"])
