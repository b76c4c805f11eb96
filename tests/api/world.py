"""A small world behind the ports: real dataclasses, held in dictionaries, at one fixed instant.

Enters: nothing. Leaves: `World`, whose parts implement the ports. Never: a mock that knows what will be asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from api.platform import ApiPlatform, ApiSettings, Operations
from api.route import Route
from gateway.payloads import Item, Slot
from ingest.live.news import LiveNews
from ingest.model import (
    Access,
    Article,
    Battery,
    DayCount,
    Exchange,
    Kind,
    Level,
    Medicine,
    Occupancy,
    Presence,
    Quality,
    ReadingBody,
    Region,
    RegionDay,
    Revision,
    Seen,
    Station,
    StationStatus,
    Summary,
)
from ingest.ports import Check
from ingest.tokens import TokenBook
from tests.api.board_world import MemoryBoard
from tests.api.history_world import MemoryHistory
from tests.api.ops_world import MemoryLetters, MemoryRecords, known_tokens
from tests.api.stillness import NOW_MS, TODAY, ZONE

MINUTE_MS = 60_000

REGIONS = (
    Region("110000", "北京市", Level.PROVINCE, None, "Beijing"),
    Region("110101", "东城区", Level.DISTRICT, "110000", "Dongcheng"),
    Region("110102", "西城区", Level.DISTRICT, "110000", "Xicheng"),
    Region("440000", "广东省", Level.PROVINCE, None, "Guangdong"),
    Region("441900", "东莞市", Level.CITY, "440000", "Dongguan"),
    Region("540000", "西藏自治区", Level.PROVINCE, None),
)

ARTICLES = (
    Article("hxzq-10ml", "藿香正气水", "Huoxiang Zhengqi liquid", "支", 30, 10, essential=True, for_heat=True),
    Article("bandage", "创可贴", "", "片", 50, 10, essential=False),
)


KINDS: dict[type[ReadingBody], Kind] = {
    Occupancy: Kind.OCCUPANCY,
    Battery: Kind.BATTERY,
    Medicine: Kind.MEDICINE,
    Exchange: Kind.EXCHANGE,
}


def station(number: int, **changes: object) -> Station:
    """A station in Beijing's Dongcheng district; `changes` are fields of `Station`."""
    facts: dict[str, object] = {
        "id": f"bj-{number:04d}",
        "name": f"东直门户外劳动者驿站 {number} 号",
        "lat": 39.94,
        "lon": 116.43,
        "province": "110000",
        "city": None,
        "district": "110101",
        "address": f"东直门内大街 {number} 号",
        "name_en": f"Dongzhimen Station {number}",
        "capacity": 20,
        "services": frozenset({"rest", "water", "battery_swap", "medicine"}),
        "hours": "Mo-Su 06:00-22:00",
        "access": Access.EXTENDED,
    }
    return Station(**(facts | changes))  # type: ignore[arg-type]  # the fields are those of Station by construction


def occupancy(present: int, ts_ms: int) -> Occupancy:
    """An occupancy reading."""
    return Occupancy(ts=ts_ms, boot=7, seq=4711, present=present, entered=10_234, left=10_234 - present, epoch=1)


def battery(ready: int, ts_ms: int) -> Battery:
    """A cabinet of eight slots of which `ready` are."""
    slots = tuple(
        Slot(
            slot=n,
            state="ready" if n <= ready else "charging",
            soc=96.0,
            soh=91.5,
            cell_temp=28.5,
            battery=f"SECRET{n}",
        )
        for n in range(1, 8)
    )
    slots = (*slots, Slot(slot=8, state="empty"))
    return Battery(
        ts=ts_ms,
        boot=7,
        seq=12,
        slots=slots,
        swaps=321,
        epoch=1,
        cabinet_temp=31.5,
        smoke=False,
        mains=True,
        suppress="armed",
    )


def medicine(qty: int, ts_ms: int) -> Medicine:
    """A box with heat medicine, of which one more lot has expired, and bandages."""
    items = (
        Item(sku="hxzq-10ml", lot="2405A", qty=qty, expires=date(2027, 3, 31)),
        Item(sku="hxzq-10ml", lot="2301C", qty=99, expires=date(2026, 11, 21)),
        Item(sku="bandage", qty=40),
        Item(sku="not-in-the-catalogue", qty=1),
    )
    return Medicine(ts=ts_ms, boot=7, seq=13, items=items, temp=22.5, humidity=41.0, door="closed")


def exchange(ts_ms: int) -> Exchange:
    """A donation shelf."""
    return Exchange(ts=ts_ms, boot=7, seq=14, on_shelf=23, donated=412, claimed=389, epoch=1)


