"""A day of an operator: a served platform on a real broker, and the commands beside it, each a process of its own."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete

from bench.servers import Mosquitto
from bench.serving import ServedPlatform
from ingest.database.tables import DAY_COUNT, LEDGER
from tests.assembly.test_keeping_commands import DAYS, FIRST, history, in_database, keep, store
from tests.integration.hardware import Hardware

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.timeout(180)]

WAIT_S = 30.0
DAY_MS = 86_400_000


@pytest.fixture
def platform(mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedPlatform]:
    """It has the past of st-1, and runs."""
    monkeypatch.chdir(tmp_path)
    store(history())
    in_database(partial(keep, readings=history()))
    with ServedPlatform(tmp_path / "data", mosquitto.url) as served:
        yield served


def until(is_so: Callable[[], bool]) -> None:
    """Poll for what another process does in its own time."""
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def ask(platform: ServedPlatform, path: str, token: str) -> Any:
    """The data of an answer to an operator; the status where it is none."""
    request = urllib.request.Request(platform.address + path, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as refused:
        return refused.code


def refused(platform: ServedPlatform, *arguments: str) -> str:
    """What a command said that did not end with code 0."""
    with pytest.raises(RuntimeError) as failed:
        platform.run(*arguments)
    return str(failed.value)


def occupancy(seq: int, ts: int, **fields: object) -> bytes:
    """A reading of st-1's next start."""
    good = {"ts": ts, "boot": 2, "seq": seq, "present": 1, "entered": 72, "left": 0, "epoch": 1}
    return json.dumps(good | fields).encode()


def test_letters_are_replayed_on_a_running_platform(
    platform: ServedPlatform, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token opens within seconds; a wrong clock is accepted, a wrong number stays, and the accounts add up."""
    token = platform.run("tokens", "add", "Li", "--role", "operator").strip()
    monkeypatch.setenv("YIZHAN_TOKEN", token)
    until(lambda: ask(platform, "/v1/ops/accounting", token) != 401)
    now_ms = time.time_ns() // 1_000_000
    with Hardware(mosquitto.port, "st-1") as station:
        station.send("occupancy", occupancy(1, now_ms))
        station.send("occupancy", occupancy(2, now_ms, present=-1))
        # Under a name that none of the past has.
        station.send("occupancy", occupancy(4_000, now_ms - 40 * DAY_MS, boot=1, entered=0, epoch=1))
        station.answer("rejected")
        station.answer("rejected")

    letters = json.loads(platform.run("dead-letters", "list", "--json"))
    assert [letter["reason"] for letter in letters] == ["clock_past", "out_of_range"]
    clock, wrong = (letter["id"] for letter in letters)
    assert "clock_past" in refused(platform, "dead-letters", "replay", str(clock))
    accepted = platform.run("dead-letters", "replay", "--reason", "clock_past", "--accept-clock", "--json")
    assert [(one["id"], one["outcome"]) for one in json.loads(accepted)] == [(clock, "taken")]
    assert "out_of_range" in refused(platform, "dead-letters", "replay", str(wrong))
    assert [one["id"] for one in json.loads(platform.run("dead-letters", "list", "--json"))] == [wrong]

    accounting = ask(platform, "/v1/ops/accounting", token)
    assert (accounting["balance"], accounting["in_flight"]) == (0, 0)
    assert accounting["stored"] == {"occupancy": 2}
    assert accounting["refused"] == {"clock_past": 1, "out_of_range": 1}
    quality = ask(platform, "/v1/ops/stations/st-1/quality", token)
    assert [(one["boot"], one["received"], one["missing"]) for one in quality["boots"]] == [(1, 1, 0), (2, 1, 0)]
    assert quality["refused"] == {"clock_past": 1, "out_of_range": 1}
    assert quality["unknown_fields"] == []
    day = DAYS.of(now_ms - 40 * DAY_MS)
    until(lambda: bool(platform.get(f"/v1/visits?station=st-1&from={day}&to={day}")["data"]["stations"][0]["days"]))

    platform.run("dead-letters", "drop", str(wrong))
    assert json.loads(platform.run("dead-letters", "list", "--json")) == []
    platform.run("tokens", "revoke", "Li")
    until(lambda: ask(platform, "/v1/ops/accounting", token) == 401)
    log = (platform.folder / "platform.log").read_text(encoding="utf-8")
    assert "Li" in log
    assert token.rpartition("_")[2] not in log


def test_counts_are_mended_on_a_running_platform(platform: ServedPlatform) -> None:
    """A harmed ledger is found and mended beside the platform, and the sums of regions follow within seconds."""
    lost = FIRST + timedelta(days=2)

    def harm(connection: Connection) -> None:
        connection.execute(delete(LEDGER).where(LEDGER.c.day == lost))
        connection.execute(delete(DAY_COUNT).where(DAY_COUNT.c.day == lost))

    def visits(of: str) -> int:
        data = platform.get(f"/v1/visits?{of}&from={lost}&to={lost}")["data"]
        days = data["days"] if "days" in data else data["stations"][0]["days"]
        return sum(one["visits"] for one in days)

    assert visits("region=110000") == visits("station=st-1") == 24
    assert "0 days differ" in platform.run("audit")
    platform.stop()
    in_database(harm)
    platform.start()
    assert visits("region=110000") == visits("station=st-1") == 0
    assert "3 days differ" in refused(platform, "audit")
    assert "0 after mending" in platform.run("audit", "--mend")
    assert visits("station=st-1") == 24
    until(lambda: visits("region=110000") == 24)
    assert "0 days differ" in platform.run("audit")


def test_copies_of_a_running_platform(platform: ServedPlatform, tmp_path: Path) -> None:
    """One is made while it runs, none is put back; stopped, it can be, and it runs again with what the copy holds."""
    copy = str(tmp_path / "copy.db")
    assert "whole" in platform.run("backup", copy)
    platform.run("tokens", "add", "later", "--role", "viewer")
    assert "stop the platform first" in refused(platform, "restore", copy, "--force")
    platform.stop()
    assert "newer than the copy" in refused(platform, "restore", copy)
    assert "is kept as" in platform.run("restore", copy, "--force")
    platform.start()
    assert json.loads(platform.run("tokens", "list", "--json")) == []
    assert "0 days differ" in platform.run("audit")
