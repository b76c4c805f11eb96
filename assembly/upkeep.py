"""What goes on beside the readings: following tables that other processes change, and bounding what is kept.

Enters: the operational database. Leaves: memory that follows it; a database within its bounds.
Never: ends because the database is away for a while.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from assembly.alert_settings import AlertsSettings
from assembly.settings import DeadLetterSettings
from ingest.alerts.desk_board import LINKS
from ingest.database import acts, alert_notes, alerts, dead_letters, jobs, outbox
from ingest.database.database import Database
from ingest.ports import TransientStoreError

log = logging.getLogger(__name__)

DAY_MS: Final = 86_400_000
FOLLOW_EVERY_S: Final = 5.0
"""Smaller: queries for nothing. Larger: a revoked token opens for longer, and an imported station is unregistered."""
LINK_DAYS: Final = 2
"""Consumed links are remembered for longer than any link lasts. Smaller: one could be used twice."""
PRUNE_EVERY_S: Final = 3600.0
"""Dead letters are bounded so often. Larger: a flood overshoots its bound for longer. Smaller: scans for nothing."""


class Followed(NamedTuple):
    """Something in the database that is also in memory."""

    version: Callable[[Connection], Any]
    """Equal as long as nothing changed."""
    loaded: Any
    """The version before what is in memory was loaded."""
    reload: Callable[[], Awaitable[None]]


async def follow(database: Database, every: Sequence[Followed]) -> None:
    """See what other processes changed within seconds, until cancelled."""
    known = [one.loaded for one in every]
    while True:
        await asyncio.sleep(FOLLOW_EVERY_S)
        try:
            for place, one in enumerate(every):
                version = await database.read(one.version)
                if version != known[place]:
                    await one.reload()
                    known[place] = version
        except TransientStoreError as error:
            log.debug("what is in memory stays as it is: %s", error)


async def prune(database: Database, bounds: DeadLetterSettings) -> None:
    """Drop the oldest dead letters beyond their bounds, until cancelled."""
    days, mib = bounds.keep_days, bounds.keep_mib

    def drop(connection: Connection) -> int:
        oldest_ms = time.time_ns() // 1_000_000 - days * DAY_MS
        return dead_letters.prune(connection, older_than_ms=oldest_ms, max_bytes=mib * 1024 * 1024)

    while True:
        try:
            dropped = await database.run(drop)
            if dropped:
                log.warning("dropped the %d oldest dead letters: over %d days or %d MiB", dropped, days, mib)
        except TransientStoreError as error:
            log.debug("dead letters are not bounded now: %s", error)
        await asyncio.sleep(PRUNE_EVERY_S)


async def prune_alerts(database: Database, settings: AlertsSettings) -> None:
    """Drop alerts, jobs, messages and acts that have been over for long, until cancelled."""

    def drop(connection: Connection) -> int:
        now_ms = time.time_ns() // 1_000_000
        oldest_ms = now_ms - settings.keep_days * DAY_MS
        alert_notes.prune(connection, LINKS, now_ms - LINK_DAYS * DAY_MS)
        return sum(one.prune(connection, oldest_ms) for one in (alerts, jobs, outbox, acts))

    while True:
        try:
            dropped = await database.run(drop)
            if dropped:
                log.info("dropped %d records of alerts, jobs, messages and acts", dropped)
        except TransientStoreError as error:
            log.debug("records of alerts are not bounded now: %s", error)
        await asyncio.sleep(PRUNE_EVERY_S)
