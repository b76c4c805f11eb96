"""`/metrics`, what the API counts of itself (requests by route and status, how long they took), and health as figures.

Enters: every request as it passes; the checks of /readyz. Leaves: metrics in the platform's registry, and their text.
Never: makes a label of what a client may choose freely, because each new value would stay in memory for ever.
"""

import time
from collections.abc import Callable, Iterator
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.platform import PLATFORM
from api.query import NoQuery
from ingest.ports import Health

_BUCKETS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""The aims are 1 ms of work and a p99 of 10 ms. Fewer: a miss of an aim falls into the bucket of its success. More:
every route has a series for each."""


class HealthCollector(Collector):
    """What /readyz says of each part, for alarms that name it."""

    def __init__(self, health: Health, now_ms: Callable[[], int]) -> None:
        self._health = health
        self._now_ms = now_ms

    def collect(self) -> Iterator[Metric]:
        """Both families."""
        up = GaugeMetricFamily("yizhan_part_up", "1 while this part does its work.", labels=["part"])
        degraded = GaugeMetricFamily("yizhan_part_degraded", "1 while it does by its second way.", labels=["part"])
        for part, check in sorted(self._health.checks(self._now_ms()).items()):
            up.add_metric([part], float(check.ok))
            degraded.add_metric([part], float(check.is_degraded))
        yield from (up, degraded)


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
