"""Migrations: from nothing, or from any earlier version, to exactly the tables of this program."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from ingest.database import checkpoints
from ingest.database.database import Database
from ingest.database.tables import METADATA
from ingest.ports import StoreMisconfigured


def tables(connection: Connection) -> set[str]:
    """Names of the tables that are there."""
    return set(inspect(connection).get_table_names())


async def test_migrated_schema_is_that_of_the_tables(database: Database) -> None:
    """A change of a table, column, type, comment or index that no migration brings is found here."""
    assert await database.read(lambda c: compare_metadata(MigrationContext.configure(c), METADATA)) == []
    assert await database.read(tables) == {*METADATA.tables, "alembic_version"}


async def test_opening_again_keeps_everything(database: Database, url: str) -> None:
    """A start on a database of the same version changes nothing."""
    await database.run(lambda c: checkpoints.write(c, "name", "value"))
    again = Database(url)
    await again.open()
    assert await again.read(lambda c: checkpoints.read(c, "name")) == "value"
    await again.close()


async def test_processes_that_start_together_migrate_once(url: str) -> None:
    """Several processes may find the database empty at the same moment."""
    databases = [Database(url) for _ in range(4)]
    await asyncio.gather(*(each.open() for each in databases))
    for each in databases:
        assert await each.read(tables) >= set(METADATA.tables)
        await each.close()


async def test_database_of_a_later_program_is_refused(database: Database, url: str) -> None:
    """A program that does not know the revision says so and leaves the database alone."""
    await database.run(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    older = Database(url)
    with pytest.raises(StoreMisconfigured, match="later version of the platform"):
        await older.open()
    await older.close()
    assert await database.read(lambda c: c.scalar(text("SELECT version_num FROM alembic_version"))) == "9999"


async def test_migration_is_all_or_nothing(database: Database, url: str) -> None:
    """A migration that fails at its last table leaves none of the others behind."""

    def leave_one_table(connection: Connection) -> None:
        connection.execute(text("DELETE FROM alembic_version"))
        for name in METADATA.tables.keys() - {"station_quality"}:
            connection.execute(text(f"DROP TABLE {name}"))

    await database.run(leave_one_table)
    failing = Database(url)
    with pytest.raises(StoreMisconfigured, match="station_quality"):
        await failing.open()
    await failing.close()
    assert await database.read(tables) == {"station_quality", "alembic_version"}
