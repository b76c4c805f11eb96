"""Notes that a restart is given again, by a version that may be older or newer than the one that wrote them.

Enters: notes by name, and who takes them over. Leaves: how many were left, in the log, with the first reason.
Never: stops a start for one note.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Final

log = logging.getLogger(__name__)

UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError, OverflowError)
"""What reading JSON of another shape raises."""


def taken_over(notes: Mapping[str, str], take: Callable[[str, str], None], what: str) -> None:
    """Give each name with what was written to `take`, which changes nothing where it raises."""
    left, reason = 0, ""
    for name, written in notes.items():
        try:
            take(name, written)
        except UNREADABLE as error:
            left, reason = left + 1, reason or f"{name}: {type(error).__name__}"
    if left:
        log.error("%d of %s cannot be read (%s): it goes on without them, and learns anew", left, what, reason)
