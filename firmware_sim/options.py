"""The command line of the simulator.

Enters: arguments. Leaves: settings, or a message that says what to write instead. Never: runs anything.
"""

import argparse
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from firmware_sim.broker_url import parse_broker_url
from firmware_sim.faults.catalogue import DISTURBANCES, FAULTS, parse_fault
from firmware_sim.local_time import DAY_MS, MINUTE_MS, SECOND_MS, instant_ms, local_day
from firmware_sim.plan import (
    CARRIERS,
    OWN_CONNECTIONS_MAX,
    VISITS_PER_DAY,
    FleetSettings,
    StationPlan,
    make_plans,
    numbered_ids,
    parse_sensors,
    read_plans,
)
from firmware_sim.scenarios import SCENARIOS, Scenario
from firmware_sim.sensors.trace import Trace, read_trace
from firmware_sim.wire import KINDS


class Group(Protocol):
    """A headed part of the help; argparse's own class is private."""

    def add_argument(self, *names: str, **meaning: Any) -> argparse.Action:
        """One more option."""

    def add_mutually_exclusive_group(self) -> "Group":
        """Options of which at most one may be given."""


_REFUSED_AHEAD_MS: Final = 5 * MINUTE_MS
"""The protocol's bound on clocks that are fast."""

_EXAMPLES = """\
examples:
  60 stations, live, a connection each:
    python -m firmware_sim --broker mqtt://127.0.0.1:1883 --stations 60 --interval 10
  two weeks of history first, as backlog, then live until Ctrl-C:
    python -m firmware_sim --stations 60 --history-days 14 --history-interval 600
  a real door, 105 days at full speed, with cuts and duplicates, and the truth to compare with:
    python -m firmware_sim --trace tests/data/calit2.csv --trace-last-day yesterday \\
        --fault cut,per_day=6,lasts=60..900 --fault duplicates,share=0.05 --truth truth.json
  one battery on fire after a minute:
    python -m firmware_sim --ids bj-007 --sensors occupancy,battery --fault overheat,after=60,lasts=900
  a district goes dark for ten minutes:
    python -m firmware_sim --stations 60 --fault 'death,after=60,lasts=600,station=sim-0000*'
"""


def parser() -> argparse.ArgumentParser:
    """The options and their meaning."""
    it = argparse.ArgumentParser(
        "python -m firmware_sim",
        description="Simulates smart stations over MQTT, as their firmware would speak (docs/protocol.md). "
        "Prints one JSON object at the end; exits 0 when all readings were confirmed or the grace has passed.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    it.add_argument(
        "--broker",
        default="mqtt://127.0.0.1:1883",
        metavar="URL",
        help="mqtt:// or mqtts://[user[:password]@]host[:port] (default %(default)s); user and password are "
        "for connections that carry many stations, a station logs in with its id",
    )
    it.add_argument("--cafile", metavar="FILE", help="certificates to trust with mqtts (default: the system's)")
    _who(it.add_argument_group("which stations"))
    _time(it.add_argument_group("their time"))
    _world(it.add_argument_group("their world"))
    _delivery(it.add_argument_group("delivery"))
    _told(it.add_argument_group("what is told"))
    return it


