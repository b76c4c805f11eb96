"""From a simulated station to the crew: a real broker, a served platform, webhooks that are listened to."""

import json
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from bench.alerts import Receiver, put_crews
from bench.servers import Mosquitto
from bench.serving import ROOT, ServedPlatform
from ingest.registry.demo import demo_stations
from ingest.registry.stations_export import export_stations

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.timeout(240)]

WAIT_S: Final = 60.0
STATIONS: Final = demo_stations(48)
CABINETS: Final = [one for one in STATIONS if "battery_swap" in one.services]
BOXES: Final = [one for one in STATIONS if "medicine" in one.services]
DEAD_DISTRICT: Final = "110106"
"""Fengtai: none of the single faults is there."""
SMOKES, DIES = [one for one in CABINETS if one.district != DEAD_DISTRICT][:2]
ROBBED: Final = next(one for one in BOXES if one.district != DEAD_DISTRICT and one not in (SMOKES, DIES))

AT_ONCE: Final = [{"severity": "warning", "hold_s": 0}, {"severity": "critical", "hold_s": 900}]
RULES: Final = {
    "mains_lost": {"levels": AT_ONCE},
    "dark": {"levels": [{"severity": "warning", "hold_s": 3}, {"severity": "critical", "hold_s": 900}]},
    "stock_low": {
        "levels": [{"severity": "warning", "hold_s": 600, "at": 1}, {"severity": "critical", "hold_s": 0, "at": 0}]
    },
    "region_dark": {"extra": {"stations": 3, "within_s": 60}},
    "smoke": {"clear_s": 2},
    # What simulated boxes and cabinets are by chance is not what is told here.
    **{code: {"enabled": False} for code in ("ready_low", "expiry", "stock_out_soon", "battery_out_soon", "suppress")},
}


