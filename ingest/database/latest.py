"""The newest message of each (station, kind): the snapshot that brings the live picture back after a restart.

Enters: rows from the live picture. Leaves: all of them, fast.
Never: decides which message is newer; the last writer wins.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, select

from ingest.database.bulk import BulkWriter, last_wins
from ingest.database.streaming import stream
from ingest.database.tables import LATEST


class LatestRow(NamedTuple):
    """One row, its fields in the order of the table's columns."""

    station: str
    kind: str
    """A `Kind`, or "state" for birth or will."""
    boot: int
    seq: int | None
    ts_ms: int | None
    received_ms: int
    payload: bytes
    seen: str | None
    """JSON of the sequence accounting; its shape belongs to the live picture."""
    updated_ms: int


UPSERT: Final = BulkWriter(LATEST, last_wins)
ALL: Final = select(LATEST)
WITH_KIND: Final = select(LATEST.c.station).where(LATEST.c.kind == bindparam("name"))


def upsert(connection: Connection, rows: Iterable[LatestRow]) -> None:
    """Write rows; of several for one (station, kind) the last one stays."""
    newest = {(row.station, row.kind): row for row in rows}
    UPSERT.write(connection, [row for _key, row in sorted(newest.items())])


def every(connection: Connection) -> Iterator[LatestRow]:
    """All rows, in no order, streamed; to be used up before the transaction ends."""
    return map(LatestRow._make, rows(connection))


def rows(connection: Connection) -> Iterator[Sequence[Any]]:
    """As `every`, without the names, which would cost a restart as much as the reading does."""
    return stream(connection, ALL)


def stations_with(connection: Connection, kind: str) -> list[str]:
    """Those of which a message of this kind was ever taken, in no order."""
    return list(connection.scalars(WITH_KIND, {"name": kind}))
