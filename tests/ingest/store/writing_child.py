"""A process that writes to a store and says so: killed by the test in the moment in which it has said it.

Enters: module and expression that make the store. Leaves: one line for each batch that `write` returned for.
Never: closes the store, or ends by itself before it has written all.
"""

import asyncio
import importlib
import sys

from ingest.ports import ReadingStore
from tests.ingest.making import reading

BATCH = 20


async def main(module: str, expression: str) -> None:
    """Write batch after batch."""
    store: ReadingStore = eval(expression, vars(importlib.import_module(module)))  # noqa: S307 - from the test
    await store.open()
    for first in range(1, 100_000, BATCH):
        await store.write([reading(seq=seq) for seq in range(first, first + BATCH)])
        print(first + BATCH - 1, flush=True)  # noqa: T201 - what the test reads


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
