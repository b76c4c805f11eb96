"""Alerts as they are kept, each with the steps of its life.

Enters: changes of alerts. Leaves: those that a restart begins with, and the records of those that are over.
Never: decides what an alert becomes.
"""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic_core import to_json
from sqlalchemy import Connection, Select, bindparam, delete, or_, select

from ingest.alerts.model import Alert, Change, ChangeKind, Value
from ingest.alerts.records import AlertFilter, PastChange
from ingest.database.bodies import readable
from ingest.database.bulk import BulkWriter, last_wins
from ingest.database.stations import stands_in
from ingest.database.tables import ALERT, ALERT_CHANGE

BODY: Final = TypeAdapter(Alert)
OVER: Final = (ChangeKind.DROPPED, ChangeKind.EXPIRED)

UPSERT: Final = BulkWriter(ALERT, last_wins)
ADD: Final = BulkWriter(ALERT_CHANGE)
LIVE: Final = select(ALERT.c.body).where(ALERT.c.live.is_(True)).order_by(ALERT.c.id)
GET: Final = select(ALERT.c.body).where(ALERT.c.id == bindparam("alert"))
CHANGES: Final = (
    select(ALERT_CHANGE.c.kind, ALERT_CHANGE.c.at_ms, ALERT_CHANGE.c.severity, ALERT_CHANGE.c.value)
    .where(ALERT_CHANGE.c.alert == bindparam("alert"))
    .order_by(ALERT_CHANGE.c.id)
)
DROP: Final = delete(ALERT).where(ALERT.c.id.in_(bindparam("alerts", expanding=True)))
PRUNE: Final = delete(ALERT).where(ALERT.c.live.is_(False), ALERT.c.changed_ms < bindparam("older_than_ms"))
PRUNE_CHANGES: Final = delete(ALERT_CHANGE).where(ALERT_CHANGE.c.at_ms < bindparam("older_than_ms"))


def write(connection: Connection, changes: Sequence[Change]) -> None:
    """Keep changes, in this order. Of an alert that never fired nothing stays: nobody was told of it."""
    last = {change.alert.id: change for change in changes}
    dropped = [key for key, change in last.items() if change.kind is ChangeKind.DROPPED]
    UPSERT.write(connection, [_row(change) for key, change in sorted(last.items()) if key not in dropped])
    if dropped:
        connection.execute(DROP, {"alerts": dropped})
    told = [change for change in changes if change.kind is not ChangeKind.DROPPED and change.alert.id not in dropped]
    ADD.write(connection, [_change_row(change) for change in told if change.kind is not ChangeKind.PENDING])


def live(connection: Connection) -> list[Alert]:
    """All that memory must hold."""
    return readable(BODY, connection.scalars(LIVE), "alert")


def get(connection: Connection, alert_id: str) -> Alert | None:
    """One, however old."""
    return next(iter(readable(BODY, connection.scalars(GET, {"alert": alert_id}), "alert")), None)


def changes_of(connection: Connection, alert_id: str) -> list[PastChange]:
    """The steps of its life, oldest first."""
    return [
        PastChange(ChangeKind(kind), at_ms, severity, None if value is None else _VALUE.validate_json(value))
        for kind, at_ms, severity, value in connection.execute(CHANGES, {"alert": alert_id})
    ]


def page(connection: Connection, wanted: AlertFilter, before: tuple[int, str] | None, limit: int) -> list[Alert]:
    """Those that are over, newest change first; `before` is (changed_ms, id) of the last of the page before."""
    return readable(BODY, connection.scalars(page_query(wanted, before, limit)), "alert")


def page_query(wanted: AlertFilter, before: tuple[int, str] | None, limit: int) -> Select[Any]:
    """The query of `page`."""
    kept = ALERT.c
    query = select(kept.body).where(kept.live.is_(False)).order_by(kept.changed_ms.desc(), kept.id.desc()).limit(limit)
    if wanted.station is not None:
        query = query.where(kept.place == wanted.station)
    if wanted.rule is not None:
        query = query.where(kept.rule == wanted.rule)
    if wanted.severity is not None:
        query = query.where(kept.severity == wanted.severity)
    if before is not None:
        changed_ms, alert_id = before
        query = query.where(or_(kept.changed_ms < changed_ms, (kept.changed_ms == changed_ms) & (kept.id < alert_id)))
    if wanted.regions:
        there = or_(kept.place.in_(sorted(wanted.regions)), stands_in(kept.place, wanted.regions))
        query = query.where(there)
    return query


def prune(connection: Connection, older_than_ms: int) -> int:
    """Drop what was over before an instant; how many alerts went."""
    connection.execute(PRUNE_CHANGES, {"older_than_ms": older_than_ms})
    return connection.execute(PRUNE, {"older_than_ms": older_than_ms}).rowcount


_VALUE: Final[TypeAdapter[Value]] = TypeAdapter(Value)


def _row(change: Change) -> tuple[Any, ...]:
    alert = change.alert
    body = BODY.dump_json(alert).decode()
    is_live = change.kind not in OVER
    return alert.id, alert.key.place, alert.key.rule, alert.severity, alert.state, alert.changed_ms, is_live, body


def _change_row(change: Change) -> tuple[Any, ...]:
    alert = change.alert
    value = None if alert.value is None else to_json(alert.value).decode()
    return alert.id, change.kind, change.at_ms, alert.severity, value
