"""What `yizhan tokens` does: tokens into the operational database, and their list onto the screen.

Enters: settings, a name, a role. Leaves: a token's text, once. Never: keeps that text, or shows it again.
"""

import secrets
import time

from sqlalchemy import Connection

from assembly.registry_commands import opened
from assembly.settings import Settings
from ingest.database import tokens
from ingest.operating import Holder, Token
from ingest.registry.regions import load_regions
from ingest.tokens import ID_BYTES, SECRET_BYTES, mint

NAME_CHARS_MAX = 64


class TokenRefused(Exception):
    """What was asked cannot be; the text says what to do."""


async def add(settings: Settings, holder: Holder) -> str:
    """What the holder must send from now on; raises `TokenRefused`."""
    if not holder.name.isprintable() or not 1 <= len(holder.name.strip()) <= NAME_CHARS_MAX:
        raise TokenRefused(f"a name has 1 to {NAME_CHARS_MAX} printable characters: it stands in the log")
    tree = load_regions()
    for code in sorted(holder.regions):
        if tree.get(code) is None:
            raise TokenRefused(f"{code} is no region: `yizhan regions` looks up codes")
    minted = mint(holder, secrets.token_bytes(ID_BYTES), secrets.token_bytes(SECRET_BYTES), _now_ms())

    def keep(connection: Connection) -> None:
        if any(one.holder.name == holder.name and one.revoked_ms is None for one in tokens.every(connection)):
            raise TokenRefused(f"{holder.name} has a token that opens: revoke it first, or choose another name")
        tokens.add(connection, minted.token)

    async with opened(settings) as database:
        await database.run(keep)
    return minted.text


async def every(settings: Settings) -> list[Token]:
    """All that were ever made, oldest first."""
    async with opened(settings) as database:
        return await database.read(tokens.every)


async def revoke(settings: Settings, name: str) -> Token:
    """The token of this name or id, that opens nothing from now on; raises `TokenRefused`."""

    def end(connection: Connection) -> Token:
        for one in tokens.every(connection):
            if one.revoked_ms is None and name in (one.holder.name, one.id):
                tokens.revoke(connection, one.id, _now_ms())
                return one
        raise TokenRefused(f"{name} has no token that opens: `yizhan tokens list` shows those that there are")

    async with opened(settings) as database:
        return await database.run(end)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
