"""Messages that were refused, kept whole with their reason until they are too old or too many.

Enters: dead letters. Leaves: the same, newest first. Never: refuses one, whatever stands in it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, delete, func, select

from ingest.database.bulk import BulkWriter
from ingest.database.stations import stands_in
from ingest.database.tables import DEAD_LETTER
from ingest.model import DeadLetter
from ingest.operating import KeptLetter, LetterFilter, LetterLine

ROW_BYTES: Final = 200
"""What a letter costs beside its texts: row header, numbers and index entries; 120 to 220 measured on SQLite.
Larger: fewer letters are kept than fit; smaller: a flood of empty messages takes more disk than allowed."""

ANY: Final = LetterFilter()
INT64_MAX: Final = 2**63 - 1
PRUNED_AT_ONCE: Final = 1_000
"""Letters looked at in one query. Larger: more is read than is dropped; smaller: more queries after a flood."""

_LINES: Final = select(
    *(DEAD_LETTER.c[name] for name in LetterLine._fields[:-1]), func.length(DEAD_LETTER.c.payload)
).order_by(DEAD_LETTER.c.id.desc())
ADD: Final = BulkWriter(DEAD_LETTER)
GET: Final = select(*(DEAD_LETTER.c[name] for name in ("id", *DeadLetter._fields))).where(
    DEAD_LETTER.c.id == bindparam("letter")
)
DROP: Final = delete(DEAD_LETTER).where(DEAD_LETTER.c.id.in_(bindparam("letters", expanding=True)))
DROP_OLDER: Final = delete(DEAD_LETTER).where(DEAD_LETTER.c.received_ms < bindparam("older_than_ms"))
TOTAL_BYTES: Final = select(func.coalesce(func.sum(DEAD_LETTER.c.size_bytes), 0))
OLDEST: Final = (
    select(DEAD_LETTER.c.id, DEAD_LETTER.c.size_bytes)
    .order_by(DEAD_LETTER.c.received_ms, DEAD_LETTER.c.id)
    .limit(PRUNED_AT_ONCE)
)


def add(connection: Connection, letters: Iterable[DeadLetter]) -> None:
    """Keep letters. Text that a database cannot hold (NUL, half a surrogate pair) is kept with `?` in its place."""
    ADD.write(connection, [_row_of(letter) for letter in letters])


def page(
    connection: Connection, wanted: LetterFilter = ANY, before_id: int | None = None, limit: int = 100
) -> list[LetterLine]:
    """Letters, newest first; `before_id` is the last id of the page before."""
    return [LetterLine(*row) for row in connection.execute(page_query(wanted, before_id, limit))]


def page_query(wanted: LetterFilter, before_id: int | None, limit: int) -> Select[Any]:
    """The query of `page`."""
    kept = DEAD_LETTER.c
    query = _LINES.limit(limit)
    if wanted.reason is not None:
        query = query.where(kept.reason == wanted.reason)
    if wanted.station is not None:
        query = query.where(kept.station == wanted.station)
    if wanted.from_ms is not None:
        query = query.where(kept.received_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        query = query.where(kept.received_ms < wanted.to_ms)
    if before_id is not None:
        query = query.where(kept.id < before_id)
    if wanted.regions:
        query = query.where(stands_in(kept.station, wanted.regions))
    return query


def get(connection: Connection, letter_id: int) -> KeptLetter | None:
    """The letter, or None when it is not kept (any more)."""
    row = connection.execute(GET, {"letter": letter_id}).one_or_none()
    return None if row is None else KeptLetter(row[0], DeadLetter(*row[1:]))


def drop(connection: Connection, ids: Sequence[int]) -> int:
    """Drop these letters; how many of them were there."""
    return connection.execute(DROP, {"letters": ids}).rowcount


def prune(connection: Connection, *, older_than_ms: int, max_bytes: int) -> int:
    """Drop letters received before an instant, then the oldest until the rest fits; how many went."""
    dropped = connection.execute(DROP_OLDER, {"older_than_ms": older_than_ms}).rowcount
    excess: int = connection.execute(TOTAL_BYTES).scalar_one() - max_bytes
    while excess > 0 and (oldest := connection.execute(OLDEST).all()):
        going: list[int] = []
        for letter_id, size_bytes in oldest:
            if excess <= 0:
                break
            going.append(letter_id)
            excess -= size_bytes
        dropped += drop(connection, going)
    return dropped


def _row_of(letter: DeadLetter) -> tuple[Any, ...]:
    topic, detail = _storable(letter.topic), _storable(letter.detail)
    size_bytes = ROW_BYTES + len(letter.payload) + len(topic) + len(detail)
    return (
        letter.received_ms,
        topic,
        letter.payload,
        letter.reason,
        detail,
        letter.station,
        _fitting(letter.boot),
        _fitting(letter.seq),
        size_bytes,
    )


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


def _fitting(number: int | None) -> int | None:
    """The number where 64 bits hold it: what a refused message calls its seq may be anything."""
    return number if number is not None and abs(number) <= INT64_MAX else None
