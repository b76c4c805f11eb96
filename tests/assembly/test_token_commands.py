"""`yizhan tokens`, typed: made once, listed without secrets, revoked."""

import asyncio
import re
from pathlib import Path

import pytest

from ingest.database import tokens
from ingest.database.database import Database
from ingest.operating import Holder, Role
from ingest.tokens import TokenBook
from tests.terminal import Terminal


def book() -> TokenBook:
    """What a platform on the current folder knows."""

    async def read() -> TokenBook:
        database = Database("sqlite:///data/yizhan.db")
        await database.open()
        found = await database.read(tokens.every)
        await database.close()
        return TokenBook(found)

    return asyncio.run(read())


def test_made_token_opens_as_its_holder(terminal: Terminal) -> None:
    """Standard output holds the token alone, so that a script can take it; the platform knows it."""
    text = terminal.printed("tokens", "add", "李娜", "--role", "operator", "--regions", "110000, 440000")
    assert re.fullmatch(r"yz_[0-9a-f]{12}_[\w-]{43}\n", text)
    assert book().of(text.strip()) == Holder("李娜", Role.OPERATOR, frozenset({"110000", "440000"}))


def test_tokens_differ(terminal: Terminal) -> None:
    """Neither id nor secret comes twice."""
    first, second = (terminal.printed("tokens", "add", name, "--role", "viewer").split("_") for name in "ab")
    assert first[1] != second[1]
    assert first[2] != second[2]


def test_secret_is_shown_and_kept_nowhere(terminal: Terminal, tmp_path: Path) -> None:
    """Not in the list, for people or programs, and not in any byte of the database."""
    secret = terminal.printed("tokens", "add", "Li", "--role", "admin").strip().split("_", 2)[2]
    assert secret not in terminal.run("tokens", "list")
    assert secret not in terminal.run("tokens", "list", "--json")
    for file in (tmp_path / "data").iterdir():
        assert secret.encode() not in file.read_bytes()


def test_tokens_are_listed_for_people_and_programs(terminal: Terminal) -> None:
    """Name, role, regions and when it was made and revoked; an odd name breaks no table."""
    terminal.run("tokens", "add", "[red]Li[/]", "--role", "crew", "--regions", "110105")
    terminal.run("tokens", "add", "Chen", "--role", "viewer")
    terminal.run("tokens", "revoke", "Chen")
    shown = terminal.run("tokens", "list")
    assert "[red]Li[/]" in shown
    assert "110105" in shown
    li, chen = terminal.json("tokens", "list")
    assert (li["name"], li["role"], li["regions"], li["revoked"]) == ("[red]Li[/]", "crew", ["110105"], None)
    assert (chen["name"], chen["regions"]) == ("Chen", [])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", chen["revoked"])


@pytest.mark.parametrize("by_name", [True, False])
def test_revoked_token_opens_nothing(terminal: Terminal, by_name: bool) -> None:
    """By the holder's name or the token's id; afterwards the name is free again."""
    text = terminal.printed("tokens", "add", "Li", "--role", "viewer").strip()
    terminal.run("tokens", "revoke", "Li" if by_name else text.split("_")[1])
    assert book().of(text) is None
    assert "no token that opens" in terminal.run("tokens", "revoke", "Li", code=1)
    terminal.run("tokens", "add", "Li", "--role", "viewer")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Li", "--role", "viewer"), "revoke it first"),
        (("Chen", "--role", "viewer", "--regions", "999999"), "999999 is no region"),
        (("two\nlines", "--role", "viewer"), "printable characters"),
        ((" ", "--role", "viewer"), "printable characters"),
        (("x" * 65, "--role", "viewer"), "printable characters"),
    ],
)
def test_what_cannot_be_a_token_is_told(terminal: Terminal, arguments: tuple[str, ...], said: str) -> None:
    """Nothing is made, and the words say what to do."""
    terminal.run("tokens", "add", "Li", "--role", "viewer")
    assert said in terminal.run("tokens", "add", *arguments, code=1)
    assert len(terminal.json("tokens", "list")) == 1


def test_token_needs_a_role_that_there_is(terminal: Terminal) -> None:
    """Wrong usage, with code 2."""
    assert "viewer" in terminal.run("tokens", "add", "Li", "--role", "king", code=2)
    terminal.run("tokens", "add", "Li", code=2)
