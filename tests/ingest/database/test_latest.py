"""The snapshot of the live picture, and the small tables beside it: what was written last comes back."""

from functools import partial

from ingest.database import checkpoints, latest, quality
from ingest.database.database import Database
from ingest.database.latest import LatestRow
from ingest.database.streaming import ROWS_AT_ONCE


def row(station: str, kind: str = "occupancy", boot: int = 7) -> LatestRow:
    """A row with a value in every field, bytes that are no text among them."""
    return LatestRow(station, kind, boot, 4711, 1_795_330_800_000, 1_795_330_800_050, b'{"\0\xff', '{"7":[[1,9]]}', 5)


async def stored(database: Database) -> list[LatestRow]:
    """All rows, by key."""
    return sorted(await database.read(lambda c: list(latest.every(c))))


async def test_rows_come_back_as_they_were(database: Database) -> None:
    """Every field of every kind; a state has neither seq nor accounting, and may have no ts."""
    rows = [row("yz-a"), row("yz-a", "battery"), LatestRow("yz-a", "state", 7, None, None, 9, b"{}", None, 5)]
    await database.run(lambda c: latest.upsert(c, rows))
    assert await stored(database) == sorted(rows)


async def test_the_last_writer_wins(database: Database) -> None:
    """A row replaces the one of its station and kind, in the same batch or a later one, even by an older boot."""
    await database.run(lambda c: latest.upsert(c, [row("yz-a", boot=9), row("yz-a", boot=8), row("yz-b")]))
    assert await stored(database) == [row("yz-a", boot=8), row("yz-b")]
    await database.run(lambda c: latest.upsert(c, [row("yz-a", boot=7)]))
    assert await stored(database) == [row("yz-a", boot=7), row("yz-b")]


async def test_all_rows_are_streamed(database: Database) -> None:
    """More rows than are fetched in one go: each comes once."""
    rows = [row(f"yz-{number:05d}") for number in range(ROWS_AT_ONCE + 123)]
    await database.run(lambda c: latest.upsert(c, rows))
    assert await stored(database) == rows


async def test_a_stream_that_is_left_early_leaves_the_database_usable(database: Database) -> None:
    """Who needs only the first row may stop there."""
    await database.run(lambda c: latest.upsert(c, [row("yz-a"), row("yz-b")]))
    first = await database.read(lambda c: next(latest.every(c)))
    assert first.station in {"yz-a", "yz-b"}
    await database.run(lambda c: latest.upsert(c, [row("yz-c")]))
    assert len(await stored(database)) == 3


async def test_checkpoints_are_remembered_by_name(database: Database) -> None:
    """None before the first time, then the last value of that name."""
    assert await database.read(lambda c: checkpoints.read(c, "published_ms")) is None
    for value in ("1", "2"):
        await database.run(partial(checkpoints.write, name="published_ms", value=value))
    await database.run(lambda c: checkpoints.write(c, "other", "3"))
    assert await database.read(lambda c: checkpoints.read(c, "published_ms")) == "2"


async def test_quality_counters_replace_the_old_ones(database: Database) -> None:
    """A station's counters are those written last; other stations' stay."""
    await database.run(lambda c: quality.upsert(c, {"yz-a": {"refused": {"late": 1}}, "yz-b": {"clock_ms": -3}}, 1))
    await database.run(lambda c: quality.upsert(c, {"yz-a": {"unknown": {"电量": 2}}}, 2))
    assert await database.read(lambda c: quality.of_station(c, "yz-a")) == {"unknown": {"电量": 2}}
    assert await database.read(lambda c: quality.of_station(c, "yz-c")) is None
    assert await database.read(quality.every) == {"yz-a": {"unknown": {"电量": 2}}, "yz-b": {"clock_ms": -3}}
