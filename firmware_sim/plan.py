"""What a fleet is to be: which stations, how busy, with which sensors, in which world and at what speed.

Enters: ids, a file of stations, a seed. Leaves: plans and settings. Never: a station itself.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path
from random import Random
from typing import Final

from firmware_sim.broker_url import BrokerUrl
from firmware_sim.scenarios import CALM, Scenario
from firmware_sim.sensors.trace import Trace
from firmware_sim.wire import KINDS, STATION_ID

VISITS_PER_DAY: Final = 12.4
"""Of an ordinary station: 2.31 million visits a day at 186,100 stations."""

_SHARES: Final = {"battery": 0.17, "medicine": 0.59, "exchange": 0.30}
"""How many of the smart stations have each sensor; all of them have a door."""
_BUSY_SPREAD: Final = 0.6
"""Sigma of the logarithm of how busy stations are. Larger: a few have all the visitors. Smaller: all are alike."""

OWN_CONNECTIONS_MAX: Final = 200
"""Up to this many stations each have a connection of their own unless told otherwise. Larger: connecting takes longer
than a short run. Smaller: wills and sessions are exercised less."""
CARRIERS: Final = 4
"""Connections that carry a larger fleet. Larger: more sockets to serve. Smaller: the broker has fewer to share out."""


class BadPlan(ValueError):
    """The list of stations cannot be used; the text says which line and what would be right."""


@dataclass(frozen=True, slots=True)
class StationPlan:
    """One station to be."""

    id: str
    sensors: tuple[str, ...]
    visits_per_day: float = VISITS_PER_DAY
    password: str | None = None


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """All that a run needs to know. Seconds are the stations' own unless they say `real`."""

    broker: BrokerUrl
    stations: Sequence[StationPlan]
    start_ms: int
    """Where live time begins; history ends here."""
    duration_s: float | None = None
    """From `start_ms`; None: until stopped."""
    speed: float | None = 1.0
    """Times real time; None: as fast as the broker acknowledges and the platform confirms."""
    interval_s: float = 60.0
    history_days: float = 0.0
    history_interval_s: float | None = None
    """None: as live."""
    scenario: Scenario = CALM
    seed: int = 1
    trace: Trace | None = None
    """Drives the door of the first station."""
    connections: int | None = None
    """0: one a station, with its own will and session; None: that for a small fleet, `CARRIERS` for a large one."""
    window: int = 200
    """Messages without PUBACK, over all connections, while time runs at full speed. Larger: brokers with short queues
    drop. Smaller: the line stands idle."""
    unconfirmed_max: int = 40_000
    """Readings without receipt, a station, at which time stands still at full speed; 0: never (nobody sends receipts).
    Larger than the ring: the oldest are overwritten. Smaller: time waits for receipts, which come seldom."""
    ring_capacity: int = 50_000
    resend_s: float = 120.0
    """Real seconds without a receipt after which a reading is sent again."""
    grace_s: float = 30.0
    """Real seconds to wait for receipts at the end."""
    connect_timeout_s: float = 30.0
    """Real seconds in which the first connection must succeed."""
    flash: Path | None = None
    """Where boots, counters and unconfirmed readings are kept from run to run."""

    def __post_init__(self) -> None:
        if not self.stations:
            raise BadPlan("a fleet has at least one station")
        if len({plan.id for plan in self.stations}) != len(self.stations):
            raise BadPlan("every station id may appear once")
        if 0 < self.unconfirmed_max < 2 * 500:
            raise BadPlan("unconfirmed_max must be 0 or at least 1000, two backlog messages")
        if self.interval_s <= 0 or (self.history_interval_s is not None and self.history_interval_s <= 0):
            raise BadPlan("an interval must be longer than nothing")
        if self.speed is not None and self.speed <= 0:
            raise BadPlan("speed must be greater than 0")

    @property
    def carriers(self) -> int:
        """How many connections carry all stations; 0 when each has its own."""
        if self.connections is not None:
            return self.connections
        return 0 if len(self.stations) <= OWN_CONNECTIONS_MAX else CARRIERS


def numbered_ids(count: int) -> list[str]:
    """Ids for a fleet that nobody has registered: sim-00001 and so on."""
    return [f"sim-{number:05d}" for number in range(1, count + 1)]


def make_plans(
    ids: Iterable[str], seed: int, visits_per_day: float = VISITS_PER_DAY, sensors: Sequence[str] | None = None
) -> list[StationPlan]:
    """A plan for each id: some busier than others, with the sensors given or a likely mix; raises `BadPlan`."""
    plans = []
    for station_id in ids:
        if not STATION_ID.fullmatch(station_id):
            raise BadPlan(f"not a station id: {station_id!r}; use 3 to 32 of 0-9 a-z and -")
        rng = Random(f"{seed}:{station_id}:plan")
        busy = rng.lognormvariate(0, _BUSY_SPREAD) / exp(_BUSY_SPREAD**2 / 2)
        mix = ["occupancy", *(kind for kind, share in _SHARES.items() if rng.random() < share)]
        plans.append(StationPlan(station_id, tuple(sensors or mix), visits_per_day * busy))
    return plans


def read_plans(path: Path, seed: int, visits_per_day: float, sensors: Sequence[str] | None) -> list[StationPlan]:
    """Plans from a CSV with the column `id` and, as wanted, `sensors` (a+b), `visits_per_day`, `password`.

    What a row leaves out is filled as `make_plans` would. Raises `BadPlan`, or OSError.
    """
    plans = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file)
        if "id" not in (table.fieldnames or ()):
            raise BadPlan(
                f"{path}: line 1 must name the columns, one of them id (and sensors, visits_per_day, password)"
            )
        for row in table:
            try:
                plans.append(_plan_of(row, seed, visits_per_day, sensors))
            except ValueError as error:
                raise BadPlan(f"{path}: line {table.line_num}: {error}") from error
    return plans


def parse_sensors(text: str, separator: str = ",") -> tuple[str, ...]:
    """Kinds in a text; raises `BadPlan` for a word that is none."""
    kinds = tuple(word.strip() for word in text.split(separator))
    for kind in kinds:
        if kind not in KINDS:
            raise BadPlan(f"no such sensor: {kind!r}; there are {', '.join(KINDS)}")
    return kinds


def _plan_of(row: dict[str, str], seed: int, visits_per_day: float, sensors: Sequence[str] | None) -> StationPlan:
    (plan,) = make_plans([row["id"].strip()], seed, visits_per_day, sensors)
    return StationPlan(
        plan.id,
        parse_sensors(row["sensors"], "+") if row.get("sensors") else plan.sensors,
        float(row["visits_per_day"]) if row.get("visits_per_day") else plan.visits_per_day,
        row.get("password") or None,
    )
