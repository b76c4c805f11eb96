"""How long a job waits for what.

Enters: nothing. Leaves: the bounds of a job's life. Never: a step of it.
"""

from dataclasses import dataclass
from typing import Final

OWED_LOOK_MS: Final = 3_600_000
"""How often it is asked again whether somebody still has to hear that a closed job is over. Larger: memory. Smaller:
looks for nothing."""
OWED_LONGEST_MS: Final = 30 * 86_400_000
"""Larger: what can never be told is kept. Smaller: a crew comes back from a long holiday and is not told."""
ARRIVAL_MS: Final = 7 * 86_400_000
"""Larger: a slip of the finger is shown as somebody who comes next year. Smaller: a far station cannot be promised."""


@dataclass(frozen=True, slots=True)
class JobSettings:
    """How long a job waits for what."""

    close_after_s: float = 300.0
    """How long all must be good. Larger: crews carry jobs that are done. Smaller: a loose contact closes and opens."""
    reopen_s: float = 7_200.0
    """How long after that the same fault is the same job. Larger: two repairs count as one. Smaller: a repair that did
    not hold looks like a new fault."""
    keep_s: float = 72 * 3_600.0
    """How long a closed job stays in memory. Larger: memory. Smaller: a crew that rests over a weekend never hears that
    what it was told of is good."""
    acknowledged_s: float = 8 * 3_600.0
    """How long an acknowledgement holds at most where nobody said until when. Larger: a forgotten job sleeps longer.
    Smaller: who drives to a far station is asked again on the way."""
    acknowledged_longest_s: float = 72 * 3_600.0
    """The longest that somebody may say. What takes longer is a silence, which names its reason."""
