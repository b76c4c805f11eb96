"""The nouns of whoever runs the platform: who may ask, what was refused, where every reading went.

Enters: nothing. Leaves: frozen types. Never: behaviour beyond a derived property.
Instants are ms since the Unix epoch, UTC (`_ms`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from ingest.model import DeadLetter, Kind

# ---- who may ask ----


class Role(StrEnum):
    """What a token allows; each role may do all that the ones before it may."""

    VIEWER = "viewer"
    """Looks."""
    CREW = "crew"
    """Works at stations."""
    OPERATOR = "operator"
    """Changes what the platform holds."""
    ADMIN = "admin"
    """Decides who may do what."""

    @property
    def rank(self) -> int:
        """0 for the least."""
        return list(Role).index(self)


class Holder(NamedTuple):
    """The bearer of a token."""

    name: str
    role: Role
    regions: frozenset[str] = frozenset()
    """Codes of regions of any level, whose stations the token is for; empty: all stations."""


class Token(NamedTuple):
    """A token as it is kept: without what its holder sends."""

    id: str
    """The part that names the token; no secret."""
    holder: Holder
    digest: bytes
    """SHA-256 of the secret part."""
    created_ms: int
    revoked_ms: int | None = None


# ---- dead letters ----


class KeptLetter(NamedTuple):
    """A dead letter and the number under which it is kept."""

    id: int
    letter: DeadLetter


class LetterLine(NamedTuple):
    """A dead letter in a list: all but the message itself, which may be a megabyte."""

    id: int
    received_ms: int
    topic: str
    reason: str
    detail: str
    station: str | None
    boot: int | None
    seq: int | None
    payload_bytes: int


class LetterFilter(NamedTuple):
    """Which letters are meant: every part that is given must hold."""

    reason: str | None = None
    station: str | None = None
    from_ms: int | None = None
    """Received then or later."""
    to_ms: int | None = None
    """Received before."""
    regions: frozenset[str] = frozenset()
    """Of stations that the registry has in one of these; empty: whatever they are of."""


class ReplayOutcome(StrEnum):
    """What became of a letter that went through the steps once more."""

    TAKEN = "taken"
    """It is durable now, and the letter is dropped."""
    DUPLICATE = "duplicate"
    """All of it was known already, and the letter is dropped."""
    REFUSED = "refused"
    """It, or a part of it, is still refused, and the letter stays."""


class Refusal(NamedTuple):
    """Why a message, or a part of one, is not taken."""

    reason: str
    detail: str


class Replayed(NamedTuple):
    """How a replay went."""

    taken: int = 0
    """Readings that are durable now."""
    duplicates: int = 0
    """Readings that were known already."""
    refused: Sequence[Refusal] = ()

    @property
    def outcome(self) -> ReplayOutcome:
        """In one word."""
        if self.refused:
            return ReplayOutcome.REFUSED
        return ReplayOutcome.DUPLICATE if self.duplicates and not self.taken else ReplayOutcome.TAKEN


# ---- where readings went ----


@dataclass(frozen=True, slots=True)
class Figures:
    """Where every reading went since the process started."""

    since_ms: int
    received: int
    stored: Mapping[Kind, int]
    spooled: int
    duplicate: Mapping[Kind, int]
    refused: Mapping[str, int]
    """By `ingest.decode.Reason`."""
    in_flight: int
    balance: int
    """received less all of the above: 0, or a reading was lost or counted twice by us."""


class BootRecord(NamedTuple):
    """What came of a station's readings of one kind and boot. Named by its seq, so a loss has a name too."""

    kind: Kind
    boot: int
    sent: int
    """Readings that the station has numbered; of the oldest boot, since the first one that was heard."""
    missing: int
    """Of those, how many have not come."""
    holes: Sequence[tuple[int, int]]
    """Which: inclusive ranges of seq, ascending."""

    @property
    def received(self) -> int:
        """Each once, however often it came."""
        return self.sent - self.missing


@dataclass(frozen=True, slots=True)
class StationRecord:
    """How good a station's data is, since it was first heard."""

    station: str
    boots: Sequence[BootRecord]
    """By kind, then by boot; of boots long past nothing is remembered."""
    duplicates: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    """By `ingest.decode.Reason`."""
    unknown_fields: Sequence[str] = ()
    """Names that protocol v1 does not know."""
    clock_offset_ms: int | None = None
    """Of the newest reading: when it was received less when it was sampled. Negative: the clock is ahead."""
    clock_seen_ms: int | None = None
    """When that reading was received."""
    backlog_at_ms: int | None = None
    """When the last backlog came; None: there was none."""
    backlog_readings: int = 0
    """How many readings were in it."""
    boot_went_back: int = 0
    """A board whose boot counter began again."""
    meter_went_back: int = 0
    """Readings in which the visit meter showed less than before; they are left out of the count."""
    late_wills: int = 0
