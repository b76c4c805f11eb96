"""What one turn of the desk changed, to be made durable as a whole, and how it is written and read again.

Enters: changes of alerts and jobs, what was told, messages, acts. Leaves: rows of the operational database, in one
transaction; after a restart the same nouns. Never: decides anything.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import Connection

from ingest.alerts.model import Alert, Change
from ingest.alerts.work import (
    Act,
    ChannelSetting,
    Crew,
    Digested,
    Job,
    JobChange,
    JobStep,
    Outgoing,
    Pace,
    Silence,
    Told,
)
from ingest.database import acts, alert_notes, alerts, jobs, outbox
from ingest.database.bodies import readable

TOLD: Final = TypeAdapter(Told)
PACE: Final = TypeAdapter(Pace)
DIGESTED: Final = TypeAdapter(Digested)
SILENCE: Final = TypeAdapter(Silence)
CREW: Final = TypeAdapter(Crew)
CHANNEL: Final = TypeAdapter(ChannelSetting)

Notes = dict[str, str | None]
"""JSON by name; None: forget it."""

KEPT: Final = "writ"
"""The book that tells which writ was the last to be kept."""
LAST: Final = "last"


@dataclass(slots=True)
class Writ:
    """Empty at first; each step of the turn adds to it, until it is offered to the database."""

    id: str
    """Of this writ alone: by it one is known that was kept though nobody heard the answer."""
    is_offered: bool = False
    """It may be durable already, so nothing may be added to it."""
    changes: list[Change] = field(default_factory=list)
    job_changes: list[JobChange] = field(default_factory=list)
    messages: list[Outgoing] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    notes: dict[str, Notes] = field(default_factory=dict)
    """By book."""

    @property
    def is_empty(self) -> bool:
        """Nothing to write."""
        return not (self.changes or self.job_changes or self.messages or self.acts or any(self.notes.values()))

    def note(self, book: str, name: str, body: bytes | None) -> None:
        """Remember, or forget, one thing of a book."""
        self.notes.setdefault(book, {})[name] = None if body is None else body.decode()

    def tell(
        self,
        told: Iterable[Told],
        paces: Iterable[Pace],
        digested: Iterable[Digested],
        forgotten: Iterable[tuple[str, str]],
    ) -> None:
        """What the teller remembers."""
        for one in told:
            self.note("told", f"{one.job}/{one.channel}", TOLD.dump_json(one))
        for job, channel in forgotten:
            self.note("told", f"{job}/{channel}", None)
        for pace in paces:
            self.note("pace", pace.channel, PACE.dump_json(pace))
        for mark in digested:
            self.note("digested", mark.crew, DIGESTED.dump_json(mark))

    def write(self, connection: Connection, now_ms: int) -> None:
        """All of it, in the caller's transaction; one that is kept already is left as it is."""
        written = json.dumps(self.id)
        if alert_notes.every(connection, KEPT).get(LAST) == written:
            return
        alert_notes.write(connection, KEPT, {LAST: written}, now_ms)
        if self.changes:
            alerts.write(connection, self.changes)
        if self.job_changes:
            jobs.upsert(connection, ((one.job, one.step is not JobStep.FORGOTTEN) for one in self.job_changes))
        if self.messages:
            outbox.add(connection, self.messages)
        if self.acts:
            acts.add(connection, self.acts)
        for book, notes in sorted(self.notes.items()):
            alert_notes.write(connection, book, notes, now_ms)


class Remembered(NamedTuple):
    """What the desk begins with."""

    alerts: Sequence[Alert]
    jobs: Sequence[Job]
    told: Sequence[Told]
    paces: Sequence[Pace]
    digested: Sequence[Digested]
    silences: Sequence[Silence]
    crews: Sequence[Crew]
    channels: Sequence[ChannelSetting]
    notes: Mapping[str, Mapping[str, str]]
    """Of books that the engine keeps for itself."""


def remembered(connection: Connection) -> Remembered:
    """All of it."""

    def book(name: str, adapter: TypeAdapter[Any]) -> list[Any]:
        return readable(adapter, [body for _, body in sorted(alert_notes.every(connection, name).items())], name)

    return Remembered(
        alerts=alerts.live(connection),
        jobs=jobs.live(connection),
        told=book("told", TOLD),
        paces=book("pace", PACE),
        digested=book("digested", DIGESTED),
        silences=book("silence", SILENCE),
        crews=book("crew", CREW),
        channels=book("channel", CHANNEL),
        notes={name: alert_notes.every(connection, name) for name in ("memory", "watch", "use")},
    )
