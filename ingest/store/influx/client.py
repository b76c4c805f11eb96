"""HTTP to one InfluxDB, whatever its version: bodies of lines in, rows out.

Enters: lines, InfluxQL. Leaves: nothing for what is durable; rows. Never: retries, splits or drops: it raises.
Writes go through influxdb-client to /api/v2/write; a server older than 1.8 has none and takes the same body at /write.
"""

import base64
import errno
import gzip
import re
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService

from ingest.ports import StoreMisconfigured, TransientStoreError
from ingest.store.influx.errors import BodyTooLarge, PointsRefused, error_of
from ingest.store.influx.influxql import NotAnAnswer, QueryFailed, Table, is_cut, tables_of

GZIP_LEVEL: Final = 1
"""0.4 µs a line, and an eighth of the bytes. Larger: 1 µs a line for an eleventh of them. Smaller: no compression."""
ROWS_A_CHUNK: Final = 1_000
"""Rows of an answer that are parsed at once. Larger: the event loop is held for more than 5 ms. Smaller: more hops."""
CUT_OFF_BYTES: Final = 256 * 1024
"""A larger body that was cut off may have been too large for the server: behind its 413 it reads so much more of it,
and then closes, which throws the 413 away. Larger: such a body is sent for ever. Smaller: bodies are halved for nothing
while the network fails, down to a single reading."""

_VERSION: Final = re.compile(r"v?(\d+)\.(\d+)")
_FIRST_WITH_V2_WRITE: Final = (1, 8)
_CUT_OFF: Final = frozenset({errno.ECONNRESET, errno.EPIPE})


@dataclass(frozen=True, slots=True)
class InfluxServer:
    """Where it is, and who we are to it."""

    url: str
    """Such as http://127.0.0.1:8086."""
    bucket: str
    """On 1.x the database, or database/retention-policy."""
    org: str = ""
    token: str | None = field(default=None, repr=False)
    username: str | None = None
    """With the password in place of a token: for 1.x."""
    password: str | None = field(default=None, repr=False)
    tls_ca: Path | None = None
    timeout_s: float = 10.0
    gzip: bool = False

    @property
    def place(self) -> dict[str, str]:
        """The bucket as /query and /write name it."""
        database, _, policy = self.bucket.partition("/")
        return {"db": database, "rp": policy} if policy else {"db": database}


class Version(NamedTuple):
    """Of the server."""

    major: int
    minor: int


NEWER: Final = Version(2, 0)
"""Taken for the version of a server that does not tell it: those before 2.0 all do."""


