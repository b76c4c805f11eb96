"""The bench of the API on a small country: everything is asked, everything is answered."""

from pathlib import Path

import pytest

from bench.api import measure

pytestmark = [pytest.mark.broker, pytest.mark.e2e]


@pytest.mark.timeout(180)
def test_a_small_country_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of question has its latencies, each listener its events, and no reading is lost meanwhile."""
    monkeypatch.setattr("bench.api.ASKED", 40)
    monkeypatch.setattr("bench.api.CROWD_S", 0.5)
    monkeypatch.setattr("bench.api.FAN_OUT_TIMES", 2)
    monkeypatch.setattr("bench.api.LOAD_S", 30.0)
    result = measure(tmp_path, stations=500, per_second=100, listeners=20)
    for name in ("page", "station", "near", "list", "summary", "not_modified"):
        assert result[name]["requests"] == 40
    assert result["fan_out"]["requests"] == 40
    assert result["hot_per_s"] > 0
    assert result["accounting_balance"] == 0
