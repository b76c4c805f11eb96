"""A fleet for stories: what stations send goes through the real steps; what the engine makes of it is told by second.

Enters: readings, births and wills at seconds, time. Leaves: changes of alerts as lines. Never: sleeps.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from gateway.topics import Kind
from ingest.alerts.engine import Engine
from ingest.alerts.life import LifeSettings
from ingest.alerts.model import Alert, Change
from ingest.alerts.rules.book import RuleBook
from ingest.alerts.rules.settings import AlertSettings
from ingest.alerts.world import World
from ingest.decode import StateChange
from ingest.model import Article, Station
from ingest.registry.registry import MemoryRegistry
from ingest.steps import Steps
from tests.ingest.making import reading, state, will
from tests.ingest.world import DAYS, REGIONS, make_books

NOW_MS: Final = 1_795_330_800_000
"""07:00 UTC, 15:00 in Beijing."""
INTERVAL_S: Final = 60

HEAT: Final = Article("hxzq-10ml", "藿香正气水", "Huoxiang Zhengqi", "支", 20, 5, essential=True, for_heat=True)
TAPE: Final = Article("tape", "胶布", "Tape", "卷", 10, 3, essential=False)


def cabinet(*cells_c: float | None, **fields: Any) -> dict[str, Any]:
    """A well cabinet of charging slots with these cells, and three that are ready."""
    hot = [
        {"slot": n, "state": "charging", "soc": 50, "door": "closed"}
        | ({} if cell_c is None else {"cell_temp": cell_c})
        for n, cell_c in enumerate(cells_c, start=1)
    ]
    ready = [
        {"slot": len(hot) + n, "state": "ready", "soc": 95, "cell_temp": 25, "door": "closed"} for n in range(1, 4)
    ]
    well = {"cabinet_temp": 25, "smoke": False, "mains": True, "suppress": "armed"}
    return {"slots": hot + ready, "swaps": 3, "epoch": 1, **well, **fields}


def box(qty: int = 20, **fields: Any) -> dict[str, Any]:
    """A well box with so many vials."""
    items = [{"sku": "hxzq-10ml", "qty": qty, "expires": "2027-11-01"}, {"sku": "tape", "qty": 9}]
    return {"items": items, "door": "closed", "temp": 20, **fields}


class Fleet:
    """Stations of a district, the platform's engine, and what it said."""

    def __init__(
        self, stations: Sequence[Station] | int = 1, settings: AlertSettings | None = None, reopen_s: float = 3_600
    ) -> None:
        if isinstance(stations, int):
            stations = [station(n) for n in range(1, stations + 1)]
        self.registry = MemoryRegistry(REGIONS, stations, [HEAT, TAPE])
        self.books = make_books((), NOW_MS)
        self.rules = RuleBook(settings)
        self.life = LifeSettings(reopen_s)
        self._seqs: Counter[tuple[str, str]] = Counter()
        self.changes: list[Change] = []
        self.engine = self.make_engine(NOW_MS)

    def make_engine(self, now_ms: int) -> Engine:
        """One over this fleet, with nothing in it."""
        world = World(self.registry, self.books.picture.stations, self.books.quality, DAYS)
        self.engine = Engine(world, self.rules, self.life, now_ms)
        self.books.watch = self.engine
        self.steps = Steps(self.books)
        return self.engine

    def ms(self, second: float) -> int:
        """An instant of the story."""
        return NOW_MS + int(second * 1_000)

    def born(self, second: float, name: str = "st-1", boot: int = 1) -> None:
        """A station connects."""
        change = StateChange(name, state(boot=boot, ts=self.ms(second), interval_s=INTERVAL_S), is_retained=False)
        self.steps.other(change, self.ms(second))

    def dies(self, second: float, name: str = "st-1", boot: int = 1) -> None:
        """Its will arrives."""
        self.steps.other(StateChange(name, will(boot), is_retained=False), self.ms(second))

    def sends(
        self, second: float, kind: Kind, fields: dict[str, Any], name: str = "st-1", seq: int | None = None
    ) -> None:
        """One reading, sampled when it is received."""
        self._seqs[name, kind] += 1
        sent = {**fields, "seq": seq or self._seqs[name, kind], "ts": self.ms(second)}
        self.steps.reading(reading(kind, name, **sent), self.ms(second))

    def counts(self, second: float, present: int = 1, name: str = "st-1", **fields: Any) -> None:
        """A people reading."""
        fields = {"present": present, "entered": present, "left": 0, "epoch": 1, **fields}
        self.sends(second, Kind.OCCUPANCY, fields, name)

    def passes(self, second: float) -> None:
        """Time, up to this second: a tick."""
        self.engine.tick(self.ms(second))
        assert self.engine.mishaps.take() is None

    def sweeps(self, second: float) -> None:
        """A look at every station, and a tick."""
        for _ in self.engine.sweep(self.ms(second)):
            pass
        self.passes(second)

    def told(self) -> list[str]:
        """What happened, as lines like `120 fired warning cell_hot st-1 slot/1`."""
        self.changes.extend(self.engine.take_changes())
        return [line_of(change) for change in self.changes]

    def news(self) -> list[str]:
        """What happened since this was asked last."""
        before = len(self.changes)
        return self.told()[before:]

    def open(self) -> list[Alert]:
        """What is held."""
        return list(self.engine.alerts)


def line_of(change: Change) -> str:
    """A change as a line of a story."""
    key = change.alert.key
    second = (change.at_ms - NOW_MS) / 1_000
    return f"{second:g} {change.kind} {change.alert.severity} {key.rule} {key.place} {key.part}".rstrip()


def station(number: int, **changes: Any) -> Station:
    """A smart station of Chaoyang in Beijing, with everything."""
    facts: dict[str, Any] = {
        "id": f"st-{number}",
        "name": f"驿站{number}",
        "lat": 39.9,
        "lon": 116.4,
        "province": "110000",
        "city": None,
        "district": "110105",
        "capacity": 20,
        "services": frozenset({"battery_swap", "medicine"}),
    }
    return Station(**(facts | changes))
