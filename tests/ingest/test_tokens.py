"""Bearer tokens: whose one is, and what of it is kept."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import tokens
from ingest.operating import Holder, Role
from ingest.tokens import ID_BYTES, SECRET_BYTES, Minted, TokenBook, mint

HOLDER = Holder("Li", Role.OPERATOR, frozenset({"110000"}))


def minted(holder: Holder = HOLDER) -> Minted:
    """As the command makes one."""
    return mint(holder, secrets.token_bytes(ID_BYTES), secrets.token_bytes(SECRET_BYTES), 1)


def test_only_the_digest_of_the_secret_is_kept() -> None:
    """The kept token has the SHA-256 of the secret of 32 bytes, and neither text nor bytes of the secret."""
    secret = secrets.token_bytes(SECRET_BYTES)
    token, text = mint(HOLDER, b"\1" * ID_BYTES, secret, 1)
    mark, token_id, own = text.split("_", 2)
    assert (mark, token_id) == ("yz", token.id)
    assert urlsafe_b64decode(own + "=") == secret
    assert token.digest == hashlib.sha256(own.encode()).digest()
    assert own not in repr(token)
    assert repr(secret) not in repr(token)


def test_token_needs_all_its_random_bytes() -> None:
    """A secret that is too short is refused, and not padded."""
    with pytest.raises(ValueError, match="random bytes"):
        mint(HOLDER, bytes(ID_BYTES), bytes(SECRET_BYTES - 1), 1)


def test_book_knows_the_holder_of_each_token() -> None:
    """What `mint` gave to a holder opens with that holder's name, role and regions."""
    mine, theirs = minted(), minted(Holder("陈", Role.VIEWER))
    book = TokenBook([mine.token, theirs.token])
    assert book.of(mine.text) == HOLDER
    assert book.of(theirs.text) == theirs.token.holder


def test_revoked_token_opens_nothing() -> None:
    """From the next look at the table on; the others stay."""
    mine, theirs = minted(), minted()
    book = TokenBook([mine.token, theirs.token])
    book.reload([mine.token._replace(revoked_ms=2), theirs.token])
    assert book.of(mine.text) is None
    assert book.of(theirs.text) == HOLDER


ONE = minted()


@given(
    st.text(st.characters(), max_size=60)
    | st.sampled_from([*(ONE.text[:end] for end in range(len(ONE.text))), ONE.text + "A", " " + ONE.text])
    | st.sampled_from([ONE.text.upper(), ONE.text.replace("yz_", "yy_"), f"yz_{ONE.token.id}_", "yz__", "\ud800"])
)
def test_nothing_else_opens(text: str) -> None:
    """No part of a token, nothing around it, and no other text is taken; none of it raises."""
    assert TokenBook([ONE.token]).of(text) is None


@pytest.mark.parametrize("text", [ONE.text, ONE.text[:-1], "yz_000000000000_secret", "", "no token at all"])
def test_secret_is_compared_in_constant_time(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text, whether its id is known or not, costs one comparison of two digests that tells no place."""
    compared = []

    def note(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(tokens, "hmac", type("Noted", (), {"compare_digest": staticmethod(note)}))
    TokenBook([ONE.token]).of(text)
    [(one, other)] = compared
    assert len(one) == len(other) == 32
