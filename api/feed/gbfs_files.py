"""`/gbfs/v3/…`: the files of GBFS 3.0 over HTTP.

Enters: a system and a file by name. Leaves: the file with GBFS's head. Never: a 404 for a file that the system names.
"""

import json
from typing import Any, Final

from aiohttp import web

from api.feed.gbfs import DATA, PREFIX, VERSION, System, manifest
from api.instants import rfc3339
from api.platform import PLATFORM
from api.problems import Problem
from api.query import NoQuery
from api.station_view import Viewpoint
from ingest.model import Level

MEDIA_TYPE: Final = "application/json"


async def show_gbfs_manifest(request: web.Request, _query: NoQuery) -> web.Response:
    """Where the data set of each province is."""
    platform = request.app[PLATFORM]
    view = Viewpoint.at(platform, platform.now_ms())
    return _file(view, manifest(view, _origin(request)))


async def show_gbfs_file(request: web.Request, _query: NoQuery) -> web.Response:
    """One file of a province's data set."""
    platform = request.app[PLATFORM]
    view = Viewpoint.at(platform, platform.now_ms())
    make = DATA.get(request.match_info["feed"])
    code = request.match_info["system_id"].removeprefix(PREFIX)
    province = platform.registry.region(code)
    if make is None or province is None or province.level is not Level.PROVINCE:
        raise Problem(404, "No such system or file. /gbfs/v3/manifest.json leads to all that there are.")
    return _file(view, make(System(view, province, _origin(request))))


def _origin(request: web.Request) -> str:
    """Where people reach us: as set, else as this client does."""
    return request.app[PLATFORM].settings.public_url or str(request.url.origin())


def _file(view: Viewpoint, data: dict[str, Any]) -> web.Response:
    head = {"last_updated": rfc3339(view.now_ms), "ttl": view.platform.settings.ttl_s, "version": VERSION, "data": data}
    return web.Response(body=json.dumps(head, ensure_ascii=False).encode(), content_type=MEDIA_TYPE)