def live(station_id: str, *bodies: ReadingBody) -> StationStatus:
    """A station that is heard, with fresh readings."""
    seen = {KINDS[type(body)]: Seen(body, body.ts + 200, is_stale=False) for body in bodies}
    return StationStatus(station_id, Presence.ONLINE, NOW_MS - 20_000, None, None, seen)


def dark(station_id: str, since_ms: int, *bodies: ReadingBody) -> StationStatus:
    """A station that was heard until `since_ms`."""
    seen = {KINDS[type(body)]: Seen(body, body.ts + 200, is_stale=True) for body in bodies}
    return StationStatus(station_id, Presence.DARK, since_ms, since_ms, None, seen)


@dataclass
class MemoryRegistry:
    """The registry port over dictionaries."""

    known: dict[str, Station]
    divisions: dict[str, Region] = field(default_factory=lambda: {region.code: region for region in REGIONS})
    version: int = 1

    def station(self, station_id: str) -> Station | None:
        """See the port."""
        return self.known.get(station_id)

    def stations(self, after: str = "", region: str | None = None) -> Iterator[Station]:
        """See the port."""
        for key in sorted(self.known):
            one = self.known[key]
            if key > after and region in (None, one.province, one.city, one.district):
                yield one

    def region(self, code: str) -> Region | None:
        """See the port."""
        return self.divisions.get(code)

    def regions(self, parent: str | None = None) -> Sequence[Region]:
        """See the port."""
        return [region for region in self.divisions.values() if region.parent == parent]

    def path(self, station: Station) -> Sequence[Region]:
        """See the port."""
        codes = (station.province, station.city, station.district)
        return [self.divisions[code] for code in codes if code is not None]

    def articles(self) -> Sequence[Article]:
        """See the port."""
        return ARTICLES


@dataclass
class MemoryPicture:
    """The live picture port over dictionaries."""

    statuses: dict[str, StationStatus] = field(default_factory=dict)
    summaries: dict[str | None, Summary] = field(default_factory=dict)

    def status(self, station_id: str, now_ms: int) -> StationStatus:  # noqa: ARG002 - the port's; time stands still here
        """See the port."""
        never = StationStatus(station_id, Presence.NEVER_SEEN, None, None, None)
        return self.statuses.get(station_id, never)

    def summary(self, region: str | None = None) -> Summary | None:
        """See the port."""
        return self.summaries.get(region)

    def unregistered(self) -> Sequence[str]:
        """See the port."""
        return ["stranger-01"]


@dataclass
class MemoryVisits:
    """The visit book port over lists."""

    counts: list[DayCount] = field(default_factory=list)
    days: dict[str | None, list[RegionDay]] = field(default_factory=dict)
    changes: list[Revision] = field(default_factory=list)
    fails_with: Exception | None = None

    async def of_stations(self, stations: Sequence[str], first: date, last: date) -> Sequence[DayCount]:
        """See the port."""
        if self.fails_with is not None:
            raise self.fails_with
        return [count for count in self.counts if count.station in stations and first <= count.day <= last]

    async def of_region(self, region: str | None, first: date, last: date) -> Sequence[RegionDay]:
        """See the port."""
        return [day for day in self.days.get(region, []) if first <= day.day <= last]

    async def revisions(self, station: str, first: date, last: date) -> Sequence[Revision]:
        """See the port."""
        return [one for one in self.changes if one.station == station and first <= one.day <= last]

    def today(self, now_ms: int) -> date:
        """See the port."""
        return datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZONE).date()


@dataclass
class MemoryHealth:
    """The health port over a dictionary."""

    parts: dict[str, Check] = field(default_factory=lambda: {"broker": Check(True, "connected", NOW_MS - 60_000)})

    def checks(self, now_ms: int) -> dict[str, Check]:  # noqa: ARG002 - the port's; time stands still here
        """See the port."""
        return self.parts


def address(path: str) -> str:
    """A path of the URL table with what there is in the small world."""
    return path.format(
        station_id="bj-0001",
        version="x",
        name="page.css",
        letter_id=1,
        alert_id="a1",
        job_id="j2",
        silence_id="s1",
        channel="dingtalk-dc",
        system_id="smart_stations_cn_110000",
        feed="station_status",
    )


BODIES: dict[str, dict[str, object]] = {
    "resolve": {"reason": "误报"},
    "close": {"reason": "误报"},
    "comment": {"text": "门锁已换"},
    "assign": {"crew": "dongcheng"},
    "silences": {"reason": "检修", "hours": 2, "station": "bj-0001"},
    "crews": {"crews": [], "channels": []},
}
"""By the last word of an address: what an act there needs to be told."""


def body_for(route: Route[Any]) -> dict[str, object] | None:
    """A good body, where the route takes one."""
    return None if route.body is None else BODIES.get(route.path.rpartition("/")[2], {})


