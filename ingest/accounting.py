"""Where every reading went: `received = stored + spooled + duplicate + refused + in flight`.

Enters: one call per event. Leaves: the figures. Never: forgets a reading: what is not accounted for is in flight, and
`in_flight` is counted on its own, so that the identity is a check and not a definition.
"""

from collections import Counter
from dataclasses import dataclass, field

from ingest.model import Kind


@dataclass(slots=True)
class Accounting:
    """Counts of readings since the process started. A backlog of 500 is 500; a message that is no reading is one."""

    received: int = 0
    stored: Counter[Kind] = field(default_factory=Counter)
    spooled: int = 0
    duplicate: Counter[Kind] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    """By `ingest.decode.Reason`."""
    in_flight: int = 0
    births: int = 0
    wills: int = 0
    late_wills: int = 0
    receipts: int = 0
    acks_dropped: int = 0
    """Of a connection that was gone: the broker sends those messages again."""

    def recover(self, spooled: int) -> None:
        """Readings of an earlier process wait in the spool: they were received then, and are on our account now."""
        self.received += spooled
        self.spooled += spooled

    @property
    def balance(self) -> int:
        """Zero, always. Anything else is a reading lost or counted twice by us."""
        gone = self.stored.total() + self.spooled + self.duplicate.total() + self.refused.total()
        return self.received - gone - self.in_flight
