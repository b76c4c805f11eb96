"""What a channel is to whoever sends: one call, one result.

Enters: nothing. Leaves: the port, what senders need of the world, words without secrets. Never: an implementation.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import quote, quote_plus

from aiohttp import ClientSession

from ingest.alerts.work import Outgoing, SendResult

MASK: Final = "********"

Publish = Callable[[str, bytes], Awaitable[None]]
"""Publishes (topic, payload) retained at QoS 1; returns when the broker has it, raises OSError with a reason."""


class Sender(Protocol):
    """One channel."""

    async def send(self, message: Outgoing) -> SendResult:
        """Deliver once. Never raises (but for cancellation), never waits for ever; no secret in the reason."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What senders need of the world."""

    http: ClientSession
    now_ms: Callable[[], int]
    publish: Publish | None = None
    """None where there is no broker: MQTT channels then say so."""
    timeout_s: float = 10.0
    """Larger: a dead service holds its own channel longer. Smaller: a slow one is asked again while it delivers, and
    people get messages twice."""


def masked(words: str, secrets: Mapping[str, str]) -> str:
    """Words of a service or a library, without any of the channel's secrets, plain or as in a URL."""
    spelled = {form for secret in secrets.values() for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    # The longest first: one secret may be the beginning of another.
    for form in sorted(spelled - {""}, key=len, reverse=True):
        words = words.replace(form, MASK)
    return words
