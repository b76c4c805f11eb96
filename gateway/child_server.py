"""A server as a child process: started until it answers, stopped, killed, restarted on the same ports.

Enters: a folder, what to run, and how to ask whether it answers. Leaves: a running server.
Never: knows what it serves, or kills by name: only the process that it started itself.
"""

import contextlib
import itertools
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Final, Self

LOOPBACK: Final = "127.0.0.1"

READY_WITHIN_S: Final = 30.0
"""Shorter: a loaded machine fails a start that was under way. Longer: a server that hangs is noticed later."""
STOP_WITHIN_S: Final = 10.0
"""Shorter: a server that is still saving its queue is killed and loses it. Longer: our own stop is held up."""
POLL_S: Final = 0.01
"""Between looks at a socket that is not open yet. Longer delays every start; shorter burns the core the child needs."""

OUTPUT: Final = "server.log"
"""In the folder: what the child prints."""
WORDS_CHARS: Final = 500

HOUSE: Final = str(Path(__file__).parents[1])
"""Where the rooms are, so that a child finds them whatever the current folder is."""


class ServerFailed(RuntimeError):
    """The server did not come up; the text carries its own last words."""


PORTS: Final = range(20_000, 32_000)
"""Below those that systems give to connections going out (Linux: from 32,768): one of these, free when it was looked
at, may belong to somebody's connection when its server starts."""
_walk = itertools.count(secrets.randbelow(len(PORTS)))
"""Each is handed out once before any comes again: its server may start much later. Processes begin anywhere."""


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment, and that this process was not given lately."""
    for place in itertools.islice(_walk, len(PORTS)):
        port = PORTS[place % len(PORTS)]
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise ServerFailed(f"no port of {PORTS.start} to {PORTS.stop - 1} is free on {LOOPBACK}")


def module_command(module: str, *arguments: str) -> list[str]:
    """The command line that runs a module of ours in a child; with the environment of `child_environment`."""
    # -P: neither the current folder nor the module's own may shadow the standard library.
    return [sys.executable, "-P", "-m", module, *arguments]


def child_environment() -> dict[str, str]:
    """Our environment, in which the rooms can be imported."""
    given = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": f"{HOUSE}{os.pathsep}{given}" if given else HOUSE}


def leave_with_the_parent() -> None:
    """In a child: end when the parent does, even by SIGKILL. The parent holds the other end of our standard input."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


class ChildServer(ABC):
    """Life of one child; its output goes to `server.log` in the folder. Calls block, so from asyncio use a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self) -> list[str]:
        """Write the configuration into the folder, which exists; return the command line."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server serves: a real request was answered."""

    def last_words(self) -> str:
        """The end of what it wrote, for whoever asks why it failed; more where it writes elsewhere as well."""
        return (self.folder / OUTPUT).read_text(encoding="utf-8", errors="replace").strip()[-WORDS_CHARS:]

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Return when the server answers; raises `ServerFailed`."""
        if self._process is not None:
            raise RuntimeError("this server is running; stop it first")
        self.folder.mkdir(parents=True, exist_ok=True)
        command = self.prepare()
        with (self.folder / OUTPUT).open("wb") as output:
            # stdin: a pipe that closes with us, for children that watch it. A session of its own: Ctrl-C in a terminal
            # goes to us alone, and we stop the server when we are done with it.
            self._process = subprocess.Popen(  # noqa: S603 - the command line is ours
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=child_environment(),
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while not self.answers():
            code = self._process.poll()
            if code is not None or time.monotonic() > deadline:
                why = f"ended with code {code}" if code is not None else f"gave no answer within {READY_WITHIN_S:g} s"
                self.kill()
                raise ServerFailed(f"{self} {why}: {self.last_words()}")
            time.sleep(POLL_S)
        return self

    def stop(self) -> None:
        """Ask the child to end and wait for it; harmless when it is not running."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_WITHIN_S)
        self.kill()

    def kill(self) -> None:
        """End the child by SIGKILL: a crash."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def restart(self) -> None:
        """Stop and start on the same ports and folder."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
