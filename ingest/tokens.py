"""Bearer tokens: how one is made, and whose one is.

Enters: random bytes, what a client sends. Leaves: a token to be kept beside the text that its holder is given once.
Never: keeps or compares a secret itself: only its SHA-256, in a time that tells nothing about it.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from ingest.operating import Holder, Token

MARK: Final = "yz"
"""How a token begins, so that whoever finds one in a file or a log knows what it is."""
ID_BYTES: Final = 6
SECRET_BYTES: Final = 32
"""Nobody guesses so many, which is why a plain hash is enough: there is no password in it to try."""

_NOBODY: Final = bytes(hashlib.sha256().digest_size)
"""Compared with where no token has the id, so that this takes as long as a wrong secret."""


class Minted(NamedTuple):
    """A new token."""

    token: Token
    text: str
    """What the holder sends. Not kept anywhere."""


def mint(holder: Holder, id_bytes: bytes, secret_bytes: bytes, now_ms: int) -> Minted:
    """A token of these random bytes, `ID_BYTES` and `SECRET_BYTES` of them."""
    if (len(id_bytes), len(secret_bytes)) != (ID_BYTES, SECRET_BYTES):
        raise ValueError(f"a token is made of {ID_BYTES} and {SECRET_BYTES} random bytes")
    secret = urlsafe_b64encode(secret_bytes).decode().rstrip("=")
    token = Token(id_bytes.hex(), holder, digest_of(secret), now_ms)
    return Minted(token, f"{MARK}_{token.id}_{secret}")


def digest_of(secret: str) -> bytes:
    """What is kept of a secret."""
    # What a client sends may be no text at all.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class TokenBook:
    """The `Tokens` port, in memory."""

    def __init__(self, tokens: Iterable[Token] = ()) -> None:
        self._tokens: Mapping[str, Token] = {}
        self.reload(tokens)

    def reload(self, tokens: Iterable[Token]) -> None:
        """Replace all that is known; those that are revoked open nothing."""
        self._tokens = {token.id: token for token in tokens if token.revoked_ms is None}

    def of(self, secret: str) -> Holder | None:
        """See the port."""
        mark, _, rest = secret.partition("_")
        token_id, _, own = rest.partition("_")
        token = self._tokens.get(token_id)
        is_right = hmac.compare_digest(digest_of(own), _NOBODY if token is None else token.digest)
        return token.holder if token is not None and is_right and mark == MARK else None
