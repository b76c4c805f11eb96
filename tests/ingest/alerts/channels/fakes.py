"""Chat services on loopback, strict as the real ones and failing in each of their ways.

Enters: requests. Leaves: what the service answers, and what it has taken. Never: the code under test: each signature is
computed here again, from the formula that the service publishes.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import urllib.parse
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from aiohttp import web

from ingest.alerts.work import ChannelKind
from tests.ingest.alerts.messages import NOW_MS, SECRETS


class Mood(StrEnum):
    """How the service behaves."""

    WELL = "well"
    CODE = "code"
    """HTTP 200 with an error code in the body (for those without codes: 400)."""
    BUSY = "busy"
    """429 with Retry-After."""
    BROKEN = "broken"
    """503 with a page of HTML."""
    SILENT = "silent"
    """Takes the request and never answers."""
    CUT = "cut"
    """Closes the connection in the middle of its answer."""
    NOT_JSON = "not_json"
    """200 with a login page: a captive portal."""
    REDIRECT = "redirect"
    HUGE = "huge"
    """200, and an answer without end."""


class FakeService:
    """One service with its own idea of a good request."""

    def __init__(self, kind: ChannelKind) -> None:
        self.kind = kind
        self.mood = Mood.WELL
        self.error_code = 99999
        self.taken: list[dict[str, Any]] = []
        """The documents that were taken as messages."""
        self.headers: list[dict[str, str]] = []
        self.asked = 0
        self.followed = 0
        """Requests that came where a redirect leads."""
        self._gone = asyncio.Event()

    def app(self) -> web.Application:
        """The service as an application."""
        app = web.Application()
        app.router.add_post("/moved", self._moved)
        app.router.add_post("/{tail:.*}", self._answer)
        return app

    def release(self) -> None:
        """Let requests go that were kept waiting."""
        self._gone.set()

    async def _moved(self, _request: web.Request) -> web.Response:
        self.followed += 1
        return web.json_response({"errcode": 0, "code": 0, "id": "x"})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        body = await request.read()
        if self.mood is Mood.SILENT:
            await self._gone.wait()
        if self.mood is Mood.CUT:
            return await self._cut(request)
        if self.mood is Mood.HUGE:
            return await self._huge(request)
        return self._plainly_wrong(request) or self._judge(request, body)

    def _plainly_wrong(self, request: web.Request) -> web.Response | None:
        match self.mood:
            case Mood.BUSY:
                return web.json_response({"error": "limit reached"}, status=429, headers={"Retry-After": "17"})
            case Mood.BROKEN:
                return web.Response(text="<html>bad gateway</html>", status=503, content_type="text/html")
            case Mood.NOT_JSON:
                return web.Response(text="<html>please log in</html>", content_type="text/html")
            case Mood.REDIRECT:
                return web.Response(status=302, headers={"Location": f"/moved?was={request.path_qs}"})
            case _:
                return None

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "500", "Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"errcode"')
        assert request.transport is not None
        request.transport.abort()
        return response

    async def _huge(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b'{"errcode": 0, "code": 0, "id": "' + bytes(64 * 1024))
        except ConnectionError:
            return response

    def _judge(self, request: web.Request, body: bytes) -> web.Response:
        wrong = JUDGES[self.kind](request, body)
        if wrong is not None:
            return wrong
        if self.mood is Mood.CODE:
            return ERRORS[self.kind](self.error_code, f"no: {request.path_qs} {dict(request.headers)}")
        self.taken.append(json.loads(body))
        self.headers.append(dict(request.headers))
        return web.json_response(
            {"errcode": 0, "errmsg": "ok", "code": 0, "msg": "success", "id": "Yx8", "event": "message"}
        )


# ---- what each service thinks a good request is ----


def _dingtalk(request: web.Request, body: bytes) -> web.Response | None:
    secrets = SECRETS[ChannelKind.DINGTALK]
    if request.query.get("access_token") != secrets["access_token"]:
        return web.json_response({"errcode": 300001, "errmsg": "token is not exist"})
    # The query as it came on the wire, because encoding it twice is the classic error.
    raw = dict(pair.partition("=")[::2] for pair in request.raw_path.partition("?")[2].split("&"))
    stamp = raw.get("timestamp", "")
    string_to_sign = stamp + "\n" + secrets["secret"]
    mac = hmac.new(secrets["secret"].encode(), string_to_sign.encode(), digestmod=hashlib.sha256)
    expected = urllib.parse.quote_plus(base64.b64encode(mac.digest()))
    if raw.get("sign") != expected or abs(int(stamp) - NOW_MS) > 3_600_000:
        return web.json_response({"errcode": 310000, "errmsg": "sign not match"})
    document = json.loads(body)
    if document["msgtype"] != "markdown" or not document["markdown"]["title"] or not document["markdown"]["text"]:
        return web.json_response({"errcode": 400105, "errmsg": "unsupported msgtype"})
    missing = [one for one in document["at"]["atMobiles"] if f"@{one}" not in document["markdown"]["text"]]
    return web.json_response({"errcode": 400105, "errmsg": f"not in the text: {missing}"}) if missing else None


def _wecom(request: web.Request, body: bytes) -> web.Response | None:
    if request.query.get("key") != SECRETS[ChannelKind.WECOM]["key"]:
        return web.json_response({"errcode": 93000, "errmsg": "invalid webhook url"})
    document = json.loads(body)
    limits = {"markdown": 4096, "text": 2048}
    size = len(document[document["msgtype"]]["content"].encode("utf-8"))
    if size > limits[document["msgtype"]]:
        return web.json_response({"errcode": 40058, "errmsg": f"content exceed max length: {size}"})
    return None


def _feishu(request: web.Request, body: bytes) -> web.Response | None:
    secrets = SECRETS[ChannelKind.FEISHU]
    if request.path.rsplit("/", 1)[-1] != secrets["hook"]:
        return web.json_response({"code": 19001, "msg": "param invalid: incoming webhook access token invalid"})
    document = json.loads(body)
    stamp = document.get("timestamp", "")
    mac = hmac.new((stamp + "\n" + secrets["secret"]).encode("utf-8"), digestmod=hashlib.sha256)
    if document.get("sign") != base64.b64encode(mac.digest()).decode() or abs(int(stamp) - NOW_MS // 1000) > 3_600:
        return web.json_response({"code": 19021, "msg": "sign match fail or timestamp is not within one hour"})
    if document["msg_type"] != "interactive" or not document["card"]["elements"]:
        return web.json_response({"code": 9499, "msg": "Bad Request"})
    return None


def _ntfy(request: web.Request, body: bytes) -> web.Response | None:
    if request.headers.get("Authorization") != f"Bearer {SECRETS[ChannelKind.NTFY]['token']}":
        return web.json_response({"code": 40101, "http": 401, "error": "unauthorized"}, status=401)
    document = json.loads(body)
    if request.path != "/" or document.get("topic") != SECRETS[ChannelKind.NTFY]["topic"]:
        return web.json_response({"code": 40024, "http": 400, "error": "topic invalid"}, status=400)
    if not 1 <= document.get("priority", 3) <= 5 or len(document.get("actions", [])) > 3:
        return web.json_response({"code": 40007, "http": 400, "error": "priority invalid"}, status=400)
    return None


def _webhook(request: web.Request, body: bytes) -> web.Response | None:
    secrets = SECRETS[ChannelKind.WEBHOOK]
    if request.headers.get("Authorization") != f"Bearer {secrets['token']}":
        return web.Response(status=401, text="who are you")
    parts = dict(part.split("=", 1) for part in request.headers.get("X-Signature", "t=,v1=").split(","))
    expected = hmac.new(secrets["secret"].encode(), parts["t"].encode() + b"." + body, "sha256").hexdigest()
    if parts["v1"] != expected:
        return web.Response(status=403, text="wrong signature")
    return None if json.loads(body)["version"] == "4" else web.Response(status=422, text="not version 4")


Judge = Callable[[web.Request, bytes], web.Response | None]
JUDGES: dict[ChannelKind, Judge] = {
    ChannelKind.DINGTALK: _dingtalk,
    ChannelKind.WECOM: _wecom,
    ChannelKind.FEISHU: _feishu,
    ChannelKind.NTFY: _ntfy,
    ChannelKind.WEBHOOK: _webhook,
}


def _by_errcode(code: int, words: str) -> web.Response:
    return web.json_response({"errcode": code, "errmsg": words})


def _by_code(code: int, words: str) -> web.Response:
    return web.json_response({"code": code, "msg": words})


def _by_status(code: int, words: str) -> web.Response:
    return web.json_response({"code": code, "error": words}, status=400)


ERRORS: dict[ChannelKind, Callable[[int, str], web.Response]] = {
    ChannelKind.DINGTALK: _by_errcode,
    ChannelKind.WECOM: _by_errcode,
    ChannelKind.FEISHU: _by_code,
    ChannelKind.NTFY: _by_status,
    ChannelKind.WEBHOOK: _by_status,
}
