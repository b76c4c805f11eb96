"""Which local day an instant belongs to, in the civil time zone of the platform.

Enters: instants in ms since the Unix epoch, an IANA zone name. Leaves: `date`s, and the instants where they begin.
Never: asks what time it is.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_DAY: Final = timedelta(days=1)

_BUCKET_MS: Final = 15 * 60_000
"""Every offset in use is a multiple of a quarter of an hour, so midnight falls between two buckets. Larger: buckets
straddle midnight in Kathmandu and are never remembered. Smaller: more look-ups for the same day."""
_BUCKETS_MAX: Final = 8_192
"""85 days. Larger: memory for days that nobody asks about. Smaller than the 30 days that a reading may be old: a
backlog throws out what it is about to ask for."""


class LocalDays:
    """The days of one zone, whatever its summer time does; 0.1 µs where the quarter of an hour was asked before."""

    def __init__(self, zone: str) -> None:
        try:
            self._zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
            raise ValueError(f"unknown time zone {zone!r}: give an IANA name such as Asia/Shanghai") from unknown
        self._days: dict[int, date] = {}

    def of(self, ts_ms: int) -> date:
        """The local day of an instant; OverflowError outside the years 1 to 9999."""
        day = self._days.get(ts_ms // _BUCKET_MS)
        return day if day is not None else self._look_up(ts_ms)

    def start_ms(self, day: date) -> int:
        """The first instant of a day; of a day that the zone left out, the instant where it would have been."""
        low, high = self._midnights(day)
        if self._local(low).date() >= day:
            return low
        # The clocks are put forward over midnight, which is left out: the day begins at the change.
        while low < high:
            middle = (low + high) // 2
            if self._local(middle).date() < day:
                low = middle + 1
            else:
                high = middle
        return low

    def end_ms(self, day: date) -> int:
        """The first instant from which on it is never again that day."""
        _, later_midnight = self._midnights(day + _DAY)
        # Clocks put back just after midnight return to the old day until the second midnight.
        if self._local(later_midnight - 1).date() <= day:
            return later_midnight
        return self.start_ms(day + _DAY)

    def is_over(self, day: date, now_ms: int) -> bool:
        """No instant of the day is still to come."""
        return now_ms >= self.end_ms(day)

    def _look_up(self, ts_ms: int) -> date:
        bucket = ts_ms // _BUCKET_MS
        day = self._local(ts_ms).date()
        begin_ms = bucket * _BUCKET_MS
        # A change of clocks inside a quarter of an hour (Newfoundland until 2011): such a bucket is not remembered.
        if self._local(begin_ms).date() == self._local(begin_ms + _BUCKET_MS - 1).date():
            if len(self._days) >= _BUCKETS_MAX:
                self._days.clear()
            self._days[bucket] = day
        return day

    def _local(self, ts_ms: int) -> datetime:
        return (_EPOCH + ts_ms * _MS).astimezone(self._zone)

    def _midnights(self, day: date) -> tuple[int, int]:
        """Both readings of 00:00: the same instant, but for the days on which the clocks change around it."""
        both = (datetime.combine(day, time(fold=fold), self._zone) for fold in (0, 1))
        first, second = sorted((midnight.astimezone(UTC) - _EPOCH) // _MS for midnight in both)
        return first, second
