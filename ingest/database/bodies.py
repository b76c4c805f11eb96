"""Nouns that are kept as JSON, read by a version that may be older or newer than the one that wrote them.

Enters: JSON as it stands in the database. Leaves: what can be read of it.
Never: stops a start for one row, or drops it: a version that can read it finds it there.
"""

import logging
from collections.abc import Iterable
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

log = logging.getLogger(__name__)

T = TypeVar("T")


def readable(adapter: TypeAdapter[T], bodies: Iterable[str], what: str) -> list[T]:
    """All that can be read, in order; how much could not is told in the log, with the first reason."""
    found: list[T] = []
    left, reason = 0, ""
    for body in bodies:
        try:
            found.append(adapter.validate_json(body))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            reason = reason or f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
            left += 1
    if left:
        log.error(
            "%d of %s cannot be read by this version (%s): go back to the version that wrote them, or go on without; "
            "they stay in the database as they are",
            left,
            what,
            reason,
        )
    return found
