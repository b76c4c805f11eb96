"""The outbox: messages that are to be sent, were sent, or were given up, each once by its key.

Enters: messages, and what became of them. Leaves: those that are due, emergencies first. Never: sends one, or
stops at a row that this version cannot read: it stays as it is, for a version that can.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update

from ingest.alerts.lane import Ended
from ingest.alerts.model import Severity
from ingest.alerts.work import Delivery, Notice, Outgoing
from ingest.database.tables import OUTBOX

NOTICE: Final = TypeAdapter(Notice)
_BODY: Final = TypeAdapter(tuple[Notice, str, str, str])

_RANK: Final = case({severity.value: severity.rank for severity in Severity}, value=OUTBOX.c.severity, else_=0)
KNOWN: Final = select(OUTBOX.c.key).where(OUTBOX.c.key.in_(bindparam("keys", expanding=True)))
_PLACED: Final = (
    select(
        OUTBOX,
        func.row_number()
        .over(partition_by=OUTBOX.c.channel, order_by=(_RANK.desc(), OUTBOX.c.next_ms, OUTBOX.c.id))
        .label("place"),
    )
    .where(OUTBOX.c.state == Delivery.WAITING.value, OUTBOX.c.next_ms <= bindparam("now_ms"))
    .subquery()
)
DUE: Final = select(_PLACED).where(_PLACED.c.place <= bindparam("each")).order_by(_PLACED.c.place, _PLACED.c.id)
TRIED: Final = select(OUTBOX).where(OUTBOX.c.state == Delivery.WAITING.value, OUTBOX.c.tries > 0).order_by(OUTBOX.c.id)
_ENDED_MS: Final = func.coalesce(OUTBOX.c.sent_ms, OUTBOX.c.next_ms)
ENDED_SINCE: Final = select(OUTBOX.c.channel, _ENDED_MS.label("ended_ms"), OUTBOX.c.tries).where(
    OUTBOX.c.state != Delivery.WAITING.value, bindparam("since_ms") <= _ENDED_MS
)
NEXT: Final = select(func.min(OUTBOX.c.next_ms)).where(OUTBOX.c.state == Delivery.WAITING.value)
MARK: Final = (
    update(OUTBOX)
    .where(OUTBOX.c.id == bindparam("message"))
    .values(
        state=bindparam("new_state"),
        tries=bindparam("new_tries"),
        next_ms=bindparam("new_next_ms"),
        reason=bindparam("new_reason"),
        sent_ms=bindparam("new_sent_ms"),
    )
)
NEWEST: Final = select(OUTBOX).order_by(OUTBOX.c.id.desc()).limit(bindparam("most"))
PRUNE: Final = delete(OUTBOX).where(
    OUTBOX.c.state != Delivery.WAITING.value, OUTBOX.c.created_ms < bindparam("older_than_ms")
)


def add(connection: Connection, messages: Iterable[Outgoing]) -> None:
    """Queue messages; one whose key was ever queued is left as it is. Their ids are the database's to give."""
    by_key = {message.notice.key: message for message in messages}
    known = set(connection.scalars(KNOWN, {"keys": list(by_key)})) if by_key else set()
    rows = [_row(message) for key, message in by_key.items() if key not in known]
    if rows:
        connection.execute(insert(OUTBOX), rows)


def untold(_message: int, _reason: str) -> None:
    """Of a row that cannot be read nobody is told: the postman was."""


OnUnreadable = Callable[[int, str], None]
"""Hears the id of a row that cannot be read, and why."""


def due(connection: Connection, now_ms: int, each: int, on_unreadable: OnUnreadable = untold) -> list[Outgoing]:
    """What is to be tried now: at most so many of one channel, so that none that is away stands before the others.

    In the order of their place in their channel: emergencies first, then the oldest.
    """
    return _readable(connection.execute(DUE, {"now_ms": now_ms, "each": each}), on_unreadable)


def tried(connection: Connection, on_unreadable: OnUnreadable = untold) -> list[Outgoing]:
    """Those that wait after a try that failed, whenever their time comes."""
    return _readable(connection.execute(TRIED), on_unreadable)


def ended_since(connection: Connection, since_ms: int) -> list[Ended]:
    """The last tries of what was sent or given up since then."""
    return [
        Ended(row.channel, row.ended_ms, row.tries) for row in connection.execute(ENDED_SINCE, {"since_ms": since_ms})
    ]


def next_ms(connection: Connection) -> int | None:
    """When the next one is due; None when none waits."""
    found: int | None = connection.scalar(NEXT)
    return found


def mark(connection: Connection, message: Outgoing) -> None:
    """What became of a try."""
    connection.execute(
        MARK,
        {
            "message": message.id,
            "new_state": message.state.value,
            "new_tries": message.tries,
            "new_next_ms": message.next_ms,
            "new_reason": message.reason,
            "new_sent_ms": message.sent_ms,
        },
    )


def newest(connection: Connection, most: int) -> list[Outgoing]:
    """The last that were queued, newest first."""
    return _readable(connection.execute(NEWEST, {"most": most}))


def of_job(connection: Connection, job_id: str, most: int = 50) -> list[Outgoing]:
    """The messages about one job, newest first."""
    # A job's id has no character that LIKE reads as another.
    query = select(OUTBOX).where(OUTBOX.c.body.like(f'%"{job_id}"%')).order_by(OUTBOX.c.id.desc()).limit(most)
    return [one for one in _readable(connection.execute(query)) if job_id in one.notice.jobs]


def prune(connection: Connection, older_than_ms: int) -> int:
    """Drop what was settled and queued before an instant; how many went."""
    return connection.execute(PRUNE, {"older_than_ms": older_than_ms}).rowcount


def _row(message: Outgoing) -> dict[str, Any]:
    notice = message.notice
    return {
        "key": notice.key,
        "crew": notice.crew,
        "channel": notice.channel,
        "severity": notice.severity.value,
        "state": message.state.value,
        "created_ms": message.created_ms,
        "next_ms": message.next_ms,
        "tries": message.tries,
        "reason": message.reason,
        "sent_ms": message.sent_ms,
        "body": _BODY.dump_json((notice, message.title, message.text, message.payload)).decode(),
    }


def _readable(rows: Iterable[Any], on_unreadable: OnUnreadable = untold) -> list[Outgoing]:
    found: list[Outgoing] = []
    for row in rows:
        try:
            found.append(_outgoing(row))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            on_unreadable(row.id, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
        except ValueError as error:
            on_unreadable(row.id, str(error))
    return found


def _outgoing(row: Any) -> Outgoing:
    notice, title, text, payload = _BODY.validate_json(row.body)
    return Outgoing(
        id=row.id,
        notice=notice,
        title=title,
        text=text,
        payload=payload,
        created_ms=row.created_ms,
        state=Delivery(row.state),
        tries=row.tries,
        next_ms=row.next_ms,
        reason=row.reason,
        sent_ms=row.sent_ms,
    )
