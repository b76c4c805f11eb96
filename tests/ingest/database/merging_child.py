"""A process that merges batch after batch into a ledger until it is killed: what the crash test kills.

Enters: a database's URL. Leaves: on standard output, the number of each batch once it is durable.
"""

import asyncio
import sys
from datetime import date
from functools import partial
from itertools import count

from ingest.database import ledger
from ingest.database.database import Database
from ingest.model import LedgerRow, Mark

DAY = date(2026, 11, 22)
STATIONS = 700
"""In a batch: more than one statement's, so that a kill may fall between two of them."""


def batch(number: int) -> list[LedgerRow]:
    """Rows of all stations, one entry further than those of the batch before."""
    mark = Mark(1_795_330_800_000 + number, 1, number)
    return [LedgerRow(f"yz-{station:03d}", DAY, 1, number, number, mark, mark) for station in range(STATIONS)]


async def merge_until_killed(url: str) -> None:
    """Never returns."""
    database = Database(url)
    await database.open()
    for number in count(1):
        await database.run(partial(ledger.merge_rows, rows=batch(number), now_ms=number))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(merge_until_killed(sys.argv[1]))
