"""The grid of the registry's stations, made anew when the registry has changed.

Enters: the registry. Leaves: a `Grid`. Never: keeps the event loop for longer than one turn's worth.
"""

import asyncio
from itertools import islice
from typing import Final

from api.grid import Grid
from ingest.ports import Registry

_PLACED_A_TURN: Final = 2000
"""Stations put into the grid before others get a turn, about a millisecond. Larger: readings and requests wait.
Smaller: the first who asks for what is near waits longer."""


class PlaceIndex:
    """Holds the grid of one version of the registry."""

    def __init__(self) -> None:
        self._grid = Grid()
        self._version: int | None = None
        self._making = asyncio.Lock()

    async def of(self, registry: Registry) -> Grid:
        """The grid of the registry as it is now."""
        if self._version != registry.version:
            async with self._making:
                if self._version != registry.version:
                    await self._make(registry)
        return self._grid

    async def _make(self, registry: Registry) -> None:
        version, grid = registry.version, Grid()
        stations = iter(registry.stations())  # one walk: it ends on the registry that it began with
        while turn := list(islice(stations, _PLACED_A_TURN)):
            for station in turn:
                grid.add(station)
            await asyncio.sleep(0)
        self._grid, self._version = grid, version
