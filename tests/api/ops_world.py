"""What operators ask, in the small world of `tests.api.world`: tokens of every role, records, dead letters.

Enters: nothing. Leaves: implementations of the ports over dictionaries. Never: a mock that knows what will be asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.model import DeadLetter, Kind
from ingest.operating import (
    BootRecord,
    Figures,
    Holder,
    KeptLetter,
    LetterFilter,
    LetterLine,
    Refusal,
    Replayed,
    ReplayOutcome,
    Role,
    StationRecord,
)
from ingest.tokens import ID_BYTES, SECRET_BYTES, TokenBook, mint
from tests.api.stillness import NOW_MS

MINTED = {
    role: mint(Holder(f"holder-{role}", role), bytes([number]) * ID_BYTES, bytes([number]) * SECRET_BYTES, NOW_MS)
    for number, role in enumerate(Role)
}
REGIONAL = mint(Holder("regional", Role.ADMIN, frozenset({"110101"})), b"\7" * ID_BYTES, b"\7" * SECRET_BYTES, NOW_MS)
"""A token for one district."""


LETTERS = {
    1: DeadLetter(NOW_MS - 3_000, "yizhan/v1/bj-0001/occupancy", b"\xff{", "not_utf8", "not UTF-8", "bj-0001"),
    2: DeadLetter(NOW_MS - 2_000, "yizhan/v1/gd-0001/battery", b"{}", "missing_field", "ts", "gd-0001", 7, 1),
    3: DeadLetter(NOW_MS - 1_000, "yizhan/v1/X/battery", b"{}", "wrong_topic", "station id", None),
}
OUTCOMES = {2: Replayed(refused=(Refusal("missing_field", "ts: Field required"),))}

RECORD = StationRecord(
    station="bj-0001",
    boots=(BootRecord(Kind.OCCUPANCY, 7, sent=4711, missing=3, holes=((17, 18), (4000, 4000))),),
    duplicates=2,
    refused={"out_of_range": 1},
    unknown_fields=("colour",),
    clock_offset_ms=-1_500,
    clock_seen_ms=NOW_MS - 25_000,
    backlog_at_ms=NOW_MS - 3_600_000,
    backlog_readings=500,
    meter_went_back=1,
)


def known_tokens() -> TokenBook:
    """One of each role for all stations, and one for a district."""
    return TokenBook(one.token for one in (*MINTED.values(), REGIONAL))


def bearer(role: Role) -> dict[str, str]:
    """The header of a request by a holder of this role."""
    return {"Authorization": f"Bearer {MINTED[role].text}"}


@dataclass
class MemoryRecords:
    """The records port over dictionaries."""

    totals: Figures = field(
        default_factory=lambda: Figures(
            since_ms=NOW_MS - 3_600_000,
            received=14,
            stored={Kind.OCCUPANCY: 6, Kind.BATTERY: 1},
            spooled=2,
            duplicate={Kind.OCCUPANCY: 1},
            refused={"not_json": 3},
            in_flight=1,
            balance=0,
        )
    )
    stations: dict[str, StationRecord] = field(default_factory=lambda: {RECORD.station: RECORD})

    def figures(self) -> Figures:
        """See the port."""
        return self.totals

    def of_station(self, station: str) -> StationRecord | None:
        """See the port."""
        return self.stations.get(station)


@dataclass
class MemoryLetters:
    """The dead letters port over a dictionary; a replay comes out as `outcomes` says."""

    kept: dict[int, DeadLetter] = field(default_factory=lambda: dict(LETTERS))
    outcomes: dict[int, Replayed] = field(default_factory=lambda: dict(OUTCOMES))
    accepted_clocks: list[int] = field(default_factory=list)
    fails_with: Exception | None = None

    async def page(self, wanted: LetterFilter, before_id: int | None, limit: int) -> Sequence[LetterLine]:
        """See the port; stations of regions are those whose id begins with bj-."""
        if self.fails_with is not None:
            raise self.fails_with
        return [
            LetterLine(key, one.received_ms, one.topic, one.reason, one.detail, one.station, one.boot, one.seq, size)
            for key, one in sorted(self.kept.items(), reverse=True)
            if (size := len(one.payload)) >= 0
            and wanted.reason in (None, one.reason)
            and wanted.station in (None, one.station)
            and (wanted.from_ms is None or one.received_ms >= wanted.from_ms)
            and (wanted.to_ms is None or one.received_ms < wanted.to_ms)
            and (not wanted.regions or (one.station or "").startswith("bj-"))
            and (before_id is None or key < before_id)
        ][:limit]

    async def get(self, letter_id: int) -> KeptLetter | None:
        """See the port."""
        letter = self.kept.get(letter_id)
        return None if letter is None else KeptLetter(letter_id, letter)

    async def drop(self, letter_id: int) -> bool:
        """See the port."""
        return self.kept.pop(letter_id, None) is not None

    async def replay(self, letter_id: int, *, accept_clock: bool) -> Replayed | None:
        """See the port."""
        if letter_id not in self.kept:
            return None
        if accept_clock:
            self.accepted_clocks.append(letter_id)
        replayed = self.outcomes.get(letter_id, Replayed(taken=1))
        if replayed.outcome is not ReplayOutcome.REFUSED:
            del self.kept[letter_id]
        return replayed