@pytest.fixture
def platform(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[ServedPlatform]:
    """It knows the demonstration's stations, and runs."""
    served = ServedPlatform(
        tmp_path / "data",
        mosquitto.url,
        alerts__rules=json.dumps(RULES),
        alerts__group_wait_s="0",
        alerts__close_after_s="1",
        platform__default_interval_s="1",
    )
    csv = tmp_path / "stations.csv"
    csv.write_text("".join(export_stations(STATIONS)), encoding="utf-8")
    served.run("stations", "import", str(csv))
    catalogue = tmp_path / "articles.csv"
    catalogue.write_text(
        "sku,name,name_en,unit,par,minimum,essential,for_heat\nhxzq-10ml,藿香正气水,,支,20,5,true,true\n",
        encoding="utf-8",
    )
    served.run("articles", "import", str(catalogue))
    with served:
        yield served


@pytest.fixture
def receiver() -> Receiver:
    """The crews' webhooks."""
    return Receiver()


class Console:
    """What an operator asks."""

    def __init__(self, platform: ServedPlatform) -> None:
        self.platform = platform
        self.token = platform.run("tokens", "add", "Li", "--role", "operator").strip().splitlines()[-1]

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The data of an answer; a body makes it a POST."""
        request = urllib.request.Request(
            self.platform.address + path,
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return json.load(answer)["data"]

    def alert(self, rule: str, place: str) -> dict[str, Any] | None:
        """An alert of now."""
        found = self.ask(f"/v1/ops/alerts?rule={rule}")["alerts"]
        return next((one for one in found if one["place"] == place), None)


def until(holds: Callable[[], Any]) -> Any:
    """Wait for what other processes do in their own time."""
    deadline = time.monotonic() + WAIT_S
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found


def told(receiver: Receiver, place: str) -> list[tuple[str, str, frozenset[str]]]:
    """Messages about a place: the crew, why, and which rules."""
    with receiver.changed:
        return [
            (
                crew,
                document["commonAnnotations"]["why"],
                frozenset(one["labels"]["alertname"] for one in document["alerts"]),
            )
            for _, crew, document in receiver.came
            if any(one["labels"]["place"] == place for one in document["alerts"])
        ]


def crews(port: int) -> dict[str, Any]:
    """North has the station that smokes and its district, south all others."""
    districts = sorted({one.district for one in STATIONS if one.district})
    north = [SMOKES.district]
    south = [code for code in districts if code not in north]
    return {
        "channels": [
            {"name": name, "kind": "webhook", "address": f"http://127.0.0.1:{port}/{name}", "per_minute": 6_000}
            for name in ("north", "south")
        ],
        "crews": [
            {"id": "north", "name": "北片", "regions": north, "channels": ["north"]},
            {"id": "south", "name": "南片", "regions": south, "channels": ["south"]},
        ],
    }


def test_what_breaks_is_told_to_its_crew_and_never_called_good_by_silence(
    mosquitto: Mosquitto, platform: ServedPlatform, receiver: Receiver, tmp_path: Path
) -> None:
    """Smoke, theft, a station that dies with a fault, a district that goes dark, and a kill of the platform between."""
    put_crews(platform, crews(receiver.start()))
    console = Console(platform)
    until(lambda: _is_open_to(console))
    fleet = tmp_path / "fleet.csv"
    fleet.write_text(
        "id,sensors\n"
        + "".join(
            f"{one.id},occupancy{'+battery' if one in CABINETS else ''}{'+medicine' if one in BOXES else ''}\n"
            for one in STATIONS
        ),
        encoding="utf-8",
    )
    faults = [
        f"smoke,after=4,lasts=4,station={SMOKES.id}",
        f"theft,after=4,station={ROBBED.id}",
        f"mains,after=4,station={DIES.id}",
        f"death,after=8,station={DIES.id}",
        "death,after=14,station=bj-fengtai-*",
    ]
    command = [sys.executable, "-m", "firmware_sim", "--broker", mosquitto.url, "--interval", "1", "--connections", "0"]
    command += ["--station-ids", str(fleet), *(word for one in faults for word in ("--fault", one))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as simulator:
        try:
            _story(platform, console, receiver)
        finally:
            simulator.kill()


def _is_open_to(console: Console) -> bool:
    try:
        console.ask("/v1/ops/alerts")
    except urllib.error.HTTPError:
        return False
    return True


def _story(platform: ServedPlatform, console: Console, receiver: Receiver) -> None:
    # The right crew, at once.
    until(lambda: told(receiver, SMOKES.id))
    assert told(receiver, SMOKES.id)[0] == ("north", "opened", frozenset({"smoke"}))
    until(lambda: told(receiver, ROBBED.id))
    crew, why, rules = told(receiver, ROBBED.id)[0]
    assert (crew, why, rules) == ("south", "opened", frozenset({"stock_low"}))
    # A station that dies with an open fault: unknown, explained, and nobody hears that it is good.
    until(lambda: (console.alert("dark", DIES.id) or {}).get("state") == "firing")
    lost = console.alert("mains_lost", DIES.id)
    assert lost is not None
    assert (lost["state"], lost["inhibited_by"]["rule"]) == ("unknown", "dark")
    assert lost["unknown_since"] is not None
    # The smoke is gone by now, and latched: only a person ends it.
    smoke = console.alert("smoke", SMOKES.id)
    assert smoke is not None
    assert smoke["state"] == "firing"
    # A kill in the middle: nothing is told twice, nothing forgotten.
    platform.kill()
    platform.start()
    assert (console.alert("smoke", SMOKES.id) or {}).get("id") == smoke["id"]
    console.ask(f"/v1/ops/alerts/{smoke['id']}/confirm", {"comment": "灭火器已更换"})
    until(lambda: [why for _, why, _ in told(receiver, SMOKES.id)] == ["opened", "resolved"])
    # The district: one message, about the region.
    until(lambda: told(receiver, DEAD_DISTRICT))
    assert {rules for _, _, rules in told(receiver, DEAD_DISTRICT)} == {frozenset({"region_dark"})}
    fengtai = [one.id for one in STATIONS if one.district == DEAD_DISTRICT]
    until(lambda: all((console.alert("dark", one) or {}).get("state") == "firing" for one in fengtai))
    assert [told(receiver, one) for one in fengtai] == [[]] * len(fengtai)
    explained = console.alert("dark", fengtai[0])
    assert explained is not None
    assert explained["inhibited_by"]["place"] == DEAD_DISTRICT
    # Over all of it: each job was opened once, and nothing that is dark was ever called good.
    opened = Counter(
        (alert["labels"]["job_id"], document["commonAnnotations"]["why"])
        for _, _, document in receiver.came
        for alert in document["alerts"][:1]
    )
    assert set(opened.values()) == {1}, opened
    assert "resolved" not in [why for _, why, _ in told(receiver, DIES.id)]
