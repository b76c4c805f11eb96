"""The operational database on both of its engines: every test that asks for `database` runs on SQLite and PostgreSQL.

Enters: nothing. Leaves: an empty, opened database. Never: touches the machine's own PostgreSQL.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from gateway.child_server import LOOPBACK, ChildServer, free_port
from ingest.database.database import Database

USER = "postgres"
"""Debian's user for it: PostgreSQL refuses to run as root."""


def postgresql_program(name: str) -> str | None:
    """The path of one of its programs; Debian keeps them out of the path, by version."""
    found = [shutil.which(name), *map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))]
    return next((path for path in reversed(found) if path), None)


class PostgreSQL(ChildServer):
    """PostgreSQL on a free port; without fsync, since only a crash of the machine itself would show it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = free_port()
        self._numbers = count(1)

    def __str__(self) -> str:
        return f"postgres on port {self.port}"

    def url(self, database: str = USER) -> str:
        """Where a database of it is."""
        return f"postgresql://{USER}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> list[str]:
        """Make the cluster."""
        cluster = str(self.folder / "cluster")
        as_user = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER)
            as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
        initdb = [*as_user, postgresql_program("initdb") or "initdb", "-D", cluster, "-U", USER]
        subprocess.run([*initdb, "--auth=trust", "--encoding=UTF8", "--no-sync"], check=True, capture_output=True)
        postgres = [*as_user, postgresql_program("postgres") or "postgres", "-D", cluster]
        return [*postgres, "-h", LOOPBACK, "-p", str(self.port), "-k", "", "-F"]

    def answers(self) -> bool:
        """A session is granted."""
        ask = [postgresql_program("pg_isready") or "pg_isready", "-q", "-h", LOOPBACK, "-p", str(self.port)]
        return subprocess.run(ask, check=False).returncode == 0

    def execute(self, statement: str) -> list[Any]:
        """Run one statement as its administrator, outside any transaction; its rows."""
        engine = create_engine(
            self.url().replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
        )
        try:
            with engine.connect() as connection:
                result = connection.exec_driver_sql(statement)
                return list(result) if result.returns_rows else []
        finally:
            engine.dispose()

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"yizhan_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)


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
