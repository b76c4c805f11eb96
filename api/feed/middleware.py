"""What every request of the public passes: the limit of its address, and the questions that browsers ask before.

Enters: requests. Leaves: them, or a 429 that says when to come again, or the answer to a preflight.
Never: stands before health, metrics, assets, or a request that a token opens: those have limits of their own.
"""

from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from api.feed.limits import Limits, Proxies
from api.feed.sharing import open_to_all, preflight
from api.platform import PLATFORM
from api.problems import Problem

FREE: Final = ("/healthz", "/readyz", "/metrics", "/assets/", "/v1/ops/", "/ops")
"""What has no limit: machines of the operator ask it, or caches keep it."""
DATA: Final = ("/v1/", "/gbfs/", "/openapi.json")
"""What any page may read, but for what wants a token."""


def origins_middleware() -> Middleware:
    """Lets any page read public data, errors too; outside of whatever makes errors into documents."""

    @web.middleware
    async def open_data(request: web.Request, handler: Handler) -> web.StreamResponse:
        is_data = request.path.startswith(DATA) and not request.path.startswith("/v1/ops/")
        if not is_data:
            return await handler(request)
        if request.method == hdrs.METH_OPTIONS:
            return preflight("GET, HEAD, OPTIONS")
        response = await handler(request)
        open_to_all(response)
        return response

    return open_data


def limits_middleware(limits: Limits, proxies: Proxies) -> Middleware:
    """Counts requests by address, and tells each client what is left."""
    policy = f'"anon";q={limits.per_minute};w=60'

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not limits.per_minute or request.path.startswith(FREE):
            return await handler(request)
        client = proxies.client(request.remote or "", request.headers.getall("X-Forwarded-For", ()))
        allowance = limits.ask(client, request.app[PLATFORM].now_ms())
        told = {"RateLimit-Policy": policy, "RateLimit": f'"anon";r={allowance.left};t={allowance.reset_s}'}
        if not allowance.is_allowed:
            detail = f"You may ask {limits.per_minute} times a minute. Come again in {allowance.reset_s} s."
            raise Problem(429, detail, retry_after_s=allowance.reset_s, headers=told)
        response = await handler(request)
        if not response.prepared:
            response.headers.update(told)
        return response

    return count
