"""The ledger: whatever comes in whatever order, what is kept is the min and max of all of it."""

import asyncio
from collections.abc import Iterable
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from ingest.database import ledger
from ingest.database.database import Database
from ingest.database.tables import LEDGER
from ingest.model import LedgerRow, Mark

DAY = date(2026, 11, 22)

# Few values, so that keys meet and marks differ in their second or third place; and the largest of a payload.
numbers = st.integers(0, 3) | st.just(2**53)
marks = st.builds(Mark, numbers | st.just(-(2**47)), numbers, numbers)
rows = st.builds(
    LedgerRow,
    st.sampled_from(["yz-a", "yz-b"]),
    st.sampled_from([DAY, DAY + timedelta(days=1)]),
    st.integers(1, 2),
    numbers,
    numbers,
    marks,
    marks,
)

on_one_database = settings(
    max_examples=40,
    deadline=None,
    # The examples share a database, and each empties it first.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def row(station: str, day: date, epoch: int = 1, entered: int = 100, seq: int = 1) -> LedgerRow:
    """A row of a single reading."""
    mark = Mark(1_795_330_800_000, 1, seq)
    return LedgerRow(station, day, epoch, entered, entered, mark, mark)


def extremes(seen: Iterable[LedgerRow]) -> set[LedgerRow]:
    """What visits.md says is kept, in the words of the language: min and max of each."""
    groups: dict[tuple[str, date, int], list[LedgerRow]] = {}
    for one in seen:
        groups.setdefault((one.station, one.day, one.epoch), []).append(one)
    return {
        LedgerRow(
            *key,
            min(one.lowest for one in group),
            max(one.highest for one in group),
            min(one.first for one in group),
            max(one.last for one in group),
        )
        for key, group in groups.items()
    }


async def merge(database: Database, batch: list[LedgerRow], now_ms: int = 1) -> None:
    """Merge a batch in a transaction of its own."""
    await database.run(lambda c: ledger.merge_rows(c, batch, now_ms))


async def kept(database: Database) -> list[LedgerRow]:
    """The whole ledger."""
    return await database.read(lambda c: ledger.rows_of(c, ["yz-a", "yz-b"], date.min))


@given(seen=st.lists(rows, max_size=30), data=st.data())
@on_one_database
async def test_merge_keeps_the_extremes_in_any_order(
    database: Database, seen: list[LedgerRow], data: st.DataObject
) -> None:
    """However rows are shuffled, repeated and cut into batches, the ledger is the min and max of each."""
    repeated = data.draw(st.lists(st.sampled_from(seen), max_size=10)) if seen else []
    shuffled = data.draw(st.permutations(seen + repeated))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=4)))
    await database.run(lambda c: c.execute(delete(LEDGER)))
    for start, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True):
        batch = shuffled[start:end]
        await merge(database, batch)
    found = await kept(database)
    assert len(found) == len(set(found))
    assert set(found) == extremes(seen)


async def test_merge_of_what_is_known_moves_nothing(database: Database) -> None:
    """A repeat leaves a row's instant of change as it was, news moves it, and no clock that is behind sets it back."""
    known = row("yz-a", DAY)
    await merge(database, [known], now_ms=10)
    await merge(database, [known], now_ms=20)
    assert await database.read(lambda c: ledger.stations_changed_since(c, 10)) == ["yz-a"]
    assert await database.read(lambda c: ledger.stations_changed_since(c, 11)) == []
    await merge(database, [row("yz-a", DAY, seq=2)], now_ms=30)
    assert await database.read(lambda c: ledger.stations_changed_since(c, 30)) == ["yz-a"]
    await merge(database, [row("yz-a", DAY, seq=3)], now_ms=25)
    assert await database.read(lambda c: ledger.stations_changed_since(c, 30)) == ["yz-a"]


async def test_a_station_that_changed_on_several_days_is_named_once(database: Database) -> None:
    """Who recounts stations needs each only once."""
    await merge(database, [row("yz-b", DAY), row("yz-b", DAY + timedelta(days=1)), row("yz-a", DAY)])
    assert await database.read(lambda c: ledger.stations_changed_since(c, 1)) == ["yz-a", "yz-b"]


async def test_merge_of_large_batches_loses_no_row(database: Database) -> None:
    """Batches around the sizes of a statement are written whole."""
    stations = [f"yz-{number:05d}" for number in range(1_300)]
    start = 0
    for size in (0, 1, 7, 8, 9, 63, 64, 65, 511, 512):
        batch = [row(station, DAY) for station in stations[start : start + size]]
        await merge(database, batch)
        start += size
    found = await database.read(lambda c: list(ledger.rows_on_days(c, [DAY])))
    assert sorted(one.station for one in found) == stations[:start]


async def test_rows_of_brings_the_nearest_earlier_row_of_each_epoch(database: Database) -> None:
    """Of the days before, only the last one of each epoch comes along; other stations do not."""
    days = [DAY - timedelta(days=back) for back in range(4)]
    seen = [
        *(row("yz-a", day, epoch=1) for day in days[2:]),
        *(row("yz-a", day, epoch=2) for day in days[:3]),
        row("yz-b", days[3]),
        row("yz-c", days[0]),
    ]
    await merge(database, seen)
    found = await database.read(lambda c: ledger.rows_of(c, ["yz-a", "yz-b"], days[0]))
    assert [(one.station, one.day, one.epoch) for one in found] == [
        ("yz-a", days[2], 1),
        ("yz-a", days[1], 2),
        ("yz-a", days[0], 2),
        ("yz-b", days[3], 1),
    ]


async def test_rows_of_takes_any_number_of_stations(database: Database) -> None:
    """A region of more stations than one query may name is answered whole."""
    stations = [f"yz-{number:05d}" for number in range(1_201)]
    await merge(database, [row(station, DAY) for station in stations])
    found = await database.read(lambda c: ledger.rows_of(c, stations, DAY))
    assert [one.station for one in found] == stations
    assert await database.read(lambda c: ledger.rows_of(c, [], DAY)) == []


async def test_rows_on_days_gives_those_days_of_all_stations(database: Database) -> None:
    """Exactly the days asked for."""
    days = [DAY + timedelta(days=ahead) for ahead in range(4)]
    await merge(database, [row(s, d) for s in ("yz-a", "yz-b") for d in days])
    found = await database.read(lambda c: list(ledger.rows_on_days(c, [days[1], days[3]])))
    assert sorted((one.station, one.day) for one in found) == [(s, days[d]) for s in ("yz-a", "yz-b") for d in (1, 3)]


async def test_two_ingesters_merge_the_same_rows(database: Database, url: str) -> None:
    """Ingesters that write the same rows at the same time, in opposite order, both succeed."""
    other = Database(url)
    await other.open()
    stations = [f"yz-{number:03d}" for number in range(100)]

    async def ingest(into: Database, order: list[str], entered: int) -> None:
        for step in range(20):
            batch = [row(station, DAY, entered=entered + step, seq=entered + step) for station in order]
            await merge(into, batch)

    await asyncio.gather(ingest(database, stations, 100), ingest(other, stations[::-1], 110))
    found = await database.read(lambda c: list(ledger.rows_on_days(c, [DAY])))
    await other.close()
    assert sorted(one.station for one in found) == stations
    assert {(one.lowest, one.highest, one.first.seq, one.last.seq) for one in found} == {(100, 129, 100, 129)}
