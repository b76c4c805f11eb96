"""The books of alerts: notes are written in place of what was, and forgotten, however many at once."""

from ingest.database import alert_notes
from ingest.database.database import Database

MANY = 40_000
"""More than SQLite takes parameters in one statement (32,766)."""


async def test_more_notes_are_forgotten_than_fit_into_a_statement(database: Database) -> None:
    """As when a storm is over and what was told of its jobs need not be remembered any more."""
    notes = {f"job-{number}/hook": "{}" for number in range(MANY)}
    await database.run(lambda c: alert_notes.write(c, "told", {**notes, "kept": "{}"}, 1))
    await database.run(lambda c: alert_notes.write(c, "told", dict.fromkeys(notes), 2))
    assert await database.read(lambda c: alert_notes.every(c, "told")) == {"kept": "{}"}
