"""What `yizhan dead-letters` does with many letters: found by number or by filter, one after the other.

Enters: a client of the platform, what was typed. Leaves: what became of each letter. Never: two at the same time.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from assembly.operator_client import NotKept, OperatorClient


class Wanted(NamedTuple):
    """Which letters: these, or all that the filters let through."""

    ids: Sequence[int]
    filters: Mapping[str, str]


class WrongInstant(ValueError):
    """The text is neither a day nor an instant."""


def instant(text: str, zone: ZoneInfo) -> str:
    """A day (its beginning, where the stations are) or an instant, as the API takes it; raises `WrongInstant`."""
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-11-22") else None
        moment = datetime.combine(day, time(), zone) if day is not None else datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongInstant(f"{text}: give a day as 2026-11-22, or an instant as 2026-11-22T06:00:00Z") from error
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).isoformat()


async def ids_of(client: OperatorClient, wanted: Wanted) -> list[int]:
    """The numbers, oldest first, as the messages came."""
    if wanted.ids:
        return list(dict.fromkeys(wanted.ids))
    return sorted([letter["id"] async for letter in client.letters(wanted.filters)])


async def replay_all(
    client: OperatorClient, ids: Sequence[int], *, accept_clock: bool
) -> AsyncIterator[tuple[int, Mapping[str, Any]]]:
    """What became of each; those that are gone are left out."""
    for letter_id in ids:
        try:
            yield letter_id, await client.replay(letter_id, accept_clock=accept_clock)
        except NotKept:
            continue


async def drop_all(client: OperatorClient, ids: Sequence[int]) -> int:
    """How many were there."""
    dropped = 0
    for letter_id in ids:
        try:
            await client.drop(letter_id)
        except NotKept:
            continue
        dropped += 1
    return dropped
