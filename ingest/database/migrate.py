"""Brings a database to the schema of this program: from empty, or from any earlier version.

Enters: a connection inside a transaction. Leaves: the schema of `tables`, all of it or none of it.
Never: goes back. To change the schema, change `tables` and add a file to migrations/versions/; a test compares them.
"""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, func, select

from ingest.ports import StoreMisconfigured

SCRIPTS: Final = Path(__file__).parent / "migrations"

_LOCK: Final = 0x59495A48414E
"""The name of the lock that makes processes starting together migrate one after the other: "YIZHAN" in ASCII."""


def migrate(connection: Connection) -> None:
    """Run what is missing; raises `StoreMisconfigured` where the database is of a later program."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreMisconfigured(
            f"the operational database was made by a later version of the platform ({error}): "
            "update the platform, or name another database"
        ) from error


def known_revisions() -> frozenset[str]:
    """All that this program can bring a database from."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    # ConfigParser reads % as the beginning of a name.
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
