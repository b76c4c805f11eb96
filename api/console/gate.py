"""The gate of the console: who is signed in, which stations they may see, and that a form comes from our own page.

Enters: a request. Leaves: a `Visitor`, or the way to the sign-in. Never: an act that another site could have sent.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from api.access import HOLDER, must_cover
from api.console.sessions import Session, Sessions
from api.language import Language, Wording, wording
from api.pages.frame import Address, render
from api.platform import PLATFORM, ApiPlatform
from api.problems import Problem
from ingest.operating import Holder, Role

SESSIONS: Final = web.AppKey("sessions", Sessions)
COOKIE: Final = "yizhan_session"
HOME: Final = "/ops"
SIGN_IN: Final = "/ops/sign-in"

_ID_BYTES: Final = 32
_OWN_SITE: Final = {"same-origin", "none"}
"""What a browser says of a form that our own page sent; `none`: typed, or reloaded."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and in which language."""

    request: web.Request
    platform: ApiPlatform
    holder: Holder
    session: Session
    language: Language

    @property
    def say(self) -> Wording:
        """Their words."""
        return wording(self.language)

    def may(self, role: Role) -> bool:
        """Whether their token is enough for it."""
        return self.holder.role.rank >= role.rank

    def covers(self, place: str) -> bool:
        """Whether a station, a region or the platform is theirs to see."""
        if not self.holder.regions:
            return True
        registry = self.platform.registry
        station = registry.station(place)
        if station is not None:
            return not self.holder.regions.isdisjoint(region.code for region in registry.path(station))
        region = registry.region(place)
        while region is not None:
            if region.code in self.holder.regions:
                return True
            region = registry.region(region.parent) if region.parent else None
        return False

    def address(self, path: str, **asked: str) -> str:
        """A link in their language."""
        return Address(path, tuple(asked.items())).text(self.language)

    def show(self, template: str, here: Address, context: Mapping[str, Any], *, status: int = 200) -> web.Response:
        """A page of the console, kept by nobody."""
        shared = {"nav": "ops", "visitor": self, "form_token": self.session.form, "roles": Role}
        response = render(self.request, template, self.language, here, shared | dict(context), status=status)
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
        return response

    def back_to(self, path: str, **asked: str) -> web.Response:
        """After an act: the page that shows what it did."""
        return web.Response(status=303, headers={hdrs.LOCATION: self.address(path, **asked)})


Page = Callable[[Visitor], Awaitable[web.StreamResponse]]


def make_sessions() -> Sessions:
    """None is open."""
    return Sessions(lambda: secrets.token_urlsafe(_ID_BYTES))


def language_of(request: web.Request) -> Language:
    """Chinese unless another is asked for."""
    asked = request.query.get("lang", "")
    return Language(asked) if asked in set(Language) else Language.ZH


def gated(page: Page, role: Role = Role.VIEWER) -> Handler:
    """A handler behind the gate. Who is not signed in is led to the sign-in and back."""

    async def admit_and_show(request: web.Request) -> web.StreamResponse:
        platform, language = request.app[PLATFORM], language_of(request)
        session = request.app[SESSIONS].of(request.cookies.get(COOKIE, ""), platform.now_ms())
        holder = None if session is None else platform.operations.tokens.of(session.secret)
        if session is None or holder is None:
            onward = request.rel_url.raw_path_qs if request.method == hdrs.METH_GET else HOME
            target = Address(SIGN_IN, (("next", onward),)).text(language)
            return web.Response(status=303, headers={hdrs.LOCATION: target, hdrs.CACHE_CONTROL: "no-store"})
        request[HOLDER] = holder
        visitor = Visitor(request, platform, holder, session, language)
        if holder.role.rank < role.rank:
            raise Problem(403, f"This wants a token with the role {role}; yours has {holder.role}.")
        if request.method == hdrs.METH_POST:
            await _must_be_ours(request, session)
        return await page(visitor)

    return admit_and_show


def own_site(request: web.Request) -> None:
    """Raise `Problem` (403) where a browser says that another site sent the form."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in _OWN_SITE:
        raise Problem(403, "This form was sent by another site. Open the page here, and send it again.")


async def _must_be_ours(request: web.Request, session: Session) -> None:
    own_site(request)
    given = (await request.post()).get("form", "")
    if not isinstance(given, str) or not compare_digest(given.encode(), session.form.encode()):
        raise Problem(403, "This form is of an older sign-in. Open the page again, and send it once more.")


def must_see(visitor: Visitor, station_id: str) -> None:
    """Raise `Problem` (403) where the visitor's regions do not reach the station."""
    must_cover(visitor.request, station_id)
