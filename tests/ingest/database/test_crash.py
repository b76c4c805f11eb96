"""kill -9 at any moment: what was told to be durable is there, and no transaction is there by half."""

import subprocess
import sys
import time

import pytest

from ingest.database import ledger
from ingest.database.database import Database
from tests.ingest.database import merging_child


def kill_while_merging(url: str, after_batches: int, wait_s: float) -> int:
    """Kill a process so long after a batch was durable; the last batch that it told of."""
    command = [sys.executable, "-m", merging_child.__name__, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for _ in range(after_batches):
            child.stdout.readline()
        time.sleep(wait_s)
        child.kill()
        return after_batches + len(child.stdout.readlines())


@pytest.mark.parametrize("wait_s", [0.0, 0.001, 0.003, 0.007, 0.02])
async def test_what_was_durable_survives_a_kill(url: str, wait_s: float) -> None:
    """All rows show the last batch that was told of, or all show the one after it, whose commit nobody heard of."""
    told = kill_while_merging(url, 5, wait_s)
    database = Database(url)
    await database.open()
    found = await database.read(lambda c: list(ledger.rows_on_days(c, [merging_child.DAY])))
    assert len(found) == merging_child.STATIONS
    [highest] = {one.highest for one in found}
    assert highest in {told, told + 1}
    assert {one.lowest for one in found} == {1}
    if url.startswith("sqlite"):
        assert await database.read(lambda c: c.exec_driver_sql("PRAGMA integrity_check").scalar()) == "ok"
    await database.close()
