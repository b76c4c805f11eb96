"""Debian's Mosquitto and InfluxDB as child processes on free loopback ports, for benches and tests.

Enters: a folder of their own. Leaves: a URL that was seen answering. Never: touches the machine's own services.
"""

import http.client
import os
import shutil
from pathlib import Path
from typing import Final

from gateway.broker import MQTT_5, answers_connect
from gateway.child_server import LOOPBACK, ChildServer, free_port

SYSTEM_PATH: Final = os.pathsep.join(("/usr/sbin", "/usr/local/sbin"))
"""Where Debian puts servers and where the path of a plain user does not look."""


class ServerMissing(RuntimeError):
    """The program is not installed; the text says which package brings it."""


def program(name: str, package: str) -> str:
    """The path of a program; raises `ServerMissing`."""
    path = shutil.which(name) or shutil.which(name, path=SYSTEM_PATH)
    if path is None:
        raise ServerMissing(f"{name} is not installed; on Debian: apt-get install {package}")
    return path


class Mosquitto(ChildServer):
    """Mosquitto 2, MQTT 3.1.1 and 5 on one port, without the limits that lose data in an outage."""

    def __init__(self, folder: Path, port: int = 0, settings: str = "") -> None:
        super().__init__(folder)
        self.port = port or free_port()
        self.settings = settings
        """Lines put at the end of its configuration; read again at each start."""

    def __str__(self) -> str:
        return f"mosquitto on port {self.port}"

    @property
    def url(self) -> str:
        """Where both protocol versions are spoken."""
        return f"mqtt://{LOOPBACK}:{self.port}"

    def prepare(self) -> list[str]:
        """Write mosquitto.conf. Queued messages survive a stop; a kill may lose those of its last second."""
        config = self.folder / "mosquitto.conf"
        # As root it would drop to a user of its own, who may not write into our folder.
        user = "user root\n" if os.geteuid() == 0 else ""
        config.write_text(
            f"{user}"
            f"persistence true\n"
            f"persistence_location {self.folder}/\n"
            f"autosave_interval 1\n"
            f"max_inflight_messages 0\n"
            f"max_queued_messages 0\n"
            f"max_queued_bytes 0\n"
            f"set_tcp_nodelay true\n"
            f"listener {self.port} {LOOPBACK}\n"
            f"allow_anonymous true\n"
            f"{self.settings}\n",
            encoding="utf-8",
        )
        return [program("mosquitto", "mosquitto"), "-c", str(config)]

    def answers(self) -> bool:
        """A CONNECT is answered, be it by a refusal."""
        return answers_connect(self.port, MQTT_5)


class InfluxDB(ChildServer):
    """InfluxDB 1.x as Debian has it, with nothing but HTTP."""

    def __init__(self, folder: Path, port: int = 0, *, auth: bool = False, data_settings: str = "") -> None:
        super().__init__(folder)
        self.port = port or free_port()
        self._backup_port = free_port()
        self.auth = auth
        """Whether it asks for a user; the first may be created without one."""
        self.data_settings = data_settings
        """Lines put into the section [data], such as `max-values-per-tag = 10`; read again at each start."""
        self.http_settings = ""
        """The same for the section [http]."""
        self.index = "tsi1"
        """Of the series: on disk, or `inmem`."""

    def __str__(self) -> str:
        return f"influxd on port {self.port}"

    @property
    def url(self) -> str:
        """Where HTTP is spoken."""
        return f"http://{LOOPBACK}:{self.port}"

    def prepare(self) -> list[str]:
        """Write influxdb.conf; it reports to nobody and keeps no database about itself."""
        config = self.folder / "influxdb.conf"
        config.write_text(
            f"""reporting-disabled = true
bind-address = "{LOOPBACK}:{self._backup_port}"

[meta]
dir = "{self.folder}/meta"

[data]
dir = "{self.folder}/data"
wal-dir = "{self.folder}/wal"
index-version = "{self.index}"
query-log-enabled = false
{self.data_settings}

[monitor]
store-enabled = false

[http]
bind-address = "{LOOPBACK}:{self.port}"
auth-enabled = {str(self.auth).lower()}
log-enabled = false
{self.http_settings}

[ifql]
enabled = false
""",
            encoding="utf-8",
        )
        return [program("influxd", "influxdb"), "-config", str(config)]

    def answers(self) -> bool:
        """GET /ping is answered."""
        link = http.client.HTTPConnection(LOOPBACK, self.port, timeout=1.0)
        try:
            link.request("GET", "/ping")
            return link.getresponse().status == http.HTTPStatus.NO_CONTENT
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()
