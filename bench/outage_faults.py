"""The faults of `bench.outage`: what strikes, and how it is seen that it has struck.

Enters: a stage whose fleet sends. Leaves: everything running again. Never: ends before its harm was seen: a fault that
did nothing would prove nothing, so each waits for the platform to complain, to spool, or to be cut off.
"""

import asyncio
import contextlib
import os
import resource
import signal
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from bench.outage_poison import Poisoner
from bench.outage_stage import Stage
from bench.slow_link import Behaviour
from gateway.child_server import ServerFailed

LEAD: Final = 0.1
"""Part of the run before the first strike. Larger: less of it is a fault. Smaller: nothing is stored yet."""
OUTAGE: Final = 0.4
"""Part of the run that InfluxDB is away. Larger: no readings arrive after it. Smaller: the spool is hardly used."""
STRIKES: Final = 3
"""Of those faults that are over at once."""
STARTS_WITHOUT: Final = 2
"""Of the platform while InfluxDB is away. Larger: the run is long. Smaller: only one of them knows what was stored."""
STANDSTILL_S: Final = 2.0
"""How long the broker alone has what it acknowledged, before it is struck. Larger: a short run is over. Smaller: there
is little to lose."""
SLOW_TIMEOUT_S: Final = 1
"""Of the platform's writes, on the slow link. Larger: few of them fail. Smaller: the setting does not allow it."""
ROOM_BYTES: Final = 100
"""What the spool may still grow on the full disk. Larger: a short run ends first. Smaller: no record is torn there."""
SPOOL_MIB: Final = 1
"""The least that the setting allows. Larger: the flood that fills it takes longer."""
FLOOD: Final = 10_000
"""Readings of at least 120 bytes: more than that holds. Larger: the run is long. Smaller: the bound is not reached."""
FEW: Final = 100
"""Readings that are enough to be spooled, and too many for what room there is. Larger: nothing more is seen."""

