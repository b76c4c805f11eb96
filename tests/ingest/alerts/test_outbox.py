"""The outbox of the database, as the postman asks it: what cannot be read stops nothing."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from ingest.alerts.lane import HOUR_MS
from ingest.alerts.outbox import DatabaseOutbox
from ingest.database import outbox as outbox_table
from ingest.database.database import Database
from ingest.database.tables import OUTBOX
from tests.ingest.alerts.messages import NOW_MS, outgoing


async def test_a_row_that_cannot_be_read_is_left_and_told_once_and_the_rest_is_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of another version, or corrupt; also where more of them stand before the others than are asked for at once."""
    database = Database(f"sqlite:///{tmp_path}/yizhan.db")
    await database.open()
    await database.run(
        lambda c: outbox_table.add(c, [outgoing(number, jobs=(f"j-{number}",)) for number in range(1, 5)])
    )
    spoilt = update(OUTBOX).where(OUTBOX.c.key != "k-4").values(tries=1, next_ms=0, body='{"v": 2}')
    await database.run(lambda c: c.execute(spoilt))
    box = DatabaseOutbox(database)
    assert await box.tried() == []
    assert box.unreadable == 3
    for _ in range(3):
        found = await box.due(NOW_MS + HOUR_MS, 1)
    assert [one.notice.key for one in found] == ["k-4"]
    assert caplog.text.count("cannot be read by this version") == 3
    kept = await database.read(lambda c: c.scalars(select(OUTBOX.c.body).where(OUTBOX.c.key == "k-1")).one())
    assert kept == '{"v": 2}'
    assert [one.notice.key for one in await database.read(lambda c: outbox_table.newest(c, 9))] == ["k-4"]
    await database.close()
