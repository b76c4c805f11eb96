"""Three ingesters and one database, as little of them as the promise needs.

Enters: arrivals. Leaves: the rows that are durable. Never: loses what was acknowledged, or keeps what was in memory.
"""

from collections import deque
from collections.abc import Callable, Iterable

from ingest.model import LedgerRow
from ingest.ports import LATE_MS
from ingest.visits.ledger import Ledger, merge
from ingest.visits.local_day import LocalDays
from tests.ingest.visits.history import STATION, After, Arrival

Rows = dict[tuple[object, ...], LedgerRow]


def merge_into(database: Rows, rows: Iterable[LedgerRow]) -> None:
    """What the database does with rows."""
    for row in rows:
        key = row[:3]
        database[key] = merge(database[key], row) if key in database else row


class Ingester:
    """A ledger in memory, rows of the batch under way, and readings that are not acknowledged yet."""

    def __init__(self, days: LocalDays, database: Rows, older_rows_max: int) -> None:
        self._new_ledger: Callable[[], Ledger] = lambda: Ledger(days, older_rows_max)
        self._database = database
        self.ledger = self._new_ledger()
        self.batch: list[LedgerRow] = []
        self.unacknowledged: list[Arrival] = []

    def take(self, arrival: Arrival) -> None:
        """Take a true reading: it must be believed."""
        received_ms = arrival.reading.ts + (LATE_MS + 1 if arrival.is_late else 0)
        taken = self.ledger.take(STATION, arrival.reading, received_ms)
        assert not taken.refused
        assert not taken.went_back
        self.batch += taken.rows
        self.unacknowledged.append(arrival)

    def commit(self) -> None:
        """Rows durable, then readings acknowledged."""
        merge_into(self._database, self.batch)
        self.batch, self.unacknowledged = [], []

    def checkpoint(self) -> None:
        """Write what a batch did not have to."""
        merge_into(self._database, self.ledger.take_dirty(limit=2))

    def crash(self) -> list[Arrival]:
        """Start again from the database; the readings that the broker delivers again."""
        lost, self.batch, self.unacknowledged = self.unacknowledged, [], []
        self.ledger = self._new_ledger()
        self.ledger.restore(self._database.values())
        return lost


def run(
    zone: str, arrivals: list[Arrival], older_rows_max: int, on_commit: Callable[[Rows], None] = lambda _rows: None
) -> Rows:
    """Let all readings arrive; the rows that are durable at the end."""
    database: Rows = {}
    days = LocalDays(zone)
    ingesters = [Ingester(days, database, older_rows_max) for _ in range(3)]
    waiting = deque(arrivals)
    crashes = 0
    while waiting:
        arrival = waiting.popleft()
        ingester = ingesters[arrival.ingester]
        ingester.take(arrival)
        match arrival.after:
            case After.COMMIT:
                ingester.commit()
                on_commit(database)
            case After.CHECKPOINT:
                ingester.checkpoint()
                on_commit(database)
            case After.CRASH if crashes < 3:  # else a reading could be delivered again for ever
                crashes += 1
                waiting.extend(ingester.crash())
            case _:
                pass
    for ingester in ingesters:
        ingester.commit()
    return database
