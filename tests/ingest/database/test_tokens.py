"""Tokens as they are kept: every one for ever, none of them with its secret."""

from typing import Any

from ingest.database import tokens
from ingest.database.database import Database
from ingest.operating import Holder, Role, Token
from ingest.tokens import ID_BYTES, SECRET_BYTES, mint


def token(name: str, created_ms: int, **changes: Any) -> Token:
    """A token of an operator; `changes` are fields of `Holder`."""
    holder = Holder(name, Role.OPERATOR)._replace(**changes)
    return mint(holder, bytes([created_ms] * ID_BYTES), bytes(SECRET_BYTES), created_ms).token


async def test_tokens_come_back_whole_oldest_first(database: Database) -> None:
    """Every field, with and without regions."""
    later = token("陈", 2, regions=frozenset({"110000", "440000"}), role=Role.CREW)
    earlier = token("Li", 1)
    for one in (later, earlier):
        await database.run(lambda c, one=one: tokens.add(c, one))  # type: ignore[misc]  # mypy sees no default
    assert await database.read(tokens.every) == [earlier, later]


async def test_revoked_token_stays_with_the_time_of_its_end(database: Database) -> None:
    """It is revoked once; a second time, or of a token that never was, nothing happens."""
    one = token("Li", 1)
    await database.run(lambda c: tokens.add(c, one))
    assert await database.run(lambda c: tokens.revoke(c, one.id, 7))
    assert not await database.run(lambda c: tokens.revoke(c, one.id, 8))
    assert not await database.run(lambda c: tokens.revoke(c, "nobody", 8))
    assert await database.read(tokens.every) == [one._replace(revoked_ms=7)]
