"""A fleet on a real broker: whatever is cut, doubled, late or restarted, every reading arrives."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.servers import Mosquitto
from firmware_sim.broker_url import parse_broker_url
from firmware_sim.faults.catalogue import parse_fault
from firmware_sim.fleet import Fleet, NoBrokerError, Progress
from firmware_sim.local_time import DAY_MS, HOUR_MS, local_day
from firmware_sim.plan import FleetSettings, make_plans
from firmware_sim.scenarios import Scenario
from firmware_sim.truth import Truth
from tests.firmware_sim.listener import Listener

pytestmark = pytest.mark.broker

START_MS = 1_795_330_800_000
IDS = ("bj-001", "bj-002", "bj-003")


def trouble(*faults: str) -> Scenario:
    """A world with these faults."""
    world = Scenario("as asked")
    for text in faults:
        fault = parse_fault(text)
        if callable(fault):
            world = replace(world, disturbances=(*world.disturbances, fault))
        else:
            world = replace(world, schedules=(*world.schedules, fault))
    return world


HEAVY = trouble(
    "cut,per_day=24,lasts=60..1800",
    "reboot,per_day=8,lasts=20..90",
    "epoch,per_day=2,lasts=0",
    "duplicates,share=0.1",
    "reordering,share=0.1,depth=8",
    "losses,share=0.01",
)


def settings(broker: Mosquitto, **more: Any) -> FleetSettings:
    """Three stations for half a day at full speed, a reading of each kind in five minutes."""
    plans = make_plans(IDS, 1, 60, ("occupancy", "medicine"))
    wanted: dict[str, Any] = {
        "start_ms": START_MS,
        "duration_s": 43_200,
        "speed": None,
        "interval_s": 300,
        "resend_s": 1,
        "scenario": HEAVY,
    }
    return FleetSettings(parse_broker_url(broker.url), plans, **(wanted | more))


def run(wanted: FleetSettings, on_progress: Callable[[Progress], None] | None = None) -> tuple[dict[str, Any], Any]:
    """Run a fleet to its end: the summary and the truth's document."""

    async def whole() -> tuple[dict[str, object], Any]:
        fleet = Fleet(wanted, Truth(), on_progress)
        done = await fleet.run()
        return done, fleet.truth.document(fleet.notes())

    done, truth = asyncio.run(whole())
    return done, json.loads(json.dumps(truth))


def assert_all_arrived(listener: Listener, done: dict[str, Any], truth: Any) -> None:
    """Everything sampled was heard, confirmed and forgotten, and the readings show the true visits."""
    assert done["left_in_ring"] == done["overwritten"] == 0
    assert done["confirmed"] == sum(done["sampled"].values())
    for station, what in truth["stations"].items():
        assert listener.seqs(station) == what["sampled"]
        assert sum(what["days"].values()) == shown(listener, station)


def shown(listener: Listener, station: str) -> int:
    """How many people the door's readings show: the highest count of every epoch, together."""
    highest: dict[int, int] = {}
    for (of, kind, _), readings in listener.readings.items():
        if (of, kind) == (station, "occupancy"):
            for reading in readings.values():
                highest[reading["epoch"]] = max(reading["entered"], highest.get(reading["epoch"], 0))
    return sum(highest.values())


def test_every_reading_arrives_over_own_lines(mosquitto: Mosquitto) -> None:
    """Through cuts with real wills, reboots, new epochs, repeats, late and lost messages: all arrives in the end."""
    with Listener(mosquitto.url) as listener:
        done, truth = run(settings(mosquitto))
        for station in IDS:
            listener.wait_for(station, "state", online=False, boot=last_boot(truth, station))
    assert_all_arrived(listener, done, truth)
    assert min(done[name] for name in ("cuts", "reboots", "epochs", "duplicates", "reordered", "lost")) > 0
    assert done["connects"] > len(IDS)
    assert sum(listener.repeated.values()) > done["duplicates"] / 2


def wills(listener: Listener) -> int:
    """How often a station was said to be offline."""
    return sum(listener.states(station).count(False) for station in IDS)


def last_boot(truth: Any, station: str) -> int:
    """The boot of a station's last readings."""
    return max(int(boot) for boot in truth["stations"][station]["sampled"]["occupancy"])


