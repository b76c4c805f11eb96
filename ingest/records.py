"""The `Records` port: the books of the running platform as operators read them.

Enters: the books. Leaves: figures and records as of now. Never: changes a book, or keeps anything itself.
"""

from collections.abc import Iterator

from ingest.live.station import LiveStation, Track
from ingest.model import Kind
from ingest.operating import BootRecord, Figures, StationRecord
from ingest.quality import StationQuality
from ingest.steps import Books


class BookRecords:
    """Reads the books when somebody asks."""

    def __init__(self, books: Books, since_ms: int) -> None:
        self._books = books
        self._since_ms = since_ms

    def figures(self) -> Figures:
        """See the port."""
        accounting = self._books.accounting
        return Figures(
            since_ms=self._since_ms,
            received=accounting.received,
            stored=dict(accounting.stored),
            spooled=accounting.spooled,
            duplicate=dict(accounting.duplicate),
            refused=dict(accounting.refused),
            in_flight=accounting.in_flight,
            balance=accounting.balance,
        )

    def of_station(self, station: str) -> StationRecord | None:
        """See the port."""
        live = self._books.picture.stations.get(station)
        if live is None:
            return None
        quality = self._books.quality.records.get(station) or StationQuality()
        newest = max((track for _, track in live.tracks()), key=lambda track: track.received_ms, default=None)
        is_known = newest is not None and newest.received_ms
        return StationRecord(
            station=station,
            boots=tuple(_boots(live)),
            duplicates=quality.duplicates,
            refused=dict(quality.refused),
            unknown_fields=tuple(quality.unknown),
            clock_offset_ms=newest.received_ms - newest.ts_ms if newest is not None and is_known else None,
            clock_seen_ms=newest.received_ms if newest is not None and is_known else None,
            backlog_at_ms=quality.backlog_at_ms or None,
            backlog_readings=quality.backlog_readings,
            boot_went_back=quality.boot_went_back,
            meter_went_back=quality.meter_went_back,
            late_wills=quality.late_wills,
        )


def _boots(live: LiveStation) -> Iterator[BootRecord]:
    for kind, track in live.tracks():
        yield from _boots_of(kind, track)


def _boots_of(kind: Kind, track: Track) -> Iterator[BootRecord]:
    holes = track.named_holes()
    boots = sorted({*(track.older or {}), track.boot} - {0})
    for boot in boots:
        seqs = track.seqs(boot)
        highest = 0 if seqs is None else seqs.highest
        # What was numbered before we first heard the station was not sent to us.
        sent = max(0, highest - track.met) if boot == boots[0] else highest
        gaps = [(low, high) for low, high in holes.get(boot, ())]
        yield BootRecord(kind, boot, sent, sum(high - low + 1 for low, high in gaps), gaps)
