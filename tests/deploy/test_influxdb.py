"""The files for InfluxDB 1.x: a server made from them takes our store in, has no limit of stations, lets no others in.

What is there for 2.x cannot be run here, for want of a server; of that only the language of the script is looked at.
"""

import base64
import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from bench.servers import InfluxDB
from gateway.child_server import LOOPBACK, free_port
from ingest.ports import StoreMisconfigured
from ingest.store.influx.store import InfluxReadingStore
from tests.conftest import started
from tests.deploy.placing import DEPLOY, placed, text_of
from tests.ingest.making import NOW_MS, reading
from tests.ingest.store.influx_stores import influx_store

ADMIN_PASSWORD: Final = 'it\'s \\the\\ "administrator"'
PASSWORD: Final = "it's the \\ platform"


class InstalledInfluxDB(InfluxDB):
    """influxd with the file of deploy/, in folders and on ports of its own."""

    def prepare(self) -> list[str]:
        """Lay the file out."""
        command = super().prepare()
        places = {
            "/var/lib/influxdb": str(self.folder),
            f"{LOOPBACK}:8086": f"{LOOPBACK}:{self.port}",
            f"{LOOPBACK}:8088": f"{LOOPBACK}:{free_port()}",
        }
        (self.folder / "influxdb.conf").write_text(placed(text_of("influxdb.conf"), places), encoding="utf-8")
        return command

    def set_up(self, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run the script of deploy/ against it."""
        if shutil.which("curl") is None:
            pytest.skip("curl is not installed; on Debian: apt-get install curl")
        words = {"URL": self.url, "ADMIN_PASSWORD": ADMIN_PASSWORD, "PASSWORD": PASSWORD, **changes}
        script = str(DEPLOY / "influxdb1-setup.sh")
        return subprocess.run(["sh", script], env=os.environ | words, capture_output=True, text=True, check=False)


@pytest.fixture
def influxd(tmp_path: Path) -> Iterator[InstalledInfluxDB]:
    """A server with nothing in it."""
    server = started(InstalledInfluxDB(tmp_path / "influxdb"))
    yield server
    server.stop()


@pytest.fixture
async def store(influxd: InstalledInfluxDB) -> AsyncIterator[InfluxReadingStore]:
    """Our own store, not opened, with the user that the script makes."""
    made = influx_store(influxd.url, username="yizhan", password=PASSWORD)
    yield made
    await made.close()


async def asked(influxd: InstalledInfluxDB, statement: str, user: tuple[str, str] | None) -> tuple[int, Any]:
    """Status and answer."""
    login = {"Authorization": f"Basic {base64.b64encode(':'.join(user).encode()).decode()}"} if user else {}
    async with (
        aiohttp.ClientSession(headers=login) as session,
        session.post(f"{influxd.url}/query", data={"q": statement}) as answer,
    ):
        return answer.status, json.loads(await answer.read())


@pytest.mark.influx
async def test_store_works_with_the_user_that_the_script_makes(
    influxd: InstalledInfluxDB, store: InfluxReadingStore
) -> None:
    """After one run of the script the platform opens the database, writes, and reads the same back."""
    done = influxd.set_up()
    assert done.returncode == 0, done.stderr
    await store.open()
    written = reading()
    await store.write([written])
    found = [kept async for kept in store.of_station(written.station, written.kind, 0, NOW_MS + 1)]
    assert [kept.body for kept in found] == [written.body]


@pytest.mark.influx
async def test_script_run_again_changes_the_password_and_nothing_else(
    influxd: InstalledInfluxDB, store: InfluxReadingStore
) -> None:
    """A second run keeps readings and administrator; its password for the platform is the one in force."""
    assert influxd.set_up(PASSWORD="before").returncode == 0
    assert influxd.set_up(KEEP="90d").returncode == 0
    await store.open()
    _, told = await asked(influxd, "SHOW RETENTION POLICIES ON yizhan", ("admin", ADMIN_PASSWORD))
    (policy,) = told["results"][0]["series"][0]["values"]
    assert policy[:2] == ["autogen", "2160h0m0s"]


@pytest.mark.influx
def test_script_says_what_went_wrong(influxd: InstalledInfluxDB) -> None:
    """A wrong password of the administrator, or no server, ends the script with the server's word and code 1."""
    assert influxd.set_up().returncode == 0
    wrong = influxd.set_up(ADMIN_PASSWORD="guessed")
    assert wrong.returncode == 1
    assert "authorization failed" in wrong.stderr
    influxd.stop()
    nobody = influxd.set_up(TRIES="0")
    assert nobody.returncode == 1
    assert "refused" in nobody.stderr or "connect" in nobody.stderr


@pytest.mark.influx
async def test_nobody_else_is_let_in(influxd: InstalledInfluxDB) -> None:
    """Without a user nothing is read or written, and the platform's user may not drop the database."""
    influxd.set_up()
    assert (await asked(influxd, "SHOW DATABASES", None))[0] == 401
    assert (await asked(influxd, "DROP DATABASE yizhan", ("yizhan", PASSWORD)))[0] == 403
    stranger = influx_store(influxd.url, username="yizhan", password="guessed")
    with pytest.raises(StoreMisconfigured):
        await stranger.open()
    await stranger.close()


@pytest.mark.influx
async def test_limits_are_off_and_series_are_on_disk(influxd: InstalledInfluxDB) -> None:
    """The server itself says that no number of stations is too large, and that a write waits for the disk."""
    influxd.set_up()
    _, told = await asked(influxd, "SHOW DIAGNOSTICS FOR 'config-data'", ("admin", ADMIN_PASSWORD))
    (table,) = told["results"][0]["series"]
    in_force = dict(zip(table["columns"], table["values"][0], strict=True))
    assert (in_force["max-values-per-tag"], in_force["max-series-per-database"]) == (0, 0)
    assert in_force["wal-fsync-delay"] == "0s"
    writer = influx_store(influxd.url, username="yizhan", password=PASSWORD)
    await writer.open()
    await writer.write([reading()])
    await writer.close()
    assert [path for path in (influxd.folder / "data" / "yizhan").rglob("index") if path.is_dir()]


@pytest.mark.influx
def test_server_listens_on_loopback_alone(influxd: InstalledInfluxDB) -> None:
    """Every socket that the process listens on is bound to 127.0.0.1."""
    assert influxd.pid is not None
    held = {str(link.readlink()) for link in Path(f"/proc/{influxd.pid}/fd").iterdir()}
    listening = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{influxd.pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in held:
                listening.append(fields[1].partition(":")[0])
    assert listening == ["0100007F"] * 2


def test_file_names_no_setting_twice_and_no_other_place() -> None:
    """It is TOML, it binds to this machine alone, and it keeps its files where Debian's package expects them."""
    settings = tomllib.loads(text_of("influxdb.conf"))
    assert settings["bind-address"].startswith(f"{LOOPBACK}:")
    assert settings["http"]["bind-address"].startswith(f"{LOOPBACK}:")
    assert [settings["meta"]["dir"], settings["data"]["dir"], settings["data"]["wal-dir"]] == [
        f"/var/lib/influxdb/{name}" for name in ("meta", "data", "wal")
    ]


@pytest.mark.parametrize("script", sorted(path.name for path in DEPLOY.glob("*.sh")))
def test_script_is_one_that_a_shell_can_read(script: str) -> None:
    """No script of deploy/ has an error of syntax."""
    checked = subprocess.run(["sh", "-n", str(DEPLOY / script)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