Strike = Callable[[Stage], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fault, and the settings that it needs."""

    summary: str
    strike: Strike
    settings: Mapping[str, str] = field(default_factory=dict)
    broker_settings: str = ""
    has_link: bool = False
    """Whether a link that can be made slow leads to InfluxDB."""


async def influx_down(stage: Stage) -> None:
    """It hangs, comes back, dies, comes back: readings go to the spool and come out of it, twice."""
    await asyncio.sleep(stage.seconds * LEAD)
    _signal(stage, stage.influx.pid, signal.SIGSTOP)
    try:
        await stage.metric("spooled", lambda value: value > 0)
        await asyncio.sleep(stage.seconds * OUTAGE / 2)
    finally:
        _signal(stage, stage.influx.pid, signal.SIGCONT, strikes=0)
    await stage.metric("spooled", lambda value: value == 0)
    await _without_influx(stage)


async def influx_slow(stage: Stage) -> None:
    """Late, in drops, and cut off after the deed: the platform cannot know what was written, and writes it again."""
    end_s = time.monotonic() + stage.seconds * (1 - 2 * LEAD)
    await asyncio.sleep(stage.seconds * LEAD)
    rng = Random("slow")
    while time.monotonic() < end_s:
        stage.link.behaviour = rng.choice([Behaviour.LATE, Behaviour.TRICKLING, Behaviour.CUT])
        stage.link.delay_s = rng.uniform(0.2, 1.5) * SLOW_TIMEOUT_S
        stage.strikes += 1
        stage.link.has_disturbed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stage.link.has_disturbed.wait(), end_s - time.monotonic())
            await asyncio.sleep(stage.link.delay_s)
    stage.link.behaviour = Behaviour.PROMPT
    if not stage.link.disturbed:
        raise TimeoutError("nothing was written while the link was slow: the fault did not strike")


async def broker_restart(stage: Stage) -> None:
    """Stopped while it holds what the platform has not taken: it saves that, and hands it over when it is back."""
    await _strike_broker(stage, stage.broker.stop)


async def broker_kill(stage: Stage) -> None:
    """Killed while it holds what it acknowledged to stations and never saved: they send again what got no receipt."""
    await _strike_broker(stage, stage.broker.kill)


async def kill_ingest(stage: Stage) -> None:
    """Killed in full flow; in an outage, and started while it lasts, with a spool that is not empty; as it drains."""
    await asyncio.sleep(stage.seconds * LEAD)
    stage.kill_platform()
    await stage.revive_platform()
    await asyncio.sleep(stage.seconds * LEAD)
    await asyncio.to_thread(stage.influx.kill)
    await stage.metric("spooled", lambda value: value > 0)
    await asyncio.sleep(stage.seconds * LEAD)
    for _ in range(STARTS_WITHOUT):
        stage.kill_platform()
        await stage.revive_platform()
        held = await stage.metric("spooled", lambda value: value > 0)
        await stage.metric("spooled", lambda value: value > held)  # noqa: B023 - asked at once
    await asyncio.to_thread(stage.influx.start)
    # What was spooled is drained at this moment, and what was stored before it is taken in again.
    stage.kill_platform()
    await stage.revive_platform()
    for _ in range(STRIKES):
        await asyncio.sleep(stage.seconds * LEAD * Random(stage.kills).random())
        stage.kill_platform()
        await stage.revive_platform()


async def disk_full(stage: Stage) -> None:
    """First the spool's own bound: reading stops until InfluxDB is back. Then the disk's: until there is room again."""
    await asyncio.sleep(stage.seconds * LEAD)
    await asyncio.to_thread(stage.influx.kill)
    await stage.metric("spooled", lambda value: value > 0)
    await asyncio.to_thread(stage.flood, FLOOD)
    await stage.complaint("the spool holds")
    stage.strikes += 1
    await asyncio.sleep(stage.seconds * LEAD)
    await asyncio.to_thread(stage.influx.start)
    await stage.rest()

    # By now the fleet of a short run may have nothing left to send.
    await asyncio.to_thread(stage.influx.kill)
    await asyncio.to_thread(stage.flood, FEW, boot=2)
    held = await stage.metric("spooled", lambda value: value >= FEW)
    pid = stage.platform.pid
    before, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (stage.spool_file_bytes() + ROOM_BYTES, most))
    try:
        # The spool's write fails, or one of the operational database; which of them comes first is chance.
        await asyncio.to_thread(stage.flood, FEW, boot=3)
        await stage.complaint("disk")
        stage.strikes += 1
        await asyncio.sleep(stage.seconds * LEAD)
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (before, most))
    await stage.metric("spooled", lambda value: value > held)
    await asyncio.to_thread(stage.influx.start)


async def poison(stage: Stage) -> None:
    """Rubbish, and readings that InfluxDB will never take, among good ones, also through the spool."""
    async with Poisoner(stage):
        await asyncio.sleep(stage.seconds * LEAD)
        await _without_influx(stage)
        await asyncio.sleep(stage.seconds * LEAD)


SCENARIOS: Final = {
    "influx-down": Scenario("InfluxDB hangs, then dies", influx_down, {"store__timeout_s": "2"}),
    "influx-slow": Scenario(
        "InfluxDB's answers come late, in drops or never",
        influx_slow,
        {"store__timeout_s": str(SLOW_TIMEOUT_S)},
        has_link=True,
    ),
    "broker-restart": Scenario("Mosquitto is stopped and started", broker_restart),
    # So long that it never saves by itself.
    "broker-kill": Scenario(
        "Mosquitto is killed before it saved", broker_kill, broker_settings="autosave_interval 86400"
    ),
    "kill-ingest": Scenario("the platform is killed, also in an outage", kill_ingest),
    "disk-full": Scenario(
        "no room for the spool while InfluxDB is away", disk_full, {"spool__max_mib": str(SPOOL_MIB)}
    ),
    "poison": Scenario("rubbish, and readings that InfluxDB refuses", poison),
}


async def _without_influx(stage: Stage) -> None:
    await asyncio.to_thread(stage.influx.kill)
    stage.strikes += 1
    await stage.metric("spooled", lambda value: value > 0)
    await asyncio.sleep(stage.seconds * OUTAGE / 2)
    await asyncio.to_thread(stage.influx.start)


async def _strike_broker(stage: Stage, blow: Callable[[], None]) -> None:
    await asyncio.sleep(stage.seconds * LEAD)
    for _ in range(STRIKES):
        # The platform stands still: what is sent now is with the broker alone when the blow falls.
        os.kill(stage.platform.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(STANDSTILL_S)
            await asyncio.to_thread(blow)
            stage.strikes += 1
        finally:
            os.kill(stage.platform.pid, signal.SIGCONT)
        await stage.metric("broker_up", lambda value: value == 0)
        await asyncio.to_thread(stage.broker.start)
        await stage.metric("broker_up", lambda value: value == 1)
        await asyncio.sleep(stage.seconds * LEAD)


def _signal(stage: Stage, pid: int | None, number: signal.Signals, strikes: int = 1) -> None:
    if pid is None:
        raise ServerFailed("the server that was to be struck does not run")
    os.kill(pid, number)
    stage.strikes += strikes
