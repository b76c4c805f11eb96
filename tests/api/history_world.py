"""The history of the small world: one reading in every span.

Enters: nothing. Leaves: an implementation of the port. Never: a mock that knows what will be asked.
"""

from dataclasses import dataclass, field

from ingest.model import HistoryPoint, Kind, Spread


@dataclass
class MemoryHistory:
    """The history port: one reading a span, in every span that begins before a bound; remembers what was asked."""

    asked: list[tuple[str, Kind, int, int, int]] = field(default_factory=list)
    fails_with: Exception | None = None

    async def history(self, station: str, kind: Kind, from_ms: int, to_ms: int, every_ms: int) -> list[HistoryPoint]:
        """See the port."""
        if self.fails_with is not None:
            raise self.fails_with
        self.asked.append((station, kind, from_ms, to_ms, every_ms))
        spread = Spread(2.5, 1, 4, 3)
        figures = (
            {"temp": spread, "humidity": spread, "items": spread} if kind is Kind.MEDICINE else {"present": spread}
        )
        return [HistoryPoint(start_ms, 1, figures) for start_ms in range(from_ms, to_ms, every_ms)]
