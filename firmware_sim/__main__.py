"""`python -m firmware_sim`: a fleet of simulated stations.

Enters: arguments. Leaves: MQTT traffic, the truth file, one JSON object on stdout. Never: what options.py decides.
"""

import asyncio
import json
import os
import signal
import sys
import time
from argparse import Namespace

from firmware_sim.fleet import Fleet, NoBrokerError, Progress
from firmware_sim.local_time import SECOND_MS, local_text
from firmware_sim.options import parser, runs_ahead, settings_of
from firmware_sim.plan import FleetSettings
from firmware_sim.truth import Truth


def main(arguments: list[str] | None = None) -> int:
    """Run a fleet; 0 when it ended as asked, 1 without a broker, 2 for wrong arguments."""
    it = parser()
    options = it.parse_args(arguments)
    now_ms = round(time.time() * SECOND_MS)
    try:
        settings = settings_of(options, now_ms)
    except (ValueError, OSError) as error:
        it.error(str(error))
    if runs_ahead(settings, now_ms):
        sys.stderr.write(
            "the stations' clocks will run ahead of this machine's: platforms refuse readings more than 5 minutes in "
            "the future; begin earlier with --start, or limit the run with --duration\n"
        )
    try:
        done = asyncio.run(_run(settings, options))
    except NoBrokerError as error:
        sys.stderr.write(f"{error}; start a broker there or name another with --broker\n")
        return 1
    sys.stdout.write(json.dumps(done) + "\n")
    return 0


async def _run(settings: FleetSettings, options: Namespace) -> dict[str, object]:
    truth = Truth()
    fleet = Fleet(settings, truth, _tell if options.progress else None)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, fleet.stop)
    if options.with_parent:
        _end_at_end_of_input(loop, fleet)
    try:
        return await fleet.run()
    finally:
        if options.truth:
            truth.write(options.truth, fleet.notes())


def _end_at_end_of_input(loop: asyncio.AbstractEventLoop, fleet: Fleet) -> None:
    descriptor = sys.stdin.fileno()

    def read() -> None:
        if not os.read(descriptor, 1024):
            loop.remove_reader(descriptor)
            fleet.stop()

    loop.add_reader(descriptor, read)


def _tell(progress: Progress) -> None:
    document = progress._asdict() | {"share": round(progress.share, 4), "local": local_text(progress.now_ms)}
    sys.stderr.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
