"""A region's numbers, summed over its stations once a cycle.

Enters: the registry's entries and the live stations. Leaves: a `Summary` for the nation and for every division.
Never: waits. The caller walks `steps`, and lets the event loop breathe between them.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from ingest.live.station import LiveStation
from ingest.model import Access, Kind, Presence, RegionDay, Station, Summary
from ingest.ports import Registry

STEP: Final = 1_000
"""Stations a step, about a millisecond. Larger: a request waits longer behind one. Smaller: more switching."""

Days = Callable[[str | None], tuple[RegionDay, RegionDay]]
"""Today's and yesterday's visits of a region."""


class Tally:
    """The running sums of one region."""

    __slots__ = (
        "access",
        "claimed",
        "donated",
        "model",
        "people_from",
        "people_present",
        "presence",
        "services",
        "smart",
        "stations",
    )

    def __init__(self) -> None:
        self.stations = 0
        self.smart = 0
        self.model = 0
        self.access: Counter[Access] = Counter()
        self.services: Counter[str] = Counter()
        self.presence: Counter[Presence] = Counter()
        self.people_present = 0
        self.people_from = 0
        self.donated = 0
        self.claimed = 0

    def add_entry(self, station: Station) -> None:
        """What the registry says; changes only with the registry."""
        self.stations += 1
        self.smart += station.smart
        self.model += station.model
        self.access[station.access] += 1
        self.services.update(station.services)

    def add_live(self, live: LiveStation | None, now_ms: int) -> None:
        """What is known right now."""
        if live is None:
            self.presence[Presence.NEVER_SEEN] += 1
            return
        self.presence[live.presence(now_ms)] += 1
        self.donated += live.donated
        self.claimed += live.claimed
        occupancy = live.tracks.get(Kind.OCCUPANCY)
        if occupancy is not None and not live.is_stale(occupancy, now_ms):
            self.people_present += live.present
            self.people_from += 1

    def add(self, other: "Tally") -> None:
        """A part's sums into the whole's."""
        for name in ("stations", "smart", "model", "people_present", "people_from", "donated", "claimed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.access.update(other.access)
        self.services.update(other.services)
        self.presence.update(other.presence)

    def summary(self, region: str | None, made_ms: int, today: RegionDay, yesterday: RegionDay) -> Summary:
        """As the API gives it."""
        return Summary(
            region=region,
            made_ms=made_ms,
            stations=self.stations,
            smart=self.smart,
            all_day=self.access[Access.ALL_DAY],
            extended=self.access[Access.EXTENDED],
            model=self.model,
            online=self.presence[Presence.ONLINE],
            dark=self.presence[Presence.DARK],
            never_seen=self.presence[Presence.NEVER_SEEN],
            services=dict(self.services),
            people_present=self.people_present,
            people_from=self.people_from,
            donated=self.donated,
            claimed=self.claimed,
            today=today,
            yesterday=yesterday,
        )


def steps(
    registry: Registry, live: dict[str, LiveStation], now_ms: int, days: Days
) -> Iterator[dict[str | None, Summary] | None]:
    """Sum everything, a step at a time: None while under way, and at last the summaries by region code.

    Each station is added once, to its lowest division; the divisions are then added up the tree.
    """
    lowest: dict[str, Tally] = {}
    for count, station in enumerate(registry.stations(), start=1):
        code = station.district or station.city or station.province
        tally = lowest.get(code)
        if tally is None:
            tally = lowest[code] = Tally()
        tally.add_entry(station)
        tally.add_live(live.get(station.id), now_ms)
        if count % STEP == 0:
            yield None
    sums: dict[str | None, Tally] = {}
    for code, tally in lowest.items():
        at: str | None = code
        while at is not None:
            sums.setdefault(at, Tally()).add(tally)
            region = registry.region(at)
            at = region.parent if region else None
        sums.setdefault(None, Tally()).add(tally)
    yield None
    yield {code: tally.summary(code, now_ms, *days(code)) for code, tally in sums.items()}
