"""What the chat services share: a request, the answer to it, and what an HTTP status means.

Enters: an answer. Leaves: a `SendResult` that says what an operator should do. Never: takes a status for success alone:
these services answer 200 with an error code. No reason holds a URL: its path or query may be a secret.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from ingest.alerts.work import ChannelSetting, Outgoing, SendResult

MOST_RETRY_AFTER_S: Final = 3_600.0
"""Larger: a server with a broken clock silences a channel for days. Smaller: one that means it is asked too early."""
WORDS_MAX: Final = 200
"""Characters of a service's own words that are kept. Larger: its error pages fill the outbox. Smaller: its reason is
cut before the point."""


@dataclass(frozen=True, slots=True)
class Request:
    """One POST. Not shown: a URL or a header of these services is a secret."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes
    """Its beginning, where it was longer than any honest answer."""
    retry_after: str | None = None
    """The header, as sent."""


class Service(NamedTuple):
    """One chat service, or anything else that is reached by one POST."""

    check: Callable[[ChannelSetting], None]
    """Raises `WrongChannel` for a setting that cannot work."""
    request: Callable[[ChannelSetting, Outgoing, int], Request]
    """For a message, at an instant (ms)."""
    verdict: Callable[[Answer, int], SendResult]
    """Of an answer that came at an instant (ms)."""


class WrongChannel(ValueError):
    """A channel cannot work as it is set; the text says what to set, and holds no secret."""


def need_secret(setting: ChannelSetting, name: str, what: str) -> str:
    """A secret that the kind cannot do without; raises `WrongChannel`."""
    value = setting.secrets.get(name, "")
    if not value:
        raise WrongChannel(f"channel {setting.name} ({setting.kind}) has no secret `{name}`: {what}")
    return value


def need_url(setting: ChannelSetting, default: str = "") -> str:
    """The address, or the service's own; raises `WrongChannel`."""
    url = setting.address or default
    if not url.startswith(("https://", "http://")):
        raise WrongChannel(f"channel {setting.name} ({setting.kind}): its address must begin with https://")
    return url.rstrip("/")


def listed(setting: ChannelSetting, option: str) -> list[str]:
    """An option that names several, with commas between."""
    return [one.strip() for one in setting.options.get(option, "").split(",") if one.strip()]


def json_request(url: str, document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Request:
    """A POST of a JSON document."""
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    return Request(url, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


# ---- answers ----

# A wrong token or address is a person's to mend, and the message is as good as before when that is done.
_FOR_THE_OPERATOR: Final = {
    HTTPStatus.UNAUTHORIZED: "check the token or password of the channel",
    HTTPStatus.FORBIDDEN: "check the token of the channel, and that our address may send there",
    HTTPStatus.NOT_FOUND: "check the address of the channel",
    HTTPStatus.METHOD_NOT_ALLOWED: "check the address of the channel",
    HTTPStatus.GONE: "the address of the channel is no longer in use",
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: "a proxy on the way wants a password",
}
_LATER: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_SUCCESS: Final = range(200, 300)
_REDIRECT: Final = range(300, 400)
_SERVER: Final = range(500, 600)


def failed_status(answer: Answer, now_ms: int) -> SendResult | None:
    """What is wrong by the status alone; None for 2xx, which says nothing yet."""
    status = answer.status
    if status in _SUCCESS:
        return None
    if status in _REDIRECT:
        return SendResult(ok=False, reason=f"HTTP {status}, a redirect: set the address that it leads to", retry=True)
    words = words_of(answer)
    reason = f"HTTP {status}" + (f": {words}" if words else "")
    if status in _LATER or status in _SERVER:
        return SendResult(ok=False, reason=reason, retry=True, retry_after_s=retry_after_s(answer.retry_after, now_ms))
    if status in _FOR_THE_OPERATOR:
        return SendResult(ok=False, reason=f"{reason}; {_FOR_THE_OPERATOR[HTTPStatus(status)]}", retry=True)
    return SendResult(ok=False, reason=f"{reason}; it will not take this message")


def retry_after_s(header: str | None, now_ms: int) -> float | None:
    """Retry-After (RFC 9110 §10.2.3), seconds or a date, at most `MOST_RETRY_AFTER_S`; None where it says nothing."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        wait_s = float(header)
    else:
        try:
            wait_s = parsedate_to_datetime(header).timestamp() - now_ms / 1000
        except (ValueError, OverflowError):
            return None
    return min(max(wait_s, 0.0), MOST_RETRY_AFTER_S)


def json_of(answer: Answer) -> dict[str, Any] | None:
    """The answer as an object; None where it is none."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


NOT_JSON: Final = SendResult(
    ok=False, reason="the answer is not the service's JSON: something else answers at this address", retry=True
)


def words_of(answer: Answer) -> str:
    """The service's own words for an error, short and on one line; empty for a page of HTML."""
    found = json_of(answer) or {}
    for name in ("errmsg", "msg", "error", "message", "detail"):
        if isinstance(found.get(name), str):
            return one_line(found[name])
    text = answer.body.decode("utf-8", "replace").strip()
    return "" if text.startswith(("<", "{", "[")) else one_line(text)


def one_line(text: str) -> str:
    """At most `WORDS_MAX` printable characters."""
    words = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 4 * WORDS_MAX]).split())
    return words if len(words) <= WORDS_MAX else f"{words[: WORDS_MAX - 1]}…"


class Meaning(NamedTuple):
    """What an error code of a service leads to."""

    advice: str
    retry: bool = True
    retry_after_s: float | None = None


def code_verdict(answer: Answer, now_ms: int, names: tuple[str, ...], meanings: Mapping[int, Meaning]) -> SendResult:
    """Success only where the body says code 0. An unknown code is tried again, until the message is too old."""
    wrong = failed_status(answer, now_ms)
    if wrong is not None:
        return wrong
    found = json_of(answer)
    code = next((found[name] for name in names if name in found), None) if found is not None else None
    if not isinstance(code, int) or isinstance(code, bool):
        return NOT_JSON
    if code == 0:
        return SendResult(ok=True)
    meaning = meanings.get(code, Meaning(""))
    words = words_of(answer)
    reason = f"{names[0]} {code}" + (f": {words}" if words else "") + (f"; {meaning.advice}" if meaning.advice else "")
    asked_s = retry_after_s(answer.retry_after, now_ms)
    return SendResult(
        ok=False,
        reason=reason,
        retry=meaning.retry,
        retry_after_s=meaning.retry_after_s if asked_s is None else asked_s,
    )
