"""A station where it stands: with its power, its line, and what befalls both.

Enters: instants. Leaves: messages as they reach the broker. Never: a clock or a socket;
whether the line really is up is told to it, whether it may be up is asked of it.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple, Protocol

from firmware_sim.sensors.sensor import Sensor
from firmware_sim.station import Station
from firmware_sim.wire import Message


class Fault(Protocol):
    """Something that is wrong for a while. One object lives through one episode and may remember what it did."""

    def begin(self, site: "Site", now_ms: int, rng: Random, /) -> None:
        """Break it."""

    def end(self, site: "Site", now_ms: int, /) -> None:
        """Mend it."""


class Episode(NamedTuple):
    """One fault, from when to when; `end_ms` None means for ever."""

    begin_ms: int
    end_ms: int | None
    fault: Fault


class Schedule(Protocol):
    """When a fault comes over a station."""

    def first(self, station_id: str, start_ms: int, live_ms: int, rng: Random, /) -> Episode | None:
        """The first episode from `start_ms` on, where history begins; None when this station is spared."""

    def following(self, episode: Episode, rng: Random, /) -> Episode | None:
        """The episode after one that has begun."""


class Disturbance(Protocol):
    """What a network does to messages that were sent. One object serves one station."""

    def pass_on(self, messages: list[Message], rng: Random, tally: Counter[str], /) -> list[Message]:
        """What arrives now, of what is sent now or was held back before."""

    def held_back(self) -> list[Message]:
        """What is still under way; it is under way no longer."""


class _Event(NamedTuple):
    at_ms: int
    order: int
    schedule: Schedule | None
    """None when the episode ends."""
    episode: Episode


class Site:
    """One station and its misfortunes. Deterministic: the same seed and instants give the same messages."""

    def __init__(
        self,
        station: Station,
        start_ms: int,
        live_ms: int,
        rng: Random,
        schedules: Iterable[Schedule] = (),
        disturbances: Sequence[Disturbance] = (),
    ) -> None:
        self.station = station
        self.cuts = 0
        """How many faults keep the line down."""
        self.power_losses = 0
        """How many faults keep the power off."""
        self.is_dead = False
        self._rng = rng
        # How often the network is drawn depends on real receipts; when faults come must not.
        self._network_rng = Random(rng.getrandbits(64))
        self._disturbances = disturbances
        self._events: list[_Event] = []
        self._running: dict[int, Episode] = {}
        self._order = 0
        for schedule in schedules:
            self._plan(schedule, schedule.first(station.id, start_ms, live_ms, rng))

    @property
    def has_power(self) -> bool:
        """Whether the station runs."""
        return not self.power_losses and not self.is_dead

    @property
    def wants_line(self) -> bool:
        """Whether the station could be online. While it tells history it is: a cut of last week cuts nothing now."""
        return self.station.is_holding or (self.has_power and not self.cuts)

    def is_over(self, boot: int) -> bool:
        """Whether a connection that was made with this boot, and so a will that carries it, has had its time."""
        return not self.wants_line or (boot != self.station.boot and not self.station.is_holding)

    @property
    def next_due_ms(self) -> int:
        """The next instant at which something happens here."""
        due_ms = self.station.next_due_ms
        return min(due_ms, self._events[0].at_ms) if self._events else due_ms

    def sensor(self, kind: str) -> Sensor | None:
        """The station's sensor of a kind, if it has one."""
        return self.station.sensors.get(kind)

    def step(self, now_ms: int, link_ms: int | None = None) -> list[Message]:
        """Let begin and end what is due, then let the station take its readings."""
        while self._events and self._events[0].at_ms <= now_ms:
            self._happen(heapq.heappop(self._events), now_ms)
        if not self.has_power:
            self.station.skip_until(now_ms)
            return []
        return self.disturbed(self.station.tick(now_ms, link_ms))

    def disturbed(self, messages: list[Message]) -> list[Message]:
        """What the network makes of messages; birth and will are left alone, their order matters."""
        if not self._disturbances or not messages:
            return messages
        arriving = [message for message in messages if not message.retain]
        for disturbance in self._disturbances:
            arriving = disturbance.pass_on(arriving, self._network_rng, self.station.tally)
        return [message for message in messages if message.retain] + arriving

    def late_arrivals(self) -> list[Message]:
        """What the network still held back arrives now."""
        return [message for disturbance in self._disturbances for message in disturbance.held_back()]

    def line_lost(self) -> None:
        """The connection is gone, and with it what the network still held."""
        self.station.tally["lost"] += len(self.late_arrivals())
        self.station.disconnected()

    def calm_down(self, now_ms: int) -> list[Message]:
        """End every fault that can end, plan no more; what the network still held back arrives."""
        self._events.clear()
        running, self._running = self._running, {}
        for episode in running.values():
            if episode.end_ms is not None:
                episode.fault.end(self, now_ms)
        return self.late_arrivals()

    def _plan(self, schedule: Schedule | None, episode: Episode | None) -> None:
        if schedule and episode:
            self._order += 1
            heapq.heappush(self._events, _Event(episode.begin_ms, self._order, schedule, episode))

    def _happen(self, event: _Event, now_ms: int) -> None:
        episode = event.episode
        if event.schedule is None:
            del self._running[event.order]
            episode.fault.end(self, now_ms)
            return
        episode.fault.begin(self, now_ms, self._rng)
        self._running[event.order] = episode
        if episode.end_ms is not None:
            # The end keeps the order of its beginning: that is its name among the running ones.
            heapq.heappush(self._events, _Event(episode.end_ms, event.order, None, episode))
        self._plan(event.schedule, event.schedule.following(episode, self._rng))
