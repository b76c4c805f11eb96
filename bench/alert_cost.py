"""What rules cost a reading: the same readings through decode and steps, with the engine and without, by turns.

Enters: nothing. Leaves: the microseconds of CPU that looking for what is wrong takes, of a fleet in which all is well.
Never: a broker or a store: they cost the same with and without.
"""

import re
import time
from typing import Final

from bench import load
from gateway.frames import Message
from ingest.accounting import Accounting
from ingest.alerts.engine import Engine
from ingest.alerts.life import LifeSettings
from ingest.alerts.rules.book import RuleBook
from ingest.alerts.world import World
from ingest.batch import Batch
from ingest.checkpoint import Checkpoint
from ingest.decode import ClockBounds, decode
from ingest.live.picture import LivePicture
from ingest.model import Quality, Reading, RegionDay, Station
from ingest.quality import QualityBook
from ingest.receipts import Receipts
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from ingest.steps import Books, Steps
from ingest.visits.ledger import Ledger
from ingest.visits.local_day import LocalDays

STATIONS: Final = 5_000
READINGS: Final = 60_000
TURNS: Final = 3
"""Larger: longer. Smaller: one busy moment of the machine decides."""


_PIECES: Final = re.compile(rb'"qty":\d+')
"""The load draws them anew for each reading; from a true box somebody takes a piece now and then."""


def rules_us() -> float:
    """CPU with the engine less CPU without, a reading; the best of each over turns."""
    ids = load.station_ids(STATIONS)
    sent = load.readings(ids, READINGS, boot=1)
    messages = [Message(topic, _PIECES.sub(b'"qty":9', payload), b"", retained=False) for topic, payload in sent]
    best = {True: float("inf"), False: float("inf")}
    for _ in range(TURNS):
        for watched in (False, True):
            best[watched] = min(best[watched], _cpu_s(ids, messages, watched=watched))
    return round((best[True] - best[False]) / READINGS * 1e6, 2)


def _cpu_s(ids: list[str], messages: list[Message], *, watched: bool) -> float:
    now_ms = time.time_ns() // 1_000_000
    days = LocalDays("Asia/Shanghai")
    entries = [Station(one, "驿站", 39.9, 116.4, "110000", None, "110105", capacity=500) for one in ids]
    registry = MemoryRegistry(load_regions(), entries)
    none = RegionDay(days.of(now_ms), 0, 0, Quality.PROVISIONAL, {})
    books = Books(
        ClockBounds(),
        LivePicture(registry, 60_000, lambda _region: (none, none)),
        Ledger(days),
        QualityBook(),
        Receipts(),
        Checkpoint(now_ms),
        Accounting(),
    )
    if watched:
        world = World(registry, books.picture.stations, books.quality, days)
        books.watch = Engine(world, RuleBook(), LifeSettings(), now_ms)
    steps = Steps(books)
    began_s = time.process_time()
    for number, message in enumerate(messages):
        arrived = decode(message, now_ms, books.bounds)
        if isinstance(arrived, Reading):
            steps.reading(arrived, now_ms)
        if number % 1_000 == 0:
            steps.batch = Batch()
    return time.process_time() - began_s
