"""The tokens that open what is for operators, by their id; the secret itself is not here.

Enters: tokens. Leaves: the same, oldest first. Never: deletes one, so that it can be told who could do what and when.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from ingest.database.bulk import BulkWriter
from ingest.database.tables import TOKEN
from ingest.operating import Holder, Role, Token

ADD: Final = BulkWriter(TOKEN)
EVERY: Final = select(TOKEN).order_by(TOKEN.c.created_ms, TOKEN.c.id)
REVOKE: Final = (
    update(TOKEN)
    .where(TOKEN.c.id == bindparam("token"), TOKEN.c.revoked_ms.is_(None))
    .values(revoked_ms=bindparam("now_ms"))
)


def add(connection: Connection, token: Token) -> None:
    """Keep a token."""
    holder = token.holder
    regions = json.dumps(sorted(holder.regions))
    row = (token.id, holder.name, holder.role.value, regions, token.digest, token.created_ms, token.revoked_ms)
    ADD.write(connection, [row])


def every(connection: Connection) -> list[Token]:
    """All that were ever made."""
    return [_token(row) for row in connection.execute(EVERY)]


def revoke(connection: Connection, token_id: str, now_ms: int) -> bool:
    """From now on it opens nothing; False where it did not before either."""
    return connection.execute(REVOKE, {"token": token_id, "now_ms": now_ms}).rowcount == 1


def _token(row: Sequence[Any]) -> Token:
    token_id, name, role, regions, digest, created_ms, revoked_ms = row
    holder = Holder(name, Role(role), frozenset(json.loads(regions)))
    return Token(token_id, holder, bytes(digest), created_ms, revoked_ms)
