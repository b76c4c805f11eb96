"""One-time links: what is signed is what is allowed, until its time is over; nothing else opens anything."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.links import (
    KEY_BYTES,
    LASTS_MS,
    NONCE_BYTES,
    Expired,
    LinkAction,
    LinkKey,
    WrongLink,
    grant_of,
    token_of,
    verify,
)
from tests.ingest.alerts.messages import NOW_MS

KEY = LinkKey(b"k" * KEY_BYTES)
GRANT = grant_of("j-17", "朝阳一队", "east-robot", LinkAction.ACKNOWLEDGE, NOW_MS, b"n" * NONCE_BYTES)
TOKEN = token_of(GRANT, KEY)


@given(st.text(max_size=40), st.text(max_size=40), st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES))
def test_a_link_gives_back_what_it_was_made_of(job: str, crew: str, nonce: bytes) -> None:
    """Whatever a crew is called; and it can stand in a URL as it is."""
    grant = grant_of(job, crew, "c", LinkAction.ACKNOWLEDGE, NOW_MS, nonce)
    token = token_of(grant, KEY)
    assert verify(token, KEY, NOW_MS) == grant
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def test_a_link_ends_at_its_time() -> None:
    """A millisecond before it opens; then it is told apart from a false one, so that the job can be shown."""
    assert verify(TOKEN, KEY, NOW_MS + LASTS_MS - 1) == GRANT
    with pytest.raises(Expired) as expired:
        verify(TOKEN, KEY, NOW_MS + LASTS_MS)
    assert expired.value.grant == GRANT


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("AZaz09-_."))
def test_a_changed_sign_opens_nothing(place: int, sign: str) -> None:
    """Wherever it stands, unless the bytes are the same."""
    changed = TOKEN[:place] + sign + TOKEN[place + 1 :]
    try:
        assert verify(changed, KEY, NOW_MS) == GRANT
    except WrongLink:
        return
    assert [_bytes(part) for part in changed.split(".")] == [_bytes(part) for part in TOKEN.split(".")]


def _bytes(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_a_job_cannot_be_put_in_place_of_another() -> None:
    """The signature is over all that is allowed."""
    body, _, signature = TOKEN.partition(".")
    other = urlsafe_b64encode(_bytes(body).replace(b"j-17", b"j-18")).decode().rstrip("=")
    with pytest.raises(WrongLink):
        verify(f"{other}.{signature}", KEY, NOW_MS)


def test_a_link_of_another_platform_opens_nothing() -> None:
    """Nor one that was signed before the key was changed."""
    with pytest.raises(WrongLink):
        verify(TOKEN, LinkKey(b"x" * KEY_BYTES), NOW_MS)


@given(st.text(max_size=300))
def test_nonsense_is_refused_in_words(text: str) -> None:
    """Nothing that a client sends raises anything else."""
    with pytest.raises(WrongLink):
        verify(text, KEY, NOW_MS)


def test_a_very_long_one_is_refused_unread() -> None:
    """Nobody makes us compute over a megabyte."""
    with pytest.raises(WrongLink):
        verify("A" * 1_000_000 + "." + "A" * 43, KEY, NOW_MS)


def test_a_key_and_a_nonce_have_their_length() -> None:
    """A short key would be found, a short nonce would come again."""
    with pytest.raises(ValueError, match="32 random bytes"):
        LinkKey(b"short")
    with pytest.raises(ValueError, match="12 random bytes"):
        grant_of("j", "c", "n", LinkAction.ACKNOWLEDGE, NOW_MS, b"short")


def test_the_key_is_not_shown() -> None:
    """Whoever prints it sees nothing of it."""
    assert "kkk" not in repr(KEY)
