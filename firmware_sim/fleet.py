"""Runs a fleet of stations against a broker.

Enters: settings, a truth to fill. Leaves: MQTT traffic, a summary. Never: what a station does; see station.py, site.py.
Use: `summary = await Fleet(settings, truth).run()`; one event loop, no threads but paho's connect; `stop()` ends it.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple

from firmware_sim.agenda import Agenda
from firmware_sim.carriers import CarriedLine, Carrier
from firmware_sim.connection import Net, Traffic
from firmware_sim.flash import FlashFile
from firmware_sim.lines import Line, OwnLine
from firmware_sim.local_time import DAY_MS, SECOND_MS
from firmware_sim.outfit import fit_out
from firmware_sim.pace import Pace
from firmware_sim.plan import FleetSettings
from firmware_sim.site import Site
from firmware_sim.tally import notes, summary
from firmware_sim.truth import Truth
from firmware_sim.wire import BACKLOG_MAX_READINGS

_HOUSEKEEPING_S: Final = 0.5
"""Larger: overdue readings and progress come late. Smaller: thousands of stations are asked for nothing."""
_GLANCE_S: Final = 0.1
"""Larger: time stands still for longer than it must. Smaller: waiting costs what the work needs."""
_FLASH_EVERY_S: Final = 10.0
_FLOOD: Final = 20_000
"""Messages under way at which even real time waits. Larger: memory. Smaller: a broker that pauses delays readings."""
_BREATH_STEPS: Final = 200
"""Steps at full speed between two looks at the sockets. Larger: acks wait. Smaller: time goes into looking."""
_HELD_MAX: Final = 8 * BACKLOG_MAX_READINGS
"""Readings of history, a station, that may wait for the receipts of older ones. Larger: memory, of every station.
Smaller: one lost backlog of one station halts the time of all."""
_SETTLING_MS: Final = 300
"""How long after it came up a station at full speed waits for the receipt of its backlog. Larger: a lost backlog halts
time. Smaller: with a cut every few (real) milliseconds, each cut sends everything since the last receipt again."""
_FAREWELL_S: Final = 5.0
"""How long the last wills of carried stations may take."""


class NoBrokerError(Exception):
    """Nothing answered in time; the text says where and why."""


class Progress(NamedTuple):
    """How far a run is."""

    phase: str
    """connecting, history, live or ending."""
    share: float
    """Of the history while that lasts, then of the duration; 0 when that has no end."""
    now_ms: int
    """The stations' time."""
    acknowledged: int
    in_rings: int
    trouble: str


class Berth(NamedTuple):
    """A site and its line."""

    site: Site
    line: Line


