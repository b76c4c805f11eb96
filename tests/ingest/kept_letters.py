"""All dead letters of a database, whole, for tests that look at what was kept."""

from sqlalchemy import Connection

from ingest.database import dead_letters
from ingest.database.database import Database
from ingest.operating import KeptLetter


async def kept_letters(database: Database) -> list[KeptLetter]:
    """Newest first."""

    def read(connection: Connection) -> list[KeptLetter]:
        found = [dead_letters.get(connection, line.id) for line in dead_letters.page(connection, limit=10_000)]
        return [kept for kept in found if kept is not None]

    return await database.read(read)
