"""A station's figures over spans of time, from the payloads in the embedded store.

Enters: a connection to the readings file. Leaves: `HistoryPoint`s. Never: writes, or brings readings into Python.
"""

import sqlite3
from typing import Final

from gateway.topics import Kind
from ingest.model import HistoryPoint, Spread
from ingest.store.figures import FIGURES

_COUNTED: Final = "(SELECT count(*) FROM json_each(document, '$.slots') WHERE json_extract(value, '$.state') = '{}')"
_EXPRESSIONS: Final = {state: _COUNTED.format(state) for state in ("ready", "charging", "empty", "fault")} | {
    "cell_temp_max": "(SELECT max(json_extract(value, '$.cell_temp')) FROM json_each(document, '$.slots'))",
    "items": "(SELECT coalesce(sum(json_extract(value, '$.qty')), 0) FROM json_each(document, '$.items'))",
}
"""Of those figures that are no fields of the payload themselves."""


def history(
    db: sqlite3.Connection, station: str, kind: Kind, from_ms: int, to_ms: int, every_ms: int
) -> list[HistoryPoint]:
    """See `ingest.ports.ReadingHistory`."""
    figures = FIGURES[kind]
    asked = {"station": station, "kind": kind.value, "from": from_ms, "to": to_ms, "every": every_ms}
    return [
        HistoryPoint(
            start_ms=from_ms + span * every_ms,
            readings=readings,
            values={
                figure: Spread(*rest[place * 4 : place * 4 + 4])
                for place, figure in enumerate(figures)
                if rest[place * 4] is not None
            },
        )
        for span, readings, *rest in db.execute(_STATEMENTS[kind], asked)
    ]


def _statement(figures: tuple[str, ...]) -> str:
    told = ",\n".join(f"{_expression(figure)} AS {figure}" for figure in figures)
    # The last of a span is the last that told the figure, as InfluxDB's LAST.
    back = ",\n".join(
        f"row_number() OVER (PARTITION BY span, {figure} IS NULL ORDER BY ts_ms DESC, boot DESC, seq DESC) "
        f"AS back_{figure}"
        for figure in figures
    )
    spreads = ",\n".join(
        f"avg({figure}), min({figure}), max({figure}), max({figure}) FILTER (WHERE back_{figure} = 1)"
        for figure in figures
    )
    # The payload is a BLOB, which the JSON functions do not read.
    return f"""
        WITH sampled AS (
            SELECT (ts_ms - :from) / :every AS span, ts_ms, boot, seq, CAST(payload AS TEXT) AS document
            FROM reading WHERE station = :station AND kind = :kind AND ts_ms >= :from AND ts_ms < :to
        ), told AS (
            SELECT span, ts_ms, boot, seq, {told} FROM sampled
        ), ranked AS (
            SELECT *, {back} FROM told
        )
        SELECT span, count(*), {spreads} FROM ranked GROUP BY span ORDER BY span
    """  # noqa: S608 - of our own names alone


def _expression(figure: str) -> str:
    return _EXPRESSIONS.get(figure, f"json_extract(document, '$.{figure}')")


_STATEMENTS: Final = {kind: _statement(figures) for kind, figures in FIGURES.items()}
