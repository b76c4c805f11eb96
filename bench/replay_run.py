"""One replay: a broker and the platform as processes, the station as a fleet of one, blows from the plan, a verdict.

Enters: a recording, how severe, a seed, a folder. Leaves: an outcome. Never: decides what strikes when
(replay_faults.py) or whether a number is right (replay_verdict.py).
"""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

from bench.replay_blows import BacklogLosses, Blow
from bench.replay_faults import Misfortune, Severity, What, longest_offline_ms, plan
from bench.replay_looks import LOOK_S, Looks, Seen, published
from bench.replay_trace import Recording
from bench.replay_verdict import Told, judge
from bench.servers import InfluxDB, Mosquitto
from bench.serving import ServedPlatform
from bench.watched_server import WatchedServer
from firmware_sim.broker_url import parse_broker_url
from firmware_sim.faults.device import Cut, NewEpoch, Reboot
from firmware_sim.faults.network import Duplicates, Losses, Reordering
from firmware_sim.faults.schedules import Once
from firmware_sim.fleet import Fleet, Progress
from firmware_sim.local_time import local_text
from firmware_sim.plan import FleetSettings, StationPlan
from firmware_sim.scenarios import Scenario
from firmware_sim.site import Fault
from firmware_sim.truth import Truth
from gateway.broker import EmbeddedBroker

STATION: Final = "replay-door"
REGISTRY: Final = f"id,name,lat,lon,region\n{STATION},重放站,39.9042,116.4074,110101\n"

READINGS_PER_S: Final = 1_500
"""A trace so short that it would be over sooner than the servers' faults can strike is stretched to this speed."""
FAULT_S: Final = 3.0
"""Room for a fault of a server, restart included. Larger: short traces take long. Smaller: faults fall together."""

UNCONFIRMED_MAX: Final = 15_000
UNCONFIRMED_CALM_MAX: Final = 40_000
"""Readings without receipt at which the station's time waits. Larger: a broker that forgets all leaves a backlog that
takes minutes, one message after the other. Smaller: time waits for receipts, which come every ten seconds unless
something is sent again."""
RESEND_S: Final = 3.0
RESEND_CALM_S: Final = 15.0
"""After which what has no receipt is sent again; in calm somewhat over the ten seconds, so that nothing is. Larger: a
lost backlog holds the next ones up for longer. Smaller: the platform drowns in repeats."""
GRACE_S: Final = 120.0
"""To deliver what is left at the end. Larger: a platform that loses receipts is noticed late. Smaller: a busy machine
fails a replay that would have held."""

QUIET_S: Final = 3.0
"""Nothing may change for so long before the verdict. Larger: each replay takes longer. Smaller than the half second
between two rounds of publishing, on a busy machine: the last round is not waited for."""
TOLD_EVERY: Final = 10
"""Calls of the fleet, half a second apart, for one line of progress."""
SETTLE_S: Final = 120.0
"""At most, until nothing changes any more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay showed."""

    passed: bool
    figures: dict[str, int | bool]
    complaints: list[str]
    """For people: what differs, day by day."""


