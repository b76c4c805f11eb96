"""The part of bench.ingest that only InfluxDB has: its lines posted straight to it, and what it holds afterwards.

Enters: an InfluxDB, readings as they were sent to the platform. Leaves: how fast it takes their lines alone.
Never: a broker or a platform, or a figure of lines that are not in it at the end.
"""

import json
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Final

from bench import procfs
from bench.servers import InfluxDB
from gateway.child_server import LOOPBACK
from gateway.frames import Message
from gateway.topics import Kind
from ingest.decode import ClockBounds, decode
from ingest.model import Reading
from ingest.registry.regions import load_regions
from ingest.registry.registry import MemoryRegistry
from ingest.store.influx.lines import Lines
from ingest.store.influx.settle import BODY_MAX_POINTS, parts
from ingest.visits.local_day import LocalDays

BUCKET: Final = "yizhan"
TIMEOUT_S: Final = 120.0
"""For one answer. Larger: a server that hangs is noticed late. Smaller: one that packs what it has fails the run."""

Sent = Sequence[tuple[str, bytes]]
"""Topic and payload, as `bench.load` makes them."""


def bodies(sent: Sent) -> Iterator[bytes]:
    """The lines of the platform's own store for these readings, cut as it cuts a full batch."""
    lines, now_ms = Lines(MemoryRegistry(load_regions()), LocalDays("Asia/Shanghai")), time.time_ns() // 1_000_000
    for start in range(0, len(sent), BODY_MAX_POINTS):
        arrived = [
            decode(Message(topic, payload, b"", retained=False), now_ms, ClockBounds())
            for topic, payload in sent[start : start + BODY_MAX_POINTS]
        ]
        readings = [one for one in arrived if isinstance(one, Reading)]
        for part in parts(readings, lines.of_readings(readings)):
            yield part.body()


def post(influx: InfluxDB, made: Sequence[bytes]) -> None:
    """All on one connection, one after the other as the platform does; raises RuntimeError if one is refused."""
    connection = HTTPConnection(LOOPBACK, influx.port, timeout=TIMEOUT_S)
    try:
        for body in made:
            _ask(connection, "POST", "/write", {"db": BUCKET, "precision": "n"}, HTTPStatus.NO_CONTENT, body)
    finally:
        connection.close()


def held(influx: InfluxDB) -> int:
    """Readings that InfluxDB has, of all kinds and stations."""
    connection = HTTPConnection(LOOPBACK, influx.port, timeout=TIMEOUT_S)
    try:
        statement = "; ".join(f'SELECT COUNT("seq") FROM "{kind.value}"' for kind in Kind)  # noqa: S608 - ours
        said = _ask(connection, "GET", "/query", {"db": BUCKET, "q": statement}, HTTPStatus.OK)
    finally:
        connection.close()
    series = [one for result in json.loads(said)["results"] for one in result.get("series", ())]
    return sum(one["values"][0][1] for one in series)


def measure_straight(influx: InfluxDB, introduction: Sent, sent: Sent) -> dict[str, float]:
    """Readings a second of the clock, and CPU seconds of InfluxDB; the introduction is not measured."""
    connection = HTTPConnection(LOOPBACK, influx.port, timeout=TIMEOUT_S)
    _ask(connection, "POST", "/query", {"q": f'CREATE DATABASE "{BUCKET}"'}, HTTPStatus.OK)
    connection.close()
    post(influx, list(bodies(introduction)))
    made = list(bodies(sent))
    pid = influx.pid or 0
    before_s, began_s = procfs.cpu_s(pid), time.monotonic()
    post(influx, made)
    wall_s, used_s = time.monotonic() - began_s, procfs.cpu_s(pid) - before_s
    assert_held(influx, len(introduction) + len(sent))
    return {"per_s": len(sent) / wall_s, "influxdb_cpu_s": used_s}


def assert_held(influx: InfluxDB, wanted: int) -> None:
    """Raises RuntimeError unless InfluxDB has exactly so many readings."""
    if (found := held(influx)) != wanted:
        raise RuntimeError(f"InfluxDB holds {found} readings, not {wanted}")


def _ask(
    connection: HTTPConnection, method: str, path: str, asked: dict[str, str], status: HTTPStatus, body: bytes = b""
) -> bytes:
    connection.request(method, f"{path}?{urllib.parse.urlencode(asked)}", body)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != status:
        raise RuntimeError(f"InfluxDB answers {path} with {answer.status}: {said[:200]!r}")
    return said
