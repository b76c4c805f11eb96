"""What the platform tells: one line an event, in two forms, and never a secret."""

import json
import logging
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pytest

from assembly.logging_setup import MASK, OWN_LOGGERS, configure
from assembly.settings import Settings
from gateway.child_server import free_port
from ingest.operating import Holder, Role
from ingest.tokens import mint

ROOT: Final = Path(__file__).parents[2]
NAMES: Final = (None, "alembic", "sqlalchemy", *OWN_LOGGERS)

TOKEN: Final = mint(Holder("Li Na", Role.VIEWER), bytes(6), bytes(range(32)), 0)
SECRETS: Final = {
    "mqtt": {"url": "mqtt://me@broker", "password": "hush/one?"},
    "store": {"url": "influxdb+http://influx:8086", "token": "hush-two"},
    "database": {"url": "postgresql://me:hush%40three@db/yizhan"},
}


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Python's logging as it was, after each test."""
    root = logging.getLogger()
    handlers, hook = root.handlers[:], sys.excepthook
    levels = {name: logging.getLogger(name).level for name in NAMES}
    root.handlers.clear()
    yield
    logging.captureWarnings(capture=False)
    sys.excepthook = hook
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def listening(**settings: Any) -> StringIO:
    """What is told from now on, under these settings."""
    output = StringIO()
    configure(Settings.model_validate(settings), output)
    return output


def test_json_is_one_object_a_line() -> None:
    """Time in UTC with milliseconds, level, logger and event stand in every line, and what was given beside them."""
    output = listening(log={"format": "json"})
    logging.getLogger("ingest.outlet").warning("store:\n%s", "away", extra={"waiting": 12, "station": "bj-1"})
    logging.getLogger("gateway.session").info("连上了")
    first, second = (json.loads(line) for line in output.getvalue().splitlines())
    told_at = datetime.strptime(first.pop("time"), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - told_at).total_seconds()) < 60
    assert first == {
        "level": "warning",
        "logger": "ingest.outlet",
        "event": "store:\naway",
        "waiting": 12,
        "station": "bj-1",
    }
    assert second["event"] == "连上了"
    assert "连上了" in output.getvalue()


def test_text_is_key_and_value_on_one_line() -> None:
    """What is one plain word stands bare, all else in quotes, and no text can begin a line of its own."""
    output = listening()
    logging.getLogger("ingest").error("store is\naway", extra={"waiting": 12, "topic": "a b", "since": None, "who": ""})
    (line,) = output.getvalue().splitlines()
    time, rest = line.split(" ", 1)
    assert time.startswith("time=2")
    assert time.endswith("Z")
    assert rest == 'level=error logger=ingest event="store is\\naway" waiting=12 topic="a b" since=null who=""'


def raised(error: Exception) -> Exception:
    """The error, with a traceback."""
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.mark.parametrize("form", ["text", "json"])
def test_text_from_outside_cannot_steer_a_terminal_or_end_a_line(form: str) -> None:
    """Control characters and the line ends of Unicode are spelled out."""
    output = listening(log={"format": form})
    logging.getLogger("ingest").error("x\x1b[2J\x9b\u2028y\x85z\r")
    assert output.getvalue().endswith("\n")
    assert output.getvalue()[:-1].isprintable()


