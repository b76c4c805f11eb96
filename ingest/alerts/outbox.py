"""The outbox in the operational database, as the postman asks it.

Enters: questions of the postman. Leaves: messages. Never: decides which goes first.
"""

from collections.abc import Sequence
from functools import partial

from ingest.alerts.lane import Ended
from ingest.alerts.work import Outgoing
from ingest.database import outbox
from ingest.database.database import Database


class DatabaseOutbox:
    """The `Outbox` port of `ingest.alerts.postman`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now_ms: int, each: int) -> Sequence[Outgoing]:
        """See the port."""
        return await self._database.read(partial(outbox.due, now_ms=now_ms, each=each))

    async def mark(self, message: Outgoing) -> None:
        """See the port."""
        await self._database.run(partial(outbox.mark, message=message))

    async def tried(self) -> Sequence[Outgoing]:
        """See the port."""
        return await self._database.read(outbox.tried)

    async def ended_since(self, since_ms: int) -> Sequence[Ended]:
        """See the port."""
        return await self._database.read(partial(outbox.ended_since, since_ms=since_ms))
