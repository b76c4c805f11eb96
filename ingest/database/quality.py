"""How good a station's data is: its counters (unknown fields, refusals by reason, clock offset), as one JSON object.

Enters: counters by station. Leaves: the same. Never: adds up; whoever counts holds the whole counters.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from ingest.database.bulk import BulkWriter, last_wins
from ingest.database.tables import STATION_QUALITY

Counters = Mapping[str, Any]
"""What JSON can hold, by name."""

WRITE: Final = BulkWriter(STATION_QUALITY, last_wins)
OF_STATION: Final = select(STATION_QUALITY.c.counters).where(STATION_QUALITY.c.station == bindparam("name"))
EVERY: Final = select(STATION_QUALITY.c.station, STATION_QUALITY.c.counters)


def upsert(connection: Connection, counters: Mapping[str, Counters], now_ms: int) -> None:
    """Write the counters of these stations, in place of what was."""
    WRITE.write(
        connection,
        [(station, json.dumps(found, sort_keys=True), now_ms) for station, found in sorted(counters.items())],
    )


def of_station(connection: Connection, station: str) -> Counters | None:
    """The station's counters; None when none were written."""
    found: str | None = connection.scalar(OF_STATION, {"name": station})
    return None if found is None else json.loads(found)


def every(connection: Connection) -> dict[str, Counters]:
    """All counters, by station."""
    return {station: json.loads(found) for station, found in connection.execute(EVERY)}