def test_every_reading_arrives_over_carriers(mosquitto: Mosquitto) -> None:
    """Shared connections carry the same: births, readings, and wills that the carrier publishes for its stations."""
    with Listener(mosquitto.url) as listener:
        done, truth = run(settings(mosquitto, connections=2))
        for station in IDS:
            listener.wait_for(station, "state", online=False, boot=last_boot(truth, station))
    assert_all_arrived(listener, done, truth)
    assert done["connects"] == 2
    for station in IDS:
        states = listener.states(station)
        assert states == [True, False] * (len(states) // 2)
        assert len(states) > 2


@pytest.mark.parametrize("connections", [0, 1])
def test_fleet_outlives_its_broker(mosquitto: Mosquitto, connections: int) -> None:
    """The broker is killed in the middle and comes back: time stands still meanwhile, and nothing is lost."""
    killed = threading.Event()

    def kill_and_restart() -> None:
        mosquitto.kill()
        mosquitto.start()

    killer = threading.Thread(target=kill_and_restart)

    def on_progress(progress: Progress) -> None:
        if progress.phase == "live" and progress.share > 0.02 and not killed.is_set():
            killed.set()
            killer.start()

    with Listener(mosquitto.url) as listener:
        wanted = settings(mosquitto, connections=connections, interval_s=10)
        done, truth = run(replace(wanted, scenario=Scenario("nothing else")), on_progress)
    killer.join()
    assert killed.is_set()
    assert_all_arrived(listener, done, truth)
    assert done["connects"] >= 2 * (connections or len(IDS))


def test_history_goes_out_as_backlog_then_time_is_live(mosquitto: Mosquitto) -> None:
    """Two days come as backlog at their own interval, older before younger; then readings come one by one."""
    phases = []
    with Listener(mosquitto.url) as listener:
        wanted = settings(
            mosquitto,
            history_days=2,
            history_interval_s=120,
            interval_s=1,
            duration_s=2,
            speed=2,
            scenario=Scenario("calm"),
        )
        done, truth = run(wanted, lambda progress: phases.append(progress.phase))
    assert_all_arrived(listener, done, truth)
    assert done["backlog_readings"] >= len(IDS) * 2 * 2 * 720
    assert done["sent"]["occupancy"] >= len(IDS)
    assert phases[-1] in {"live", "ending"}
    for station in IDS:
        channels = [heard.channel for heard in listener.heard if heard.station == station]
        assert channels.index("backlog") < channels.index("occupancy")
        times = [reading["ts"] for reading in listener.readings[station, "occupancy", 1].values()]
        assert min(times) < START_MS - 2 * DAY_MS + 2 * 120_000
        assert times == sorted(times)
        assert listener.wait_for(station, "state", online=True, interval_s=1)["ts"] >= START_MS - HOUR_MS


def test_station_obeys_config_and_command(mosquitto: Mosquitto) -> None:
    """A retained config is there before the station; a command is answered, and a reboot is a new birth."""
    with Listener(mosquitto.url) as listener:
        listener.publish("bj-001", "config", {"interval_s": 2}, retain=True)

        async def whole() -> dict[str, object]:
            wanted = settings(mosquitto, speed=1, duration_s=None, scenario=Scenario("calm"), start_ms=START_MS)
            fleet = Fleet(replace(wanted, stations=wanted.stations[:1]), Truth())
            running = asyncio.create_task(fleet.run())
            await asyncio.to_thread(listener.wait_for, "bj-001", "state", interval_s=2)
            await asyncio.to_thread(listener.wait_for, "bj-001", "occupancy", boot=1)
            await asyncio.to_thread(listener.publish, "bj-001", "command", {"id": "c1", "name": "report"})
            await asyncio.to_thread(listener.wait_for, "bj-001", "reply", id="c1", outcome="done")
            await asyncio.to_thread(listener.publish, "bj-001", "command", {"id": "c2", "name": "reboot"})
            await asyncio.to_thread(listener.wait_for, "bj-001", "reply", id="c2", outcome="done")
            await asyncio.to_thread(listener.wait_for, "bj-001", "state", online=False, boot=1)
            await asyncio.to_thread(listener.wait_for, "bj-001", "state", online=True, boot=2)
            fleet.stop()
            return await running

        done = asyncio.run(whole())
    # The reboot takes the line before the command is acknowledged, so it may come, and be answered, once more.
    assert done["replies"] in {2, 3}
    assert done["reboots"] == 1


def test_refused_reading_is_given_up(mosquitto: Mosquitto) -> None:
    """A reading that the platform refuses is not sent again, and the ring is empty without its receipt."""
    with Listener(mosquitto.url, confirms=False) as listener:

        async def whole() -> dict[str, object]:
            wanted = settings(mosquitto, speed=1, interval_s=600, duration_s=None, scenario=Scenario("calm"))
            plans = make_plans(["bj-001"], 1, 12, ("occupancy",))
            fleet = Fleet(replace(wanted, stations=plans, start_ms=START_MS - START_MS % 600_000), Truth())
            running = asyncio.create_task(fleet.run())
            reading = await asyncio.to_thread(listener.wait_for, "bj-001", "occupancy")
            refusal = {"ts": 1, "channel": "occupancy", "reason": "clock_past", "detail": "set the clock"}
            named = {"boot": reading["boot"], "seq": reading["seq"]}
            await asyncio.to_thread(listener.publish, "bj-001", "rejected", refusal | named)
            await asyncio.to_thread(listener.publish, "bj-001", "command", {"id": "c", "name": "?"})
            await asyncio.to_thread(listener.wait_for, "bj-001", "reply", id="c", outcome="unknown")
            fleet.stop()
            return await running

        done = asyncio.run(whole())
    assert (done["refused"], done["refusals"], done["left_in_ring"]) == (1, {"clock_past": 1}, 0)


def test_without_receipts_the_ring_overwrites_and_the_run_ends(mosquitto: Mosquitto) -> None:
    """Where nobody confirms, the oldest readings are overwritten and counted, and the grace ends the run."""
    done, _ = run(settings(mosquitto, unconfirmed_max=0, ring_capacity=50, grace_s=0.2, scenario=Scenario("calm")))
    assert done["left_in_ring"] == 50 * len(IDS)
    assert done["overwritten"] == sum(done["sampled"].values()) - 50 * len(IDS)
    assert done["confirmed"] == 0


def test_flash_carries_a_station_over_to_the_next_run(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """The second run has the next boot, sends what the first left behind, and counts on."""
    first = settings(mosquitto, flash=tmp_path / "flash.json", grace_s=0.1, scenario=Scenario("calm"))
    earlier, earlier_truth = run(first)
    assert earlier["left_in_ring"] == sum(earlier["sampled"].values())
    with Listener(mosquitto.url) as listener:
        later, later_truth = run(replace(first, start_ms=START_MS + 43_200_000, grace_s=20))
    assert later["confirmed"] == earlier["left_in_ring"] + sum(later["sampled"].values())
    for station in IDS:
        truths = [truth["stations"][station] for truth in (earlier_truth, later_truth)]
        assert [set(truth["sampled"]["occupancy"]) for truth in truths] == [{"1"}, {"2"}]
        assert sum(sum(truth["days"].values()) for truth in truths) == shown(listener, station)


def test_no_broker_is_said(tmp_path: Path) -> None:
    """Where nothing listens the run ends with the address and the reason."""
    nowhere = FleetSettings(
        parse_broker_url("mqtt://127.0.0.1:9"), make_plans(["bj-001"], 1), START_MS, connect_timeout_s=0.3
    )

    async def whole() -> None:
        await Fleet(nowhere, Truth()).run()

    with pytest.raises(NoBrokerError, match=r"mqtt://127\.0\.0\.1:9.*refused"):
        asyncio.run(whole())
    command = [*PROGRAM, "--broker", "mqtt://127.0.0.1:9", "--connect-timeout", "0.3"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 1
    assert "start a broker" in ended.stderr


PROGRAM = [sys.executable, "-W", "error", "-m", "firmware_sim"]


def test_command_runs_to_its_end_and_writes_the_truth(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """One JSON object on stdout, progress on stderr, the truth in its file, exit code 0."""
    with Listener(mosquitto.url) as listener:
        ended = subprocess.run(
            [*PROGRAM, "--broker", mosquitto.url, "--ids", "bj-001", "--sensors", "occupancy", "--speed", "max",
             "--duration", "86400", "--fault", "cut,per_day=9,lasts=600", "--resend-after", "2", "--progress",
             "--truth", str(tmp_path / "truth.json")],
            capture_output=True, text=True, check=False, timeout=50,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    done = json.loads(ended.stdout)
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert_all_arrived(listener, done, truth)
    assert {local_day(START_MS).year} <= {int(day[:4]) for day in truth["stations"]["bj-001"]["days"]} | {2026}
    progress = [json.loads(line) for line in ended.stderr.splitlines()]
    assert all({"phase", "share", "acknowledged"} <= line.keys() for line in progress)


@pytest.mark.parametrize("way", ["signal", "parent"])
def test_command_ends_when_told(mosquitto: Mosquitto, tmp_path: Path, way: str) -> None:
    """A signal, or the end of the program that started it, ends a run in order: truth written, exit code 0."""
    truth = tmp_path / "truth.json"
    command = [*PROGRAM, "--broker", mosquitto.url, "--ids", "bj-001", "--interval", "0.1", "--truth", str(truth)]
    with Listener(mosquitto.url) as listener:
        child = subprocess.Popen(
            [*command, "--with-parent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        listener.wait_for("bj-001", "occupancy")
        if way == "signal":
            os.kill(child.pid, signal.SIGTERM)
        output, errors = child.communicate(timeout=20)
        assert child.returncode == 0, errors
    assert json.loads(output)["sampled"]["occupancy"] > 0
    assert json.loads(truth.read_text())["stations"].keys() == {"bj-001"}
