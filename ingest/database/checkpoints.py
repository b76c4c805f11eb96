"""Small facts that must survive a restart, by name: up to where something has been done.

Enters: a name and a text. Leaves: the text. Never: knows what it means.
"""

from typing import Final

from sqlalchemy import Connection, bindparam, select

from ingest.database.bulk import BulkWriter, last_wins
from ingest.database.tables import CHECKPOINT

WRITE: Final = BulkWriter(CHECKPOINT, last_wins)
READ: Final = select(CHECKPOINT.c.value).where(CHECKPOINT.c.name == bindparam("checkpoint"))


def read(connection: Connection, name: str) -> str | None:
    """What was written last; None when nothing ever was."""
    value: str | None = connection.scalar(READ, {"checkpoint": name})
    return value


def write(connection: Connection, name: str, value: str) -> None:
    """Remember, in place of what was."""
    WRITE.write(connection, [(name, value)])
