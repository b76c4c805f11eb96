"""Regions' numbers, summed over their stations once a cycle.

Enters: the registry's entries and the live stations. Leaves: a `Summary` for the nation and for every division.
Never: waits. The caller walks `steps`, and lets the event loop breathe between them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from ingest.live.station import LiveStation
from ingest.model import Access, Exchange, Kind, Presence, RegionDay, Station, Summary
from ingest.ports import Registry

STEP: Final = 1_000
"""Stations a step, about a millisecond. Larger: a request waits longer behind one. Smaller: more switching."""

Days = Callable[[str | None], tuple[RegionDay, RegionDay]]
"""Today's and yesterday's visits of a region."""
Summaries = Mapping[str | None, Summary]


class Entries:
    """What the registry says of a region's stations: changes only with the registry."""

    __slots__ = ("access", "ids", "model", "services", "smart", "stations")

    def __init__(self) -> None:
        self.stations = 0
        self.smart = 0
        self.model = 0
        self.access: Counter[Access] = Counter()
        self.services: Counter[str] = Counter()
        self.ids: list[str] = []
        """Of those that belong to this division itself, not to one below it."""

    def add(self, station: Station) -> None:
        """One more station."""
        self.stations += 1
        self.smart += station.smart
        self.model += station.model
        self.access[station.access] += 1
        for service in station.services:
            self.services[service] += 1
        self.ids.append(station.id)

    def add_part(self, part: "Entries") -> None:
        """The stations of a division below."""
        self.stations += part.stations
        self.smart += part.smart
        self.model += part.model
        self.access.update(part.access)
        self.services.update(part.services)


class Live:
    """What is known right now of a region's stations."""

    __slots__ = ("claimed", "dark", "donated", "never_seen", "online", "people_from", "people_present")

    def __init__(self) -> None:
        self.online = 0
        self.dark = 0
        self.never_seen = 0
        self.people_present = 0
        self.people_from = 0
        self.donated = 0
        self.claimed = 0

    def add(self, live: LiveStation | None, now_ms: int) -> None:
        """One more station; None when it was never heard."""
        if live is None:
            self.never_seen += 1
            return
        match live.presence(now_ms):
            case Presence.ONLINE:
                self.online += 1
            case Presence.DARK:
                self.dark += 1
            case Presence.NEVER_SEEN:
                self.never_seen += 1
        occupancy = live.occupancy
        if occupancy is not None and not live.is_stale(occupancy, now_ms):
            self.people_present += live.present
            self.people_from += 1
        if live.exchange is not None:
            # One station in sixty has a shelf: cheaper to parse here than to keep two more numbers for all of them.
            shelf = live.body(Kind.EXCHANGE)
            if isinstance(shelf, Exchange):
                self.donated += shelf.donated
                self.claimed += shelf.claimed

    def add_part(self, part: "Live") -> None:
        """The stations of a division below."""
        for name in Live.__slots__:
            setattr(self, name, getattr(self, name) + getattr(part, name))


class RegionSums:
    """Sums of every division. The registry's part is made once for each version of the registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._version = -1
        self._entries: dict[str | None, Entries] = {}
        self._lowest: list[tuple[list[str | None], list[str]]] = []
        """For each division with stations of its own: the way up to the nation, and their ids."""

    def steps(self, live: Mapping[str, LiveStation], now_ms: int, days: Days) -> Iterator[Summaries | None]:
        """Sum everything, a step at a time: None while under way, and at last the summaries by region code.

        Each station is added once, to its lowest division; the divisions are then added up the tree.
        """
        if self._version != self._registry.version:
            yield from self._read_registry()
        sums: dict[str | None, Live] = {code: Live() for code in self._entries}
        count = 0
        for way_up, ids in self._lowest:
            own = Live()
            for station_id in ids:
                own.add(live.get(station_id), now_ms)
                count += 1
                if count % STEP == 0:
                    yield None
            for code in way_up:
                sums[code].add_part(own)
        yield None
        yield {code: _summary(code, now_ms, self._entries[code], sums[code], days(code)) for code in sums}

    def _read_registry(self) -> Iterator[None]:
        version = self._registry.version
        own: dict[str, Entries] = {}
        for count, station in enumerate(self._registry.stations(), start=1):
            code = station.district or station.city or station.province
            if code not in own:
                own[code] = Entries()
            own[code].add(station)
            if count % STEP == 0:
                yield None
        entries: dict[str | None, Entries] = {}
        lowest = []
        for code, part in own.items():
            way_up = list(self._way_up(code))
            for above in way_up:
                entries.setdefault(above, Entries()).add_part(part)
            lowest.append((way_up, part.ids))
        self._entries, self._lowest, self._version = entries, lowest, version

    def _way_up(self, code: str) -> Iterable[str | None]:
        at: str | None = code
        while at is not None:
            yield at
            region = self._registry.region(at)
            at = region.parent if region else None
        yield None


def _summary(
    code: str | None, made_ms: int, entries: Entries, live: Live, days: tuple[RegionDay, RegionDay]
) -> Summary:
    today, yesterday = days
    return Summary(
        region=code,
        made_ms=made_ms,
        stations=entries.stations,
        smart=entries.smart,
        all_day=entries.access[Access.ALL_DAY],
        extended=entries.access[Access.EXTENDED],
        model=entries.model,
        online=live.online,
        dark=live.dark,
        never_seen=live.never_seen,
        services=dict(entries.services),
        people_present=live.people_present,
        people_from=live.people_from,
        donated=live.donated,
        claimed=live.claimed,
        today=today,
        yesterday=yesterday,
    )
