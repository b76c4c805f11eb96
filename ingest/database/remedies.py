"""What to do about a database's error: wait and try again, call a person, or look for a fault of ours.

Enters: an error of SQLAlchemy. Leaves: `TransientStoreError`, `StoreMisconfigured`, or the error itself.
Never: retries.
"""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError

from ingest.ports import StoreMisconfigured, TransientStoreError

_SQLITE_WAIT: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_SQLITE_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_SQLITE_PRIMARY_CODE: Final = 0xFF
"""An extended code (SQLITE_BUSY_SNAPSHOT) carries its primary code in the lowest byte."""

_POSTGRES_WAIT: Final = (
    "08",  # connection lost
    "40",  # deadlock or serialization failure: the other transaction won
    "53",  # disk full, out of memory, too many connections
    "55P03",  # lock not available
    "57",  # shutting down, starting up, cancelled by its administrator
    "58",  # input/output error of its machine
)
"""Classes (two characters) and codes of SQLSTATE."""


def remedy_for(error: DBAPIError) -> Exception:
    """The error to raise in place of the driver's; the same one where neither waiting nor a person's help applies."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _remedy_of_sqlite(error, cause)
    sqlstate = getattr(cause, "sqlstate", None)
    # A connection that breaks gives no SQLSTATE: nobody was left to send one.
    lost = sqlstate is None and (error.connection_invalidated or isinstance(error, OperationalError))
    if lost or (sqlstate is not None and sqlstate.startswith(_POSTGRES_WAIT)):
        return TransientStoreError(f"operational database: {_first_line(cause)}")
    return error


def _remedy_of_sqlite(error: DBAPIError, cause: sqlite3.Error) -> Exception:
    code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _SQLITE_PRIMARY_CODE
    if code in _SQLITE_WAIT:
        return TransientStoreError(f"operational database: {cause}")
    if code in _SQLITE_DAMAGED:
        return StoreMisconfigured(
            f"the operational database is damaged or not an SQLite file ({cause}): "
            "stop the platform and put back a copy of the file together with its -wal file"
        )
    return error


def _first_line(cause: BaseException | None) -> str:
    return str(cause).strip().partition("\n")[0]