class Fleet:
    """One run. `on_progress` is called about twice a second, in the event loop."""

    def __init__(
        self, settings: FleetSettings, truth: Truth, on_progress: Callable[[Progress], None] | None = None
    ) -> None:
        self._settings = settings
        self.truth = truth
        self._on_progress = on_progress
        self._flash = FlashFile(settings.flash) if settings.flash else None
        self._phase = "connecting"
        self._stopping = asyncio.Event()
        self._changed = asyncio.Event()
        self.traffic = Traffic()
        remembered = self._flash.memory if self._flash else lambda _id: None
        self._sites = [fit_out(plan, settings, truth, remembered(plan.id)) for plan in settings.stations]
        self._history_start_ms = settings.start_ms - round(settings.history_days * DAY_MS)
        self._end_ms: int | None = None
        """Known when live time begins."""
        self._is_past_sampled = False
        self._agenda = Agenda()

    def stop(self) -> None:
        """End now, without waiting for receipts."""
        self._stopping.set()
        self._changed.set()

    async def run(self) -> dict[str, object]:
        """Run to the end; what was done, as one JSON object. Raises `NoBrokerError`."""
        began_s = time.monotonic()
        settings = self._settings
        self._pace = Pace(self._history_start_ms, settings.start_ms, settings.speed)
        numbers = {site.station.id: number for number, site in enumerate(self._sites)}
        net = Net(
            settings.broker,
            self.traffic,
            self._pace,
            settings.window,
            on_change=self._changed.set,
            on_news=lambda station_id: self._look_at(numbers[station_id]),
        )
        carriers = self._make_berths(net)
        housekeeping = asyncio.create_task(self._keep_house(), name="housekeeping")
        try:
            await self._first_connection()
            if self._flash:
                self._flash.save((site.station for site in self._sites), self._history_start_ms)
            await self._drive()
            self._phase = "ending"
            await self._await_receipts()
        finally:
            housekeeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await housekeeping
            await self._switch_off(carriers)
        if self._flash:
            self._flash.save((site.station for site in self._sites), self._pace.now_ms, is_final=True)
        return summary((site.station for site in self._sites), self.traffic) | {
            "virtual_s": round((self._pace.now_ms - self._history_start_ms) / SECOND_MS),
            "real_s": round(time.monotonic() - began_s, 1),
        }

    def notes(self) -> dict[str, dict[str, int]]:
        """For the truth file: what each station's readings came to."""
        return {site.station.id: notes(site.station) for site in self._sites}

    # ---- beginning ----

    def _make_berths(self, net: Net) -> list[Carrier]:
        carriers: list[Carrier] = []
        self._berths: list[Berth] = []
        settings = self._settings
        lines: dict[str, CarriedLine] = {}
        for number in range(settings.carriers):
            name = f"carrier-{settings.stations[0].id}-{number}"
            carriers.append(Carrier(name, net, Random(name), lines, listens=number == 0))
        for number, (plan, site) in enumerate(zip(settings.stations, self._sites, strict=True)):
            site.station.is_holding = settings.history_days > 0
            if carriers:
                carrier = carriers[number % len(carriers)]
                lines[plan.id] = CarriedLine(site, carrier, net)
                carrier.riders.append(lines[plan.id])
                self._berths.append(Berth(site, lines[plan.id]))
            else:
                self._berths.append(Berth(site, OwnLine(site, plan.password, net, Random(f"{plan.id}:line"))))
        for carrier in carriers:
            carrier.start()
        for berth in self._berths:
            berth.line.follow()
        return carriers

    async def _first_connection(self) -> None:
        until_s = time.monotonic() + self._settings.connect_timeout_s
        while not self.traffic.connects and not self._stopping.is_set():
            if time.monotonic() > until_s:
                raise NoBrokerError(self.traffic.trouble or f"no answer from {self._settings.broker}")
            await self._change(until_s - time.monotonic())

    # ---- the run ----

    async def _drive(self) -> None:
        for number in range(len(self._berths)):
            self._look_at(number)
        self._phase = "history" if self._settings.history_days else "live"
        if self._phase == "live":
            self._begin_live()
        steps = 0
        while not self._stopping.is_set():
            due_ms, number = self._agenda.first()
            if self._phase == "history" and (self._is_past_sampled or due_ms >= self._pace.live_from_ms):
                await self._finish_history()
                continue
            if self._end_ms is not None and due_ms >= self._end_ms:
                break
            self._pace.head_for(due_ms)
            berth = self._berths[number]
            if await self._must_wait(berth, due_ms):
                continue
            self._step(berth, due_ms)
            self._look_at(number)
            steps += 1
            if steps % _BREATH_STEPS == 0:
                await asyncio.sleep(0)

    def _look_at(self, number: int) -> None:
        self._agenda.put(number, self._berths[number].site.next_due_ms)

    def _step(self, berth: Berth, due_ms: int) -> None:
        self._pace.reach(due_ms)
        site, line = berth
        messages = site.step(due_ms, self._pace.link_ms)
        if site.station.is_holding and line.is_up:
            messages += site.disturbed(site.station.release(self._pace.link_ms))
        line.send(messages)
        line.follow()

    async def _finish_history(self) -> None:
        """Let all go that is still held, then let time stand still until it is delivered: only then it is live."""
        if not self._is_past_sampled:
            self._is_past_sampled = True
            self._let_go()
        elif all(not site.station.ring.unsent_count for site, line in self._berths if site.wants_line):
            self._begin_live()
        elif not await self._change(_GLANCE_S):
            for site, line in self._berths:
                line.send(site.late_arrivals())

    def _let_go(self) -> None:
        now_ms = self._pace.now_ms
        for number, (site, line) in enumerate(self._berths):
            station = site.station
            station.is_holding = False
            station.set_interval(round(self._settings.interval_s * SECOND_MS), now_ms)
            self._look_at(number)
            line.follow()
            if line.is_up:
                line.send([station.birth(now_ms), *site.disturbed(station.release(self._pace.link_ms))])

    def _begin_live(self) -> None:
        self._phase = "live"
        if self._settings.duration_s is not None:
            self._end_ms = self._pace.live_from_ms + round(self._settings.duration_s * SECOND_MS)

    async def _must_wait(self, berth: Berth, due_ms: int) -> bool:
        """Wait a little if this step may not be taken yet; True when it did, and all is to be looked at again."""
        wait_s = self._pace.wait_s(due_ms)
        if wait_s > 0:
            await self._change(wait_s)
            return True
        if self._pace.is_unbounded or self._phase == "history":
            is_held_up = not self._has_room(berth)
        else:
            is_held_up = self.traffic.waiting >= _FLOOD
        if is_held_up and not await self._change(_GLANCE_S):
            # Nothing moves: what the network holds back until something overtakes it would wait for ever.
            berth.line.send(berth.site.late_arrivals())
        return is_held_up

    def _has_room(self, berth: Berth) -> bool:
        """At full speed time stands still until the broker and the platform have kept up."""
        site, line = berth
        if self.traffic.waiting >= self._settings.window or (site.wants_line and not line.is_up):
            return False
        bound = self._settings.unconfirmed_max
        if not bound or not line.is_up:
            return True
        if site.station.is_holding and site.station.ring.unsent_count >= _HELD_MAX:
            return False
        if site.station.is_settling and self._pace.link_ms < line.up_since_ms + _SETTLING_MS:
            return False
        return len(site.station.ring) < bound

    async def _change(self, timeout_s: float) -> bool:
        """Until something has happened to a line, at most so long; whether it has."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), timeout_s)
        return self._changed.is_set()

    async def _keep_house(self) -> None:
        flash_at_s = time.monotonic() + _FLASH_EVERY_S
        while True:
            await asyncio.sleep(_HOUSEKEEPING_S)
            for connection in list(self.traffic.open):
                connection.serve_timers()
            for site, line in self._berths:
                if line.is_up:
                    line.send(site.disturbed(site.station.resend_overdue(self._pace.link_ms)))
            if self._flash and time.monotonic() >= flash_at_s:
                flash_at_s = time.monotonic() + _FLASH_EVERY_S
                self._flash.save((site.station for site in self._sites), self._pace.now_ms)
            if self._on_progress:
                self._on_progress(self._progress())

    def _progress(self) -> Progress:
        now_ms = self._pace.now_ms
        if self._phase == "history":
            span_ms = max(1, self._pace.live_from_ms - self._history_start_ms)
            sampled = sum(len(site.station.ring) + site.station.tally["confirmed"] for site in self._sites)
            confirmed = sum(site.station.tally["confirmed"] for site in self._sites)
            share = (now_ms - self._history_start_ms) / span_ms * confirmed / max(1, sampled)
        else:
            start_ms = self._settings.start_ms
            share = (now_ms - start_ms) / max(1, self._end_ms - start_ms) if self._end_ms is not None else 0.0
        in_rings = sum(len(site.station.ring) for site in self._sites)
        return Progress(
            self._phase, min(1.0, max(0.0, share)), now_ms, self.traffic.acknowledged, in_rings, self.traffic.trouble
        )

    # ---- the end ----

    async def _await_receipts(self) -> None:
        """Mend what can be mended, then wait until every ring is empty, at most the grace."""
        for site, line in self._berths:
            line.send(site.calm_down(self._pace.now_ms))
            site.station.is_holding = False
            line.follow()
            if line.is_up:
                line.send(site.station.release(self._pace.link_ms))
        until_s = time.monotonic() + self._settings.grace_s
        while not self._stopping.is_set() and time.monotonic() < until_s and not self._is_all_confirmed():
            if not await self._change(_GLANCE_S):
                for site, line in self._berths:
                    line.send(site.late_arrivals())

    def _is_all_confirmed(self) -> bool:
        return not self.traffic.waiting and all(site.is_dead or not len(site.station.ring) for site in self._sites)

    async def _switch_off(self, carriers: list[Carrier]) -> None:
        for berth in self._berths:
            berth.line.switch_off()
        if carriers:
            until_s = time.monotonic() + _FAREWELL_S
            while self.traffic.waiting and self.traffic.open and time.monotonic() < until_s:
                await self._change(_HOUSEKEEPING_S)
        for carrier in carriers:
            carrier.switch_off()
