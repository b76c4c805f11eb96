"""Small facts that must survive a restart, by name: up to where something has been done.

Enters: a name and a text. Leaves: the text. Never: knows what it means.
"""

from typing import Final

from sqlalchemy import Connection, bindparam, select

from ingest.database.bulk import BulkWriter, last_wins
from ingest.database.tables import CHECKPOINT

WRITE: Final = BulkWriter(CHECKPOINT, last_wins)
EVERY: Final = select(CHECKPOINT)
READ: Final = select(CHECKPOINT.c.value).where(CHECKPOINT.c.name == bindparam("checkpoint"))


def name_of(name: str, process: str | None) -> str:
    """Of a fact that each of several ingesting processes keeps for itself; None: there is only one process."""
    return name if process is None else f"{name} of {process}"


def of_all(connection: Connection, name: str) -> list[str]:
    """What every process wrote under its own name, or under the plain one."""
    own = name_of(name, "")
    return [value for known, value in connection.execute(EVERY) if known == name or known.startswith(own)]


def read(connection: Connection, name: str) -> str | None:
    """What was written last; None when nothing ever was."""
    value: str | None = connection.scalar(READ, {"checkpoint": name})
    return value


def write(connection: Connection, name: str, value: str) -> None:
    """Remember, in place of what was."""
    WRITE.write(connection, [(name, value)])