class InfluxClient:
    """Usable between `open` and `close`, both in a running event loop."""

    def __init__(self, server: InfluxServer) -> None:
        self.server = server
        self.version = NEWER
        self._session: aiohttp.ClientSession | None = None
        self._v2: InfluxDBClientAsync | None = None

    async def open(self) -> None:
        """Connect and learn the version; raises `TransientStoreError` and `StoreMisconfigured`."""
        await self.close()
        server, timeout, tls = self.server, aiohttp.ClientTimeout(total=self.server.timeout_s), self._tls()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls), timeout=timeout, headers=self._authorization()
        )
        self._v2 = InfluxDBClientAsync(
            server.url, token=self._token(), timeout=timeout, ssl_context=tls, allow_redirects=False
        )
        with self._network_errors():
            async with self._session.get(f"{server.url}/ping", allow_redirects=False) as answer:
                if answer.status == HTTPStatus.NOT_FOUND:
                    raise StoreMisconfigured(f"{server.url} does not answer /ping: store.url must lead to InfluxDB")
                if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise error_of(answer.status, answer.headers, await answer.read())
                told = _VERSION.match(answer.headers.get("X-Influxdb-Version", ""))
        self.version = Version(int(told[1]), int(told[2])) if told else NEWER

    async def close(self) -> None:
        """Let go; harmless when it is not open."""
        session, self._session = self._session, None
        v2, self._v2 = self._v2, None
        if session is not None:
            await session.close()
        if v2 is not None:
            await v2.close()  # type: ignore[no-untyped-call]  # the library's

    async def write(self, lines: bytes) -> None:
        """Return when the lines are durable; raises an error of `errors` or of the port."""
        body = gzip.compress(lines, GZIP_LEVEL) if self.server.gzip else lines
        with self._network_errors(len(body)):
            if self.version >= _FIRST_WITH_V2_WRITE:
                status, headers, said = await self._write_v2(body)
            else:
                status, headers, said = await self._write_v1(body)
        if status != HTTPStatus.NO_CONTENT:
            raise error_of(status, headers, said)

    async def query(self, statement: str) -> AsyncIterator[Table]:
        """The rows of an answer, some at a time; raises `TransientStoreError` and `StoreMisconfigured`."""
        asked = {"q": statement, "epoch": "ns", "chunked": "true", "chunk_size": str(ROWS_A_CHUNK)}
        # No bound on the whole, since an answer may be long: the silence is bounded.
        timeout = aiohttp.ClientTimeout(sock_connect=self.server.timeout_s, sock_read=self.server.timeout_s)
        document = b""
        with self._network_errors():
            async with self._opened.get(
                f"{self.server.url}/query", params=self.server.place | asked, timeout=timeout, allow_redirects=False
            ) as answer:
                if answer.status != HTTPStatus.OK:
                    raise _of_query(error_of(answer.status, answer.headers, await answer.read()))
                async for document in _lines(answer.content):
                    for table in _tables(document):
                        yield table
        if document and is_cut(document):
            raise StoreMisconfigured("InfluxDB cut its answer short: set max-row-limit = 0 in [http] of influxdb.conf")

    async def execute(self, statement: str) -> None:
        """Run a statement that changes something, which 1.x takes by POST alone."""
        with self._network_errors():
            async with self._opened.post(f"{self.server.url}/query", params={"q": statement}) as answer:
                said = await answer.read()
                if answer.status != HTTPStatus.OK:
                    raise _of_query(error_of(answer.status, answer.headers, said))
        _tables(said)

    async def _write_v2(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        if self._v2 is None:
            raise RuntimeError("the client is not open")
        # Not its WriteApiAsync: that compresses at level 9 only, which costs more than all else on a reading's way.
        service = WriteService(self._v2.api_client)  # type: ignore[no-untyped-call]  # the library's
        try:
            _, status, headers = await service.post_write_async(  # type: ignore[no-untyped-call]  # the library's
                self.server.org or "-",  # 1.8 and 3.x ask for one and do not look at it
                self.server.bucket,
                body,
                precision="ns",
                content_encoding="gzip" if self.server.gzip else "identity",
                _return_http_data_only=False,
            )
        except ApiException as error:
            return error.status or 0, error.headers or {}, error.body or b""
        return status, headers, b""

    async def _write_v1(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        async with self._opened.post(
            f"{self.server.url}/write",
            params=self.server.place | {"precision": "n"},
            data=body,
            headers={"Content-Encoding": "gzip"} if self.server.gzip else None,
            allow_redirects=False,
        ) as answer:
            return answer.status, answer.headers, await answer.read()

    @property
    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the client is not open")
        return self._session

    def _token(self) -> str:
        server = self.server
        return server.token or (f"{server.username}:{server.password or ''}" if server.username else "")

    def _authorization(self) -> dict[str, str]:
        server = self.server
        if server.token:
            return {"Authorization": f"Token {server.token}"}
        if server.username:
            user = f"{server.username}:{server.password or ''}".encode()
            return {"Authorization": f"Basic {base64.b64encode(user).decode()}"}
        return {}

    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.server.tls_ca)
        except (OSError, ssl.SSLError) as error:
            raise StoreMisconfigured(
                f"store.tls_ca {self.server.tls_ca} cannot be used ({error}): it must be a PEM file of certificates"
            ) from error

    @contextmanager
    def _network_errors(self, sent_bytes: int = 0) -> Iterator[None]:
        url = self.server.url
        try:
            yield
        except TimeoutError as error:
            raise TransientStoreError(f"{url} gave no answer within {self.server.timeout_s:g} s") from error
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError) as error:
            raise StoreMisconfigured(
                f"no TLS with {url} ({error}): set store.tls_ca to the authority of its certificate, "
                "or use influxdb+http where it speaks plain HTTP"
            ) from error
        except aiohttp.ClientError as error:
            if sent_bytes > CUT_OFF_BYTES and isinstance(error, OSError) and error.errno in _CUT_OFF:
                raise BodyTooLarge(f"{url} cut off a body of {sent_bytes} bytes") from error
            raise TransientStoreError(f"{url} cannot be reached: {error or type(error).__name__}") from error


def _of_query(error: Exception) -> Exception:
    """A statement has no points to refuse: what says so is about the statement or the server."""
    return StoreMisconfigured(str(error)) if isinstance(error, PointsRefused | BodyTooLarge) else error


def _tables(document: bytes) -> list[Table]:
    try:
        return list(tables_of(document))
    except QueryFailed as error:
        if "not found" in str(error) or "authoriz" in str(error):
            raise StoreMisconfigured(f"InfluxDB: {error}") from error
        raise TransientStoreError(f"InfluxDB could not answer: {error}") from error
    except NotAnAnswer as error:
        raise StoreMisconfigured(
            f"what answers a query is not InfluxDB ({error}): check that store.url leads to it"
        ) from error


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """An answer in chunks is one JSON document a line."""
    held: list[bytes] = []
    async for data in content.iter_any():
        *ended, rest = data.split(b"\n")
        for line in ended:
            document = b"".join([*held, line])
            held = []
            if document.strip():
                yield document
        held.append(rest)
    if document := b"".join(held).strip():
        yield document
