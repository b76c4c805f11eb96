"""Published counts and their revisions: what was written comes back, by station and by day."""

from datetime import date, timedelta
from functools import partial

from sqlalchemy import Connection

from ingest.database import day_counts, revisions
from ingest.database.database import Database
from ingest.database.day_counts import Published
from ingest.model import DayCount, Quality, Revision

DAY = date(2026, 11, 22)
DAYS = [DAY + timedelta(days=ahead) for ahead in range(4)]


def published(station: str, day: date, visits: int = 12, *, is_complete: bool = True) -> Published:
    """A count as it is published."""
    return Published(DayCount(station, day, visits, 3, Quality.AT_LEAST), is_complete, 1_795_330_800_000)


async def test_counts_come_back_by_station_and_day(database: Database) -> None:
    """Of the stations and days asked for, each count that was published, in order; nothing for the others."""
    everything = [published(station, day, is_complete=day < DAYS[2]) for station in "cab" for day in DAYS[::-1]]
    await database.run(lambda c: day_counts.upsert(c, everything))
    found = await database.read(lambda c: day_counts.of_stations(c, ["b", "a", "nowhere"], DAYS[1], DAYS[2]))
    assert found == [
        published("a", DAYS[1]),
        published("a", DAYS[2], is_complete=False),
        published("b", DAYS[1]),
        published("b", DAYS[2], is_complete=False),
    ]


async def test_a_count_published_again_replaces_the_old_one(database: Database) -> None:
    """Of a station's day there is one count: the last, be it in the same batch or a later one."""
    for batch in (
        [published("a", DAY, 1), published("a", DAY, 2)],
        [published("a", DAY, 3, is_complete=False)],
    ):
        await database.run(partial(day_counts.upsert, published=batch))
    found = await database.read(lambda c: day_counts.of_stations(c, ["a"], DAY, DAY))
    assert found == [published("a", DAY, 3, is_complete=False)]


async def test_counts_of_days_are_those_of_all_stations(database: Database) -> None:
    """A day gives every station's count: more stations than one statement writes."""
    stations = [f"yz-{number:05d}" for number in range(700)]
    await database.run(lambda c: day_counts.upsert(c, [published(s, day) for s in stations for day in DAYS]))
    found = await database.read(lambda c: day_counts.of_days(c, DAYS[1], DAYS[2]))
    assert [one.day_count.day for one in found] == [DAYS[1]] * 700 + [DAYS[2]] * 700
    assert sorted(one.day_count.station for one in found) == sorted(stations * 2)


async def test_counts_of_any_number_of_stations(database: Database) -> None:
    """A region of more stations than one query may name is answered whole."""
    stations = [f"yz-{number:05d}" for number in range(1_201)]
    await database.run(lambda c: day_counts.upsert(c, [published(station, DAY) for station in stations]))
    found = await database.read(lambda c: day_counts.of_stations(c, stations, DAY, DAY))
    assert [one.day_count.station for one in found] == stations


async def test_revisions_come_back_oldest_first(database: Database) -> None:
    """A station's revisions of the days asked for, in the order in which they were made."""
    late = Revision("a", DAYS[2], 10, 12, "late readings", 5)
    later = Revision("a", DAYS[1], 7, 8, "late readings", 6)
    again = Revision("a", DAYS[2], 12, 13, "补传的读数", 7)
    await database.run(lambda c: revisions.add(c, [late, Revision("b", DAYS[2], 1, 2, "late readings", 5), later]))
    await database.run(lambda c: revisions.add(c, [again, Revision("a", DAYS[3], 1, 2, "late readings", 8)]))
    assert await database.read(lambda c: revisions.of_station(c, "a", DAYS[1], DAYS[2])) == [late, later, again]


async def test_a_count_and_its_revision_are_written_together(database: Database) -> None:
    """One transaction compares with what was published, publishes and notes the change."""
    await database.run(lambda c: day_counts.upsert(c, [published("a", DAY, 10)]))

    def publish(c: Connection) -> None:
        [before] = day_counts.of_stations(c, ["a"], DAY, DAY)
        day_counts.upsert(c, [published("a", DAY, 12)])
        revisions.add(c, [Revision("a", DAY, before.day_count.visits, 12, "late readings", 9)])

    await database.run(publish)
    assert await database.read(lambda c: revisions.of_station(c, "a", DAY, DAY)) == [
        Revision("a", DAY, 10, 12, "late readings", 9)
    ]
