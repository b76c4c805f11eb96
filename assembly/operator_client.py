"""What is for operators and crews over HTTP, as a command asks a running platform for it.

Enters: an address, a token, filters, acts. Leaves: what the API answers, as plain dictionaries.
Never: touches a database (the platform is the one writer), follows a redirect, or tells the token to anyone else.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from assembly.settings_sources import URL_VARIABLE

ANSWER_WITHIN_S: Final = 60.0
"""Larger: a platform that hangs holds the command. Smaller: a replay on a busy platform is given up."""
PAGE: Final = 500
LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}


class NotAnswered(Exception):
    """The platform did not do what was asked; the text says why and what to do."""


class NotKept(NotAnswered):
    """There is no such letter, alert, job or silence (any more)."""


def is_exposed(url: str) -> bool:
    """Whether a token would travel in the clear."""
    try:
        parts = urlsplit(url)
    except ValueError:  # no address at all: nothing will be sent
        return False
    return parts.scheme != "https" and parts.hostname not in LOOPBACK


class OperatorClient:
    """One session with a platform."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self._session = session
        self._url = url.rstrip("/")

    async def entries(
        self, path: str, name: str, filters: Mapping[str, str], most: int | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """The entries of a list that all filters let through, in its order, page by page; at most `most`.

        `path` is below `/v1/ops/`; `name` is what the list is called in the answer.
        """
        cursor: dict[str, str] = {}
        given = 0
        while most is None or given < most:
            limit = PAGE if most is None else min(PAGE, most - given)
            page = await self.ask("GET", path, {**filters, **cursor, "limit": str(limit)})
            for entry in page[name]:
                yield entry
            given += len(page[name])
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}

    async def ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> Any:
        """The `data` of an answer, None where there is none; raises `NotAnswered`. `path` is below `/v1/ops/`."""
        target = f"{self._url}/v1/ops/{path}"
        try:
            async with self._session.request(
                method, target, params=query, json=body, allow_redirects=False
            ) as response:
                return await _data_of(response)
        except (ClientError, TimeoutError, ValueError) as error:
            raise NotAnswered(
                f"no platform answers at {self._url} ({error or type(error).__name__}): start it, or name another one "
                f"with --url or {URL_VARIABLE}"
            ) from error

    # ---- dead letters ----

    def letters(self, filters: Mapping[str, str], most: int | None = None) -> AsyncIterator[dict[str, Any]]:
        """Those that all filters let through, newest first; at most `most`."""
        return self.entries("dead-letters", "letters", filters, most)

    async def letter(self, letter_id: int) -> dict[str, Any]:
        """One of them, whole."""
        answer: dict[str, Any] = await self.ask("GET", f"dead-letters/{letter_id}")
        return answer

    async def replay(self, letter_id: int, *, accept_clock: bool) -> dict[str, Any]:
        """What became of it."""
        answer: dict[str, Any] = await self.ask(
            "POST", f"dead-letters/{letter_id}/replay", {"accept_clock": "true"} if accept_clock else {}
        )
        return answer

    async def drop(self, letter_id: int) -> None:
        """Forget it."""
        await self.ask("DELETE", f"dead-letters/{letter_id}")


@asynccontextmanager
async def operator_client(url: str, token: str) -> AsyncIterator[OperatorClient]:
    """Open inside the block."""
    headers = {"Authorization": f"Bearer {token}"}
    timeout = ClientTimeout(total=ANSWER_WITHIN_S)
    async with ClientSession(headers=headers, timeout=timeout) as session:
        yield OperatorClient(session, url)


async def _data_of(response: ClientResponse) -> Any:
    if response.status == 204:  # noqa: PLR2004 - No Content
        return None
    if response.ok and response.content_type == "application/json":
        return (await response.json())["data"]
    if response.content_type == "application/problem+json":
        detail = (await response.json())["detail"]
        raise NotKept(detail) if response.status == 404 else NotAnswered(detail)  # noqa: PLR2004 - Not Found
    raise NotAnswered(f"{response.url.origin()} answers {response.status}, and not as this platform does")
