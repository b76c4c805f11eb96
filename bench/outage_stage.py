"""The stage of an outage: a broker, InfluxDB and the platform as processes, a fleet, and eyes on the accounts.

Enters: a folder, a number of stations, for how long they send. Leaves: servers that a fault can strike, and what they
hold when all has come to rest. Never: decides what strikes (outage_faults.py) or what is right (outage_verdict.py).
"""

import asyncio
import contextlib
import json
import sqlite3
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from bench.load import blast, packets, readings, station_ids
from bench.outage_verdict import Days, Letter, Name
from bench.servers import InfluxDB, Mosquitto
from bench.serving import ServedPlatform
from bench.slow_link import SlowLink
from firmware_sim.broker_url import parse_broker_url
from firmware_sim.fleet import Fleet
from firmware_sim.plan import FleetSettings, StationPlan, numbered_ids
from firmware_sim.truth import Truth
from firmware_sim.wire import KINDS
from gateway.child_server import POLL_S

BUCKET: Final = "yizhan"
VISITS_PER_DAY: Final = 10_000.0
"""Of one station. Larger: six people in one second come by chance, whom nobody believes. Smaller: at night nobody comes
in a short run, and there is nothing to count."""
INTERVAL_S: Final = 1.0
"""Between two readings of a kind. Larger: a short outage meets few readings. Smaller: this process is all that runs."""
RESEND_S: Final = 12.0
"""Somewhat over the ten seconds between receipts. Larger: what was lost behind the broker comes late. Smaller: the
station sends again what a receipt is about to confirm."""
GRACE_S: Final = 180.0
"""To deliver what is left. Larger: a platform that loses receipts is noticed late. Smaller: a busy machine fails."""
WITHIN_S: Final = 60.0
"""For one step of a fault, or of coming to rest. Larger: a platform that hangs is noticed late. Smaller: as above."""
LOOK_S: Final = 0.2
"""Between two looks at the accounts. Larger: an imbalance is missed. Smaller: the platform serves little else."""
FLOODING: Final = 50
"""Stations that a flood comes from."""
STATIONS_AT_ONCE: Final = 50
"""That /v1/visits takes in one question."""