class Replay:
    """One run. `servers` names broker and store; `tell` is given a line of progress now and then."""

    def __init__(
        self,
        recording: Recording,
        severity: Severity,
        seed: int,
        servers: tuple[str, str],
        folder: Path,
        tell: Callable[[str], None],
    ) -> None:
        self._recording = recording
        self._severity = severity
        self._seed = seed
        self._tell = tell
        self._struck: Counter[What] = Counter()
        self._ticks = 0
        self._is_ending = False
        """The station has taken its last reading; what is lost from now on only takes time."""
        span = (recording.trace.start_ms, recording.end_ms)
        self._plan = plan(severity, *span, recording.interval_ms, Random(f"{seed}:plan"))
        self._broker: Mosquitto | EmbeddedBroker
        broker, store = servers
        if broker == "mosquitto":
            self._broker = Mosquitto(folder / "broker")
            url = self._broker.url
        else:
            self._broker = EmbeddedBroker(folder / "broker")
            url = self._broker.url_v5
        self._influx = InfluxDB(folder / "influxdb") if store == "influxdb" else None
        self._platform = ServedPlatform(
            folder / "platform",
            url,
            **({"store__url": f"influxdb+{self._influx.url}"} if self._influx else {}),
            platform__clock_past_days=str(recording.span_days + 2),
            # A stretched replay runs on for as long as it took to connect, by the station's clock.
            platform__clock_future_s="86400",
        )

    async def run(self) -> Outcome:
        """From starting the servers to the verdict; all of them are gone afterwards."""
        with ExitStack() as stack:
            await asyncio.to_thread(self._broker.start)
            stack.callback(self._broker.stop)
            if self._influx:
                await asyncio.to_thread(self._influx.start)
                stack.callback(self._influx.stop)
            await asyncio.to_thread(self._platform.run, "stations", "import", "-", stdin=REGISTRY)
            stack.callback(self._platform.stop)
            await asyncio.to_thread(self._platform.start)
            self._watched_broker = WatchedServer(self._broker, Random(f"{self._seed}:broker"))
            self._watched_platform = WatchedServer(self._platform, Random(f"{self._seed}:platform"))
            return await self._replay()

    async def _replay(self) -> Outcome:
        fleet = Fleet(self._settings(), Truth(), self._progress)
        looks = Looks(self._platform.address, STATION, self._recording.truth)
        async with asyncio.TaskGroup() as beside:
            tasks = [
                beside.create_task(self._watched_broker.keep_up(), name="broker"),
                beside.create_task(self._watched_platform.keep_up(), name="platform"),
            ]
            with looks:
                summary = await fleet.run()
                seen = looks.stop()
            if self._severity.counts:
                # What has been confirmed must be there after this; what has not been published yet, too.
                self._strike(What.PLATFORM_KILLED)
            told = await self._settle()
            for task in tasks:
                task.cancel()
        return self._outcome(summary, told, seen)

    # ---- the station ----

    def _settings(self) -> FleetSettings:
        recording, severity = self._recording, self._severity
        start_ms, interval_ms = recording.trace.start_ms, recording.interval_ms
        span_s = (recording.end_ms - start_ms) / 1_000
        wanted_s = FAULT_S * severity.server_faults
        is_calm = not severity.losses
        unconfirmed_max = UNCONFIRMED_CALM_MAX if is_calm else UNCONFIRMED_MAX
        return FleetSettings(
            broker=parse_broker_url(self._broker.url),
            stations=[StationPlan(STATION, ("occupancy",))],
            start_ms=start_ms,
            # One reading of today: it closes the last day.
            duration_s=span_s + interval_ms / 1_000,
            speed=span_s / wanted_s if recording.readings < READINGS_PER_S * wanted_s else None,
            interval_s=interval_ms / 1_000,
            scenario=self._scenario(start_ms),
            seed=self._seed,
            trace=recording.trace,
            unconfirmed_max=unconfirmed_max,
            ring_capacity=2 * unconfirmed_max + longest_offline_ms(self._plan) // interval_ms,
            resend_s=RESEND_CALM_S if is_calm else RESEND_S,
            grace_s=GRACE_S,
        )

    def _scenario(self, start_ms: int) -> Scenario:
        severity = self._severity
        return Scenario(
            "a replay",
            schedules=[
                Once(partial(self._fault, one), (one.at_ms - start_ms) / 1_000, (one.until_ms - one.at_ms) / 1_000)
                for one in self._plan
            ],
            disturbances=[
                partial(Losses, severity.losses),
                partial(BacklogLosses, severity.backlog_losses, lambda: self._is_ending),
                partial(Duplicates, severity.duplicates),
                partial(Reordering, severity.reordering, severity.depth),
            ],
        )

    def _fault(self, one: Misfortune) -> Fault:
        match one.what:
            case What.CUT:
                return Cut()
            case What.REBOOT:
                return Reboot()
            case What.NEW_EPOCH:
                return NewEpoch()
        return Blow(partial(self._strike, one.what))

    # ---- the servers ----

    def _strike(self, what: What) -> None:
        server = self._watched_platform if what is What.PLATFORM_KILLED else self._watched_broker
        how = signal.SIGTERM if what is What.BROKER_STOPPED else signal.SIGKILL
        self._struck[what] += server.strike(how)

    async def _settle(self) -> dict[date, Told]:
        """The counts once nothing changes any more; the last ones after `SETTLE_S`."""
        days = min(self._recording.truth), self._recording.last_day + timedelta(days=1)
        loop = asyncio.get_running_loop()
        until_s = loop.time() + SETTLE_S
        known: tuple[Any, ...] = ()
        since_s = loop.time()
        while True:
            await self._watched_broker.up()
            await self._watched_platform.up()
            told = await asyncio.to_thread(published, self._platform.address, STATION, *days)
            metrics = await asyncio.to_thread(self._counters)
            now_s = loop.time()
            if (told, metrics) != known:
                known, since_s = (told, metrics), now_s
            if now_s - since_s >= QUIET_S or now_s > until_s:
                return told
            await asyncio.sleep(LOOK_S)

    def _counters(self) -> list[float]:
        names = ("received_total", "stored_total", "duplicate_total", "in_flight", "receipts_total")
        return [self._platform.metric(f"yizhan_{name}") for name in names]

    # ---- what is told ----

    def _progress(self, progress: Progress) -> None:
        if progress.phase == "ending":
            self._is_ending = True
        self._ticks += 1
        if self._ticks % TOLD_EVERY == 0:
            self._tell(
                f"{progress.phase} {progress.share:4.0%}  {local_text(progress.now_ms)}  in the ring "
                f"{progress.in_rings}, platform killed {self._struck[What.PLATFORM_KILLED]}, broker restarted "
                f"{self._struck[What.BROKER_KILLED] + self._struck[What.BROKER_STOPPED]}"
            )

    def _outcome(self, summary: dict[str, Any], told: dict[date, Told], seen: Seen) -> Outcome:
        verdict = judge(self._recording.truth, told, seen.mislabelled)
        complaints = [str(difference) for difference in verdict.wrong]
        complaints += [f"{day}: called exact before it was" for day in sorted(seen.mislabelled)]
        left, refusals, overwritten = summary["left_in_ring"], summary["refusals"], summary["overwritten"]
        if left:
            complaints.append(f"{left} readings got no receipt within {GRACE_S:g} s")
        if refusals:
            complaints.append(f"the platform refused readings: {refusals}")
        if overwritten:
            complaints.append(f"the station's ring was too small for {overwritten} readings: a fault of this bench")
        figures = verdict.figures() | {
            "readings": summary["sampled"]["occupancy"],
            "duplicates": summary["duplicates"],
            "reordered": summary["reordered"],
            "lost": summary["lost"],
            "resent": summary["resent"],
            "cuts": summary["cuts"],
            "reboots": summary["reboots"],
            "epochs": summary["epochs"],
            "kills": self._struck[What.PLATFORM_KILLED],
            "broker_restarts": self._struck[What.BROKER_KILLED] + self._struck[What.BROKER_STOPPED],
            "looks": seen.looks,
            "torn": len(seen.torn),
            "unconfirmed": left,
        }
        return Outcome(verdict.holds and not left, figures, complaints)
