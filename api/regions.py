"""`/v1/regions`: the administrative divisions, level by level.

Enters: the code of a division, or none. Leaves: the divisions directly below it.
Never: computes a parent from the digits of a code.
"""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from api.answers import json_answer
from api.bodies import RegionEntry, RegionList, RegionListAnswer
from api.instants import rfc3339
from api.platform import PLATFORM
from api.query import Query
from api.selection import known_region
from api.station_view import region_ref


class RegionsQuery(Query):
    """Whose children are asked for."""

    parent: Annotated[str | None, Field(description="the code of a region; leave it out for the provinces")] = None


async def list_regions(request: web.Request, query: RegionsQuery) -> web.Response:
    """The divisions directly below one."""
    platform = request.app[PLATFORM]
    parent = None if query.parent is None else known_region(platform.registry, "parent", query.parent)
    regions = platform.registry.regions(None if parent is None else parent.code)
    answer = RegionListAnswer(
        last_updated=rfc3339(platform.now_ms()),
        ttl=platform.settings.ttl_s,
        data=RegionList(
            parent=None if parent is None else region_ref(parent),
            regions=[
                RegionEntry(code=r.code, name=r.name, name_en=r.name_en, level=r.level, parent=r.parent)
                for r in regions
            ],
        ),
    )
    return json_answer(answer)
