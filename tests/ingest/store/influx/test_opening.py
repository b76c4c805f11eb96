"""The first contact with InfluxDB: what is wrong is said in words that a person can act on."""

import asyncio
import gc
import logging
import ssl
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bench.servers import InfluxDB
from ingest.ports import StoreMisconfigured, TransientStoreError
from ingest.registry.registry import MemoryRegistry
from tests.certificates import make_certificates
from tests.ingest.making import reading
from tests.ingest.store.influx.conftest import MakeStore
from tests.ingest.store.influx_stores import ask, count, influx_store, registry_of
from tests.ingest.store.influx_v2_front import InfluxV2Front, refusal
from tests.ingest.store.test_contract import everything

pytestmark = pytest.mark.influx


async def why(store_url: str, make_store: MakeStore, registry: MemoryRegistry | None = None, **server: Any) -> str:
    """What opening says is wrong."""
    with pytest.raises(StoreMisconfigured) as raised:
        await make_store(store_url, registry=registry, **server).open()
    return str(raised.value)


# ---- 2.x ----


async def test_wrong_token_names_the_setting(influx_v2: InfluxV2Front, make_store: MakeStore) -> None:
    """The server's word and the setting to look at."""
    said = await why(influx_v2.url, make_store, org=influx_v2.org, token="bad-token")
    assert "unauthorized access" in said
    assert "store.token" in said
    assert "bad-token" not in said


async def test_no_token_names_the_setting(influx_v2: InfluxV2Front, make_store: MakeStore) -> None:
    """The same where none was given."""
    assert "store.token" in await why(influx_v2.url, make_store, org=influx_v2.org)


async def test_missing_bucket_says_how_to_make_it(influx_v2: InfluxV2Front, make_store: MakeStore) -> None:
    """On 2.x a bucket is made by a person, since only a person knows how long it keeps."""
    influx_v2.bucket = "another"
    said = await why(influx_v2.url, make_store, org=influx_v2.org, token=influx_v2.token)
    assert 'bucket "yizhan" not found' in said
    assert "influx bucket create" in said


@pytest.mark.parametrize("org", ["", "strangers"])
async def test_wrong_org_names_the_setting(influx_v2: InfluxV2Front, make_store: MakeStore, org: str) -> None:
    """An organization that is missing or unknown."""
    said = await why(influx_v2.url, make_store, org=org, token=influx_v2.token)
    assert "organization" in said
    assert "store.org" in said


async def test_token_that_may_not_write_says_what_it_needs(influx_v2: InfluxV2Front, make_store: MakeStore) -> None:
    """A token for reading alone is found out at the start."""
    influx_v2.planned.append(refusal(403, "forbidden", "insufficient permissions for write"))
    said = await why(influx_v2.url, make_store, org=influx_v2.org, token=influx_v2.token)
    assert "insufficient permissions" in said
    assert "right to read and to write" in said


async def test_point_that_cannot_be_read_back_says_why(influx_v2: InfluxV2Front, make_store: MakeStore) -> None:
    """A write that succeeds and is not found afterwards is no store."""
    influx_v2.planned.append(web.Response(status=204))
    said = await why(influx_v2.url, make_store, org=influx_v2.org, token=influx_v2.token)
    assert "right to read" in said
    assert "dbrp" in said


async def test_server_that_does_not_tell_its_version_is_a_new_one(
    influx_v2: InfluxV2Front, make_store: MakeStore
) -> None:
    """Behind some proxies, and in the cloud, /ping tells no version: then it has /api/v2/write."""
    influx_v2.version = None
    store = make_store(influx_v2.url, org=influx_v2.org, token=influx_v2.token)
    await store.open()
    await store.write([reading()])
    assert len(influx_v2.bodies) == 2


async def test_1_8_is_written_to_at_api_v2_with_the_user_as_token(
    influx_v2: InfluxV2Front, make_store: MakeStore
) -> None:
    """1.8 takes `user:password` for a token at /api/v2/write, and the user as such at /query."""
    influx_v2.version, influx_v2.token, influx_v2.org = "1.8.10", "me:hush", "-"
    influx_v2.basic = "Basic bWU6aHVzaA=="
    store = make_store(influx_v2.url, username="me", password="hush")
    await store.open()
    await store.write([reading()])
    assert await everything(store) != []


# ---- 1.6 ----


async def test_database_is_made_where_it_is_missing(
    influxdb: InfluxDB, make_store: MakeStore, caplog: pytest.LogCaptureFixture
) -> None:
    """On 1.x the store makes its database, says so once, and finds it the next time."""
    for _ in range(2):
        await make_store(influxdb.url).open()
    assert caplog.text.count("created the InfluxDB database yizhan") == 1


async def test_retention_policy_may_be_named(influxdb: InfluxDB, make_store: MakeStore) -> None:
    """`database/policy` is written to and read from."""
    await ask(influxdb.url, "CREATE DATABASE yizhan")
    await ask(influxdb.url, "CREATE RETENTION POLICY raw ON yizhan DURATION 0s REPLICATION 1")
    store = make_store(influxdb.url, bucket="yizhan/raw")
    await store.open()
    await store.write([reading()])
    assert len(await everything(store)) == 1
    assert await count(influxdb.url) == 0
    assert (await ask(influxdb.url, 'SELECT COUNT("seq") FROM raw.occupancy'))[0][1] == 1


