"""InfluxDB 2.x as far as our store can tell: its routes, tokens and errors before Debian's InfluxDB 1.6.

Enters: requests as 2.x takes them. Leaves: the same points in a real InfluxDB, and 2.x's answers.
Never: keeps a point itself, or does better than 2.x: a body with one malformed line is refused whole.
"""

import asyncio
import gzip
import ssl
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp import web

from tests.ingest.store.line_protocol import points

LOOPBACK: Final = "127.0.0.1"
PRECISIONS: Final = {"ns": "n", "us": "u", "ms": "ms", "s": "s"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class InfluxV2Front:
    """On a thread of its own, so that it answers while a test waits for another process."""

    def __init__(self, behind_url: str, tls: ssl.SSLContext | None = None) -> None:
        self.behind_url = behind_url
        self.bucket = "yizhan"
        self.org = "union"
        self.token = "good-token"
        self.basic = ""
        """Another `Authorization` that is taken at /query."""
        self.version: str | None = "v2.7.11"
        """As /ping tells it."""
        self.max_body_bytes = 25_000_000
        """Before decompression, as 2.x counts."""
        self.planned: deque[web.Response] = deque()
        """Answers to the next writes, in place of what would be true."""
        self.answers_to_lose = 0
        """Of the next writes: stored, and then the connection breaks."""
        self.bodies: list[bytes] = []
        """Of the writes, decompressed."""
        self.encodings: set[str] = set()
        """That bodies came in."""
        self.url = ""
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_up.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application(middlewares=[self._authorize], client_max_size=2**30)
        app.router.add_get("/ping", self._ping)
        app.router.add_post("/api/v2/write", self._write)
        app.router.add_get("/query", self._query)
        runner = web.AppRunner(app, auto_decompress=False)
        await runner.setup()
        site = web.TCPSite(runner, LOOPBACK, 0, ssl_context=self._tls)
        await site.start()
        self.url = f"http{'s' if self._tls else ''}://{LOOPBACK}:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as self._behind:
            await self._create()
            self._is_up.set()
            await self._stopped.wait()
        # Clients may still hold their connections, and over TLS each would be asked for a farewell.
        for connection in runner.server.connections if runner.server else ():
            if connection.transport is not None:
                connection.transport.abort()
        await runner.cleanup()

    async def _create(self) -> None:
        async with self._behind.post(f"{self.behind_url}/query", params={"q": f'CREATE DATABASE "{self.bucket}"'}):
            pass

    @web.middleware
    async def _authorize(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        known = {f"Token {self.token}"} | ({self.basic} if request.path == "/query" else set())
        if request.path != "/ping" and request.headers.get("Authorization") not in known:
            return refusal(401, "unauthorized", "unauthorized access")
        return await handler(request)

    async def _ping(self, _: web.Request) -> web.Response:
        headers = {"X-Influxdb-Build": "OSS"} | ({"X-Influxdb-Version": self.version} if self.version else {})
        return web.Response(status=204, headers=headers)

    async def _write(self, request: web.Request) -> web.Response:
        sent = await request.read()
        self.encodings.add(request.headers.get("Content-Encoding", "identity"))
        if self.planned:
            return self.planned.popleft()
        if len(sent) > self.max_body_bytes:
            return refusal(413, "request too large", "unable to read data: points batch is too large")
        if request.query.get("org") != self.org:
            return refusal(404, "not found", f'organization name "{request.query.get("org")}" not found')
        if request.query.get("bucket") != self.bucket:
            return refusal(404, "not found", f'bucket "{request.query.get("bucket")}" not found')
        body = gzip.decompress(sent) if request.headers.get("Content-Encoding") == "gzip" else sent
        self.bodies.append(body)
        try:
            points(body.decode())
        except ValueError as malformed:
            return refusal(400, "invalid", f"unable to parse {str(malformed)!r}")
        answer = await self._pass_on(body, PRECISIONS[request.query.get("precision", "ns")])
        if self.answers_to_lose and request.transport is not None:
            self.answers_to_lose -= 1
            request.transport.abort()
        return answer

    async def _pass_on(self, body: bytes, precision: str) -> web.Response:
        asked = {"db": self.bucket, "precision": precision}
        try:
            async with self._behind.post(f"{self.behind_url}/write", params=asked, data=body) as answer:
                status, text = answer.status, await answer.text()
        except aiohttp.ClientError as error:
            return refusal(503, "unavailable", f"engine is closed: {error}")
        if status == 400 and "partial write" in text:
            return refusal(422, "unprocessable entity", f"failure writing points to database: {text}")
        if status >= 400:
            return refusal(status, "internal error" if status >= 500 else "invalid", text)
        return web.Response(status=status)

    async def _query(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("db") != self.bucket:
            return refusal(404, "not found", "no dbrp mapping found")
        async with self._behind.get(f"{self.behind_url}/query", params=request.query) as answer:
            passed = web.StreamResponse(status=answer.status)
            await passed.prepare(request)
            async for data in answer.content.iter_any():
                await passed.write(data)
            await passed.write_eof()
            return passed


def refusal(status: int, code: str, message: str, **headers: str) -> web.Response:
    """An error as 2.x words it."""
    return web.json_response(
        {"code": code, "message": message},
        status=status,
        headers={"X-Platform-Error-Code": code} | {name.replace("_", "-"): value for name, value in headers.items()},
    )
