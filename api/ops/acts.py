"""What people send when they act: bodies that several acts share, and refusals in words.

Enters: request bodies, refusals of the board. Leaves: instants, `Problem`s. Never: an act itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Self

from pydantic import Field, model_validator

from api.body import RequestBody
from api.problems import Problem
from api.query import InstantMs
from ingest.alerts.board import ActRefused, NotThere

_MINUTE_MS = 60_000


class Comment(RequestBody):
    """An act that needs no words."""

    comment: Annotated[str, Field(max_length=2_000, description="at most 2,000 characters")] = ""


class Reason(RequestBody):
    """An act that somebody will ask about."""

    reason: Annotated[str, Field(min_length=1, max_length=2_000, description="why, in 1 to 2,000 characters")]


class Arrival(Comment):
    """Somebody goes."""

    arrival: Annotated[
        InstantMs | None, Field(description="when you expect to be there, like 2026-11-26T06:30:00Z")
    ] = None
    in_minutes: Annotated[
        int | None,
        Field(ge=0, le=7 * 1_440, description="the same as minutes from now, 0 to 10080; give one of the two"),
    ] = None
    until: Annotated[
        InstantMs | None,
        Field(
            description="until when you look after it, like 2026-11-26T10:00:00Z; without it: to the end of the shift"
        ),
    ] = None

    @model_validator(mode="after")
    def _is_one_arrival(self) -> Self:
        if self.arrival is not None and self.in_minutes is not None:
            raise ValueError("arrival and in_minutes mean the same: give one of the two")
        return self


def arrival_ms(body: Arrival, now_ms: int) -> int | None:
    """When somebody expects to be there."""
    return now_ms + body.in_minutes * _MINUTE_MS if body.in_minutes is not None else body.arrival


@contextmanager
def refusals_as_problems() -> Iterator[None]:
    """What the board refuses, as a 404 or 409 with its words."""
    try:
        yield
    except NotThere as gone:
        raise Problem(404, f"{gone}.") from gone
    except ActRefused as refused:
        raise Problem(409, f"{refused}.") from refused
