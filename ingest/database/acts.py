"""The audit log: what people did, when, and why.

Enters: acts. Leaves: the same, newest first. Never: changes one, or drops one but by age.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, delete, select

from ingest.alerts.records import KeptAct
from ingest.alerts.work import Act
from ingest.database.bulk import BulkWriter
from ingest.database.tables import ACT

ADD: Final = BulkWriter(ACT)
PRUNE: Final = delete(ACT).where(ACT.c.at_ms < bindparam("older_than_ms"))


def add(connection: Connection, acts: Iterable[Act]) -> None:
    """Keep acts, in this order."""
    ADD.write(connection, [tuple(act) for act in acts])


def page(
    connection: Connection, subject: str | None = None, before_id: int | None = None, limit: int = 100
) -> list[KeptAct]:
    """Newest first, of one job, alert, silence or crew where `subject` is given."""
    return [KeptAct(row[0], Act(*row[1:])) for row in connection.execute(page_query(subject, before_id, limit))]


def page_query(subject: str | None, before_id: int | None, limit: int) -> Select[Any]:
    """The query of `page`."""
    query = select(ACT.c.id, *(ACT.c[name] for name in Act._fields)).order_by(ACT.c.id.desc()).limit(limit)
    if subject is not None:
        query = query.where(ACT.c.subject == subject)
    return query if before_id is None else query.where(ACT.c.id < before_id)


def prune(connection: Connection, older_than_ms: int) -> int:
    """Drop acts of before an instant; how many went."""
    return connection.execute(PRUNE, {"older_than_ms": older_than_ms}).rowcount
