"""`yizhan demo`: broker, store, platform and simulated stations with a past, in one go.

Enters: how many stations, a port, a folder. Leaves: one address on the terminal. Never: anything that runs on after it.
"""

import asyncio
import secrets
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from assembly.alert_settings import AlertsSettings
from assembly.demo_alerts import JobTeller, demo_crews
from assembly.demo_fleet import HISTORY_DAYS, LIVE_INTERVAL_S, DemoFleet
from assembly.platform import RunningPlatform, wall_clock_ms
from assembly.registry_commands import opened
from assembly.serve import serve
from assembly.settings import ApiSettings, DatabaseSettings, MqttSettings, Settings
from assembly.spool_settings import SpoolSettings
from assembly.store_settings import StoreSettings
from gateway.broker import EmbeddedBroker
from ingest.database import stations as tables
from ingest.database import tokens
from ingest.model import Station
from ingest.operating import Holder, Role
from ingest.registry.catalogue import DEFAULT_CATALOGUE
from ingest.registry.demo import demo_stations
from ingest.tokens import ID_BYTES, SECRET_BYTES, mint


async def demo(*, stations: int, port: int, data: Path | None, speed: float, console: Console) -> None:
    """Run until SIGTERM or Ctrl-C. `data` None: a temporary folder, gone afterwards."""
    async with AsyncExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yizhan-demo-")))
        folder.mkdir(parents=True, exist_ok=True)
        broker = EmbeddedBroker(folder / "broker")
        stack.push_async_callback(asyncio.to_thread, broker.stop)
        await asyncio.to_thread(broker.start)
        settings = demo_settings(folder, broker, port)
        registered = demo_stations(stations)
        token = await _register(settings, registered)
        progress = stack.enter_context(_progress_bar(console))
        fleet = DemoFleet(folder, broker.url, speed, _Teller(progress, console, LIVE_INTERVAL_S / speed))
        running: list[asyncio.Task[None]] = []

        def on_up(platform: RunningPlatform) -> None:
            console.print(f"Yizhan 驿站: open [bold]{platform.address}[/] · Ctrl-C stops everything")
            console.print(f"for crews: open [bold]{platform.address}/ops[/] and sign in with this token:")
            console.print(token, soft_wrap=True)
            work = fleet.run(registered), _tell_jobs(platform, registered, console)
            running.extend(asyncio.create_task(one, name="demonstration") for one in work)
            for task in running:
                task.add_done_callback(lambda task: _report(task, console))

        try:
            await serve(settings, on_up)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
    console.print("stopped; nothing is left running")


def demo_settings(folder: Path, broker: EmbeddedBroker, port: int) -> Settings:
    """All of the platform in one folder, for this machine alone."""
    return Settings(
        mqtt=MqttSettings(url=broker.url_v5, client_id="yizhan-demo"),
        store=StoreSettings(url=f"sqlite:///{folder.resolve() / 'readings.db'}"),
        spool=SpoolSettings(folder=folder.resolve() / "spool"),
        database=DatabaseSettings(url=f"sqlite:///{folder.resolve() / 'yizhan.db'}"),
        api=ApiSettings(port=port),
        alerts=AlertsSettings(
            group_wait_s=5,
            close_after_s=60,
            public_url=f"http://127.0.0.1:{port}" if port else None,
        ),
    )


async def _register(settings: Settings, registered: list[Station]) -> str:
    """The token that signs in as an operator."""
    minted = mint(
        Holder("demo", Role.OPERATOR), secrets.token_bytes(ID_BYTES), secrets.token_bytes(SECRET_BYTES), wall_clock_ms()
    )
    async with opened(settings) as database:
        await database.run(lambda connection: tables.save_all(connection, registered, 0))
        await database.run(lambda connection: tables.save_articles(connection, DEFAULT_CATALOGUE))
        await database.run(lambda connection: tokens.add(connection, minted.token))
    return minted.text


async def _tell_jobs(platform: RunningPlatform, registered: list[Station], console: Console) -> None:
    crews, channels = demo_crews(registered)
    await platform.board.set_crews(crews, channels, "demo")
    names = {station.id: station.name for station in registered}
    await JobTeller(platform.board, console, lambda place: names.get(place, place)).run()


def _progress_bar(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


class _Teller:
    """Shows the simulator's progress: a bar while the past is loaded, and one line when the stations are live."""

    def __init__(self, progress: Progress, console: Console, interval_s: float) -> None:
        self._progress = progress
        self._interval_ms = interval_s * 1000
        self._console = console
        self._bar = progress.add_task(f"loading {HISTORY_DAYS} days of history through MQTT", total=1.0)
        self._live_since_ms: int | None = None
        self._is_told = False

    def __call__(self, told: dict[str, Any]) -> None:
        """Take one progress object of `python -m firmware_sim --progress`."""
        if self._is_told:
            return
        if told["phase"] != "live":
            self._progress.update(self._bar, completed=told["share"])
            return
        self._live_since_ms = self._live_since_ms or told["now_ms"]
        # By then every station has reported once as a live one, and what the page shows is true now.
        if told["now_ms"] > self._live_since_ms + self._interval_ms:
            self._is_told = True
            self._progress.stop()
            self._console.print("history is loaded, and the stations are live")


def _report(task: asyncio.Task[None], console: Console) -> None:
    if not task.cancelled() and task.exception() is not None:
        console.print(f"[red]error[/] {task.exception()}")
