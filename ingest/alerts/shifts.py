"""When a crew works: opening hours in the syntax of OpenStreetMap, asked about an instant.

Enters: hours, instants, the platform's zone. Leaves: instants. Never: asks what time it is.
Known limit: the library's Chinese holidays (`PH`) have the statutory days only, no bridge days and no make-up working
days.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State

ALWAYS: Final = "24/7"
HORIZON_DAYS: Final = 366
"""How far the next shift is looked for. Larger: hours that never open cost long searches. Smaller: a crew that works in
summer only is never told in autumn what waits for it."""
_KEPT_EXPRESSIONS: Final = 1_024
"""Parsed hours kept, some kB each. Larger: memory. Smaller: the same hours are parsed again and again."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_HORIZON: Final = timedelta(days=HORIZON_DAYS)


class Calendar:
    """Working hours in one zone, with one country's holidays."""

    def __init__(self, zone: ZoneInfo, country: str = "CN") -> None:
        self._zone = zone
        self._parse = lru_cache(maxsize=_KEPT_EXPRESSIONS)(
            lambda hours: OpeningHours(hours, timezone=zone, country=country, max_interval_days=HORIZON_DAYS)
        )

    def is_working(self, hours: str, at_ms: int) -> bool:
        """Whether the instant is in a shift. Hours that say `unknown` are none."""
        return hours == ALWAYS or self._parse(hours).is_open(self._local(at_ms))

    def start_ms(self, hours: str, at_ms: int) -> int | None:
        """The instant itself inside a shift, else when the next one begins; None: not within a year."""
        if self.is_working(hours, at_ms):
            return at_ms
        return next((begin for begin, _ in self._shifts(hours, at_ms)), None)

    def end_ms(self, hours: str, at_ms: int) -> int | None:
        """When the shift ends that the instant is in; None outside of one, or when it goes on for a year."""
        if hours == ALWAYS or not self.is_working(hours, at_ms):
            return None
        _, end = next(self._shifts(hours, at_ms))
        return end if end < at_ms + _HORIZON // _MS else None

    def after_ms(self, hours: str, from_ms: int, delay_s: float) -> int | None:
        """The instant at which so much working time has passed since `from_ms`; None: not within a year."""
        left_ms = int(delay_s * 1_000)
        if hours == ALWAYS:
            return from_ms + left_ms
        for begin_ms, end_ms in self._shifts(hours, from_ms):
            if left_ms <= end_ms - begin_ms:
                return begin_ms + left_ms
            left_ms -= end_ms - begin_ms
        return None

    def day(self, at_ms: int) -> date:
        """The local day of an instant."""
        return self._local(at_ms).date()

    def instant_ms(self, day: date, clock: str) -> int:
        """When a local clock shows `HH:MM` on a day."""
        local = datetime.combine(day, time.fromisoformat(clock), self._zone)
        return (local.astimezone(UTC) - _EPOCH) // _MS

    def ms_of(self, instant: datetime) -> int:
        """The instant that a person wrote; without an offset it is local."""
        return self._instant(instant if instant.tzinfo is not None else instant.replace(tzinfo=self._zone))

    def _shifts(self, hours: str, from_ms: int) -> Iterator[tuple[int, int]]:
        """Begin and end of each shift from an instant on, for a year; one that is under way begins with the instant.

        Two that touch are one: the change between them is of the remark only.
        """
        begin = self._local(from_ms)
        shift: tuple[int, int] | None = None
        for starts, ends, state, _ in self._parse(hours).intervals(begin, begin + _HORIZON):
            if state != State.OPEN:
                continue
            start_ms, end_ms = self._instant(starts), self._instant(ends)
            if shift is not None and shift[1] < start_ms:
                yield shift
                shift = None
            shift = (start_ms if shift is None else shift[0], end_ms)
        if shift is not None:
            yield shift

    def _local(self, at_ms: int) -> datetime:
        return (_EPOCH + at_ms * _MS).astimezone(self._zone)

    @staticmethod
    def _instant(local: datetime) -> int:
        return (local.astimezone(UTC) - _EPOCH) // _MS
