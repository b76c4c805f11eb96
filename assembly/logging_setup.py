"""How the platform speaks: one event a line on standard error, as key=value or JSON, with times in UTC.

Enters: settings. Leaves: Python's logging, set up for the process. Never: a second line for one event, or a secret.
Only what starts a process calls `configure`; all else asks for a logger and leaves it as it is.
"""

import json
import logging
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, TextIO
from urllib.parse import quote, unquote, urlsplit

from pydantic import BaseModel, SecretStr

from assembly.settings import Settings

MASK: Final = "********"
OWN_LOGGERS: Final = ("gateway", "ingest", "api", "assembly", "yizhan")

# What is a secret by its place, whoever's it is. Words alone ("wrong token") are left as they are.
_SECRET_PLACES: Final = (
    re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)"),
    re.compile(r"(\b(?:Basic|Bearer|Token) )[\w.~+/:=-]{12,}"),
    re.compile(r"(\byz_[0-9a-f]{12}_)[\w-]+"),  # our own tokens; what is left names the token and opens nothing
    re.compile(r"(?i)(\b(?:password|passwd|token|secret)(?:=|[\"']\s*[:=]\s*)[\"']?)[^\s\"'&,;]+"),
)
# What a LogRecord has anyway; anything else was given with `extra` and is told by its name.
_ORDINARY: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

log = logging.getLogger(__name__)


def configure(settings: Settings, output: TextIO | None = None) -> None:
    """Let the process log as its settings say; `output` None: standard error."""
    handler = logging.StreamHandler(output)
    handler.setFormatter(LineFormatter(Masking(secrets_in(settings)), is_json=settings.log.format == "json"))
    level = logging.getLevelNamesMapping()[settings.log.level.upper()]
    # Libraries tell at INFO what they do (Alembic at every start), and at DEBUG what they send, headers included.
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=True)
    sys.excepthook = _tell_crash


def _tell_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("ended by an error of ours", exc_info=(kind, error, trace))


def secrets_in(settings: BaseModel) -> Iterator[str]:
    """Every secret that the settings hold, those inside URLs too."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from secrets_in(value)
        elif isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, str) and "://" in value:
            yield urlsplit(value).password or ""


class Masking:
    """Takes secrets out of a text: those that are known, plain or as in a URL, and what stands where secrets stand."""

    def __init__(self, secrets: Iterator[str]) -> None:
        spelled = {form for secret in secrets for form in (secret, unquote(secret), quote(secret, safe=""))} - {""}
        # The longest first: one secret may be the beginning of another.
        known = "|".join(re.escape(form) for form in sorted(spelled, key=len, reverse=True))
        self._known = re.compile(known) if known else None

    def __call__(self, text: str) -> str:
        """The text, with a mask for each secret."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        for place in _SECRET_PLACES:
            text = place.sub(rf"\g<1>{MASK}", text)
        return text


class LineFormatter(logging.Formatter):
    """Makes one line of a record: `time`, `level`, `logger`, `event`, what came as `extra`, `exception`."""

    def __init__(self, masking: Masking, *, is_json: bool) -> None:
        super().__init__()
        self._masking = masking
        self._is_json = is_json

    def format(self, record: logging.LogRecord) -> str:
        """See the class."""
        fields = {name: self._told(value) for name, value in self._fields(record)}
        if self._is_json:
            return _quoted(fields)
        return " ".join(f"{name}={_word(value)}" for name, value in fields.items())

    def _fields(self, record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
        moment = datetime.fromtimestamp(record.created, UTC)
        yield "time", moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        yield "level", record.levelname.lower()
        yield "logger", record.name
        yield "event", record.getMessage().strip()
        yield from ((name, value) for name, value in vars(record).items() if name not in _ORDINARY)
        if record.exc_info and record.exc_info[0] is not None:
            yield "exception", self.formatException(record.exc_info)

    def _told(self, value: object) -> bool | int | float | str | None:
        return value if isinstance(value, bool | int | float | None) else self._masking(str(value))


def _word(value: object) -> str:
    """A value after `key=`: quoted where it would not be one plain word."""
    if isinstance(value, str) and value.isprintable() and re.fullmatch(r"[^\s\"=]+", value):
        return value
    return _quoted(value)


def _quoted(value: object) -> str:
    """As JSON, readable in any script, but with no character that could end a line or steer a terminal."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(r"[\x7f-\x9f\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)