@dataclass
class World:
    """Everything behind the API, to be changed by a test before it asks."""

    registry: MemoryRegistry
    picture: MemoryPicture
    visits: MemoryVisits
    history: MemoryHistory = field(default_factory=MemoryHistory)
    news: LiveNews = field(default_factory=LiveNews)
    health: MemoryHealth = field(default_factory=MemoryHealth)
    tokens: TokenBook = field(default_factory=known_tokens)
    records: MemoryRecords = field(default_factory=MemoryRecords)
    letters: MemoryLetters = field(default_factory=MemoryLetters)
    board: MemoryBoard | None = field(default_factory=MemoryBoard)
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)
    now_ms: int = NOW_MS
    settings: ApiSettings = field(default_factory=ApiSettings)

    def platform(self) -> ApiPlatform:
        """What the wiring would hand to the API."""
        return ApiPlatform(
            registry=self.registry,
            picture=self.picture,
            visits=self.visits,
            history=self.history,
            news=self.news,
            health=self.health,
            operations=Operations(self.tokens, self.records, self.letters, self.board),
            metrics=self.metrics,
            now_ms=lambda: self.now_ms,
            settings=self.settings,
        )

    def add(self, one: Station, status: StationStatus | None = None, visits: int | None = None) -> None:
        """Register a station; `visits` are those of today."""
        self.registry.known[one.id] = one
        if status is not None:
            self.picture.statuses[one.id] = status
        if visits is not None:
            self.visits.counts.append(DayCount(one.id, TODAY, visits, 0, Quality.PROVISIONAL))


def region_day(day: date, visits: int, quality: Quality, stations: Mapping[Quality, int]) -> RegionDay:
    """A region's day without carried visits."""
    return RegionDay(day, visits, 0, quality, stations)


def summary(region: str | None, stations: int) -> Summary:
    """A plausible summary of so many stations."""
    return Summary(
        region=region,
        made_ms=NOW_MS - 2_000,
        stations=stations,
        smart=stations - 1,
        all_day=1,
        extended=2,
        model=1,
        online=max(0, stations - 2),
        dark=1,
        never_seen=1,
        services={"rest": stations, "battery_swap": 3, "medicine": stations - 1},
        people_present=31,
        people_from=3,
        donated=412,
        claimed=389,
        today=RegionDay(TODAY, 1_204, 0, Quality.PROVISIONAL, {Quality.PROVISIONAL: 4}),
        yesterday=RegionDay(
            TODAY - timedelta(days=1), 2_310, 9, Quality.AT_LEAST, {Quality.EXACT: 3, Quality.AT_LEAST: 1}
        ),
    )


def small_world() -> World:
    """Six stations: live, full, dark, never seen, not smart, and one far away; and one that nobody registered."""
    world = World(MemoryRegistry({}), MemoryPicture(), MemoryVisits())
    fresh = NOW_MS - 25_000
    world.add(
        station(1), live("bj-0001", occupancy(11, fresh), battery(5, fresh), medicine(12, fresh), exchange(fresh)), 56
    )
    world.add(
        station(2, hours="24/7", access=Access.ALL_DAY, district="110102", services=frozenset({"rest", "haircut"})),
        live("bj-0002", occupancy(23, fresh), battery(0, fresh), medicine(0, fresh)),
        12,
    )
    old = NOW_MS - 88 * MINUTE_MS
    world.add(station(3), dark("bj-0003", old, occupancy(4, old), battery(6, old), medicine(8, old)), 3)
    world.add(station(4, hours="", access=Access.BUSINESS))
    world.add(station(5, smart=False, capacity=0, hours="Mo-Fr 08:30-12:00", name_en="", services=frozenset()))
    far = station(6, id="gd-0001", name="东莞驿站", province="440000", city="441900", district=None)
    world.add(far, live("gd-0001", occupancy(2, fresh)), 7)
    world.picture.statuses["stranger-01"] = live("stranger-01", occupancy(1, fresh))
    for code, number in ((None, 6), ("110000", 5), ("110101", 4), ("110102", 1), ("440000", 1), ("441900", 1)):
        world.picture.summaries[code] = summary(code, number)
    yesterday = TODAY - timedelta(days=1)
    world.visits.counts += [
        DayCount("bj-0001", yesterday, 131, 4, Quality.AT_LEAST),
        DayCount("bj-0001", yesterday - timedelta(days=1), 127, 0, Quality.EXACT),
    ]
    world.visits.days[None] = world.visits.days["110000"] = [
        region_day(yesterday, 2_310, Quality.EXACT, {Quality.EXACT: 4}),
        region_day(TODAY, 1_204, Quality.PROVISIONAL, {Quality.PROVISIONAL: 4}),
    ]
    world.visits.changes.append(Revision("bj-0001", yesterday, 120, 131, "late readings", NOW_MS - 3_600_000))
    return world
