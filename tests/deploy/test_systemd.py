"""The units for systemd, looked at by systemd itself, and the settings that the unit starts with."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from assembly.platform import STOP_WITHIN_S
from assembly.settings_sources import load
from tests.deploy.placing import DEPLOY, placed, text_of

MOST_EXPOSED: Final = 15
"""Tenths, of 100: what `systemd-analyze security` calls OK ends at 50."""


def analyzed(*words: str) -> subprocess.CompletedProcess[str]:
    """What systemd-analyze says."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed; on Debian: apt-get install systemd")
    return subprocess.run([program, *words], capture_output=True, text=True, check=False)


def test_unit_is_one_that_systemd_understands(tmp_path: Path) -> None:
    """Systemd finds no unknown setting, no wrong value and no dependency in a circle."""
    unit = tmp_path / "yizhan.service"
    # That the program is there is all that systemd would miss on a machine where nothing is installed.
    unit.write_text(placed(text_of("yizhan.service"), {"/opt/yizhan/bin/yizhan": sys.executable}), encoding="utf-8")
    checked = analyzed("verify", str(unit))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_drop_in_is_one_that_systemd_understands(tmp_path: Path) -> None:
    """The same for what is added to Debian's unit of Mosquitto."""
    unit, beside = tmp_path / "mosquitto.service", tmp_path / "mosquitto.service.d"
    beside.mkdir()
    unit.write_text(f"[Service]\nExecStart={sys.executable}\n", encoding="utf-8")
    (beside / "yizhan.conf").write_text(text_of("mosquitto.service.conf"), encoding="utf-8")
    checked = analyzed("verify", str(unit))
    assert (checked.returncode, checked.stderr) == (0, "")
    (beside / "yizhan.conf").write_text("[Service]\nLimitNOFILES=1\n", encoding="utf-8")
    assert "LimitNOFILES" in analyzed("verify", str(unit)).stderr


def test_unit_leaves_little_to_an_intruder() -> None:
    """Systemd's own measure of what a break-in could reach stays low."""
    words = ("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(DEPLOY / "yizhan.service"))
    checked = analyzed(*words)
    assert checked.returncode == 0, checked.stdout[-200:]


def test_settings_beside_the_unit_are_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The platform takes the file with the secrets that go into the environment, and keeps all below its own folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("MQTT", "STORE"):
        monkeypatch.setenv(f"YIZHAN_{name}__PASSWORD", "hush")
    settings, given_by = load(DEPLOY / "yizhan.toml")
    assert settings.store.influx_url == "http://127.0.0.1:8086"
    assert settings.mqtt.username == "platform"
    assert given_by["mqtt.password"] == "YIZHAN_MQTT__PASSWORD"
    state = Path("/var/lib/yizhan")
    assert settings.spool.folder.is_relative_to(state)
    assert settings.database.url == f"sqlite:///{state}/yizhan.db"


def test_unit_waits_longer_than_the_last_batch_may_take() -> None:
    """A stop is not cut short while the last batch is on its way to the store, the spool and the database."""
    settings, _ = load(DEPLOY / "yizhan.toml")
    (line,) = (line for line in text_of("yizhan.service").splitlines() if line.startswith("TimeoutStopSec="))
    assert int(line.partition("=")[2]) > STOP_WITHIN_S + 2 * settings.store.timeout_s
