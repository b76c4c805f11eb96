"""`/healthz` and `/readyz`: whether the process lives, and whether all of the platform works.

Enters: nothing. Leaves: 200, or 503 with every part and what is wrong with it.
Never: asks a part itself; each reports its state, so a check costs nothing and cannot hang.
"""

from aiohttp import web

from api.answers import json_answer
from api.bodies import Alive, AliveAnswer, HealthCheck, Readiness, ReadinessAnswer
from api.instants import rfc3339, rfc3339_or_none
from api.platform import PLATFORM
from api.problems import Problem
from api.query import NoQuery
from ingest.ports import Check


async def show_alive(request: web.Request, _query: NoQuery) -> web.Response:
    """The process answers."""
    return json_answer(AliveAnswer(last_updated=rfc3339(request.app[PLATFORM].now_ms()), ttl=0, data=Alive()))


async def show_ready(request: web.Request, _query: NoQuery) -> web.Response:
    """All parts of the platform work, or a 503 that names those that do not."""
    platform = request.app[PLATFORM]
    now_ms = platform.now_ms()
    checks = {name: _shown(check) for name, check in sorted(platform.health.checks(now_ms).items())}
    failing = [f"{name}: {check.detail}" for name, check in checks.items() if not check.ok]
    if failing:
        raise Problem(503, "; ".join(failing), checks=checks)
    # Degraded is a 200: live status and counts go on, and a balancer that took us out would stop them.
    status = "degraded" if any(check.degraded for check in checks.values()) else "ready"
    body = Readiness(status=status, checks=checks)
    return json_answer(ReadinessAnswer(last_updated=rfc3339(now_ms), ttl=0, data=body))


def _shown(check: Check) -> HealthCheck:
    return HealthCheck(
        ok=check.ok, degraded=check.is_degraded, detail=check.detail, since=rfc3339_or_none(check.since_ms)
    )
