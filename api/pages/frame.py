"""What all pages share: templates, headers, the language, the addresses of the other pages.

Enters: a request, what a page wants to show. Leaves: HTML inside the frame, under a strict content policy.
Never: an inline script or style, or anything from elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import urlencode

import aiohttp_jinja2
import jinja2
from aiohttp import web
from pydantic import ConfigDict, Field

from api.instants import local
from api.language import Language, wording
from api.pages.assets import ASSETS
from api.platform import PLATFORM
from api.query import Query

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
}


class PageQuery(Query):
    """Lenient: a chat program adds its own parameters to a link that people share, and they must still see the page."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    is_lenient: ClassVar[bool] = True

    lang: Annotated[str, Field(description="zh or en")] = Language.ZH.value

    @property
    def language(self) -> Language:
        """Chinese where the page speaks no such language."""
        return Language(self.lang) if self.lang in set(Language) else Language.ZH


@dataclass(frozen=True, slots=True)
class Address:
    """A page and what it was asked for; its text is the same for the same choice, so that it can be kept and shared."""

    path: str
    asked: tuple[tuple[str, str], ...] = ()
    """Without the language; a value that is empty is left out."""

    def text(self, language: Language) -> str:
        """What stands in a link."""
        given = [pair for pair in self.asked if pair[1]]
        if language is not Language.ZH:
            given.append(("lang", language.value))
        return f"{self.path}?{urlencode(given)}" if given else self.path


HOME: Final = Address("/")
OVERVIEW: Final = Address("/overview")


def station_address(station_id: str) -> Address:
    """The page of a station; an id needs no quoting (docs/protocol.md)."""
    return Address(f"/stations/{station_id}")


def add_templates(app: web.Application) -> None:
    """Give the application its templates, read now: what an upgrade puts there later is not of this code."""
    folder = Path(__file__).parent / "templates"
    aiohttp_jinja2.setup(
        app,
        loader=jinja2.DictLoader({path.name: path.read_text("utf-8") for path in folder.iterdir()}),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def render(
    request: web.Request,
    template: str,
    language: Language,
    here: Address,
    context: Mapping[str, Any],
    *,
    status: int = 200,
) -> web.Response:
    """A page inside the frame; `here` is its own address."""
    platform = request.app[PLATFORM]
    now_ms = platform.now_ms()
    other = Language.EN if language is Language.ZH else Language.ZH
    shared = {
        "say": wording(language),
        "language": language,
        "other": other,
        "other_wording": wording(other),
        "here": here.text(language),
        "other_here": here.text(other),
        "home": HOME.text(language),
        "overview": OVERVIEW.text(language),
        "crews": Address("/ops").text(language),
        "manifest": Address("/manifest.webmanifest").text(language),
        "asset": request.app[ASSETS].url,
        "now": local(now_ms, platform.settings.zone),
    }
    response = aiohttp_jinja2.render_template(template, request, shared | dict(context), status=status)
    response.headers.update(HEADERS)
    response.headers["Content-Language"] = language.tag
    return response
