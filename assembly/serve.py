"""`yizhan serve`: the platform until somebody stops it.

Enters: settings. Leaves: when SIGTERM or SIGINT came and everything taken is durable. Never: another way to end.
"""

import asyncio
import signal
from collections.abc import Callable

from assembly.platform import RunningPlatform, open_platform
from assembly.settings import Settings


async def serve(settings: Settings, on_up: Callable[[RunningPlatform], None]) -> None:
    """Run; `on_up` is called once it answers. Raises `StoreMisconfigured` for what only a person can mend."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with open_platform(settings) as platform:
        on_up(platform)
        await stopped.wait()
