"""The key of one-time links in the database: made once, kept, and made anew where nobody can read it."""

from pathlib import Path

import pytest

from assembly.alerting import link_key
from ingest.database import alert_notes
from ingest.database.database import Database


async def test_the_key_is_made_once(tmp_path: Path) -> None:
    """The second start has the one of the first."""
    database = Database(f"sqlite:///{tmp_path}/yizhan.db")
    await database.open()
    try:
        assert await database.run(link_key) == await database.run(link_key)
    finally:
        await database.close()


@pytest.mark.parametrize("spoilt", ["no hex", "00ff"])
async def test_a_key_that_cannot_be_read_stops_no_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spoilt: str
) -> None:
    """Another is made and kept, and the log says what that means."""
    database = Database(f"sqlite:///{tmp_path}/yizhan.db")
    await database.open()
    try:
        await database.run(lambda connection: alert_notes.write(connection, "key", {"links": spoilt}, 0))
        made = await database.run(link_key)
        assert "open nothing any more" in caplog.text
        assert await database.run(link_key) == made
    finally:
        await database.close()
