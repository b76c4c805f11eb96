"""Mosquitto as docs/operations.md installs it: Debian's own configuration, and beside it the files of deploy/.

Enters: a folder that stands for /etc and /var, and users. Leaves: a broker that answers.
Never: a line of deploy/ changed, but for paths, ports, and what a test leaves out or takes in by name.
"""

import os
import re
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Final

from bench.servers import program
from gateway.broker import MQTT_5, answers_connect
from gateway.child_server import LOOPBACK, WORDS_CHARS, ChildServer, free_port
from tests.certificates import Certificates
from tests.deploy.placing import placed, text_of

PLATFORM: Final = "platform"


def password_of(user: str) -> str:
    """What a user of these tests logs in with."""
    return f"word-of-{user}"


class InstalledMosquitto(ChildServer):
    """The broker on a free port, with the platform's user and those of some stations."""

    def __init__(self, folder: Path, stations: Collection[str]) -> None:
        super().__init__(folder)
        self.port = free_port()
        self.tls_port = free_port()
        self._stations = stations
        self.without: Collection[str] = ()
        """Settings that are left out, to see what they are good for; read again at each start."""
        self.certificates: Certificates | None = None
        """With them the listener for stations is taken in, as the file says how."""
        self.container_port: int | None = None
        """With it the main file is the container's and not Debian's, and this is where the other containers knock."""

    def __str__(self) -> str:
        return f"mosquitto of deploy/ on port {self.port}"

    def prepare(self) -> list[str]:
        """Lay the files out as on Debian."""
        (self.folder / "conf.d").mkdir(exist_ok=True)
        places = {"/etc/mosquitto": str(self.folder), "1883": str(self.port), "8883": str(self.tls_port)}
        ours = text_of("mosquitto.conf")
        if self.certificates is not None:
            ours = re.sub(r"^#(listener|use_username_as_clientid|certfile|keyfile) ", r"\1 ", ours, flags=re.MULTILINE)
            places |= {
                "/etc/mosquitto/certs/server.pem": str(self.certificates.server),
                "/etc/mosquitto/certs/server.key": str(self.certificates.key),
            }
        lines = [line for line in placed(ours, places).splitlines() if line.partition(" ")[0] not in self.without]
        (self.folder / "conf.d" / "yizhan.conf").write_text("\n".join(lines), encoding="utf-8")
        (self.folder / "yizhan.acl").write_text(text_of("mosquitto.acl"), encoding="utf-8")
        self._make_passwords(self.folder / "yizhan.passwd")
        config = self.folder / "mosquitto.conf"
        # As root it would drop to a user of its own, who may not write into our folder.
        user = "user root\n" if os.geteuid() == 0 else ""
        config.write_text(user + self._main_file(), encoding="utf-8")
        return [program("mosquitto", "mosquitto"), "-c", str(config)]

    def _main_file(self) -> str:
        if self.container_port is None:
            return (
                f"pid_file {self.folder}/mosquitto.pid\n"
                "persistence true\n"
                f"persistence_location {self.folder}/\n"
                f"log_dest file {self.folder}/mosquitto.log\n"
                f"include_dir {self.folder}/conf.d\n"
            )
        places = {
            "/mosquitto/data/": f"{self.folder}/",
            "stdout": f"file {self.folder}/mosquitto.log",
            "/mosquitto/config/conf.d": f"{self.folder}/conf.d",
            "1884": f"{self.container_port} {LOOPBACK}",
        }
        return placed(text_of("compose/mosquitto.conf"), places)

    def answers(self) -> bool:
        """A CONNECT is answered, here by a refusal."""
        return answers_connect(self.port, MQTT_5)

    def _make_passwords(self, file: Path) -> None:
        if file.exists():
            return
        tool, options = program("mosquitto_passwd", "mosquitto"), ["-c", "-b"]
        for user in (PLATFORM, *self._stations):
            subprocess.run([tool, *options, str(file), user, password_of(user)], check=True, capture_output=True)
            options = ["-b"]

    def last_words(self) -> str:
        """Once it is set up, it speaks in a file of its own."""
        return f"{super().last_words()}\n{self.log[-WORDS_CHARS:]}"

    @property
    def log(self) -> str:
        """What it wrote."""
        return (self.folder / "mosquitto.log").read_text(encoding="utf-8")