def settings_of(options: argparse.Namespace, now_ms: int) -> FleetSettings:
    """The settings that parsed options ask for; raises ValueError or OSError with words for the person."""
    trace = _trace(options, now_ms)
    plans = _plans(options)
    speed = _speed(options.speed or ("max" if trace else "1"))
    duration_s, start_ms = options.duration, options.start
    if start_ms is None and trace:
        start_ms = trace.start_ms + round(options.history_days * DAY_MS)
    if duration_s is None and trace:
        # Two readings more than the trace has: they close its last day.
        duration_s = (trace.end_ms - start_ms) / SECOND_MS + 2 * options.interval
    if start_ms is None:
        is_fast = speed is None or speed > 1
        start_ms = now_ms - round((duration_s or 0) * SECOND_MS) if is_fast else now_ms
    return FleetSettings(
        broker=parse_broker_url(options.broker, options.cafile),
        stations=plans,
        start_ms=start_ms,
        duration_s=duration_s,
        speed=speed,
        interval_s=options.interval,
        history_days=options.history_days,
        history_interval_s=options.history_interval,
        scenario=_scenario(options),
        seed=options.seed,
        trace=trace,
        connections=options.connections,
        window=options.window,
        unconfirmed_max=options.unconfirmed,
        ring_capacity=options.ring,
        resend_s=options.resend_after,
        grace_s=options.grace,
        connect_timeout_s=options.connect_timeout,
        flash=options.flash,
    )


def runs_ahead(settings: FleetSettings, now_ms: int) -> bool:
    """Whether readings will be dated so far in the future that a platform must refuse them."""
    if settings.speed is not None and settings.speed <= 1:
        return settings.start_ms > now_ms + _REFUSED_AHEAD_MS
    if settings.duration_s is None:
        return True
    return settings.start_ms + settings.duration_s * SECOND_MS > now_ms + _REFUSED_AHEAD_MS


def _plans(options: argparse.Namespace) -> list[StationPlan]:
    sensors = parse_sensors(options.sensors) if options.sensors else ("occupancy",) if options.trace else None
    if options.station_ids:
        return read_plans(options.station_ids, options.seed, options.visits_per_day, sensors)
    ids = options.ids.split(",") if options.ids else numbered_ids(1 if options.stations is None else options.stations)
    return make_plans(ids, options.seed, options.visits_per_day, sensors)


def _trace(options: argparse.Namespace, now_ms: int) -> Trace | None:
    if options.trace is None:
        return None
    trace = read_trace(options.trace).shifted(options.trace_shift_days)
    last_day = options.trace_last_day
    if last_day is None:
        return trace
    yesterday = local_day(now_ms) - timedelta(days=1)
    return trace.ending_on(yesterday if last_day == "yesterday" else date.fromisoformat(last_day))


def _scenario(options: argparse.Namespace) -> Scenario:
    scenario = SCENARIOS[options.scenario]
    for text in options.fault:
        fault = parse_fault(text)
        if callable(fault):
            scenario = replace(scenario, disturbances=(*scenario.disturbances, fault))
        else:
            scenario = replace(scenario, schedules=(*scenario.schedules, fault))
    return scenario


def _speed(text: str) -> float | None:
    return None if text == "max" else float(text)


def _local_instant(text: str) -> int:
    return instant_ms(datetime.fromisoformat(text))


def _who(who: Group) -> None:
    ids = who.add_mutually_exclusive_group()
    ids.add_argument("--stations", type=int, metavar="N", help="so many, named sim-00001 and on (default 1)")
    ids.add_argument("--ids", metavar="A,B,C", help="these, as they are registered with the platform")
    ids.add_argument(
        "--station-ids",
        type=Path,
        metavar="FILE",
        help="those of a CSV: column id; optional sensors (a+b), visits_per_day, password",
    )
    who.add_argument("--sensors", metavar="A,B", help=f"of {', '.join(KINDS)} (default: a likely mix; a trace: a door)")
    who.add_argument(
        "--visits-per-day",
        type=float,
        default=VISITS_PER_DAY,
        metavar="N",
        help="of an average station (default %(default)s)",
    )
    who.add_argument(
        "--connections",
        type=int,
        metavar="N",
        help="0: one a station, with its own will and session; N: all stations share N "
        f"(default: 0 up to {OWN_CONNECTIONS_MAX} stations, else {CARRIERS})",
    )
    who.add_argument(
        "--flash",
        type=Path,
        metavar="FILE",
        help="keep boots, counters and unconfirmed readings from run to run; without it every run is a "
        "station's first, and a platform that knows these names already takes its readings for repeats or refuses them",
    )


