"""The registry in the database: what is saved comes back, on SQLite and PostgreSQL."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from ingest.database import stations as table
from ingest.database.database import Database
from ingest.database.tables import STATION
from ingest.model import Station
from ingest.registry.catalogue import DEFAULT_CATALOGUE
from ingest.registry.demo import demo_stations
from ingest.registry.synth import synthetic_stations

STATIONS = sorted([*demo_stations(20), *synthetic_stations(1_500, seed=2)], key=lambda station: station.id)


async def saved(database: Database) -> list[Station]:
    """All stations of the database, by id."""
    found = await database.read(lambda connection: list(table.load_all(connection)))
    return sorted(found, key=lambda station: station.id)


async def updated_ms(database: Database) -> dict[str, int]:
    """When each station's row last changed."""

    def read(connection: Connection) -> dict[str, int]:
        rows: Any = connection.execute(select(STATION.c.id, STATION.c.updated_ms))
        return {station: changed_ms for station, changed_ms in rows}  # noqa: C416 - rows are no pairs to mypy

    return await database.read(read)


async def test_stations_come_back(database: Database) -> None:
    """Every field of every station survives, with levels that do not exist as None."""
    await database.run(lambda connection: table.save_all(connection, STATIONS, 5))
    assert await saved(database) == STATIONS
    assert set((await updated_ms(database)).values()) == {5}


async def test_saving_changes_only_what_differs(database: Database) -> None:
    """A row that says the same keeps its `updated_ms`; changed and new ones are written; none is deleted."""
    first, second, third = STATIONS[:3]
    await database.run(lambda connection: table.save_all(connection, [first, second], 5))
    moved = replace(second, name="新址", district=None, smart=False)
    await database.run(lambda connection: table.save_all(connection, [first, moved, third], 9))
    assert await saved(database) == [first, moved, third]
    assert await updated_ms(database) == {first.id: 5, second.id: 9, third.id: 9}


async def test_of_one_id_the_last_stays(database: Database) -> None:
    """A list that names a station twice is no error."""
    first = STATIONS[0]
    again = replace(first, capacity=99)
    await database.run(lambda connection: table.save_all(connection, [first, again], 5))
    assert await saved(database) == [again]


async def test_nothing_is_half_saved(database: Database) -> None:
    """When the list of stations breaks off, none of it is in the database."""

    def broken(connection: Connection) -> None:
        table.save_all(connection, STATIONS[:1], 5)
        table.save_all(connection, (replace(station, capacity=1 // 0) for station in STATIONS), 5)

    try:
        await database.run(broken)
    except ZeroDivisionError:
        pass
    else:
        raise AssertionError("the list should have broken off")
    assert await saved(database) == []


async def test_what_stations_share_is_one_object(database: Database) -> None:
    """Codes, hours and services are not kept once a station: 186,100 copies would be half of the memory."""
    await database.run(lambda connection: table.save_all(connection, STATIONS, 5))
    found = await saved(database)
    for field in ("province", "district", "hours", "services", "name_en"):
        values = [getattr(station, field) for station in found]
        assert len({id(value) for value in values}) == len(set(values)), field


async def test_catalogue_is_replaced_whole(database: Database) -> None:
    """The catalogue becomes what was saved last, by sku."""
    await database.run(lambda connection: table.save_articles(connection, DEFAULT_CATALOGUE))
    found = await database.read(table.load_articles)
    assert found == sorted(DEFAULT_CATALOGUE, key=lambda article: article.sku)
    await database.run(lambda connection: table.save_articles(connection, DEFAULT_CATALOGUE[:2]))
    assert {article.sku for article in await database.read(table.load_articles)} == {"hxzq-10ml", "qingliangyou-3g"}


async def test_version_tells_whether_anything_changed(database: Database) -> None:
    """It stays while the same is saved again, and changes with a new station, a changed one and another catalogue."""

    async def version_after(*stations: Station, now_ms: int) -> tuple[object, ...]:
        await database.run(lambda connection: table.save_all(connection, stations, now_ms))
        return await database.read(table.version)

    first, second = STATIONS[:2]
    one = await version_after(first, now_ms=5)
    assert await version_after(first, now_ms=6) == one
    two = await version_after(second, now_ms=7)
    three = await version_after(replace(first, name="新址"), now_ms=8)
    await database.run(lambda connection: table.save_articles(connection, DEFAULT_CATALOGUE[:1]))
    four = await database.read(table.version)
    assert len({one, two, three, four}) == 4
