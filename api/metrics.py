"""`/metrics`, and what the API counts of itself: requests by route and status, and how long they took.

Enters: every request as it passes. Leaves: `yizhan_api_…` in the registry of the platform; its text for Prometheus.
Never: makes a label of what a client may choose freely, because each new value would stay in memory for ever.
"""

import time
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest

from api.platform import PLATFORM
from api.query import NoQuery

_BUCKETS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""The aims are 1 ms of work and a p99 of 10 ms. Fewer: a miss of an aim falls into the bucket of its success. More:
every route has a series for each."""


def metrics_middleware(registry: CollectorRegistry) -> Middleware:
    """Counts and times every request; belongs outside of the one that answers errors, to see their status."""
    requests = Counter(
        "yizhan_api_requests",
        "Requests answered, by method, URL template and status",
        ("method", "route", "status"),
        registry=registry,
    )
    seconds = Histogram(
        "yizhan_api_request_seconds",
        "From the request's head to its answer, by URL template, in seconds",
        ("route",),
        buckets=_BUCKETS_S,
        registry=registry,
    )

    @web.middleware
    async def count_and_time(request: web.Request, handler: Handler) -> web.StreamResponse:
        began_s = time.perf_counter()
        response = await handler(request)
        route = _template(request)
        method = request.method if request.method in hdrs.METH_ALL else "other"
        requests.labels(method, route, str(response.status)).inc()
        seconds.labels(route).observe(time.perf_counter() - began_s)
        return response

    return count_and_time


async def show_metrics(request: web.Request, _query: NoQuery) -> web.Response:
    """All metrics of the process, as text for Prometheus."""
    body = generate_latest(request.app[PLATFORM].metrics)
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST})


def _template(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return "unmatched" if resource is None else resource.canonical
