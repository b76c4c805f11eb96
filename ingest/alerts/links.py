"""One-time links: who holds one may do one thing to one job, once, without a login.

Enters: a key, what may be done and until when. Leaves: a token for a URL; later the grant that it holds, or why it
opens nothing. Never: acts. Chat robots and mail scanners fetch links for a preview, so GET must only show the page with
a button; its POST verifies, has the nonce consumed by the port, and acts.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TOKEN_MAX: Final = 1_024
"""Characters. Larger: work for whoever sends nonsense. Smaller: a long name of a crew makes no link."""
LASTS_MS: Final = 12 * 3_600_000
"""Larger: a link in an old chat opens a job of last week's. Smaller: it is over before it is read."""
_PURPOSE: Final = b"yizhan one-time link v1\n"
"""So that the key signs nothing else that could be taken for a link."""


class LinkAction(StrEnum):
    """What a link lets its holder do."""

    ACKNOWLEDGE = "acknowledge"


class Grant(NamedTuple):
    """What a link allows."""

    job: str
    crew: str
    """In whose name it acts; it is what the audit log names."""
    channel: str
    """By which it was sent."""
    action: LinkAction
    expires_ms: int
    nonce: str
    """Names this link: it is consumed once."""


class WrongLink(Exception):
    """The link opens nothing; the text is for whoever followed it."""


class Expired(WrongLink):
    """It was ours, and its time is over; the grant tells which job to show."""

    def __init__(self, grant: Grant) -> None:
        super().__init__("this link is no longer valid")
        self.grant = grant


class UsedLinks(Protocol):
    """Remembers consumed links across restarts; raises `TransientStoreError` where the database is away."""

    async def consume(self, nonce: str, expires_ms: int, now_ms: int) -> bool:
        """True the first time, durably; False ever after. May forget those whose time is over."""


@dataclass(frozen=True, slots=True, repr=False)
class LinkKey:
    """What links are signed with: `KEY_BYTES` random bytes, made once and kept in the database."""

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise ValueError(f"a key for links has {KEY_BYTES} random bytes")


def grant_of(job: str, crew: str, channel: str, action: LinkAction, now_ms: int, nonce: bytes) -> Grant:
    """A grant from now on for `LASTS_MS`; `nonce` are `NONCE_BYTES` random bytes."""
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"a link has {NONCE_BYTES} random bytes")
    return Grant(job, crew, channel, action, now_ms + LASTS_MS, nonce.hex())


def token_of(grant: Grant, key: LinkKey) -> str:
    """What stands in the URL: what is allowed, readable, and its signature."""
    body = json.dumps(list(grant), ensure_ascii=False, separators=(",", ":")).encode()
    return f"{_encoded(body)}.{_encoded(_signature(body, key))}"


def verify(token: str, key: LinkKey, now_ms: int) -> Grant:
    """The grant of a token that is ours and whose time is not over; raises `WrongLink` or `Expired`.

    The same time for every wrong signature. Whether it was used already is the port's to say.
    """
    body, signature = _parts(token)
    if not hmac.compare_digest(signature, _signature(body, key)):
        raise WrongLink("this link is not valid")
    # Signed by us, so it is as `token_of` made it.
    job, crew, channel, action, expires_ms, nonce = json.loads(body)
    grant = Grant(job, crew, channel, LinkAction(action), expires_ms, nonce)
    if now_ms >= expires_ms:
        raise Expired(grant)
    return grant


def _parts(token: str) -> tuple[bytes, bytes]:
    body, _, signature = token.partition(".")
    if len(token) > TOKEN_MAX or not token.isascii():
        raise WrongLink("this link is not valid")
    try:
        return _decoded(body), _decoded(signature)
    except ValueError:
        raise WrongLink("this link is not whole: copy all of it") from None


def _signature(body: bytes, key: LinkKey) -> bytes:
    return hmac.new(key.secret, _PURPOSE + body, hashlib.sha256).digest()


def _encoded(some: bytes) -> str:
    return urlsafe_b64encode(some).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
