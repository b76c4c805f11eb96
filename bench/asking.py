"""People and programs that ask over HTTP, many at once, on plain sockets: less CPU than any client library takes.

Enters: a port, paths. Leaves: seconds of each request; for streams, seconds from a publish to each listener.
Never: a figure of an answer that failed: another status than 200, or 304 to a tag, ends the run.
"""

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

HOST: Final = "127.0.0.1"
WITHIN_S: Final = 60.0
OK: Final = 200
NOT_MODIFIED: Final = 304


class Asker:
    """One connection that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int) -> "Asker":
        """To the platform."""
        return cls(*await asyncio.open_connection(HOST, port))

    async def get(self, path: str, tag: str = "") -> tuple[int, dict[str, str]]:
        """Status (200; 304 to a `tag` that holds) and headers by their names in small letters; the body is left."""
        headers = f"If-None-Match: {tag}\r\n" if tag else ""
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{headers}\r\n".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        found = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        await self._reader.readexactly(int(found.get("content-length", 0)))
        status = int(head[0].split()[1])
        if status != OK and not (tag and status == NOT_MODIFIED):
            raise RuntimeError(f"{path}: {head[0]}")
        return status, found

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50_ms": round(cuts[49] * 1_000, 2), "p99_ms": round(cuts[98] * 1_000, 2), "requests": len(seconds)}


async def one_by_one(port: int, paths: Sequence[str]) -> list[float]:
    """Seconds of each, one after another: what a single person waits."""
    asker, taken = await Asker.connect(port), []
    for path in paths:
        began_s = time.perf_counter()
        await asker.get(path)
        taken.append(time.perf_counter() - began_s)
    asker.close()
    return taken


async def again_and_again(port: int, path: str, times: int) -> list[float]:
    """Seconds until "not modified", of so many; where the answer has changed meanwhile, its new tag is asked for."""
    asker, taken = await Asker.connect(port), list[float]()
    _, headers = await asker.get(path)
    while len(taken) < times:
        began_s = time.perf_counter()
        status, headers = await asker.get(path, headers["etag"])
        if status == NOT_MODIFIED:
            taken.append(time.perf_counter() - began_s)
    asker.close()
    return taken


async def crowd(port: int, paths: Sequence[str], seconds: float, connections: int) -> float:
    """Answers a second to so many who ask again as soon as they have theirs."""
    turns: Iterator[str] = itertools.cycle(paths)
    askers = [await Asker.connect(port) for _ in range(connections)]
    began_s = time.perf_counter()

    async def ask(asker: Asker) -> int:
        """At least once, however long that takes: none in the time would be no figure."""
        count = 0
        while not count or time.perf_counter() - began_s < seconds:
            await asker.get(next(turns))
            count += 1
        asker.close()
        return count

    counts = await asyncio.gather(*(ask(asker) for asker in askers))
    return sum(counts) / (time.perf_counter() - began_s)


async def fan_out(port: int, path: str, listeners: int, publish: Callable[[], None], times: int) -> list[float]:
    """Seconds from each publish until each listener had its event; `publish` is called in a thread."""
    readers: list[asyncio.StreamReader] = []
    writers: list[asyncio.StreamWriter] = []
    for _ in range(listeners):
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        readers.append(reader)
        writers.append(writer)

    async def hear(reader: asyncio.StreamReader) -> float:
        await reader.readuntil(b"event: status")
        return time.perf_counter()

    for reader in readers:
        await reader.readuntil(b"\r\n\r\n")
    taken: list[float] = []
    for _ in range(times):
        hearing = asyncio.gather(*(hear(reader) for reader in readers))
        await asyncio.sleep(0)
        began_s = time.perf_counter()
        await asyncio.to_thread(publish)
        taken += [at_s - began_s for at_s in await asyncio.wait_for(hearing, WITHIN_S)]
        # The stream tells of a station at most so often; a new reading within that would be told with the next.
        await asyncio.sleep(3.0)
    for writer in writers:
        writer.close()
    return taken
