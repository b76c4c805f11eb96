"""A station's own way to the broker: a connection with its id, its will and its session.

Enters: a site that wants a line or does not. Leaves: birth, readings and wills at the broker; the downlink at the site.
Never: decides when a line is cut; that is the site's.
"""

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from typing import Final, Protocol

from firmware_sim.connection import ConnectError, Connection, Identity, Net
from firmware_sim.site import Site
from firmware_sim.wire import DOWNLINK, Message, station_and_channel, topic_of

_RETRY_FIRST_S: Final = 0.1
"""Larger: a short cut costs a run at full speed more than it should. Smaller: a broker that starts is knocked at."""
_RETRY_LAST_S: Final = 5.0
"""Larger: stations stay away long after the broker is back. Smaller: thousands knock at a broker that is ill."""


class Line(Protocol):
    """What the fleet asks of a station's way to the broker."""

    @property
    def is_up(self) -> bool:
        """Whether the station is online through it."""

    @property
    def up_since_ms(self) -> int:
        """When it came up last, by the line's clock."""

    def follow(self) -> None:
        """Bring the line to what the site wants: up, down, or up anew after a reboot."""

    def send(self, messages: Sequence[Message]) -> None:
        """Publish, if up; what is lost is still in the ring."""

    def switch_off(self) -> None:
        """The end of the run: down, as by a power loss."""


async def dial(
    connect: Callable[[], Connection], topics: Sequence[str], net: Net, rng: Random, is_wanted: Callable[[], bool]
) -> Connection | None:
    """A connection that is up, after as many tries as it takes, at growing random distances; None: no longer wanted."""
    bound_s = _RETRY_FIRST_S
    while is_wanted():
        connection = connect()
        try:
            await connection.open(topics)
        except ConnectError as error:
            net.traffic.trouble = str(error)
            await asyncio.sleep(rng.uniform(0, bound_s))
            bound_s = min(_RETRY_LAST_S, bound_s * 2)
        else:
            return connection
    return None


def deliver(line: Line, site: Site, channel: str, payload: bytes, net: Net) -> None:
    """Give a station what the platform said, and send its answer."""
    if site.has_power:
        answers = site.station.receive(channel, payload, net.pace.now_ms, net.pace.link_ms)
        line.send(site.disturbed(answers))
        line.follow()
        net.on_news(site.station.id)
        net.on_change()


class OwnLine:
    """A connection of the station's own: client id, user name and will are its own."""

    def __init__(self, site: Site, password: str | None, net: Net, rng: Random) -> None:
        self._site = site
        self._password = password
        self._net = net
        self._rng = rng
        self._topics = [topic_of(site.station.id, channel) for channel in DOWNLINK]
        self._connection: Connection | None = None
        self._boot = 0
        """Of the CONNECT, and so of the will."""
        self._task: asyncio.Task[None] | None = None
        self._is_off = False
        self.up_since_ms = 0

    @property
    def is_up(self) -> bool:
        """Whether the station is online through it."""
        return self._connection is not None

    def follow(self) -> None:
        """Bring the line to what the site wants."""
        if self._connection and (self._is_off or self._site.is_over(self._boot)):
            self._connection.cut()
        if self._is_wanted() and self._connection is None and self._task is None:
            self._task = asyncio.create_task(self._come_up(), name=f"line of {self._site.station.id}")

    def send(self, messages: Sequence[Message]) -> None:
        """Publish, if up."""
        if self._connection:
            self._connection.send(messages)

    def switch_off(self) -> None:
        """Down for good."""
        self._is_off = True
        if self._task:
            self._task.cancel()
        self.follow()

    def _is_wanted(self) -> bool:
        return self._site.wants_line and not self._is_off

    async def _come_up(self) -> None:
        try:
            connection = await dial(self._connect, self._topics, self._net, self._rng, self._is_wanted)
        finally:
            self._task = None
        if connection is None:
            return
        self._connection = connection
        station = self._site.station
        if not self._is_off and not self._site.is_over(self._boot):
            self.up_since_ms = self._net.pace.link_ms
            connection.send(self._site.disturbed(station.connected(self._net.pace.now_ms, self.up_since_ms)))
            self._net.on_change()
        else:
            self.follow()

    def _connect(self) -> Connection:
        station = self._site.station
        self._boot = station.boot
        identity = Identity(station.id, station.id, self._password, station.will(), is_persistent=True)
        return Connection(identity, self._net, self._received, self._lost)

    def _lost(self) -> None:
        self._connection = None
        self._site.line_lost()
        self.follow()
        self._net.on_change()

    def _received(self, topic: str, payload: bytes) -> None:
        deliver(self, self._site, station_and_channel(topic)[1], payload, self._net)
