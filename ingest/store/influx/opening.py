"""Before the first reading: a write and a read that work, and limits that will hold the fleet.

Enters: a client that knows the version. Leaves: nothing, or an error that says what to do.
Never: changes the server, but for creating the database that the settings name, where it may.
"""

import logging
from typing import Final

from ingest.ports import StoreMisconfigured, TransientStoreError
from ingest.store.influx import influxql
from ingest.store.influx.client import InfluxClient
from ingest.store.influx.errors import PointsRefused
from ingest.store.influx.points import NS_PER_MS

log = logging.getLogger(__name__)

_LIMITS: Final = ("max-values-per-tag", "max-series-per-database")

_UNSEEN_STATIONS: Final = 50_000
"""From so many stations on it is warned of limits that cannot be seen: by default a database holds 1,000,000 series,
and a station with a cabinet of twelve slots has 18. Larger: the first refused station is the warning. Smaller: small
unions are warned at each start of what cannot meet them."""


def probe_line(now_ms: int) -> bytes:
    """A point that any bucket must take."""
    return b"yizhan_probe ok=1i %d" % (now_ms * NS_PER_MS)


async def prove_writing(client: InfluxClient, now_ms: int) -> None:
    """Raises `StoreMisconfigured` and `TransientStoreError`."""
    try:
        await client.write(probe_line(now_ms))
    except PointsRefused as error:
        raise StoreMisconfigured(
            f"{client.server.url} refuses a plain test point ({error}): check that store.url leads to InfluxDB, over "
            "http or https as it expects, and that store.bucket is not used by something else"
        ) from error


async def prove(client: InfluxClient, now_ms: int, stations: int) -> None:
    """All that can be known at the start; raises `StoreMisconfigured` and `TransientStoreError`."""
    is_1 = client.version.major == 1
    try:
        await prove_writing(client, now_ms)
    except StoreMisconfigured as error:
        if not (is_1 and "database not found" in str(error)):
            raise
        await _create_database(client)
        await prove_writing(client, now_ms)
    await _prove_reading(client, now_ms)
    if is_1:
        await _check_limits(client, stations)


async def _create_database(client: InfluxClient) -> None:
    database = client.server.place["db"]
    statement = f"CREATE DATABASE {influxql.name(database)}"
    try:
        await client.execute(statement)
    except StoreMisconfigured as error:
        raise StoreMisconfigured(
            f"InfluxDB has no database {database!r}, and this user may not create it ({error}): let an administrator "
            f"run {statement} and GRANT ALL ON {influxql.name(database)} TO the user"
        ) from error
    log.warning("created the InfluxDB database %s, which keeps readings for ever: see docs/operations.md", database)


async def _prove_reading(client: InfluxClient, now_ms: int) -> None:
    wanted = now_ms * NS_PER_MS
    statement = f'SELECT "ok" FROM "yizhan_probe" WHERE time = {wanted}'  # noqa: S608 - a number
    found = [row async for table in client.query(statement) for row in table.rows]
    if found:
        return
    raise StoreMisconfigured(
        f"a test point written to {client.server.bucket!r} is not found by InfluxQL: on 2.x the token needs the right "
        "to read, and the bucket a DBRP mapping (influx v1 dbrp create) where its name holds a slash"
    )


async def _check_limits(client: InfluxClient, stations: int) -> None:
    """1.x with its index in memory refuses the 100,001st station by default; which index it has, it does not tell."""
    limits: dict[str, int] = {}
    try:
        async for table in client.query("SHOW DIAGNOSTICS FOR 'config-data'"):
            for row in table.rows:
                told = dict(zip(table.columns, row, strict=True))
                limits |= {name: int(told[name]) for name in _LIMITS if name in told}
    except StoreMisconfigured:
        log.log(
            logging.WARNING if stations >= _UNSEEN_STATIONS else logging.INFO,
            "InfluxDB tells its limits to administrators alone: see to it that %s are 0 in [data] of influxdb.conf, as "
            "in deploy/influxdb.conf, before there are %d stations; where they are not, it refuses stations",
            " and ".join(_LIMITS),
            _UNSEEN_STATIONS,
        )
    except TransientStoreError as error:
        log.warning("the limits of InfluxDB could not be asked for, and are looked at with the next start: %s", error)
    for name, most in limits.items():
        if 0 < most < stations:
            raise StoreMisconfigured(
                f"InfluxDB would refuse stations: the registry has {stations}, and {name} is {most}; set {name} = 0 "
                'and index-version = "tsi1" in [data] of influxdb.conf and restart influxd'
            )
