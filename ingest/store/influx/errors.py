"""What an answer of InfluxDB means for the points in it, named by remedy.

Enters: status, headers and body of an answer. Leaves: the error to raise. Never: I/O.
1.x drops bad points of a body, keeps the others and answers 400; 2.x the same with 422, and 400 when it kept nothing;
3.x answers 400 for both. So a refusal says only that something in the body is bad: `settle` finds out what.
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from ingest.ports import StoreMisconfigured, TransientStoreError

LONGEST_RETRY_S: Final = 60
"""Most that a server may ask us to wait. Larger: after a wrong answer of a proxy, writing stands still for longer.
Smaller: a server that asks for rest is not given it."""
TEXT_MAX: Final = 300
"""Characters of a server's own words that are passed on. More: logs and dead letters full of lines of data."""

REFUSALS: Final = (
    "partial write",
    "unable to parse",
    "field type conflict",
    "limit exceeded",  # max-values-per-tag, max-series-per-database
    "points beyond retention policy",
    "time outside range",
    "line protocol",  # 3.x
    "parsing failed",  # 3.x
)
"""Words of an answer that speaks of the points, whatever its status: old versions sent some of them with 500."""
_DROPPED: Final = re.compile(r"\bdropped=(\d+)")
_DROPS_TAGS: Final = re.compile(r"max-(values-per-tag|series-per-database) limit exceeded")


class PointsRefused(Exception):
    """Some points of the body, maybe all, will never be taken."""

    def __init__(self, detail: str, *, dropped: int | None = None, is_certain: bool = True) -> None:
        super().__init__(detail)
        self.dropped = dropped
        """How many, where the server tells; the number 0 is told of points that could not be parsed."""
        self.is_certain = is_certain
        """False: it may as well be that the server refuses everything."""


class BodyTooLarge(Exception):
    """The same points in smaller bodies will be taken."""


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> Exception:
    """What to raise for an answer other than 204."""
    text = words(body)
    said = f"InfluxDB answered {status}: {text}" if text else f"InfluxDB answered {status}"
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return BodyTooLarge(said)
    is_its_failure = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if is_its_failure or status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        if any(sign in text for sign in REFUSALS):
            found = _DROPPED.search(text)
            return PointsRefused(_advised(text), dropped=int(found[1]) if found else None)
        if not is_its_failure:
            return PointsRefused(said, is_certain=status == HTTPStatus.UNPROCESSABLE_ENTITY)
    if is_its_failure or status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}:
        return TransientStoreError(_advised(said), retry_after_s(headers))
    return StoreMisconfigured(f"{said}; {_what_to_do(status)}")


def words(body: bytes) -> str:
    """The message in an answer, on one line; the answer itself where it is not JSON."""
    text = body.decode(errors="replace")
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if isinstance(document, dict):
        told = (document.get(key) for key in ("error", "message"))
        text = "; ".join(str(part) for part in told if part) or text
        if document.get("data"):  # 3.x: which line, and why
            text = f"{text}: {document['data']}"
    return " ".join(text.split())[:TEXT_MAX]


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """What the server asks for, bounded; None where it asks for nothing or for an instant."""
    asked = headers.get("Retry-After", "").strip()
    return float(min(int(asked), LONGEST_RETRY_S)) if asked.isascii() and asked.isdigit() else None


def _advised(text: str) -> str:
    if _DROPS_TAGS.search(text):
        return f'{text}; set index-version = "tsi1", max-values-per-tag = 0 and max-series-per-database = 0 in [data]'
    if "no space left" in text:
        # 1.6 keeps a failed write in its buffer and refuses all later ones, however much room there is by then.
        return f"{text}; make room on the disk of InfluxDB, and restart influxd"
    return text


def _what_to_do(status: int) -> str:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return "set store.token (2.x and 3.x), or the user in store.username and store.password (1.x)"
        case HTTPStatus.FORBIDDEN:
            return "give the token or the user the right to read and to write the bucket in store.bucket"
        case HTTPStatus.NOT_FOUND:
            return (
                "create what is missing, or correct store.bucket and store.org: `influx bucket create --name NAME "
                '--org ORG` on 2.x, `CREATE DATABASE "NAME"` on 1.x'
            )
        case _:
            return "check that store.url leads to InfluxDB itself, over http or https as it expects"
