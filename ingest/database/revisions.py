"""Changes of counts after their day was complete: what the public was told before, and why it is told otherwise now.

Enters: revisions. Leaves: the same, oldest first. Never: changes or drops one.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from sqlalchemy import Connection, bindparam, select

from ingest.database.bulk import BulkWriter
from ingest.database.tables import REVISION
from ingest.model import Revision

ADD: Final = BulkWriter(REVISION)

OF_STATION: Final = (
    select(REVISION.c.station, REVISION.c.day, REVISION.c.old, REVISION.c.new, REVISION.c.why, REVISION.c.at_ms)
    .where(
        REVISION.c.station == bindparam("station"),
        REVISION.c.day.between(
            bindparam("first", type_=REVISION.c.day.type), bindparam("last", type_=REVISION.c.day.type)
        ),
    )
    .order_by(REVISION.c.id)
)


def add(connection: Connection, revisions: Iterable[Revision]) -> None:
    """Keep revisions, in this order."""
    ADD.write(connection, [(station, day.isoformat(), *change) for station, day, *change in revisions])


def of_station(connection: Connection, station: str, first: date, last: date) -> list[Revision]:
    """Revisions of the station's days from `first` to `last`, both included, in order of writing."""
    rows = connection.execute(OF_STATION, {"station": station, "first": first, "last": last})
    return [Revision(*row) for row in rows]
