"""The simulated stations of the demonstration: `python -m firmware_sim` as a child that ends with us.

Enters: stations, a broker. Leaves: their traffic, and how far their history is. Never: what a station does.
"""

import asyncio
import csv
import json
import sys
from asyncio import StreamReader
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, cast

from assembly.demo_alerts import fault_lines
from firmware_sim.__main__ import main
from gateway.child_server import child_environment, leave_with_the_parent, module_command
from ingest.model import Kind, Station

HISTORY_DAYS: Final = 14
HISTORY_INTERVAL_S: Final = 600
"""Between readings of the past. Smaller: more of them to load before the demonstration is live. Larger: readings
around midnight are further apart, and nothing else, since visits are read off meters."""
LIVE_INTERVAL_S: Final = 10
STOP_WITHIN_S: Final = 5.0

SENSOR_OF: Final = {"battery_swap": Kind.BATTERY, "medicine": Kind.MEDICINE, "donation_shelf": Kind.EXCHANGE}
"""What a station measures because it offers this service; every one counts people."""


class DemoFleet:
    """One run of the simulator. `on_progress` is given its progress objects, twice a second."""

    def __init__(
        self, folder: Path, broker_url: str, speed: float, on_progress: Callable[[dict[str, Any]], None]
    ) -> None:
        self._folder = folder
        self._broker_url = broker_url
        self._speed = speed
        self._on_progress = on_progress
        self._last_words = ""

    async def run(self, stations: Sequence[Station]) -> None:
        """Until cancelled; raises RuntimeError with the simulator's last words when it ends by itself."""
        command = self._command(stations)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=DEVNULL, stderr=PIPE, start_new_session=True, env=child_environment()
        )
        try:
            # Asked for with PIPE, so it is there.
            await self._follow(cast("StreamReader", process.stderr))
        finally:
            await _stop(process)
        raise RuntimeError(f"the simulated stations ended: {self._last_words}")

    def _command(self, stations: Sequence[Station]) -> list[str]:
        table, flash = self._folder / "fleet.csv", self._folder / "flash.json"
        with table.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("id", "sensors"))
            rows.writerows((station.id, "+".join(sensors_of(station))) for station in stations)
        # With the flash of an earlier run the stations go on where they were, instead of living the past twice.
        days = 0 if flash.exists() else HISTORY_DAYS
        options = {
            "--broker": self._broker_url,
            "--station-ids": table,
            "--flash": flash,
            "--history-days": days,
            "--history-interval": HISTORY_INTERVAL_S,
            "--interval": LIVE_INTERVAL_S / self._speed,
        }
        words = [str(word) for option in options.items() for word in option]
        words += [word for line in fault_lines(stations) for word in ("--fault", line)]
        return module_command("assembly.demo_fleet", *words, "--progress")

    async def _follow(self, told: StreamReader) -> None:
        async for line in told:
            try:
                self._on_progress(json.loads(line))
            except ValueError:
                self._last_words = line.decode(errors="replace").strip()


def sensors_of(station: Station) -> list[Kind]:
    """The kinds that a station with these services reports."""
    return [Kind.OCCUPANCY, *(kind for service, kind in SENSOR_OF.items() if service in station.services)]


async def _stop(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()


if __name__ == "__main__":
    leave_with_the_parent()
    sys.exit(main())
