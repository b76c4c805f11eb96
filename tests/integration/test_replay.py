"""`python -m bench.replay` as CI would call it: short traces through real brokers, with everything that can happen."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.servers import InfluxDB, Mosquitto
from tests.conftest import started

ROOT = Path(__file__).parents[2]


def replay(trace: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, the JSON object, and what was told on stderr."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.replay", "--trace", str(trace), "--json", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as bench:
        try:
            out, told = bench.communicate()
        except BaseException:
            bench.terminate()  # its servers end with it
            raise
    return bench.returncode, json.loads(out.splitlines()[-1] if out else "{}"), told


@pytest.fixture
def busy_days(tmp_path: Path) -> Path:
    """Four days of twenty minutes each, one of them missing, with a crowd, a hole at noon and a day of nobody."""
    rows = [
        f"2023-12-{day:02}T{minute // 60:02}:{minute % 60:02},{people},{people}"
        for day, busy in ((29, 1), (30, 0), (31, 1), (33, 1))
        for minute in range(0, 1440, 20)
        if not 700 < minute < 830
        for people in [busy * (minute * 7 % 290)]
    ]
    text = "\n".join(["start,entered,left", *rows]) + "\n"
    file = tmp_path / "busy.csv"
    file.write_text(text.replace("2023-12-33", "2024-01-02"), encoding="utf-8")
    return file


@pytest.mark.e2e
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("broker", "store", "faults", "seed"),
    [
        ("mosquitto", "sqlite", "heavy", 11),
        ("embedded", "sqlite", "light", 12),
        pytest.param("mosquitto", "influxdb", "heavy", 13, marks=pytest.mark.influx),
    ],
)
def test_every_day_is_as_recorded_whatever_happens(
    broker: str, store: str, faults: str, seed: int, busy_days: Path, request: pytest.FixtureRequest
) -> None:
    """Cuts, reboots, new epochs, lost, late and double messages, killed brokers and platforms change no count."""
    if broker == "mosquitto":
        request.getfixturevalue("mosquitto_is_installed")
    if store == "influxdb":
        request.getfixturevalue("influxdb_is_installed")
    served = ("--broker", broker, "--store", store)
    code, found, told = replay(busy_days, "--faults", faults, *served, "--seed", str(seed))
    assert code == 0, told
    assert found["store"] == store
    assert (found["days"], found["wrong"], found["mislabelled"], found["sum_ok"]) == (4, 0, 0, True)
    assert found["exact"] + found["provisional"] + found["at_least"] == 4
    happened = ("cuts", "reboots", "epochs", "kills", "broker_restarts", "duplicates", "reordered")
    assert [name for name in happened if not found[name]] == []


@pytest.fixture
def mosquitto_is_installed(tmp_path: Path) -> None:
    """Skip where it is not, unless this is CI."""
    started(Mosquitto(tmp_path / "probe")).stop()


@pytest.fixture
def influxdb_is_installed(tmp_path: Path) -> None:
    """The same of InfluxDB."""
    started(InfluxDB(tmp_path / "probe-of-influxdb")).stop()


def test_trace_that_cannot_be_replayed_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    """Exit code 2, and one line that names the file and what to do."""
    file = tmp_path / "unsorted.csv"
    file.write_text("start,entered,left\n2024-01-01T10:00,1,1\n2024-01-01T09:00,1,1\n", encoding="utf-8")
    code, found, told = replay(file)
    assert (code, found) == (2, {})
    assert told == f"{file}: 2024-01-01 09:00 is not later than the row before it; sort the rows by start\n"
