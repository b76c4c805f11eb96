"""Summaries of regions against sums made the slow way."""

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ingest.live.picture import LivePicture
from ingest.live.regions import STEP, RegionSums
from ingest.model import Access, Exchange, Kind, Presence, Quality, RegionDay, Station, Summary
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from tests.ingest.making import MINUTE_MS, NOW_MS, reading, state, will

TREE = load_regions()
INTERVAL_MS = MINUTE_MS

# Two districts of Beijing, one of Shanghai; a district of Guangzhou; Dongguan, a city without districts; the province.
PLACES = [
    ("110000", None, "110105"),
    ("110000", None, "110108"),
    ("310000", None, "310101"),
    ("440000", "440100", "440106"),
    ("440000", "441900", None),
    ("440000", None, None),
]

entries = st.fixed_dictionaries(
    {
        "place": st.sampled_from(PLACES),
        "services": st.frozensets(st.sampled_from(["water", "charging", "medicine"])),
        "access": st.sampled_from(Access),
        "smart": st.booleans(),
        "model": st.booleans(),
        "lives": st.lists(st.sampled_from(["birth", "will", "occupancy", "stale", "exchange", "battery"]), max_size=5),
    }
)


def days_of(region: str | None) -> tuple[RegionDay, RegionDay]:
    """Visits that tell which region was asked for."""
    visits = 0 if region is None else int(region)
    today = RegionDay(date(2026, 11, 22), visits, 0, Quality.PROVISIONAL, {Quality.PROVISIONAL: 1})
    return today, today._replace(day=date(2026, 11, 21), visits=visits + 1)


def live_through(picture: LivePicture, station: str, events: list[str], number: int) -> None:
    """Let a station be heard with these."""
    for place, event in enumerate(events, start=1):
        live = picture.station(station)
        live.heard_ms = NOW_MS
        if event in ("birth", "will"):
            live.take_state(will(1) if event == "will" else state(boot=1), NOW_MS)
            continue
        ts_ms = NOW_MS - 60 * MINUTE_MS if event == "stale" else NOW_MS
        kind = Kind.OCCUPANCY if event == "stale" else Kind(event)
        fields = {Kind.OCCUPANCY: {"present": number}, Kind.EXCHANGE: {"donated": number, "claimed": place}}.get(
            kind, {}
        )
        one = reading(kind, station, NOW_MS, ts=ts_ms, seq=place, **fields)
        track = live.track(kind)
        track.note(1, place)
        live.show(track, one)


def slow_sum(picture: LivePicture, registry: MemoryRegistry, region: str | None) -> Summary:
    """A region's numbers, station by station, from what the picture shows of each."""
    stations = list(registry.stations(region=region))
    statuses = [picture.status(station.id, NOW_MS) for station in stations]
    presence = Counter(status.presence for status in statuses)
    fresh = [
        status.seen[Kind.OCCUPANCY].body
        for status in statuses
        if Kind.OCCUPANCY in status.seen and not status.seen[Kind.OCCUPANCY].is_stale
    ]
    shelves = [status.seen[Kind.EXCHANGE].body for status in statuses if Kind.EXCHANGE in status.seen]
    assert all(isinstance(shelf, Exchange) for shelf in shelves)
    access = Counter(station.access for station in stations)
    today, yesterday = days_of(region)
    return Summary(
        region=region,
        made_ms=NOW_MS,
        stations=len(stations),
        smart=sum(station.smart for station in stations),
        all_day=access[Access.ALL_DAY],
        extended=access[Access.EXTENDED],
        model=sum(station.model for station in stations),
        online=presence[Presence.ONLINE],
        dark=presence[Presence.DARK],
        never_seen=presence[Presence.NEVER_SEEN],
        services=dict(Counter(service for station in stations for service in station.services)),
        people_present=sum(getattr(body, "present", 0) for body in fresh),
        people_from=len(fresh),
        donated=sum(getattr(shelf, "donated", 0) for shelf in shelves),
        claimed=sum(getattr(shelf, "claimed", 0) for shelf in shelves),
        today=today,
        yesterday=yesterday,
    )


def entry(number: int, *, place: tuple[str, str | None, str | None], **fields: object) -> Station:
    """A station of the registry."""
    province, city, district = place
    return Station(f"st-{number:05d}", "驿站", 39.9, 116.4, province, city, district, **fields)  # type: ignore[arg-type]  # of hypothesis


def regions_of(registry: MemoryRegistry) -> set[str | None]:
    """Every region with a station."""
    codes = {code for station in registry.stations() for code in (station.province, station.city, station.district)}
    return {None, *(code for code in codes if code is not None)}


@given(st.lists(entries, min_size=1, max_size=8))
async def test_summaries_are_the_sums_of_their_stations(made: list[dict[str, object]]) -> None:
    """Every region with stations, and the nation, sums up what its stations show; strangers are in none."""
    registry = MemoryRegistry(
        TREE,
        [
            entry(number, **{name: value for name, value in fields.items() if name != "lives"})  # type: ignore[arg-type]  # of hypothesis
            for number, fields in enumerate(made)
        ],
    )
    picture = LivePicture(registry, INTERVAL_MS, days_of)
    for number, fields in enumerate(made):
        live_through(picture, f"st-{number:05d}", fields["lives"], number + 1)  # type: ignore[arg-type]  # of hypothesis
    live_through(picture, "stranger", ["birth", "occupancy", "exchange"], 1000)
    await picture.summarise(NOW_MS)
    for region in regions_of(registry):
        assert picture.summary(region) == slow_sum(picture, registry, region)
    assert picture.summary("650000") is None


async def test_changed_registry_is_summed_anew() -> None:
    """A station that moved, came or went is counted where it is now, from the next cycle on."""
    registry = MemoryRegistry(TREE, [entry(1, place=PLACES[0]), entry(2, place=PLACES[0])])
    picture = LivePicture(registry, INTERVAL_MS, days_of)
    await picture.summarise(NOW_MS)
    registry.reload([entry(2, place=PLACES[2]), entry(3, place=PLACES[3])])
    await picture.summarise(NOW_MS)
    assert picture.summary("110000") is None
    for region in regions_of(registry):
        assert picture.summary(region) == slow_sum(picture, registry, region)


async def test_registry_that_changes_during_a_sum_is_summed_anew_in_the_next() -> None:
    """A cycle that began with the old registry ends with it; the next one has the new one."""
    registry = MemoryRegistry(TREE, [entry(number, place=PLACES[0]) for number in range(2 * STEP)])
    picture = LivePicture(registry, INTERVAL_MS, days_of)
    walk = RegionSums(registry).steps(picture.stations, NOW_MS, days_of)
    assert next(walk) is None
    registry.reload([entry(1, place=PLACES[2])])
    *_, last = walk
    assert last is not None
    assert set(last) == {None, "110000", "110105"}
    assert last[None].stations == 2 * STEP
    await picture.summarise(NOW_MS)
    summary = picture.summary()
    assert summary is not None
    assert summary.stations == 1


async def test_platform_without_stations_has_no_summary() -> None:
    """Before there is a station there is nothing to sum up."""
    picture = LivePicture(MemoryRegistry(TREE), INTERVAL_MS, days_of)
    await picture.summarise(NOW_MS)
    assert picture.summary() is None
