"""The shapes of a station's history: how its figures went, by spans of time.

Enters: values that the handler derives. Leaves: models that become JSON and the schemas of `/openapi.json`.
Never: a figure that no reading of the span told.
"""

from collections.abc import Mapping

from pydantic import Field

from api.bodies import Answer, Body, Instant
from ingest.model import Kind


class SpreadBody(Body):
    """A figure over the readings of a span that told it."""

    mean: float
    lowest: float
    highest: float
    last: float
    """Of the newest of them."""


class HistorySpan(Body):
    """The readings sampled in [start, start + every_s)."""

    start: Instant
    readings: int
    figures: Mapping[str, SpreadBody]
    """By name; one that no reading of the span told is left out."""


class StationHistory(Body):
    """One kind of a station's readings over time."""

    station: str
    kind: Kind
    first: Instant = Field(serialization_alias="from")
    """Spans count from here."""

    last: Instant = Field(serialization_alias="to")
    """Not included; the last span ends here, and may be shorter."""

    every_s: int
    """The length of a span."""

    spans: list[HistorySpan]
    """In order of time; one in which nothing was read is left out."""


class StationHistoryAnswer(Answer[StationHistory]):
    """How a station's figures went."""
