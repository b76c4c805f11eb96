"""InfluxQL: the statements that are asked, and what their answers hold.

Enters: names and instants; the JSON that `/query` gives. Leaves: text; rows. Never: a value that is not `quoted`.
1.x, 2.x and 3.x all answer it; Flux would not outlive 2.x.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from gateway.topics import Kind
from ingest.store.influx.points import bound_ns

Row = list[Any]
"""The values of one row, in the order of the statement; the first is the time, ns."""

NAME_FIELDS: Final = ("station", "boot", "seq", "received", "payload")
"""Of every reading; `received` and `payload` are null where they say nothing new."""
BODY_FIELDS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.OCCUPANCY: ("present", "entered", "left", "epoch"),
    Kind.BATTERY: ("slots_json", "swaps", "epoch", "cabinet_temp", "smoke", "mains", "suppress"),
    Kind.MEDICINE: ("items_json", "door", "temp", "humidity"),
    Kind.EXCHANGE: ("on_shelf", "donated", "claimed", "epoch"),
}
"""What a reading's payload is rebuilt from."""


class QueryFailed(Exception):
    """The server could not answer; the text is its own."""


class NotAnAnswer(Exception):
    """Something else than InfluxDB answered."""


class Table(NamedTuple):
    """Rows of an answer, or some of them."""

    columns: Sequence[str]
    rows: Sequence[Row]


def quoted(value: str) -> str:
    """A string literal; the one way for a value into a statement."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def name(identifier: str) -> str:
    """A name of a database, quoted."""
    escaped = identifier.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def readings(kind: Kind, from_ms: int, to_ms: int | None = None, station: str | None = None) -> str:
    """All readings of a kind sampled in [from, to), in order of time."""
    columns = ", ".join(f'"{column}"' for column in (*NAME_FIELDS, *BODY_FIELDS[kind]))
    conditions = [f"time >= {bound_ns(from_ms)}"]
    if to_ms is not None:
        conditions.append(f"time < {bound_ns(to_ms)}")
    if station is not None:
        conditions.append(f'"station" = {quoted(station)}')
    return f'SELECT {columns} FROM "{kind.value}" WHERE {" AND ".join(conditions)}'  # noqa: S608 - all quoted


def history(kind: Kind, figures: Sequence[str], station: str, from_ms: int, to_ms: int, every_ms: int) -> str:
    """Per span: the number of readings; then mean, lowest, highest and last of each figure. Spans count from `from`."""
    columns = ['COUNT("seq")']
    for figure in figures:
        columns += [f'{function}("{figure}")' for function in ("MEAN", "MIN", "MAX", "LAST")]
    sampled = f'"station" = {quoted(station)} AND time >= {bound_ns(from_ms)} AND time < {bound_ns(to_ms)}'
    spans = f"time({every_ms}ms, {from_ms % every_ms}ms) fill(none)"
    return f'SELECT {", ".join(columns)} FROM "{kind.value}" WHERE {sampled} GROUP BY {spans}'  # noqa: S608 - all quoted


def tables_of(document: bytes) -> Iterator[Table]:
    """What one JSON document of an answer holds; raises `QueryFailed` and `NotAnAnswer`."""
    try:
        parsed = json.loads(document)
    except ValueError as error:
        raise NotAnAnswer(str(error)) from error
    if isinstance(parsed, dict) and "error" in parsed:
        raise QueryFailed(str(parsed["error"]))
    if not isinstance(parsed, dict) or "results" not in parsed:
        raise NotAnAnswer("no results in it")
    for result in parsed["results"]:
        if "error" in result:
            raise QueryFailed(str(result["error"]))
        for series in result.get("series", ()):
            yield Table(series["columns"], series.get("values", ()))


def is_cut(document: bytes) -> bool:
    """Whether the last document of an answer says that there is more."""
    return any(result.get("partial", False) for result in json.loads(document).get("results", ()))
