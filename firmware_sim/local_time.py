"""Beijing's civil time: the day and the hour that a station's visitors live by.

Enters: ms since the Unix epoch, UTC. Leaves: local days and hours. Never: the machine's clock or zone.
China has one zone and no summer time since 1991, so a fixed offset is exact for every instant simulated here.
"""

from datetime import date, datetime, timedelta, timezone
from typing import Final

BEIJING: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
ZONE_NAME: Final = "Asia/Shanghai"

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000

_OFFSET_MS: Final = 8 * HOUR_MS
_UNIX_EPOCH: Final = date(1970, 1, 1).toordinal()


def local_day(ts_ms: int) -> date:
    """The local calendar day of an instant."""
    return date.fromordinal((ts_ms + _OFFSET_MS) // DAY_MS + _UNIX_EPOCH)


def local_hour(ts_ms: int) -> int:
    """The local hour of an instant, 0..23."""
    return (ts_ms + _OFFSET_MS) % DAY_MS // HOUR_MS


def is_weekend(ts_ms: int) -> bool:
    """Saturday or Sunday, local."""
    return local_day(ts_ms).weekday() >= 5  # noqa: PLR2004 - Monday is 0


def day_start_ms(day: date) -> int:
    """The instant of a day's local midnight."""
    return (day.toordinal() - _UNIX_EPOCH) * DAY_MS - _OFFSET_MS


def instant_ms(local: datetime) -> int:
    """The instant of a local time; a naive one is taken as Beijing's."""
    aware = local if local.tzinfo else local.replace(tzinfo=BEIJING)
    return round(aware.timestamp() * SECOND_MS)


def local_text(ts_ms: int) -> str:
    """An instant for people: `2026-07-24 08:30`, local."""
    return datetime.fromtimestamp(ts_ms / SECOND_MS, BEIJING).strftime("%Y-%m-%d %H:%M")
