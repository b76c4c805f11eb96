"""A platform in a process of its own, which the test kills: it takes a history and says what it has acknowledged.

Enters: folder, seed, the number of the first message to take, the clock. Leaves: a line for each acknowledgement.
Never: takes the next message before the last one is acknowledged.
"""

import asyncio
import sys
from pathlib import Path

from tests.ingest.durable import alive, feed, history
from tests.ingest.world import Clock, RecordingEdge


class TellingEdge(RecordingEdge):
    """Says on standard output what is acknowledged, the moment it is."""

    def ack(self, connection: int, packet_ids: list[bytes]) -> bool:
        """See the pipeline."""
        for packet_id in packet_ids:
            print(int.from_bytes(packet_id, "big"), flush=True)  # noqa: T201 - what the test reads
        return super().ack(connection, packet_ids)


async def main(folder: str, seed: str, first: str, now_ms: str) -> None:
    """One life."""
    clock = Clock(int(now_ms))
    async with alive(Path(folder), clock, lambda _point: None) as platform:
        platform.edge.__class__ = TellingEdge
        await feed(platform, clock, list(enumerate(history(int(seed))))[int(first) :], 1)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
