"""`python -m bench.outage` and `bench.latency` as CI would call them: short, on real servers."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.outage_faults import SCENARIOS
from bench.servers import InfluxDB, Mosquitto
from tests.conftest import started

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", autouse=True)
def servers_are_installed(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where they are not, unless this is CI."""
    started(Mosquitto(tmp_path_factory.mktemp("broker"))).stop()
    started(InfluxDB(tmp_path_factory.mktemp("influxdb"))).stop()


def bench(name: str, *options: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, the JSON object, and what was told on stderr."""
    with subprocess.Popen(
        [sys.executable, "-m", f"bench.{name}", "--json", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        try:
            out, told = run.communicate()
        except BaseException:
            run.terminate()  # its servers end with it
            raise
    return run.returncode, json.loads(out.splitlines()[-1] if out else "{}"), told


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_is_lost_or_doubled(scenario: str) -> None:
    """Whatever fails, each reading is in InfluxDB once, the counts are right and the accounts add up."""
    code, found, told = bench("outage", "--scenario", scenario, "--minutes", "0.15", "--stations", "10")
    assert code == 0, told
    assert (found["lost"], found["double"], found["strange"]) == (0, 0, 0)
    assert (found["counts_ok"], found["accounting_ok"], found["letters_ok"]) == (True, True, True)
    assert found["stored"] == found["sent"] >= 100
    assert found["strikes"] > 0


def test_latency_is_measured_at_the_rate_that_was_asked_for() -> None:
    """Each probe is seen in both places, and the load was as asked."""
    code, found, told = bench("latency", "--rates", "50,100", "--seconds", "3")
    assert code == 0, told
    assert [rate["per_s"] for rate in found["rates"]] == [50, 100]
    for rate in found["rates"]:
        assert rate["reached_per_s"] == pytest.approx(rate["per_s"], rel=0.1)
        assert rate["probes"] == 60
        for where in ("api", "influxdb"):
            assert 0 < rate[where]["p50_ms"] <= rate[where]["p99_ms"]
