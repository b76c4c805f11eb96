"""`/v1/summary`: a region's numbers, or the nation's.

Enters: a region. Leaves: the numbers that ingest made in its last cycle.
Never: counts anything itself; an answer costs the same for the nation as for a street.
"""

from datetime import timedelta
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from api.answers import json_answer
from api.bodies import SummaryAnswer, SummaryNow
from api.instants import rfc3339
from api.platform import PLATFORM, ApiPlatform
from api.problems import Problem
from api.query import Query
from api.selection import known_region
from api.station_view import region_ref
from api.visits import region_visit_day
from ingest.model import Quality, RegionDay, Summary

_RETRY_AFTER_S: Final = 5
"""Before the first cycle. Larger: a page stays empty after it is made. Smaller: clients ask before it can be."""


class SummaryQuery(Query):
    """Whose numbers."""

    region: Annotated[str | None, Field(description="the code of a region of any level; without it: the nation")] = None


async def show_summary(request: web.Request, query: SummaryQuery) -> web.Response:
    """The numbers of a region or of the nation."""
    platform = request.app[PLATFORM]
    region = None if query.region is None else known_region(platform.registry, "region", query.region)
    summary = summary_of(platform, None if region is None else region.code, platform.now_ms())
    if summary is None:
        raise Problem(503, "The first numbers are being made. Try again in some seconds.", retry_after_s=_RETRY_AFTER_S)
    answer = SummaryAnswer(
        last_updated=rfc3339(summary.made_ms),
        ttl=platform.settings.ttl_s,
        data=SummaryNow(
            region=None if region is None else region_ref(region),
            stations=summary.stations,
            smart=summary.smart,
            all_day=summary.all_day,
            extended=summary.extended,
            model=summary.model,
            online=summary.online,
            dark=summary.dark,
            never_seen=summary.never_seen,
            services=dict(summary.services),
            people_present=summary.people_present,
            people_from=summary.people_from,
            donated=summary.donated,
            claimed=summary.claimed,
            today=region_visit_day(summary.today),
            yesterday=region_visit_day(summary.yesterday),
        ),
    )
    return json_answer(answer)


def summary_of(platform: ApiPlatform, region: str | None, now_ms: int) -> Summary | None:
    """The summary; zeros where no station is registered; None while the first one is being made."""
    summary = platform.picture.summary(region)
    if summary is not None or next(platform.registry.stations(region=region), None) is not None:
        return summary
    today = platform.visits.today(now_ms)
    return Summary(
        region=region,
        made_ms=now_ms,
        stations=0,
        smart=0,
        all_day=0,
        extended=0,
        model=0,
        online=0,
        dark=0,
        never_seen=0,
        services={},
        people_present=0,
        people_from=0,
        donated=0,
        claimed=0,
        today=RegionDay(today, 0, 0, Quality.PROVISIONAL, {}),
        yesterday=RegionDay(today - timedelta(days=1), 0, 0, Quality.EXACT, {}),
    )
