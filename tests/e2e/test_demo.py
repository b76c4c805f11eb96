"""`yizhan demo` as a newcomer runs it: one address, live stations with a past, and nothing left afterwards."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

pytestmark = pytest.mark.e2e
ROOT: Final = Path(__file__).parents[2]
WAIT_S: Final = 50


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A demonstration of three stations, called from another folder."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "yizhan", "demo", "--stations", "3", "--port", "0", "--speed", "10"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "COLUMNS": "200"},
    ) as process:
        yield process
        process.kill()


def line_with(process: subprocess.Popen[str], words: str) -> str:
    """The next line of output that has these words; fails when none comes."""
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return line
    raise AssertionError(f"the output ended without {words!r}")


def ask(address: str, path: str, token: str = "") -> dict[str, Any]:
    """The answer of the API, to an operator where a token is given."""
    request = urllib.request.Request(address + path, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
        document: dict[str, Any] = json.load(answer)
    return document


def children_of(process: subprocess.Popen[str]) -> list[int]:
    """Process ids of the broker and the simulated stations."""
    threads = Path(f"/proc/{process.pid}/task").iterdir()
    return [int(pid) for thread in threads for pid in (thread / "children").read_text().split()]


def all_end(watched: list[int]) -> bool:
    """Whether all of these (pidfds) become readable in time, which is how a process says that it has ended."""
    left = list(watched)
    while left:
        ended, _, _ = select.select(left, [], [], WAIT_S)
        if not ended:
            return False
        left = [watch for watch in left if watch not in ended]
    return True


def test_demo_shows_live_stations_with_a_past_and_leaves_nothing(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    """The address works, the stations report, yesterday's visits are counted; Ctrl-C ends all of it with code 0."""
    found = re.search(r"http://\S+", line_with(demo, "open"))
    assert found
    assert line_with(demo, "sign in with this token")
    token = line_with(demo, "yz_").strip()
    line_with(demo, "the stations are live")
    listed = ask(found[0], "/v1/stations?province=110000")["data"]["stations"]
    assert [station["live"]["presence"] for station in listed] == ["online"] * 3
    assert [station["offer"]["seats_free"]["stale"] for station in listed] == [False] * 3
    today = date.fromisoformat(ask(found[0], "/v1/summary?region=110000")["data"]["today"]["day"])
    begin = today - timedelta(days=14)
    past = ask(found[0], f"/v1/visits?region=110000&from={begin}&to={today}")
    days = [date.fromisoformat(day["day"]) for day in past["data"]["days"]]
    # Of today there is no count in the first minutes after midnight.
    assert days[:14] == [begin + timedelta(days=number) for number in range(14)]
    assert sum(day["visits"] for day in past["data"]["days"]) > 0
    crews = ask(found[0], "/v1/ops/crews", token)["data"]
    assert {crew["name"] for crew in crews["crews"]} == {"东片班组", "西片班组"}
    started = children_of(demo)
    assert len(started) == 2
    demo.send_signal(signal.SIGINT)
    assert demo.wait(WAIT_S) == 0
    assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []
    assert list(tmp_path.iterdir()) == []


def test_children_of_a_killed_demo_end_too(demo: subprocess.Popen[str]) -> None:
    """Even SIGKILL leaves neither the broker nor the simulated stations behind."""
    line_with(demo, "the stations are live")
    with ExitStack() as stack:
        watched = [os.pidfd_open(pid) for pid in children_of(demo)]
        for watch in watched:
            stack.enter_context(closing(os.fdopen(watch, closefd=True)))
        assert len(watched) == 2
        demo.kill()
        assert all_end(watched)


def test_taken_port_is_told_in_words(tmp_path: Path) -> None:
    """A port that somebody else listens on ends the demonstration with code 1 and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-P", "-m", "yizhan", "demo", "--stations", "1", "--port", port],
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_S,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
    assert ended.returncode == 1
    assert "choose another port" in ended.stderr
    assert port in ended.stderr
    assert "Traceback" not in ended.stderr
