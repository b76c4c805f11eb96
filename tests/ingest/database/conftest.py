"""The operational database on both of its engines: every test that asks for `database` runs on SQLite and PostgreSQL.

Enters: nothing. Leaves: an empty, opened database. Never: touches the machine's own PostgreSQL.
"""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ingest.database.database import Database
from tests.ingest.database.postgresql import PostgreSQL, postgresql_program


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL for all tests of the run. It is an option of the platform, so without it they are skipped."""
    if postgresql_program("initdb") is None:
        pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    pytest.importorskip("psycopg", reason="psycopg is not installed; install the extra yizhan[postgresql]")
    # Not below pytest's own folder, which no other user may enter.
    with tempfile.TemporaryDirectory(prefix="yizhan-postgresql-") as folder, PostgreSQL(Path(folder)) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that is still empty."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/folder that is not there/yizhan.db"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.new_database()


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """An opened database."""
    opened = Database(url)
    await opened.open()
    yield opened
    await opened.close()
