"""`python -m bench.replay`: a recorded door through a real broker and the platform as a process, under faults.

Enters: a trace, a seed, how severe. Leaves: one JSON object; exit 0 when every day is as recorded, 1 when not, 2 when
the trace cannot be replayed. Never: ends with a server of its own still running, or throws away what failed.
"""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.replay_faults import SEVERITIES
from bench.replay_run import Outcome, Replay
from bench.replay_trace import ZONE, read_recording
from bench.servers import ServerMissing
from firmware_sim.sensors.trace import BadTrace


def parser() -> argparse.ArgumentParser:
    """The options."""
    it = argparse.ArgumentParser(
        prog="python -m bench.replay",
        description="Replays a recorded door through a real broker and the platform under faults, and holds every day "
        "to the recording (docs/benches.md). Exits 0 when all are right, 1 when not, 2 when it cannot be replayed.",
    )
    it.add_argument("--trace", type=Path, required=True, help="CSV start,entered,left: local time, one row an interval")
    it.add_argument("--faults", choices=SEVERITIES, default="heavy", help="how bad the world is (default %(default)s)")
    it.add_argument("--seed", type=int, default=1, help="which faults strike when (default %(default)s)")
    it.add_argument("--broker", choices=("mosquitto", "embedded"), default="mosquitto", help="default %(default)s")
    it.add_argument("--store", choices=("sqlite", "influxdb"), default="sqlite", help="where readings are kept")
    it.add_argument("--keep", action="store_true", help="keep the folder; that of a replay that fails is always kept")
    it.add_argument("--json", action="store_true", help="one JSON object as the last line")
    return it


def tell(text: str) -> None:
    """Progress, beside the result."""
    print(text, file=sys.stderr, flush=True)


async def interruptible(replay: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Run it; SIGTERM ends it as Ctrl-C does, so that its servers end too."""
    task = asyncio.ensure_future(replay)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def main() -> int:
    """Parse, replay, print; the exit code."""
    asked = parser().parse_args()
    yesterday = datetime.now(ZONE).date() - timedelta(days=1)
    try:
        recording = read_recording(asked.trace, yesterday)
    except (BadTrace, OSError, UnicodeDecodeError) as error:
        tell(f"{asked.trace}: {error}")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="replay-"))
    passed = False
    started = time.monotonic()
    try:
        replay = Replay(recording, SEVERITIES[asked.faults], asked.seed, (asked.broker, asked.store), folder, tell)
        outcome = asyncio.run(interruptible(replay.run()))
        passed = outcome.passed
    except ServerMissing as missing:
        tell(str(missing))
        return 2
    except asyncio.CancelledError:
        tell("stopped")
        return 1
    finally:
        if passed and not asked.keep:
            shutil.rmtree(folder)
        else:
            tell(f"the servers' folders and logs are kept in {folder}")
    result = {
        **outcome.figures,
        "trace": asked.trace.name,
        "faults": asked.faults,
        "seed": asked.seed,
        "broker": asked.broker,
        "store": asked.store,
        "seconds": round(time.monotonic() - started, 1),
    }
    for line in outcome.complaints:
        tell(line)
    print(json.dumps(result) if asked.json else "\n".join(f"{name:16} {value}" for name, value in result.items()))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
