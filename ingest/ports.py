"""The doors between the rooms: what ingest asks of a store, and what the API may ask of ingest.

Enters: nothing. Leaves: Protocols and errors named by their remedy. Never: an implementation.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol, runtime_checkable

from ingest.model import (
    Article,
    DayCount,
    HistoryPoint,
    Kind,
    Reading,
    Region,
    RegionDay,
    Revision,
    Station,
    StationStatus,
    Summary,
)
from ingest.operating import (
    Figures,
    Holder,
    KeptLetter,
    LetterFilter,
    LetterLine,
    Replayed,
    StationRecord,
)

# ---- what ingest asks of a store of readings ----


class TransientStoreError(Exception):
    """Wait and write the same batch again; writing is idempotent."""

    def __init__(self, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class RejectedByStore(Exception):
    """These readings will never be taken; all others of the batch are stored."""

    def __init__(self, refused: Sequence[tuple[Reading, str]]) -> None:
        super().__init__(f"the store refused {len(refused)} readings: {refused[0][1] if refused else ''}")
        self.refused = refused


class StoreMisconfigured(Exception):
    """Only a person can help: wrong token, missing bucket. The text says what to do."""


class ReadingStore(Protocol):
    """Keeps readings, each once, named by (station, kind, boot, seq)."""

    async def open(self) -> None:
        """Connect, create what is missing, prove with a probe that it works; raises `StoreMisconfigured`.

        A store on another machine raises `TransientStoreError` too, and after either opens itself with its next use.
        """

    async def write(self, readings: Sequence[Reading], *, has_waited: bool = False) -> None:
        """Return only when all are durable; idempotent. Raises one of the three errors above.

        `has_waited`: they come out of the spool; others that were received after them may have been written before.
        """

    def stored_since(self, since_ms: int) -> AsyncIterator[Reading]:
        """Readings received since an instant of the platform's clock, for mending after a crash.

        May give more. May leave out those received more than `LATE_MS` after they were sampled.
        """

    def of_station(self, station: str, kind: str, from_ms: int, to_ms: int) -> AsyncIterator[Reading]:
        """A station's readings of one kind sampled in [from, to), by time of sampling."""

    async def close(self) -> None:
        """Finish what is under way and let go."""


@runtime_checkable
class CountsSink(Protocol):
    """Takes published counts beside the readings, for whoever looks at them there."""

    async def write_counts(self, counts: Sequence[DayCount]) -> None:
        """Durable, and in place of what was there of the same station and day.

        Raises `TransientStoreError` and `StoreMisconfigured`.
        """


LATE_MS = 5 * 60_000
"""A reading received later than this after its sampling is late: what it changes is checkpointed with its batch."""


# ---- what the API may ask ----


class Registry(Protocol):
    """The stations, regions and articles that the platform knows; held in memory."""

    @property
    def version(self) -> int:
        """Grows with every change."""

    def station(self, station_id: str) -> Station | None:
        """The entry, or None."""

    def stations(self, after: str = "", region: str | None = None) -> Iterator[Station]:
        """In order of id, those behind `after`, in the region (any level) if given."""

    def region(self, code: str) -> Region | None:
        """The division, or None."""

    def regions(self, parent: str | None = None) -> Sequence[Region]:
        """The provinces, or the divisions directly below `parent`."""

    def path(self, station: Station) -> Sequence[Region]:
        """Province, city, district: those that exist, from the top."""

    def articles(self) -> Sequence[Article]:
        """The medicine catalogue."""


class Picture(Protocol):
    """What is known right now."""

    def status(self, station_id: str, now_ms: int) -> StationStatus:
        """The live picture of one station; `never_seen` for an unknown id."""

    def summary(self, region: str | None = None) -> Summary | None:
        """A region's numbers, at most a cycle old; None before the first cycle or without stations there."""

    def unregistered(self) -> Sequence[str]:
        """Stations that publish and are not in the registry."""


class Happened(NamedTuple):
    """What changed, each station and count once."""

    stations: Sequence[str]
    """Of which something new is known; they may be unregistered."""
    counts: Sequence[DayCount]
    """As they are published now."""


class News(Protocol):
    """What changes, for one who asks; nothing is gathered while nobody watches."""

    def watch(self, is_watched: bool) -> None:
        """Begin to gather, or stop and forget."""

    async def wait(self) -> None:
        """Until there is some."""

    def take(self) -> Happened:
        """All since it was last taken."""


class VisitBook(Protocol):
    """The published visit counts."""

    async def of_stations(self, stations: Sequence[str], first: date, last: date) -> Sequence[DayCount]:
        """By station and day; a day on which nothing was read of a station is left out."""

    async def of_region(self, region: str | None, first: date, last: date) -> Sequence[RegionDay]:
        """By day; None for the nation."""

    async def revisions(self, station: str, first: date, last: date) -> Sequence[Revision]:
        """Changes of counts of those days after they were complete, oldest first."""

    def today(self, now_ms: int) -> date:
        """The local day of an instant."""


class ReadingHistory(Protocol):
    """How a station's figures went; asked of the store of readings."""

    async def history(
        self, station: str, kind: Kind, from_ms: int, to_ms: int, every_ms: int
    ) -> Sequence[HistoryPoint]:
        """Spans of `every_ms` (at least 1) from `from_ms` on, by time of sampling; empty ones are left out.

        Raises `TransientStoreError` and `StoreMisconfigured`. How many spans may be asked for is the caller's to bound.
        """


@dataclass(frozen=True, slots=True)
class Check:
    """The state of one part of the platform."""

    ok: bool
    detail: str
    since_ms: int | None = None
    is_degraded: bool = False
    """It does its work, by its second way: nothing is lost, and somebody should look."""


class Health(Protocol):
    """Asked by /readyz."""

    def checks(self, now_ms: int) -> dict[str, Check]:
        """By part: broker, store, database, ingest."""


# ---- what the API may ask for operators ----


class Tokens(Protocol):
    """Who may ask; held in memory."""

    def of(self, secret: str) -> Holder | None:
        """Whose token this is; None where it is nobody's, whatever the text. Takes no longer for a good guess."""


class Records(Protocol):
    """Where readings went, and how good they were."""

    def figures(self) -> Figures:
        """Of all stations together."""

    def of_station(self, station: str) -> StationRecord | None:
        """Of one; None where it was never heard."""


class DeadLetters(Protocol):
    """The messages that were refused. Each method raises `TransientStoreError` where the database is away."""

    async def page(self, wanted: LetterFilter, before_id: int | None, limit: int) -> Sequence[LetterLine]:
        """Newest first; `before_id` is the last id of the page before."""

    async def get(self, letter_id: int) -> KeptLetter | None:
        """The letter, or None when it is not kept (any more)."""

    async def drop(self, letter_id: int) -> bool:
        """Forget it; False where it was not kept."""

    async def replay(self, letter_id: int, *, accept_clock: bool) -> Replayed | None:
        """Send it through all steps once more; None where it is not kept.

        It is dropped when nothing of it is refused any more, else it stays and no other is made. `accept_clock`: even
        if the station's clock was off by more than the bound.
        """
