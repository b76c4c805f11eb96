"""The shapes of the answers for operators: what a field is called, its unit, what null means.

Enters: values that the handlers derive. Leaves: models that become JSON and the schemas of `/openapi.json`.
Never: a secret, or part of one.
"""

from api.bodies import Answer, Body, Instant
from ingest.model import Kind
from ingest.operating import ReplayOutcome

# ---- where readings went ----


class AccountingNow(Body):
    """Where every reading went: received = stored + spooled + duplicate + refused + in_flight."""

    since: Instant
    """When the process started; all figures begin with 0 there."""

    received: int
    """Readings; a backlog of 500 is 500, a message that is no reading is one."""

    stored: dict[Kind, int]
    """Made durable in the store, by kind."""

    spooled: int
    """Durable on disk, and to be stored when the store is back."""

    duplicate: dict[Kind, int]
    """Known already, by kind."""

    refused: dict[str, int]
    """Kept as dead letters, by reason."""

    in_flight: int
    """Not durable yet, and not acknowledged."""

    balance: int
    """received less all of the above. Anything but 0 is a fault of the platform."""


class AccountingAnswer(Answer[AccountingNow]):
    """The accounts."""


# ---- one station ----


class BootNow(Body):
    """What came of a station's readings of one kind and boot."""

    kind: Kind
    boot: int
    sent: int
    """Readings that the station has numbered (its highest seq); of the oldest boot, since the first one heard."""

    received: int
    """Each once, however often it came."""

    missing: int
    """sent less received: still on their way, or lost."""

    holes: list[tuple[int, int]]
    """Which are missing: inclusive ranges of seq, the newest last; the newest 100 where there are more."""


class ClockNow(Body):
    """A station's clock, by its newest reading."""

    offset_ms: int
    """When it was received less when it was sampled, so its way is in it; negative: the clock is ahead."""

    as_of: Instant
    """When it was received."""


class BacklogNow(Body):
    """The last backlog that a station sent."""

    readings: int
    as_of: Instant


class StationQuality(Body):
    """How good a station's data is, since it was first heard."""

    station: str
    registered: bool
    boots: list[BootNow]
    """By kind and boot; the newest starts of the station."""

    duplicates: int
    refused: dict[str, int]
    """Messages kept as dead letters, by reason."""

    unknown_fields: list[str]
    """Names that protocol v1 does not know: of newer firmware, or a typing error."""

    clock: ClockNow | None
    """null: no reading was heard yet."""

    backlog: BacklogNow | None
    """null: it never sent one."""

    boot_went_back: int
    """How often a boot was lower than the one before: a board that was replaced, or lost its memory."""

    meter_went_back: int
    """Readings in which the meter of visits showed less than before; left out of the count."""

    late_wills: int
    """Last wills of an older start, ignored."""


class StationQualityAnswer(Answer[StationQuality]):
    """A station's data quality."""


# ---- stations that nobody registered ----


class Stranger(Body):
    """A station that publishes and is not in the registry."""

    id: str
    heard_at: Instant | None


class StrangerList(Body):
    """A page of them, in order of id."""

    stations: list[Stranger]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last."""


class StrangerListAnswer(Answer[StrangerList]):
    """Unregistered stations."""


# ---- dead letters ----


class LetterEntry(Body):
    """A message that was refused."""

    id: int
    received_at: Instant
    topic: str
    reason: str
    detail: str
    """What is wrong and what would be right, as the station was told."""

    station: str | None
    """null: the topic names none."""

    boot: int | None
    seq: int | None
    payload_bytes: int


class LetterDetail(LetterEntry):
    """The same with the message."""

    payload: str | None
    """The message as text; null where it is not UTF-8."""

    payload_base64: str | None
    """The message where it is not UTF-8; null where it is."""


class LetterList(Body):
    """A page of dead letters, newest first."""

    letters: list[LetterEntry]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last."""


class LetterListAnswer(Answer[LetterList]):
    """Dead letters."""


class LetterAnswer(Answer[LetterDetail]):
    """One dead letter."""


class RefusalNow(Body):
    """Why a message, or a part of one, is still not taken."""

    reason: str
    detail: str


class ReplayResult(Body):
    """How a replay went."""

    outcome: ReplayOutcome
    """taken or duplicate: the letter is dropped; refused: it stays."""

    taken: int
    """Readings that are durable now."""

    duplicates: int
    """Readings that were known already."""

    refused: list[RefusalNow]
    """What is still wrong; of a backlog, for each reading."""


class ReplayAnswer(Answer[ReplayResult]):
    """A replay."""
