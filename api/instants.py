"""How an instant is written: RFC 3339 in UTC for machines, the platform's own clock for people.

Enters: ms since the Unix epoch. Leaves: text, or a datetime in a zone. Never: reads a clock.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def rfc3339(instant_ms: int) -> str:
    """`2026-11-22T06:02:00.000Z`; always UTC, always three decimals, so that texts compare like instants."""
    return datetime.fromtimestamp(instant_ms / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def rfc3339_or_none(instant_ms: int | None) -> str | None:
    """The same; None stays None."""
    return None if instant_ms is None else rfc3339(instant_ms)


def local(instant_ms: int, zone: ZoneInfo) -> datetime:
    """The wall clock of a zone at an instant."""
    return datetime.fromtimestamp(instant_ms / 1000, zone)
