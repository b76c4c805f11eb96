"""What the books of alerts remember beside alerts and jobs, as JSON by name: who was told, crews, silences.

Enters: notes of a book. Leaves: all notes of a book. Never: knows what they mean.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select

from ingest.database.bulk import BulkWriter, last_wins
from ingest.database.tables import ALERT_NOTE

WRITE: Final = BulkWriter(ALERT_NOTE, last_wins)
OF_BOOK: Final = select(ALERT_NOTE.c.name, ALERT_NOTE.c.body).where(ALERT_NOTE.c.book == bindparam("which"))
DROP: Final = delete(ALERT_NOTE).where(
    ALERT_NOTE.c.book == bindparam("which"), ALERT_NOTE.c.name.in_(bindparam("names", expanding=True))
)
PRUNE: Final = delete(ALERT_NOTE).where(
    ALERT_NOTE.c.book == bindparam("which"), ALERT_NOTE.c.updated_ms < bindparam("older_than_ms")
)

DROPPED_MOST: Final = 5_000
"""Names in one statement. Larger: past 32,766 parameters SQLite refuses. Smaller: more statements."""


def every(connection: Connection, book: str) -> dict[str, str]:
    """The JSON of all notes of a book, by name."""
    return {row.name: row.body for row in connection.execute(OF_BOOK, {"which": book})}


def write(connection: Connection, book: str, notes: Mapping[str, str | None], now_ms: int) -> None:
    """Write notes in place of what was; None forgets one."""
    kept = [(book, name, body, now_ms) for name, body in sorted(notes.items()) if body is not None]
    WRITE.write(connection, kept)
    gone = [name for name, body in notes.items() if body is None]
    for start in range(0, len(gone), DROPPED_MOST):
        connection.execute(DROP, {"which": book, "names": gone[start : start + DROPPED_MOST]})


def prune(connection: Connection, book: str, older_than_ms: int) -> int:
    """Forget notes that were last written before an instant; how many went."""
    return connection.execute(PRUNE, {"which": book, "older_than_ms": older_than_ms}).rowcount
