"""How a command asks a running platform: where it is, with which token, and what is said when it does not answer.

Enters: settings, YIZHAN_TOKEN, what to ask. Leaves: the answer, or an exit code with words.
Never: the token on a screen.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from assembly.settings import Settings
from assembly.settings_sources import TOKEN_VARIABLE, URL_VARIABLE
from assembly.terminal import fail, note, printable

if TYPE_CHECKING:  # it needs aiohttp, which --help does not
    from assembly.operator_client import OperatorClient

T = TypeVar("T")

Url = Annotated[
    str | None, typer.Option(envvar=URL_VARIABLE, help="Address of the platform; else the one of the settings.")
]


def run(settings: Settings, url: str | None, ask: Callable[["OperatorClient"], Awaitable[T]]) -> T:
    """Ask the platform; ends in words where it does not answer, or does not let us."""
    from assembly.operator_client import NotAnswered, is_exposed, operator_client

    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        fail(f"{TOKEN_VARIABLE} is not set: give it a token of `yizhan tokens add`", code=2)
    address = url or own_address(settings)
    if is_exposed(address):
        note(f"{address} is not https: whoever listens on the way sees the token")

    async def asked() -> T:
        async with operator_client(address, token) as client:
            return await ask(client)

    try:
        return asyncio.run(asked())
    except NotAnswered as refused:
        fail(printable(str(refused)))


def own_address(settings: Settings) -> str:
    """Of the platform with these settings, from its own machine."""
    host = "127.0.0.1" if settings.api.host in {"0.0.0.0", "::", ""} else settings.api.host  # noqa: S104 - asked, not listened on
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.api.port}"


def instant_of(settings: Settings, text: str | None) -> str | None:
    """A day or an instant as typed, as the API takes it; days are those of the platform. None stays None."""
    from assembly.letter_commands import WrongInstant, instant

    try:
        return None if text is None else instant(text, ZoneInfo(settings.platform.time_zone))
    except WrongInstant as wrong:
        fail(str(wrong), code=2)
