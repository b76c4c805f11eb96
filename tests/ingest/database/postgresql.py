"""A PostgreSQL of the tests' own, on a free port of loopback.

Enters: a folder that its user may enter. Leaves: URLs of empty databases. Never: touches the machine's own service.
"""

import os
import shutil
import subprocess
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from gateway.child_server import LOOPBACK, ChildServer, free_port

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