class Stage:
    """Servers that run inside `async with stage.up(...)`."""

    def __init__(
        self,
        folder: Path,
        stations: int,
        seconds: float,
        settings: Mapping[str, str],
        broker_settings: str = "",
        *,
        has_link: bool = False,
    ) -> None:
        self.folder = folder
        self.seconds = seconds
        """For how long the fleet sends."""
        self.broker = Mosquitto(folder / "broker", settings=broker_settings)
        self.influx = InfluxDB(folder / "influxdb")
        self.link = SlowLink(self.influx.port)
        self._has_link = has_link
        """Whether the platform reaches InfluxDB through it."""
        self._ids = numbered_ids(stations)
        self._settings = settings
        self.truth = Truth()
        self.poison: Counter[Letter] = Counter()
        """Sent by the fault; to be dead letters, and nothing else."""
        self.flooded: frozenset[Name] = frozenset()
        """Readings of no fleet, which must be stored all the same."""
        self.strikes = 0
        self.kills = 0
        """Of the platform."""
        self.spooled_most = 0
        self.imbalances = 0
        self.worst = ""
        """What /readyz complained of last."""

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        """Everything runs inside the block, and nothing behind it."""
        async with contextlib.AsyncExitStack() as stack:
            for server in (self.broker, self.influx):
                stack.push_async_callback(asyncio.to_thread, server.stop)
                await asyncio.to_thread(server.start)
            await stack.enter_async_context(self.link)
            store_url = self.link.url if self._has_link else self.influx.url
            self.platform = ServedPlatform(
                self.folder / "platform",
                self.broker.url,
                **{"store__url": f"influxdb+{store_url}", "spool__after_s": "1"} | dict(self._settings),
            )
            await asyncio.to_thread(self.platform.run, "stations", "import", "-", stdin=self._registry())
            stack.push_async_callback(asyncio.to_thread, self.platform.stop)
            await asyncio.to_thread(self.platform.start)
            watch = asyncio.create_task(self._watch(), name="watch")
            stack.callback(watch.cancel)
            yield

    def fleet(self) -> Fleet:
        """Stations that begin to send now."""
        return Fleet(
            FleetSettings(
                broker=parse_broker_url(self.broker.url),
                stations=[
                    StationPlan(station, tuple(_sensors(number)), VISITS_PER_DAY)
                    for number, station in enumerate(self._ids)
                ],
                start_ms=time.time_ns() // 1_000_000,
                duration_s=self.seconds,
                interval_s=INTERVAL_S,
                resend_s=RESEND_S,
                grace_s=GRACE_S,
            ),
            self.truth,
        )

    # ---- for faults ----

    async def revive_platform(self) -> None:
        """Start it as a service manager does: again and again, until it stays up."""
        until_s = time.monotonic() + WITHIN_S
        while True:
            try:
                await asyncio.to_thread(self.platform.start)
            except RuntimeError:
                if time.monotonic() > until_s:
                    raise
            else:
                return

    def kill_platform(self) -> None:
        """As a power cut does."""
        self.platform.kill()
        self.kills += 1
        self.strikes += 1

    def flood(self, messages: int, boot: int = 1) -> None:
        """Send so many readings of other stations at once; they hear no receipts: what the broker took must arrive.

        Each flood with a boot of its own.
        """
        load = list(readings(station_ids(FLOODING), messages, boot))
        self.flooded |= {_name_of(topic, payload) for topic, payload in load}
        blast(self.broker.port, packets(iter(load)))

    def spool_file_bytes(self) -> int:
        """Of the file that the spool is writing."""
        newest = max((self.folder / "platform" / "spool").iterdir())
        return newest.stat().st_size

    async def metric(self, name: str, wanted: Callable[[float], bool], within_s: float = WITHIN_S) -> float:
        """Wait until a figure of the platform is as wanted; raises TimeoutError."""
        until_s = time.monotonic() + within_s
        value = float("nan")
        while time.monotonic() < until_s:
            with contextlib.suppress(OSError):
                value = await asyncio.to_thread(self.platform.metric, f"yizhan_{name}")
                if wanted(value):
                    return value
            await asyncio.sleep(POLL_S)
        raise TimeoutError(f"{name} is {value:g} after {within_s:g} s, which is not what this fault was to bring about")

    async def complaint(self, words: str) -> None:
        """Wait until /readyz says these words, from now on; raises TimeoutError."""
        self.worst = ""
        until_s = time.monotonic() + WITHIN_S
        while words not in self.worst:
            if time.monotonic() > until_s:
                raise TimeoutError(f"/readyz never spoke of {words!r}: the fault did not strike")
            await asyncio.sleep(POLL_S)

    # ---- what is there in the end ----

    async def rest(self) -> None:
        """Until nothing waits in the spool or in memory; raises TimeoutError."""
        await self.metric("spooled", lambda value: value == 0)
        await self.metric("in_flight", lambda value: value == 0)

    def stored(self) -> Counter[Name]:
        """Rows of each name, as InfluxDB itself tells them."""
        return Counter(name for kind in KINDS for name in _names(self.influx.url, kind))

    async def published(self, wanted: Days) -> dict[str, dict[date, int]]:
        """Visits by station and day once they are as wanted, or after a while as they are."""
        until_s = time.monotonic() + WITHIN_S
        while True:
            told = await asyncio.to_thread(self._ask_visits)
            if told == wanted or time.monotonic() > until_s:
                return told
            await asyncio.sleep(LOOK_S)

    def accounts(self) -> dict[str, float]:
        """The platform's own figures, without the common beginning of their names."""
        return {name.removeprefix("yizhan_"): value for name, value in self.platform.metrics().items()}

    def letters(self) -> Counter[Letter]:
        """All dead letters, out of the operational database."""
        with contextlib.closing(sqlite3.connect(self.folder / "platform" / "yizhan.db")) as database:
            return Counter(
                Letter(topic, payload) for topic, payload in database.execute("SELECT topic, payload FROM dead_letter")
            )

    def _ask_visits(self) -> dict[str, dict[date, int]]:
        told = {}
        for start in range(0, len(self._ids), STATIONS_AT_ONCE):
            asked = urllib.parse.urlencode([("station", one) for one in self._ids[start : start + STATIONS_AT_ONCE]])
            for station in self.platform.get(f"/v1/visits?{asked}")["data"]["stations"]:
                told[station["station"]] = {date.fromisoformat(one["day"]): one["visits"] for one in station["days"]}
        return told

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(OSError, ValueError):  # it has been killed
                metrics = await asyncio.to_thread(self.platform.metrics)
                self.spooled_most = max(self.spooled_most, int(metrics["yizhan_spooled"]))
                self.imbalances += metrics["yizhan_accounting_balance"] != 0
            self.worst = await asyncio.to_thread(self.platform.unready) or self.worst
            await asyncio.sleep(LOOK_S)

    def _registry(self) -> str:
        rows = (f"{station},演练站,39.9042,116.4074,110101\n" for station in self._ids)
        return "id,name,lat,lon,region\n" + "".join(rows)


def _sensors(number: int) -> Iterator[str]:
    """About the mix of a country: all have a door, half of them medicine, some a shelf, few a cabinet."""
    yield "occupancy"
    for kind, each in (("medicine", 2), ("exchange", 3), ("battery", 6)):
        if number % each == 0:
            yield kind


def _name_of(topic: str, payload: bytes) -> Name:
    _, _, station, kind = topic.split("/")
    reading = json.loads(payload)
    return Name(station, kind, reading["boot"], reading["seq"])


def _names(url: str, kind: str) -> Iterator[Name]:
    statement = f'SELECT "boot", "seq", "station" FROM "{kind}"'  # noqa: S608 - a kind of our own
    asked = urllib.parse.urlencode({"db": BUCKET, "q": statement, "chunked": "true"})
    with urllib.request.urlopen(f"{url}/query?{asked}", timeout=WITHIN_S) as answer:
        for line in answer:
            for result in json.loads(line)["results"]:
                for series in result.get("series", ()):
                    for _time, boot, seq, station in series["values"]:
                        yield Name(station, kind, boot, seq)
