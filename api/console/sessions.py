"""Who is signed in to the console: sessions in memory, by a number that only the browser and we know.

Enters: a token that opened something. Leaves: a `Session`. Never: a session for ever, or on disk; a restart ends all.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

LIFETIME_MS: Final = 16 * 3_600_000
"""Of a session. Larger: a lost phone stays signed in. Smaller: a crew signs in twice in one shift."""
_KEPT: Final = 10_000
"""Larger: memory, some 300 bytes each. Smaller: many crews throw each other out."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that signed in."""

    id: str = field(repr=False)
    secret: str = field(repr=False)
    """The token itself, asked about at every request: one that was revoked ends its sessions at once."""
    form: str = field(repr=False)
    """What every form carries: another site cannot know it, and so cannot send one in its reader's name."""
    until_ms: int


class Sessions:
    """All of them. `draw` makes numbers that cannot be guessed."""

    def __init__(self, draw: Callable[[], str]) -> None:
        self._draw = draw
        self._open: OrderedDict[str, Session] = OrderedDict()

    def open(self, secret: str, now_ms: int) -> Session:
        """A new one; at the bound the oldest ends."""
        session = Session(self._draw(), secret, self._draw(), now_ms + LIFETIME_MS)
        self._open[session.id] = session
        while len(self._open) > _KEPT:
            self._open.popitem(last=False)
        return session

    def of(self, session_id: str, now_ms: int) -> Session | None:
        """The session of that number, while it lasts."""
        session = self._open.get(session_id)
        if session is not None and session.until_ms <= now_ms:
            del self._open[session_id]
            return None
        return session

    def close(self, session_id: str) -> None:
        """Signed out."""
        self._open.pop(session_id, None)
