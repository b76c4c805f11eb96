"""Which stations an answer is about: those of a region with a service, from a place in the order of ids.

Enters: the registry and what is asked for. Leaves: a list.
Never: keeps the event loop for longer than one turn's worth.
"""

import asyncio
from dataclasses import dataclass
from itertools import islice
from typing import Final

from api.problems import wrong_parameter
from ingest.model import Region, Station
from ingest.ports import Registry

_EXAMINED_A_TURN: Final = 2000
"""Stations looked at before others get a turn. Larger: readings and requests wait while a rare service is sought among
186,100 stations. Smaller: the search itself takes longer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter; None: any."""

    region: str | None = None
    service: str | None = None

    def takes(self, station: Station) -> bool:
        """Whether the station passes; its region has been seen to by the registry."""
        return self.service is None or self.service in station.services


async def select(registry: Registry, wanted: Wanted, after: str, most: int) -> list[Station]:
    """At most `most` stations in order of id, behind the id `after`."""
    found: list[Station] = []
    while True:
        # Asked anew each turn: the registry may be replaced in between, and an iterator of the old one would go stale.
        examined = list(islice(registry.stations(after, wanted.region), _EXAMINED_A_TURN))
        found.extend(station for station in examined if wanted.takes(station))
        if len(found) >= most or len(examined) < _EXAMINED_A_TURN:
            return found[:most]
        after = examined[-1].id
        await asyncio.sleep(0)


def known_region(registry: Registry, parameter: str, code: str) -> Region:
    """The region of a parameter; raises `Problem` (400) for a code that does not exist."""
    region = registry.region(code)
    if region is None:
        raise wrong_parameter(parameter, "is not the code of a region", "a code from /v1/regions, for example 110000")
    return region
