"""The hub of `/v1/stream`: news in, events out to the listeners that want them.

Enters: what ingest has to tell, listeners. Leaves: bytes, made once for all who get them.
Never: waits for a listener. One that is too slow, or was away too long, is told `resync` in place of what it missed.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from api.bodies import VisitDay
from api.platform import ApiPlatform
from api.station_view import Viewpoint, station_entry
from api.stream.interest import Interest, shelves_of
from ingest.model import DayCount

GATHER_S: Final = 0.1
"""In which news gathers. Larger: a page shows a free seat later than within a second. Smaller: a busy station is told
many times a second, and all stations cost more."""
WAITING_MAX: Final = 256
"""Events that may wait for one listener. Larger: memory for each phone that sleeps. Smaller: a short gap of its network
makes it ask for everything anew."""
KEPT: Final = 20_000
"""Events that a listener may have missed and still gets. Larger: memory, some 150 bytes each. Smaller: after a tunnel
it asks for everything anew."""
LINGER_S: Final = 60.0
"""How long news is gathered after the last listener has gone. Larger: work for nobody. Smaller: a single page that
comes back has to ask for everything anew."""
_TOLD_A_TURN: Final = 100
"""Stations told before others get a turn, some 10 ms. Larger: readings wait. Smaller: more switching."""

RESYNC: Final = b"event: resync\ndata: {}\n\n"


class Event(NamedTuple):
    """Something that happened. Of a status only whose it was: what is told is what is true when it is told."""

    number: int
    station: str
    visits: DayCount | None
    """None: its status changed."""


class Listener:
    """One connection: what it wants, and what waits for it."""

    def __init__(self, interest: Interest) -> None:
        self.interest = interest
        self.is_closed = False
        self._waiting: deque[bytes] = deque()
        self._some = asyncio.Event()

    def put(self, told: bytes) -> None:
        """Never waits; beyond the bound all of it becomes one `resync`."""
        if len(self._waiting) >= WAITING_MAX:
            self._waiting.clear()
            told = RESYNC
        self._waiting.append(told)
        self._some.set()

    def stand(self, place: bytes) -> None:
        """Where it stands once all that waits is told; not counted, for it is no news."""
        self._waiting.append(place)
        self._some.set()

    def close(self) -> None:
        """No more is told."""
        self.is_closed = True
        self._some.set()

    async def next(self, within_s: float) -> bytes:
        """All that waits, as soon as there is some; empty when nothing came in time."""
        try:
            async with asyncio.timeout(within_s):
                await self._some.wait()
        except TimeoutError:
            return b""
        self._some.clear()
        told = b"".join(self._waiting)
        self._waiting.clear()
        return told


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listener was: the number of an event of one run of the platform."""

    run: str
    number: int

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """From a Last-Event-ID; None where it is none of ours."""
        run, _, number = text.partition("-")
        is_ours = run.isalnum() and number.isascii() and number.isdecimal() and len(number) <= 18  # noqa: PLR2004 - 64 bits
        return cls(run, int(number)) if is_ours else None


class Hub:
    """All listeners, by what they want."""

    def __init__(self, platform: ApiPlatform) -> None:
        self._platform = platform
        self._run = f"{platform.now_ms():x}"
        self._number = 0
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._shelves: dict[str, dict[Listener, None]] = {}
        self._listeners: dict[Listener, None] = {}
        self._alone: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._listeners)

    def join(self, interest: Interest, last: str) -> Listener:
        """A new listener; `last` is its Last-Event-ID, empty for one that begins."""
        listener = Listener(interest)
        if last:
            self._catch_up(listener, Place.parse(last))
        # Behind what it missed: a client that breaks off before that must not believe that it has it.
        listener.stand(self.here())
        self._listeners[listener] = None
        for shelf in interest.shelves():
            self._shelves.setdefault(shelf, {})[listener] = None
        if self._alone is not None:
            self._alone.cancel()
            self._alone = None
        self._platform.news.watch(True)
        return listener

    def leave(self, listener: Listener) -> None:
        """It has gone."""
        self._listeners.pop(listener, None)
        for shelf in listener.interest.shelves():
            others = self._shelves.get(shelf, {})
            others.pop(listener, None)
            if not others:
                self._shelves.pop(shelf, None)
        if not self._listeners:
            self._alone = asyncio.get_running_loop().call_later(LINGER_S, self._rest)

    def close(self) -> None:
        """End all connections, so that a stop waits for nobody."""
        for listener in self._listeners:
            listener.close()
        if self._alone is not None:
            self._alone.cancel()

    def here(self) -> bytes:
        """The place of whoever joins now, so that it can come back even if nothing happens meanwhile."""
        return f"id: {self._run}-{self._number}\n\n".encode()

    async def run(self) -> None:
        """Tell what happens, until cancelled."""
        while True:
            await self._platform.news.wait()
            await asyncio.sleep(GATHER_S)
            happened = self._platform.news.take()
            events = iter(
                [*((one, None) for one in happened.stations), *((one.station, one) for one in happened.counts)]
            )
            while turn := list(islice(events, _TOLD_A_TURN)):
                view = Viewpoint.at(self._platform, self._platform.now_ms())
                for station, count in turn:
                    self._number += 1
                    event = Event(self._number, station, count)
                    self._kept.append(event)
                    self._tell(view, event)
                await asyncio.sleep(0)

    def _tell(self, view: Viewpoint, event: Event) -> None:
        station = self._platform.registry.station(event.station)
        if station is None:
            return
        told: bytes | None = None
        for shelf in shelves_of(station):
            for listener in self._shelves.get(shelf, ()):
                if listener.interest.takes(station):
                    told = told or self._encoded(view, event)
                    listener.put(told)

    def _encoded(self, view: Viewpoint, event: Event) -> bytes:
        if event.visits is not None:
            count = event.visits
            day = VisitDay(day=count.day, visits=count.visits, carried=count.carried, quality=count.quality)
            data = b'{"station":"%s",%s' % (event.station.encode(), day.model_dump_json().encode()[1:])
            return b"id: %s-%d\nevent: visits\ndata: %s\n\n" % (self._run.encode(), event.number, data)
        station = self._platform.registry.station(event.station)
        if station is None:
            return b""
        data = station_entry(view, station).model_dump_json().encode()
        return b"id: %s-%d\nevent: status\ndata: %s\n\n" % (self._run.encode(), event.number, data)

    def _catch_up(self, listener: Listener, place: Place | None) -> None:
        """What it missed; of each station's status once."""
        oldest = self._kept[0].number if self._kept else self._number + 1
        if place is None or place.run != self._run or not oldest - 1 <= place.number <= self._number:
            listener.put(RESYNC)
            return
        view = Viewpoint.at(self._platform, self._platform.now_ms())
        for event in self._missed(listener.interest, place.number):
            listener.put(self._encoded(view, event))

    def _missed(self, interest: Interest, number: int) -> Iterator[Event]:
        missed: dict[tuple[str, str], Event] = {}
        for event in reversed(self._kept):
            if event.number <= number:
                break
            station = self._platform.registry.station(event.station)
            day = "" if event.visits is None else event.visits.day.isoformat()
            if station is not None and interest.takes(station):
                missed.setdefault((event.station, day), event)
        return reversed(missed.values())

    def _rest(self) -> None:
        """Nobody came back: nothing is gathered until somebody does, who then cannot know what it missed."""
        self._alone = None
        self._platform.news.watch(False)
        self._kept.clear()
        self._number += 1
