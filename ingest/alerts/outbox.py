"""The outbox in the operational database, as the postman asks it.

Enters: questions of the postman. Leaves: messages. Never: decides which goes first, or stops at one
that it cannot read.
"""

import logging
from collections.abc import Sequence
from functools import partial

from ingest.alerts.lane import Ended
from ingest.alerts.work import Outgoing
from ingest.database import outbox
from ingest.database.database import Database

log = logging.getLogger(__name__)


class DatabaseOutbox:
    """The `Outbox` port of `ingest.alerts.postman`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unreadable: set[int] = set()

    @property
    def unreadable(self) -> int:
        """Waiting messages that this version cannot read; they stay as they are."""
        return len(self._unreadable)

    async def due(self, now_ms: int, each: int) -> Sequence[Outgoing]:
        """See the port."""
        # So many more, since those that cannot be read stand before the others of their channel for ever.
        most = each + len(self._unreadable)
        return await self._database.read(
            partial(outbox.due, now_ms=now_ms, each=most, on_unreadable=self._note_unreadable)
        )

    async def mark(self, message: Outgoing) -> None:
        """See the port."""
        await self._database.run(partial(outbox.mark, message=message))

    async def tried(self) -> Sequence[Outgoing]:
        """See the port."""
        return await self._database.read(partial(outbox.tried, on_unreadable=self._note_unreadable))

    async def ended_since(self, since_ms: int) -> Sequence[Ended]:
        """See the port."""
        return await self._database.read(partial(outbox.ended_since, since_ms=since_ms))

    def _note_unreadable(self, message: int, reason: str) -> None:
        if message not in self._unreadable:
            self._unreadable.add(message)
            log.error(
                "message %d of the outbox cannot be read by this version (%s) and is not sent: go back to the version "
                "that wrote it, or go on without; it stays in the database as it is",
                message,
                reason,
            )
