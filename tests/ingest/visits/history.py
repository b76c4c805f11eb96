"""True histories of a station, and the roads that their readings take: what the property tests draw.

Enters: hypothesis' choices. Leaves: readings as a station takes them, the true visits of each day, faulty deliveries.
Never: imports the rules under test.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from ingest.model import LedgerRow, Mark, Occupancy

STATION = "s-001"
ZONES = ("Asia/Shanghai", "Asia/Kathmandu", "America/Havana", "Australia/Lord_Howe")
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
PERSON_MS = 200
GAPS_MS = (0, MINUTE_MS, MINUTE_MS, HOUR_MS, 5 * HOUR_MS, 13 * HOUR_MS, 50 * HOUR_MS)


@dataclass(frozen=True)
class History:
    """What a station really did."""

    zone: str
    readings: tuple[Occupancy, ...]
    """As taken, in order."""
    visits: dict[date, int]
    """By local day; a visit belongs to the day of the first reading taken that shows it."""

    def day_of(self, reading: Occupancy) -> date:
        """The local day of a reading, by the calendar of the standard library alone."""
        return datetime.fromtimestamp(reading.ts / 1000, ZoneInfo(self.zone)).date()

    def ends(self) -> set[int]:
        """Indices of each day's last reading of each epoch."""
        return set({(self.day_of(r), r.epoch): i for i, r in enumerate(self.readings)}.values())


class Event(Enum):
    """What happens to a station between two readings."""

    READING = "reading"
    REBOOT = "reboot"
    RESET = "reset"
    """The counter starts from zero; two in a row skip an epoch."""


@dataclass(frozen=True)
class Life:
    """Where a history begins."""

    boot: int
    seq: int
    epoch: int
    entered: int


NEW = Life(boot=1, seq=1, epoch=1, entered=0)
"""Its very first reading is part of the history."""
RUNNING = Life(boot=7, seq=4711, epoch=3, entered=10_234)
"""Met when it had been counting for long."""


def live(zone: str, life: Life, start_ms: int, happenings: list[tuple[Event, int, int]]) -> History:
    """Let a station live; a happening is (event, ms since the one before, people who came meanwhile)."""
    readings: list[Occupancy] = []
    visits: dict[date, int] = {}
    ts, boot, seq, epoch, entered = start_ms, life.boot, life.seq, life.epoch, life.entered
    shown: int | None = None
    history = History(zone, (), visits)
    for event, gap_ms, people in happenings:
        ts += max(gap_ms, people * PERSON_MS)
        entered += people
        match event:
            case Event.REBOOT:
                boot, seq = boot + 1, 1
            case Event.RESET:
                epoch, entered, shown = epoch + 1, 0, 0 if readings else None
            case Event.READING:
                reading = Occupancy(ts=ts, boot=boot, seq=seq, present=0, entered=entered, left=0, epoch=epoch)
                readings.append(reading)
                if shown is None:
                    shown = 0 if (boot, seq) == (1, 1) else entered
                day = history.day_of(reading)
                visits[day] = visits.get(day, 0) + entered - shown
                shown, seq = entered, seq + 1
    return History(zone, tuple(readings), visits)


def histories(*events: Event, lives: tuple[Life, ...] = (NEW, RUNNING)) -> st.SearchStrategy[History]:
    """Histories in which these events may happen between readings."""
    choices = [Event.READING] * 8 + list(events)
    # 24 October to 8 November 2026: the clocks of Havana are put back on 1 November, over midnight.
    start_ms = st.integers(1_792_800_000_000, 1_794_100_000_000)
    happening = st.tuples(st.sampled_from(choices), st.sampled_from(GAPS_MS), st.integers(0, 3))
    # Left alone, lists have some six elements; a day lost among others needs more.
    happenings = st.lists(happening, min_size=1, max_size=8) | st.lists(happening, min_size=12, max_size=30)
    return st.builds(live, st.sampled_from(ZONES), st.sampled_from(lives), start_ms, happenings)


class After(Enum):
    """What the ingester does when it has taken a reading."""

    NOTHING = "nothing"
    COMMIT = "commit"
    CHECKPOINT = "checkpoint"
    CRASH = "crash"
    """Its memory is gone; what it had not acknowledged will be delivered again."""


@dataclass(frozen=True)
class Arrival:
    """One delivery of one reading."""

    reading: Occupancy
    ingester: int
    is_late: bool
    after: After


AFTER = (After.NOTHING,) * 4 + (After.COMMIT,) * 3 + (After.CHECKPOINT, After.CRASH)


@st.composite
def deliveries(draw: st.DrawFn, history: History, kept: frozenset[int], copies: tuple[int, ...]) -> list[Arrival]:
    """How the readings arrive: cut (0 copies; never those of `kept`), doubled, delayed, split over three ingesters."""
    arrivals: list[tuple[int, Arrival]] = []
    for index, reading in enumerate(history.readings):
        count = draw(st.sampled_from(copies))
        for _ in range(max(count, 1) if index in kept else count):
            arrival = Arrival(
                reading, draw(st.integers(0, 2)), is_late=draw(st.booleans()), after=draw(st.sampled_from(AFTER))
            )
            arrivals.append((index + draw(st.sampled_from((0, 0, 0, 0, 2, 5, 100))), arrival))
    return [arrival for _place, arrival in sorted(arrivals, key=lambda pair: pair[0])]


def any_rows() -> st.SearchStrategy[list[LedgerRow]]:
    """Rows that no true meter makes: overlapping, going down, epochs in any order."""
    marks = st.builds(Mark, st.integers(0, 9), st.integers(1, 3), st.integers(1, 3))
    row = st.builds(
        lambda day, epoch, numbers, ends: LedgerRow(
            STATION, date(2026, 6, 1) + timedelta(day), epoch, min(numbers), max(numbers), min(ends), max(ends)
        ),
        st.integers(0, 8),
        st.integers(1, 3),
        st.tuples(st.integers(0, 20), st.integers(0, 20)),
        st.tuples(marks, marks),
    )
    return st.lists(row, min_size=1, max_size=12, unique_by=lambda row: row[:3])