def _time(time: Group) -> None:
    time.add_argument("--interval", type=float, default=60.0, metavar="S", help="seconds between readings (default 60)")
    time.add_argument(
        "--speed",
        metavar="X|max",
        help="times real time; max: as fast as the broker acknowledges and the platform confirms "
        "(default 1; with a trace max)",
    )
    time.add_argument(
        "--start",
        type=_local_instant,
        metavar="TIME",
        help="where live time begins, Beijing time, 2026-07-01T08:00 (default now; with --duration and "
        "more than real speed so that it ends now, since platforms refuse readings from the future)",
    )
    time.add_argument("--duration", type=float, metavar="S", help="end after so many of the stations' seconds")
    time.add_argument(
        "--history-days",
        type=float,
        default=0.0,
        metavar="D",
        help="days before the start that are sampled first and sent as backlog",
    )
    time.add_argument("--history-interval", type=float, metavar="S", help="seconds between those readings")


def _world(world: Group) -> None:
    scenarios = "; ".join(f"{name}: {scenario.summary}" for name, scenario in SCENARIOS.items())
    world.add_argument("--scenario", choices=SCENARIOS, default="calm", help=scenarios)
    world.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="TEXT",
        help="one more fault: NAME,per_day=N,lasts=MIN..MAX[,from=live] or NAME,after=S,lasts=S (seconds), for all "
        "stations or, with ,station=PATTERN, for those whose ids match it as a shell would; "
        f"with NAME of {', '.join(FAULTS)}; or NAME,share=0.05 with NAME of "
        f"{', '.join(DISTURBANCES)}; may be repeated",
    )
    world.add_argument("--seed", type=int, default=1, help="the same seed gives the same people (default %(default)s)")
    world.add_argument(
        "--trace",
        type=Path,
        metavar="FILE",
        help="a recorded door for the first station: CSV start,entered,left, Beijing time, one row an "
        "interval; sets start and duration to the whole trace unless they are given",
    )
    world.add_argument(
        "--trace-last-day", metavar="DATE", help="shift the trace by whole days to end on it; or yesterday"
    )
    world.add_argument("--trace-shift-days", type=int, default=0, metavar="N", help="shift the trace by whole days")


def _delivery(care: Group) -> None:
    care.add_argument(
        "--window",
        type=int,
        default=200,
        metavar="N",
        help="messages without acknowledgement at full speed (default %(default)s)",
    )
    care.add_argument(
        "--unconfirmed",
        type=int,
        default=40_000,
        metavar="N",
        help="readings of a station without receipt at which time stands still at full speed; "
        "0 where nobody sends receipts (default %(default)s)",
    )
    care.add_argument(
        "--resend-after",
        type=float,
        default=120.0,
        metavar="S",
        help="real seconds without receipt after which a reading is sent again (default %(default)s)",
    )
    care.add_argument(
        "--connect-timeout",
        type=float,
        default=30.0,
        metavar="S",
        help="real seconds in which a first connection must succeed (default %(default)s); others are tried for ever",
    )
    care.add_argument(
        "--ring",
        type=int,
        default=50_000,
        metavar="N",
        help="readings a station can keep; the oldest are overwritten (default %(default)s)",
    )
    care.add_argument(
        "--grace",
        type=float,
        default=30.0,
        metavar="S",
        help="real seconds to wait for receipts at the end (default %(default)s)",
    )


def _told(told: Group) -> None:
    told.add_argument(
        "--truth",
        type=Path,
        metavar="FILE",
        help="write the true visits per station and day, and how many readings were taken, as JSON",
    )
    told.add_argument("--progress", action="store_true", help="one JSON object a line on stderr, twice a second")
    told.add_argument(
        "--with-parent",
        action="store_true",
        help="end when standard input is closed, as it is when the program that started this one ends, however it ends",
    )
