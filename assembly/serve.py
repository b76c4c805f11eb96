"""`yizhan serve`: the platform until somebody stops it.

Enters: settings. Leaves: when SIGTERM or SIGINT came and everything taken is durable; or with an error, when the
pipeline failed, for a supervisor to start it anew from what is durable. Never: serves on without a pipeline.
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
        stopping = asyncio.create_task(stopped.wait(), name="stop")
        await asyncio.wait({stopping, platform.writing}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if platform.writing.done():
            await platform.writing
