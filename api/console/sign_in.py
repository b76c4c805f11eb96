"""`/ops/sign-in` and `/ops/sign-out`: from a token to a session and back.

Enters: a token in a form. Leaves: a cookie that scripts and other sites cannot use. Never: the token in an answer.
"""

from typing import Final

from aiohttp import hdrs, web

from api.console.gate import COOKIE, HOME, SESSIONS, SIGN_IN, Visitor, language_of, own_site
from api.console.sessions import LIFETIME_MS
from api.pages.frame import Address, render
from api.platform import PLATFORM

_HTTPS: Final = "https"


async def show_sign_in(request: web.Request) -> web.Response:
    """The form."""
    return _form(request, _onward(request.query.get("next", "")), is_refused=False)


async def sign_in(request: web.Request) -> web.Response:
    """Check the token, and lead on."""
    own_site(request)
    form = await request.post()
    onward = _onward(str(form.get("next", "")))
    secret = str(form.get("token", "")).strip()
    platform = request.app[PLATFORM]
    if platform.operations.tokens.of(secret) is None:
        return _form(request, onward, is_refused=True)
    session = request.app[SESSIONS].open(secret, platform.now_ms())
    response = web.Response(status=303, headers={hdrs.LOCATION: onward, hdrs.CACHE_CONTROL: "no-store"})
    is_https = request.scheme == _HTTPS or request.headers.get("X-Forwarded-Proto", "").strip() == _HTTPS
    response.set_cookie(
        COOKIE,
        session.id,
        max_age=LIFETIME_MS // 1000,
        path=HOME,
        httponly=True,
        samesite="Strict",
        secure=is_https,
    )
    return response


async def sign_out(visitor: Visitor) -> web.Response:
    """End the session."""
    visitor.request.app[SESSIONS].close(visitor.session.id)
    response = visitor.back_to(SIGN_IN)
    response.del_cookie(COOKIE, path=HOME)
    return response


def _form(request: web.Request, onward: str, *, is_refused: bool) -> web.Response:
    language = language_of(request)
    here = Address(SIGN_IN, (("next", "" if onward == HOME else onward),))
    context = {"nav": "ops", "onward": onward, "is_refused": is_refused, "target": Address(SIGN_IN).text(language)}
    response = render(request, "sign_in.html", language, here, context, status=401 if is_refused else 200)
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    return response


def _onward(text: str) -> str:
    """Only a page of the console: whatever else a link names would be another site's wish."""
    is_ours = text == HOME or text.startswith((f"{HOME}/", f"{HOME}?"))
    return text if is_ours and "\\" not in text and text.isprintable() else HOME
