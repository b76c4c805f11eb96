"""The bench of alerts on a small country: everybody is told in time, the storm in one message, and nothing false."""

from pathlib import Path

import pytest

from bench.alerts import measure

pytestmark = [pytest.mark.broker, pytest.mark.e2e]


@pytest.mark.timeout(180)
def test_a_small_country_in_a_storm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message for the province that went dark, to its own crew; every emergency arrived."""
    monkeypatch.setattr("bench.alerts._cost", lambda _folder: {"rules_share_of_ingest": 0.0})
    result = measure(tmp_path, stations=1_500, per_second=100, probes=5, group_wait_s=1.0)
    assert result["ok"], result
    assert result["storm"]["messages"] == 1
    assert result["accounting_balance"] == 0
