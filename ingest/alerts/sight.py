"""Whether the platform sees its stations at all: what it does not see it may not judge.

Enters: looks at the link to the broker and at the pipeline. Leaves: since when it has been blind, and why.
Never: judges a station.
"""

from enum import StrEnum
from typing import Final

BLIND_AFTER_MS: Final = 10_000
"""Larger: stations that cannot be heard come nearer to being called dark. Smaller: each reconnect pages the operators.
Whatever it is, the time is counted from the first look that saw nothing."""
SIGHTED_AFTER_MS: Final = 5_000
"""Larger: true alerts wait. Smaller: judged before the broker has handed over what it kept meanwhile."""


class Turn(StrEnum):
    """What a look changed."""

    BLIND = "blind"
    SIGHTED = "sighted"


class Sight:
    """Damps what it is told, so that a reconnect is no blindness and a flicker no sight."""

    def __init__(self) -> None:
        self.blind_since_ms: int | None = None
        """When the looks that see nothing began, once that has lasted; None while it sees."""
        self.why = ""
        self._changing_since_ms: int | None = None

    def look(self, now_ms: int, trouble: str) -> Turn | None:
        """`trouble` says why nothing is seen; empty while all is well."""
        is_blind = self.blind_since_ms is not None
        if bool(trouble) == is_blind:
            self._changing_since_ms = None
            self.why = trouble
            return None
        if self._changing_since_ms is None:
            self._changing_since_ms = now_ms
        if is_blind:
            if now_ms - self._changing_since_ms < SIGHTED_AFTER_MS:
                return None
            self.blind_since_ms = self._changing_since_ms = None
            self.why = ""
            return Turn.SIGHTED
        if now_ms - self._changing_since_ms < BLIND_AFTER_MS:
            return None
        self.blind_since_ms, self.why = self._changing_since_ms, trouble
        self._changing_since_ms = None
        return Turn.BLIND

    @property
    def may_judge(self) -> bool:
        """False also while it may be going blind, or is not yet back: a look decides within seconds."""
        return self.blind_since_ms is None and self._changing_since_ms is None
