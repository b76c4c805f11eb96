"""The application: routes, middlewares and what they share, put together.

Enters: an `ApiPlatform`. Leaves: an aiohttp application, to be run by whoever wires the platform.
Never: starts anything, or decides what an answer says.
"""

import asyncio
from typing import Final

from aiohttp import web
from prometheus_client import ProcessCollector

from api.console.routes import CONSOLE_ADDRESSES, add_console
from api.feed.limits import Limits, Proxies
from api.feed.middleware import limits_middleware, origins_middleware
from api.feed.shared import SharedAnswers
from api.feed.sharing import SHARED
from api.history import AT_ONCE, HISTORY_TURNS
from api.metrics import HealthCollector, metrics_middleware
from api.openapi import DOCUMENT, make_document
from api.pages.routes import PAGE_ADDRESSES, add_pages
from api.pages.trouble import trouble_middleware
from api.platform import PLATFORM, ApiPlatform
from api.problems import problems_middleware
from api.routes import ROUTES, register
from api.stream.answer import HUB, close_hub, keep_hub
from api.stream.hub import Hub

_BODY_MAX_BYTES: Final = 16 * 1024
"""Of a request. Larger: a stranger fills memory. Smaller: a form of an operator may not fit."""


def make_app(platform: ApiPlatform) -> web.Application:
    """The API over a platform; once per metrics registry, because the API's own metrics go into it."""
    app = web.Application(
        client_max_size=_BODY_MAX_BYTES,
        middlewares=[  # outermost first
            metrics_middleware(platform.metrics),
            trouble_middleware(PAGE_ADDRESSES | CONSOLE_ADDRESSES),
            origins_middleware(),
            problems_middleware(),
            limits_middleware(
                Limits(platform.settings.requests_per_minute), Proxies(platform.settings.trusted_proxies)
            ),
        ],
    )
    platform.metrics.register(HealthCollector(platform.health, platform.now_ms))
    ProcessCollector(registry=platform.metrics)  # CPU, memory, descriptors
    app[PLATFORM] = platform
    app[DOCUMENT] = make_document(ROUTES)
    app[SHARED] = SharedAnswers(platform.settings.shared_ms, platform.now_ms)
    app[HISTORY_TURNS] = asyncio.Semaphore(AT_ONCE)
    app[HUB] = Hub(platform)
    app.cleanup_ctx.append(keep_hub)
    app.on_shutdown.append(close_hub)
    add_pages(app)
    add_console(app)
    register(app)
    return app
