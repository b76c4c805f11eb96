"""A store that keeps nothing: what the path of a reading costs without one.

Enters: readings. Leaves: nothing. Never: part of a platform that people depend on; the bench asks for it by name.
"""

from collections.abc import AsyncIterator, Sequence

from ingest.model import HistoryPoint, Kind, Reading


class NullReadingStore:
    """The `ReadingStore` port, empty."""

    async def open(self) -> None:
        """Nothing to open."""

    async def write(self, readings: Sequence[Reading], *, has_waited: bool = False) -> None:
        """Forget."""

    async def stored_since(self, since_ms: int) -> AsyncIterator[Reading]:  # noqa: ARG002 - the port's
        """None."""
        nothing: tuple[Reading, ...] = ()
        for reading in nothing:
            yield reading

    async def of_station(self, station: str, kind: str, from_ms: int, to_ms: int) -> AsyncIterator[Reading]:  # noqa: ARG002 - the port's
        """None."""
        nothing: tuple[Reading, ...] = ()
        for reading in nothing:
            yield reading

    async def history(self, station: str, kind: Kind, from_ms: int, to_ms: int, every_ms: int) -> list[HistoryPoint]:  # noqa: ARG002 - the port's
        """None."""
        return []

    async def close(self) -> None:
        """Nothing to close."""
