"""`python -m bench.outage`: servers fail under a fleet that sends; afterwards every reading is held to account.

Enters: a scenario, for how long, how many stations. Leaves: one JSON object; exit 0 when nothing was lost or doubled,
1 when something was, 2 when a server is missing. Never: ends with a server of its own still running.
"""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.outage_faults import SCENARIOS, Scenario
from bench.outage_stage import Stage
from bench.outage_verdict import Found, Verdict, judge, names_of
from bench.servers import ServerMissing


def parser() -> argparse.ArgumentParser:
    """The options."""
    it = argparse.ArgumentParser(
        prog="python -m bench.outage",
        description="Lets servers fail under a fleet of simulated stations, and holds what InfluxDB has afterwards to "
        "what the stations sampled (docs/benches.md). Exits 0 when nothing is lost or doubled, 1 when something is.",
    )
    it.add_argument("--scenario", choices=(*SCENARIOS, "all"), default="all", help="what fails (default %(default)s)")
    it.add_argument("--minutes", type=float, default=0.5, help="for how long the fleet sends (default %(default)s)")
    it.add_argument("--stations", type=int, default=40, help="each with one to four readings a second")
    it.add_argument("--keep", action="store_true", help="keep the folder; that of a run that fails is always kept")
    it.add_argument("--json", action="store_true", help="one JSON object as the last line")
    return it


def tell(text: str) -> None:
    """Progress, beside the result."""
    print(text, file=sys.stderr, flush=True)


async def run(scenario: Scenario, folder: Path, stations: int, seconds: float) -> tuple[Verdict, dict[str, Any]]:
    """One fault from start to verdict, and figures of the run."""
    stage = Stage(folder, stations, seconds, scenario.settings, scenario.broker_settings, has_link=scenario.has_link)
    async with stage.up():
        fleet = stage.fleet()
        async with asyncio.TaskGroup() as beside:
            sending = beside.create_task(fleet.run(), name="fleet")
            beside.create_task(scenario.strike(stage), name="fault")
        summary = sending.result()
        await stage.rest()
        document: Any = stage.truth.document({})
        truth = {station: stage.truth.days(station) for station in document["stations"]}
        published = await stage.published(truth)
        found = Found(
            sampled=names_of({station: told["sampled"] for station, told in document["stations"].items()})
            | stage.flooded,
            stored=await asyncio.to_thread(stage.stored),
            truth=truth,
            published=published,
            poison=stage.poison,
            letters=await asyncio.to_thread(stage.letters),
            accounts=await asyncio.to_thread(stage.accounts),
            imbalances=stage.imbalances,
            was_killed=stage.kills > 0,
            unconfirmed=int(str(summary["left_in_ring"])),
            overwritten=int(str(summary["overwritten"])),
        )
    return judge(found), {
        "visits": sum(sum(days.values()) for days in truth.values()),
        "strikes": stage.strikes,
        "kills": stage.kills,
        "resent": summary["resent"],
        "backlogged": summary["backlog_readings"],
        "spooled_most": stage.spooled_most,
    }


async def interruptible(scenario: Scenario, folder: Path, asked: argparse.Namespace) -> tuple[Verdict, dict[str, Any]]:
    """Run it; SIGTERM ends it as Ctrl-C does, so that its servers end too."""
    task = asyncio.ensure_future(run(scenario, folder, asked.stations, asked.minutes * 60))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def prove(name: str, asked: argparse.Namespace) -> tuple[bool, dict[str, Any]]:
    """Whether one scenario holds, and its figures."""
    scenario = SCENARIOS[name]
    folder = Path(tempfile.mkdtemp(prefix="outage-"))
    tell(f"{name}: {scenario.summary}")
    began_s, holds = time.monotonic(), False
    try:
        verdict, figures = asyncio.run(interruptible(scenario, folder, asked))
        holds = verdict.holds
    finally:
        if holds and not asked.keep:
            shutil.rmtree(folder)
        else:
            tell(f"the servers' folders and logs are kept in {folder}")
    for line in verdict.complaints:
        tell(f"{name}: {line}")
    seconds = round(time.monotonic() - began_s, 1)
    return holds, {"scenario": name, **verdict.figures, **figures, "seconds": seconds}


def main() -> int:
    """Parse, let fail, print; the exit code."""
    asked = parser().parse_args()
    names = list(SCENARIOS) if asked.scenario == "all" else [asked.scenario]
    outcomes = []
    try:
        for name in names:
            outcomes.append(prove(name, asked))
            if not asked.json:
                print("\n".join(f"{figure:14} {value}" for figure, value in outcomes[-1][1].items()) + "\n")
    except ServerMissing as missing:
        tell(str(missing))
        return 2
    except asyncio.CancelledError:
        tell("stopped")
        return 1
    if asked.json:
        results = [figures for _, figures in outcomes]
        whole = {"scenarios": results, "holds": all(holds for holds, _ in outcomes)}
        print(json.dumps(whole if asked.scenario == "all" else results[0]))
    return 0 if all(holds for holds, _ in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
