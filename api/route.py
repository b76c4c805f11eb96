"""What one line of the URL table says.

Enters: a handler and the models of what it takes and answers. Leaves: a `Route`. Never: knows a path.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web

from api.bodies import Answer
from api.body import RequestBody
from api.query import Query
from ingest.operating import Role

QueryT = TypeVar("QueryT", bound=Query)


@dataclass(frozen=True, slots=True)
class Route(Generic[QueryT]):
    """One address."""

    method: str
    path: str
    handler: Callable[[web.Request, QueryT], Awaitable[web.StreamResponse]]
    query: type[QueryT]
    response: type[Answer[Any]] | str | None
    """The model of a 200, or its media type where it is not JSON of a model; None: a 204 without a body."""

    summary: str
    statuses: tuple[int, ...]
    """Beside 200: the errors that it answers with, all of them problem documents."""
    role: Role | None = None
    """What the token must allow; None: everyone may ask, without one."""

    body: type[RequestBody] | None = None
    """What the request carries as JSON; None: nothing."""

    is_shared: bool = False
    """Public data: the same bytes for all who ask within a cycle, with a validator (api/feed)."""
