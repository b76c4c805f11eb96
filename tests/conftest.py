"""Fixtures for every test: real servers of its own for a test that asks for one.

Enters: nothing. Leaves: servers on free loopback ports. Never: a mock, or a server that outlives its test.
"""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

from bench.servers import InfluxDB, Mosquitto, ServerMissing
from gateway.broker import EmbeddedBroker
from gateway.child_server import ChildServer

Server = TypeVar("Server", bound=ChildServer)

# How long an example takes says something of who else uses the machine, and nothing of the code.
settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under CI=true a test that is skipped has failed: what it needs was to be installed by scripts/test."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
    return report


def started(server: Server) -> Server:
    """The server, running. Where its program is not installed the test is skipped."""
    try:
        return server.start()
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto of the test's own. For other settings: set `.settings` and `.restart()`."""
    server = started(Mosquitto(tmp_path / "mosquitto"))
    yield server
    server.stop()


@pytest.fixture
def embedded_broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """The embedded broker, one of the test's own."""
    server = started(EmbeddedBroker(tmp_path / "broker"))
    yield server
    server.stop()


@pytest.fixture
def influxdb(tmp_path: Path) -> Iterator[InfluxDB]:
    """An InfluxDB 1.x of the test's own. For other settings: set `.auth`, `.data_settings` and `.restart()`."""
    server = started(InfluxDB(tmp_path / "influxdb"))
    yield server
    server.stop()
