"""Who may ask: the bearer token of a request, and whether its role and regions are enough.

Enters: a request, the role that its route wants. Leaves: the holder, or a 401 or 403 that says what is missing.
Never: writes what was sent into an answer or a log.
"""

from typing import Final

from aiohttp import hdrs, web

from api.platform import PLATFORM
from api.problems import Problem
from ingest.operating import Holder, Role

HOLDER: Final = web.RequestKey("holder", Holder)

_REALM: Final = 'Bearer realm="yizhan"'
_SCHEME: Final = "bearer"


def admit(request: web.Request, role: Role) -> None:
    """Note whose request it is; raises `Problem` (401, 403) where it may not ask this."""
    sent = request.headers.getall(hdrs.AUTHORIZATION, [])
    if not sent:
        detail = "This wants a token: send the header Authorization: Bearer TOKEN. `yizhan tokens add` makes one."
        raise Problem(401, detail, headers={hdrs.WWW_AUTHENTICATE: _REALM})
    scheme, _, secret = sent[0].partition(" ")
    is_bearer = len(sent) == 1 and scheme.lower() == _SCHEME
    holder = request.app[PLATFORM].operations.tokens.of(secret.strip()) if is_bearer else None
    if holder is None:
        detail = (
            "This token opens nothing: it is not known, or was revoked. `yizhan tokens list` shows those that do; "
            "a new one works within five seconds."
            if is_bearer
            else "The header Authorization must be given once, as: Bearer TOKEN."
        )
        raise Problem(401, detail, headers={hdrs.WWW_AUTHENTICATE: f'{_REALM}, error="invalid_token"'})
    if holder.role.rank < role.rank:
        detail = f"This wants a token with the role {role}; yours has {holder.role}."
        raise _forbidden(detail, f', scope="{role}"')
    request[HOLDER] = holder


def must_cover(request: web.Request, station_id: str | None) -> None:
    """Raise `Problem` (403) where the holder's regions do not reach the station; None: a matter of no station."""
    regions = request[HOLDER].regions
    if not regions:
        return
    registry = request.app[PLATFORM].registry
    station = None if station_id is None else registry.station(station_id)
    if station is None or regions.isdisjoint(region.code for region in registry.path(station)):
        raise forbid_place(request)


def forbid_place(request: web.Request) -> Problem:
    """The 403 of a holder whose regions do not reach what was asked for."""
    regions = ", ".join(sorted(request[HOLDER].regions))
    return _forbidden(f"Your token is for stations in {regions}, and this is about none of them.")


def _forbidden(detail: str, scope: str = "") -> Problem:
    return Problem(403, detail, headers={hdrs.WWW_AUTHENTICATE: f'{_REALM}, error="insufficient_scope"{scope}'})
