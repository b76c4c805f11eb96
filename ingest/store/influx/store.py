"""Readings in InfluxDB: the `ReadingStore` port, their history, and the published counts beside them.

Enters: batches of readings, counts. Leaves: the same, by station and time. Never: keeps a state that a restart would
miss: a retry, here or in the next process, writes the same points over themselves.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

from gateway.topics import Kind
from ingest.model import DayCount, HistoryPoint, Reading
from ingest.ports import LATE_MS, RejectedByStore, StoreMisconfigured
from ingest.store.figures import FIGURES
from ingest.store.influx import influxql
from ingest.store.influx.client import InfluxClient, InfluxServer
from ingest.store.influx.errors import PointsRefused
from ingest.store.influx.lines import KnownStations, Lines
from ingest.store.influx.opening import prove, prove_writing
from ingest.store.influx.rows import InOrder, history_point, reading_of
from ingest.store.influx.settle import BODY_MAX_POINTS, parts, settle
from ingest.visits.local_day import LocalDays

log = logging.getLogger(__name__)

T = TypeVar("T")


class InfluxReadingStore:
    """The `ReadingStore`, `ReadingHistory` and `CountsSink` ports on one bucket."""

    def __init__(
        self, server: InfluxServer, registry: KnownStations, days: LocalDays, now_ms: Callable[[], int]
    ) -> None:
        self._client = InfluxClient(server)
        self._registry = registry
        self._lines = Lines(registry, days)
        self._now_ms = now_ms
        self._is_proven = False
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """See the port. Raises `TransientStoreError` too, where the server is away: then the next use opens it."""
        self._is_proven = False
        try:
            await self._client.open()
            await prove(self._client, self._now_ms(), len(self._registry))
        except BaseException:
            # Who could not open a store has none to close.
            await self._client.close()
            raise
        self._is_proven = True

    async def write(self, readings: Sequence[Reading], *, has_waited: bool = False) -> None:  # noqa: ARG002 - the port's
        """See the port."""
        await self._be_open()
        refused: list[tuple[Reading, str]] = []
        for start in range(0, len(readings), BODY_MAX_POINTS):
            part = readings[start : start + BODY_MAX_POINTS]
            refused += await self._settle(part, self._lines.of_readings(part))
        if refused:
            raise RejectedByStore(refused)

    async def write_counts(self, counts: Sequence[DayCount]) -> None:
        """See the port."""
        await self._be_open()
        for start in range(0, len(counts), BODY_MAX_POINTS):
            part = counts[start : start + BODY_MAX_POINTS]
            refused = await self._settle(part, self._lines.of_counts(part))
            if refused:
                raise StoreMisconfigured(
                    f"InfluxDB refuses published counts ({refused[0][1]}): the measurement `visits` must be ours alone"
                )

    async def stored_since(self, since_ms: int) -> AsyncIterator[Reading]:
        """See the port: by time of sampling, which is what InfluxDB knows."""
        for kind in Kind:
            async for reading in self._readings(kind, influxql.readings(kind, since_ms - LATE_MS)):
                yield reading

    async def of_station(self, station: str, kind: str, from_ms: int, to_ms: int) -> AsyncIterator[Reading]:
        """See the port."""
        known, ordered = Kind(kind), InOrder()
        statement = influxql.readings(known, from_ms, to_ms, station)
        async for sampled in self._readings(known, statement):
            for reading in ordered.take(sampled):
                yield reading
        for reading in ordered.rest():
            yield reading

    async def history(self, station: str, kind: Kind, from_ms: int, to_ms: int, every_ms: int) -> list[HistoryPoint]:
        """See the port."""
        await self._be_open()
        figures = FIGURES[kind]
        statement = influxql.history(kind, figures, station, from_ms, to_ms, every_ms)
        return [history_point(row, figures) async for table in self._client.query(statement) for row in table.rows]

    async def close(self) -> None:
        """See the port."""
        self._is_proven = False
        await self._client.close()

    async def _be_open(self) -> None:
        if not self._is_proven:
            async with self._opening:  # a question of the API and a batch may come at once
                if not self._is_proven:
                    await self.open()

    async def _readings(self, kind: Kind, statement: str) -> AsyncIterator[Reading]:
        await self._be_open()
        foreign = 0
        async for table in self._client.query(statement):
            for row in table.rows:
                reading = reading_of(kind, row)
                if reading is None:
                    foreign += 1
                else:
                    yield reading
        if foreign:
            log.warning("passed over %d points of the measurement %s that are no readings", foreign, kind.value)

    async def _settle(self, subjects: Sequence[T], texts: Sequence[str]) -> list[tuple[T, str]]:
        refused: list[tuple[T, str]] = []
        for part in parts(subjects, texts):
            refused += await settle(part, self._write_body)
        return refused

    async def _write_body(self, body: bytes) -> None:
        try:
            await self._client.write(body)
        except PointsRefused as error:
            if not error.is_certain:
                # Is it the points, or would this server refuse any? Raises where it is the server.
                await prove_writing(self._client, self._now_ms())
            raise