async def test_users_of_1_x_get_what_they_may(influxdb: InfluxDB, make_store: MakeStore) -> None:
    """No user, a wrong password, a user without rights, and one who may write but not make the database."""
    influxdb.auth = True
    influxdb.restart()
    await ask(influxdb.url, "CREATE USER root WITH PASSWORD 'root' WITH ALL PRIVILEGES")
    as_root = {"u": "root", "p": "root"}
    await ask(influxdb.url, "CREATE USER me WITH PASSWORD 'hush'", **as_root)

    assert "store.username" in await why(influxdb.url, make_store)
    said = await why(influxdb.url, make_store, username="me", password="wrong-hush")
    assert "store.password" in said
    assert "wrong-hush" not in said
    assert "GRANT ALL" in await why(influxdb.url, make_store, username="me", password="hush")

    await ask(influxdb.url, "CREATE DATABASE yizhan", **as_root)
    said = await why(influxdb.url, make_store, username="me", password="hush")
    assert "right to read and to write" in said

    await ask(influxdb.url, "GRANT ALL ON yizhan TO me", **as_root)
    store = make_store(influxdb.url, username="me", password="hush")
    await store.open()
    await store.write([reading()])
    assert len(await everything(store)) == 1


async def test_limits_that_would_refuse_stations_stop_the_start(influxdb: InfluxDB, make_store: MakeStore) -> None:
    """1.x refuses station 100,001 by default: that is said before it is registered, with what to set."""
    influxdb.data_settings = "max-values-per-tag = 2"
    influxdb.restart()
    said = await why(influxdb.url, make_store, registry_of("st-1", "st-2", "st-3"))
    assert "the registry has 3" in said
    assert "max-values-per-tag = 0" in said
    assert 'index-version = "tsi1"' in said
    await make_store(influxdb.url, registry=registry_of("st-1", "st-2")).open()


@pytest.mark.parametrize(("stations", "level"), [(3, logging.INFO), (50_000, logging.WARNING)])
async def test_limits_that_cannot_be_seen_are_told_and_warned_of_where_they_matter(
    influxdb: InfluxDB, make_store: MakeStore, caplog: pytest.LogCaptureFixture, stations: int, level: int
) -> None:
    """A user who may not ask for them starts all the same and is told what to do; a small union is not alarmed."""
    influxdb.auth, influxdb.data_settings = True, "max-values-per-tag = 2"
    influxdb.restart()
    await ask(influxdb.url, "CREATE USER root WITH PASSWORD 'root' WITH ALL PRIVILEGES")
    for statement in ("CREATE DATABASE yizhan", "CREATE USER me WITH PASSWORD 'hush'", "GRANT ALL ON yizhan TO me"):
        await ask(influxdb.url, statement, u="root", p="root")
    with caplog.at_level(logging.INFO, "ingest.store.influx.opening"):
        registry = registry_of(*(f"a-{n}" for n in range(stations)))
        await make_store(influxdb.url, registry=registry, username="me", password="hush").open()
    (told,) = (record for record in caplog.records if "max-values-per-tag" in record.getMessage())
    assert told.levelno == level
    assert "to administrators alone" in told.getMessage()


async def test_rows_that_a_limit_cut_off_are_not_taken_for_all(influxdb: InfluxDB, make_store: MakeStore) -> None:
    """`max-row-limit` does not touch answers in chunks, and so nothing that is asked for."""
    influxdb.http_settings = "max-row-limit = 10"
    influxdb.restart()
    store = make_store(influxdb.url)
    await store.open()
    await store.write([reading(seq=seq, ts=reading().body.ts + seq) for seq in range(1, 3_001)])
    assert len(await everything(store)) == 3_000


# ---- what is no InfluxDB, and TLS ----


@pytest.mark.parametrize("status", [200, 404])
async def test_another_server_is_found_out(make_store: MakeStore, status: int) -> None:
    """A web page at the address is no database, whether it answers everything or nothing."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(status=status, text="<html>welcome</html>", content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", page)
    async with TestServer(app) as server:
        assert "store.url" in await why(str(server.make_url("")).rstrip("/"), make_store)


async def test_server_that_is_starting_is_waited_for(make_store: MakeStore) -> None:
    """A 503 of /ping is no answer about the version."""

    async def unavailable(_: web.Request) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": "2"}, text="starting")

    app = web.Application()
    app.router.add_get("/ping", unavailable)
    async with TestServer(app) as server:
        with pytest.raises(TransientStoreError, match="starting") as raised:
            await make_store(str(server.make_url("")).rstrip("/")).open()
    assert raised.value.retry_after_s == 2


async def test_tls_is_held_to_the_authority(
    influxdb: InfluxDB, make_store: MakeStore, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A certificate is taken from the named authority alone, and mixing up http and https is said."""
    certificates = make_certificates(tmp_path_factory.mktemp("certificates"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificates.server, certificates.key)
    with InfluxV2Front(influxdb.url, tls) as front:
        known: dict[str, Any] = {"org": front.org, "token": front.token}
        store = make_store(front.url, tls_ca=certificates.authority, **known)
        await store.open()
        await store.write([reading()])
        assert len(await everything(store)) == 1
        assert "store.tls_ca" in await why(front.url, make_store, **known)
    assert "influxdb+http" in await why(influxdb.url.replace("http:", "https:"), make_store)
    missing = tmp_path_factory.mktemp("empty") / "none.pem"
    assert "must be a PEM file" in await why(influxdb.url, make_store, tls_ca=missing)


async def test_store_that_could_not_be_opened_leaves_nothing_open(unused_tcp_port: int) -> None:
    """Nobody closes what was never open, so its connections end with the error that is raised."""
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context["message"]))
    with pytest.raises(TransientStoreError):
        await influx_store(f"http://127.0.0.1:{unused_tcp_port}").open()
    gc.collect()
    assert complaints == []
