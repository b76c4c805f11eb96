"""The platform as a process of its own, for benches: started as an operator starts it, asked over HTTP, killed at will.

Enters: a folder and settings as environment variables. Leaves: an address that answers. Never: imports the platform.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from gateway.child_server import free_port

ROOT: Final = Path(__file__).resolve().parent.parent
READY_WITHIN_S: Final = 60.0
POLL_S: Final = 0.02


class ServedPlatform:
    """`yizhan serve` on a folder; the port stays the same over restarts."""

    def __init__(self, folder: Path, broker_url: str, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._environment = {
            "YIZHAN_MQTT__URL": broker_url,
            "YIZHAN_STORE__URL": f"sqlite:///{folder}/readings.db",
            "YIZHAN_DATABASE__URL": f"sqlite:///{folder}/yizhan.db",
            "YIZHAN_SPOOL__FOLDER": f"{folder}/spool",
            "YIZHAN_API__PORT": str(self.port),
            # One address asks for all the people of a bench.
            "YIZHAN_API__REQUESTS_PER_MINUTE": "0",
        } | {f"YIZHAN_{name.upper()}": value for name, value in settings.items()}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the running process; raises RuntimeError when there is none."""
        if self._process is None:
            raise RuntimeError("the platform is not running")
        return self._process.pid

    def start(self) -> Self:
        """Return when it is connected to the broker and ready; raises RuntimeError with its last words."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "platform.log").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "yizhan", "serve"],
                cwd=ROOT,
                env={**os.environ, **self._environment},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                words = (self.folder / "platform.log").read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"the platform did not become ready:\n{words}")
            time.sleep(POLL_S)
        return self

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Another command of the command line on the same settings; gives what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "yizhan", *arguments],
            cwd=ROOT,
            env={**os.environ, **self._environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"yizhan {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def is_ready(self) -> bool:
        """Whether /readyz says so."""
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)  # noqa: PLR2004 - HTTP OK
        except OSError:
            return False

    def unready(self) -> str:
        """What /readyz says while it is not ready; empty when it is, or does not answer."""
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=5):
                return ""
        except urllib.error.HTTPError as refused:
            return refused.read().decode()
        except OSError:
            return ""

    def get(self, path: str) -> Any:
        """The JSON of a route; raises urllib's HTTPError for an error status."""
        with urllib.request.urlopen(self.address + path, timeout=60) as answer:
            return json.load(answer)

    def metric(self, name: str) -> float:
        """Sum of a metric over its labels; 0 when it has not been counted yet."""
        return self.metrics().get(name, 0.0)

    def metrics(self) -> dict[str, float]:
        """Every metric, summed over its labels, at one instant."""
        with urllib.request.urlopen(f"{self.address}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        sums: dict[str, float] = {}
        for label, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#")):
            name = label.partition("{")[0]
            sums[name] = sums.get(name, 0.0) + float(value)
        return sums

    def wait_for_metric(self, name: str, at_least: float, within_s: float) -> float:
        """Poll until a counter has reached a number; raises TimeoutError."""
        deadline = time.monotonic() + within_s
        while (value := self.metric(name)) < at_least:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} is {value}, not {at_least}, after {within_s:g} s")
            time.sleep(0.1)
        return value

    def kill(self) -> None:
        """As a power cut does to it."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As an operator does."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill() if kind else self.stop()