@pytest.mark.parametrize("form", ["text", "json"])
def test_exception_is_part_of_its_line(form: str) -> None:
    """A traceback does not break the line that it belongs to."""
    output = listening(log={"format": form})
    logging.getLogger("ingest").error("failed", exc_info=raised(RuntimeError("no\nway")))
    (line,) = output.getvalue().splitlines()
    assert "Traceback (most recent call last)" in line
    assert "RuntimeError: no\\nway" in line


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_of_the_settings_is_told(form: str) -> None:
    """Passwords and tokens are masked wherever they stand: in events and what is beside them, exceptions and URLs."""
    output = listening(log={"format": form}, **SECRETS)
    logger = logging.getLogger("ingest")
    logger.error(
        "cannot log in with %s", "hush/one?", extra={"url": "http://x/?p=hush%2Fone%3F", "tried": ["hush-two"]}
    )
    logger.error("no database", exc_info=raised(RuntimeError("hush@three and hush%40three")))
    assert "hush" not in output.getvalue()
    assert output.getvalue().count(MASK) == 5
    assert "cannot log in with" in output.getvalue()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("at mqtt://me:word@broker:1883/", f"at mqtt://me:{MASK}@broker:1883/"),
        ("Authorization: Bearer 0123456789abcdef", f"Authorization: Bearer {MASK}"),
        (f"given {TOKEN.text} twice", f"given yz_{TOKEN.token.id}_{MASK} twice"),
        ("Authorization: Token abc-def_ghi=jklmnop==", f"Authorization: Token {MASK}"),
        ("Basic dXNlcjpwYXNzd29yZA==", f"Basic {MASK}"),
        ("GET /query?u=me&password=word&q=x", f"GET /query?u=me&password={MASK}&q=x"),
        ('{"token": "word", "n": 1}', f'{{"token": "{MASK}", "n": 1}}'),
        ("InfluxDB: wrong token; give store.token", "InfluxDB: wrong token; give store.token"),
        ("mqtt.password: must not be empty", "mqtt.password: must not be empty"),
        ("see https://influx.example:8086/a@b", "see https://influx.example:8086/a@b"),
    ],
)
def test_what_stands_where_secrets_stand_is_masked(said: str, told: str) -> None:
    """Someone else's secret is known by its place; a sentence about secrets stays as it is."""
    output = listening(log={"format": "json"})
    logging.getLogger("ingest").error(said)
    assert json.loads(output.getvalue())["event"] == told


def test_libraries_are_quiet_until_they_warn() -> None:
    """Our own parts are heard from the level that was set, libraries from WARNING on."""
    output = listening(log={"level": "debug"})
    logging.getLogger("alembic.runtime.migration").info("Will assume transactional DDL.")
    logging.getLogger("sqlalchemy.engine").warning("a library warns")
    logging.getLogger("ingest.restore").debug("ours")
    assert "transactional" not in output.getvalue()
    assert "a library warns" in output.getvalue()
    assert "ours" in output.getvalue()


def test_level_silences_all_below_it() -> None:
    """At `error` a warning is not told, ours or a library's."""
    output = listening(log={"level": "error"})
    for name in ("ingest", "asyncio"):
        logging.getLogger(name).warning("a warning")
        logging.getLogger(name).error("an error")
    assert [line.split(" ", 2)[1] for line in output.getvalue().splitlines()] == ["level=error"] * 2


def test_warnings_and_crashes_are_lines_too() -> None:
    """A warning of Python and an error that nobody caught are told like all else."""
    output = listening(log={"format": "json"})
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("look out", UserWarning, stacklevel=1)
    error = raised(KeyError("lost"))
    sys.excepthook(type(error), error, error.__traceback__)
    warned, crashed = (json.loads(line) for line in output.getvalue().splitlines())
    assert "look out" in warned["event"]
    assert crashed["level"] == "critical"
    assert "KeyError: 'lost'" in crashed["exception"]


def test_platform_without_broker_tells_json_and_no_password(tmp_path: Path) -> None:
    """All that `yizhan serve` writes is one JSON object a line, from its first start to its stop, without a secret."""
    port = free_port()
    environment = os.environ | {
        "YIZHAN_MQTT__URL": f"mqtt://me@127.0.0.1:{port}",
        "YIZHAN_MQTT__PASSWORD": str(port),  # so that it would be told: it stands in the error
        "YIZHAN_API__PORT": "0",
        "YIZHAN_LOG__FORMAT": "json",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "yizhan", "serve"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as serve:
        assert serve.stderr is not None
        lines = []
        for line in serve.stderr:
            lines.append(line)
            if sum(event in "".join(lines) for event in ('"serving"', "cannot connect")) == 2:
                break
        serve.send_signal(signal.SIGTERM)
        lines += serve.stderr.readlines()
    assert serve.returncode == 0
    told = [json.loads(line) for line in lines]
    assert {"time", "level", "logger", "event"} <= set.intersection(*(set(line) for line in told))
    assert str(port) not in "".join(lines)
    assert not [line for line in told if line["logger"].startswith("alembic")]
