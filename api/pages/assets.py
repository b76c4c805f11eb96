"""Style sheet, scripts and icons of the pages, from memory, under an address that changes when they do.

Enters: the files of `api/pages/static`, once at start. Leaves: `/assets/{version}/{name}`, to be kept for ever.
Never: opens a file that a client names.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from aiohttp import web

from api.problems import Problem
from api.query import NoQuery

_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".png": "image/png", ".svg": "image/svg+xml"}
_VERSION_CHARS: Final = 12
_FOLDER: Final = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Assets:
    """All files of the folder."""

    version: str
    """One for all of them, in the folder's place of the address: so files may name each other relatively."""

    files: Mapping[str, bytes]

    @classmethod
    def load(cls) -> Self:
        """Read the folder."""
        files = {path.name: path.read_bytes() for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}
        digest = hashlib.sha256()
        for name, content in files.items():
            digest.update(f"{name} {len(content)} ".encode() + content)
        return cls(digest.hexdigest()[:_VERSION_CHARS], files)

    def url(self, name: str) -> str:
        """The address of a file; raises KeyError for one that is not there."""
        if name not in self.files:
            raise KeyError(name)
        return f"/assets/{self.version}/{name}"


ASSETS: Final = web.AppKey("assets", Assets)


async def show_asset(request: web.Request, _query: NoQuery) -> web.Response:
    """A file of the page. An old version gives the new file, but not for ever: a page may be older than its server."""
    assets = request.app[ASSETS]
    name = request.match_info["name"]
    content = assets.files.get(name)
    if content is None:
        raise Problem(404, "There is no such asset.")
    is_current = request.match_info["version"] == assets.version
    kind = _TYPES[Path(name).suffix]
    response = web.Response(body=content, content_type=kind, charset=None if kind == "image/png" else "utf-8")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_current else "no-cache"
    return response
