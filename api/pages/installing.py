"""What makes the pages an app on a phone: the manifest, and the worker that keeps the last list for offline.

Enters: a language. Leaves: a manifest (W3C), a script. Never: a worker that could reach beyond our own addresses.
"""

import json

from aiohttp import web

from api.language import wording
from api.pages.assets import ASSETS
from api.pages.frame import HOME, PageQuery
from api.query import NoQuery


async def show_manifest(request: web.Request, query: PageQuery) -> web.Response:
    """Name, icons, colours."""
    say, asset = wording(query.language), request.app[ASSETS].url
    manifest = {
        "id": "/",
        "name": say("title"),
        "short_name": say("brand"),
        "description": say("description"),
        "lang": query.language.tag,
        "start_url": HOME.text(query.language),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f3f5f4",
        "theme_color": "#0b6e5b",
        "icons": [
            {"src": asset("icon.svg"), "type": "image/svg+xml", "sizes": "any"},
            {"src": asset("icon-192.png"), "type": "image/png", "sizes": "192x192"},
            {"src": asset("icon-512.png"), "type": "image/png", "sizes": "512x512"},
        ],
    }
    body = json.dumps(manifest, ensure_ascii=False)
    return web.Response(text=body, content_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


async def show_worker(request: web.Request, _query: NoQuery) -> web.Response:
    """The service worker. At the root, because it may only keep what is below its own address."""
    assets = request.app[ASSETS]
    # Another version of any asset makes another script, and so a new worker that fetches them.
    body = assets.files["worker.js"].decode().replace("{version}", assets.version)
    return web.Response(text=body, content_type="text/javascript", headers={"Cache-Control": "no-cache"})
