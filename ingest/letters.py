"""The `DeadLetters` port: refused messages in the operational database, and their way back through the pipeline.

Enters: a letter's number, filters. Leaves: letters, or what became of one.
Never: a second writer: a replay goes through the one pipeline that also takes what arrives.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

from ingest.database import dead_letters
from ingest.database.database import Database
from ingest.decode import ClockBounds
from ingest.operating import KeptLetter, LetterFilter, LetterLine, Replayed, ReplayOutcome
from ingest.pipeline import Pipeline
from ingest.ports import TransientStoreError

DURABLE_WITHIN_S: Final = 20.0
"""Larger: who replays while the store is away waits for nothing. Smaller: a busy platform is taken for one whose store
is away."""


class LetterBox:
    """Letters of the database; `bounds` are those of the pipeline."""

    def __init__(self, database: Database, pipeline: Pipeline, bounds: ClockBounds) -> None:
        self._database = database
        self._pipeline = pipeline
        self._bounds = bounds
        self._one_by_one = asyncio.Lock()

    async def page(self, wanted: LetterFilter, before_id: int | None, limit: int) -> Sequence[LetterLine]:
        """See the port."""
        return await self._database.read(partial(dead_letters.page, wanted=wanted, before_id=before_id, limit=limit))

    async def get(self, letter_id: int) -> KeptLetter | None:
        """See the port."""
        return await self._database.read(partial(dead_letters.get, letter_id=letter_id))

    async def drop(self, letter_id: int) -> bool:
        """See the port."""
        return await self._database.run(partial(dead_letters.drop, ids=[letter_id])) == 1

    async def replay(self, letter_id: int, *, accept_clock: bool) -> Replayed | None:
        """See the port. A crash before the letter is dropped leaves it: the next replay finds it a duplicate.

        One after the other: of two who replay the same letter, the second finds it gone.
        """
        async with self._one_by_one:
            return await self._replay(letter_id, accept_clock=accept_clock)

    async def _replay(self, letter_id: int, *, accept_clock: bool) -> Replayed | None:
        kept = await self.get(letter_id)
        if kept is None:
            return None
        bounds = lifted(self._bounds, kept.letter.received_ms) if accept_clock else self._bounds
        try:
            async with asyncio.timeout(DURABLE_WITHIN_S):
                replayed = await self._pipeline.replay(kept.letter, bounds)
        except TimeoutError:
            raise TransientStoreError("the store is away: the letter stays, replay it when it is back") from None
        if replayed.outcome is not ReplayOutcome.REFUSED:
            await self.drop(letter_id)
        return replayed


def lifted(bounds: ClockBounds, received_ms: int) -> ClockBounds:
    """Any time since 1970, where the counts begin; and as far ahead as a reading may be old, which is how far ahead of
    today they are followed.
    """
    return ClockBounds(future_ms=max(bounds.future_ms, bounds.past_ms), past_ms=max(bounds.past_ms, received_ms))
