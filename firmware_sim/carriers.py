"""One connection for many stations: load without thousands of sockets.

Enters: sites that want a line or do not. Leaves: the same messages as over lines of their own.
Never: a last will, since a connection has only one; the carrier publishes a station's will when its line is cut.
"""

import asyncio
from collections.abc import Sequence
from random import Random

from firmware_sim.connection import Connection, Identity, Net
from firmware_sim.lines import deliver, dial
from firmware_sim.site import Site
from firmware_sim.wire import DOWNLINK, PREFIX, Message, station_and_channel


class Carrier:
    """A connection and its riders. One carrier of a fleet listens, for the riders of all."""

    def __init__(self, name: str, net: Net, rng: Random, fleet: dict[str, "CarriedLine"], *, listens: bool) -> None:
        self._identity = Identity(name, net.broker.username, net.broker.password, None, is_persistent=False)
        self._net = net
        self._rng = rng
        self._fleet = fleet
        self._topics = [f"{PREFIX}/+/{channel}" for channel in DOWNLINK] if listens else []
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self.riders: list[CarriedLine] = []

    @property
    def is_up(self) -> bool:
        """Whether the carrier is connected."""
        return self._connection is not None

    def start(self) -> None:
        """Begin to connect; from then on whenever the connection is lost."""
        self._task = asyncio.create_task(self._come_up(), name=self._identity.client_id)

    def send(self, messages: Sequence[Message]) -> None:
        """Publish, if up."""
        if self._connection:
            self._connection.send(messages)

    def switch_off(self) -> None:
        """Down for good."""
        if self._task:
            self._task.cancel()
        connection, self._connection = self._connection, None
        if connection:
            connection.cut()

    async def _come_up(self) -> None:
        self._connection = await dial(self._connect, self._topics, self._net, self._rng, lambda: True)
        for rider in self.riders:
            rider.follow()
        self._net.on_change()

    def _connect(self) -> Connection:
        return Connection(self._identity, self._net, self._received, self._lost)

    def _lost(self) -> None:
        if self._connection is None:
            return
        self._connection = None
        for rider in self.riders:
            rider.follow()
        self.start()
        self._net.on_change()

    def _received(self, topic: str, payload: bytes) -> None:
        station_id, channel = station_and_channel(topic)
        rider = self._fleet.get(station_id)
        if rider and rider.is_up:
            deliver(rider, rider.site, channel, payload, self._net)


class CarriedLine:
    """A station's share of a carrier. A cut is played: the will is published, then nothing more."""

    def __init__(self, site: Site, carrier: Carrier, net: Net) -> None:
        self.site = site
        self._carrier = carrier
        self._net = net
        self._will: Message | None = None
        """What the station registered when it came up; None while it is down."""
        self._boot = 0
        self._is_off = False
        self.up_since_ms = 0

    @property
    def is_up(self) -> bool:
        """Whether the station is online through it."""
        return self._will is not None

    def follow(self) -> None:
        """Bring the line to what the site wants and the carrier has."""
        station = self.site.station
        wanted = self.site.wants_line and self._carrier.is_up and not self._is_off
        if self._will and (not wanted or self.site.is_over(self._boot)):
            self._carrier.send([self._will])
            self._will = None
            self.site.line_lost()
        if wanted and self._will is None:
            self._will, self._boot = station.will(), station.boot
            self.up_since_ms = self._net.pace.link_ms
            self._carrier.send(self.site.disturbed(station.connected(self._net.pace.now_ms, self.up_since_ms)))

    def send(self, messages: Sequence[Message]) -> None:
        """Publish, if up."""
        if self._will:
            self._carrier.send(messages)

    def switch_off(self) -> None:
        """Down for good."""
        self._is_off = True
        self.follow()
