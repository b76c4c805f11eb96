"""A failure that lasts: a line when it begins, when it changes and when it is over, and a count for the rest."""

import logging

import pytest

from gateway.failure_log import FailureLog

LOG = logging.getLogger("gateway.test")


@pytest.fixture
def failures(caplog: pytest.LogCaptureFixture) -> FailureLog:
    """Of a store that nothing has been heard of."""
    caplog.set_level(logging.INFO)
    return FailureLog(LOG, "store")


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, object]]:
    """Level, text and number of failures of each line."""
    return [(record.levelname, record.getMessage(), vars(record)["failures"]) for record in caplog.records]


def test_failure_is_told_once_and_its_end_with_the_number_of_tries(
    failures: FailureLog, caplog: pytest.LogCaptureFixture
) -> None:
    """A thousand tries that fail alike are two lines: the beginning, and the end with how many they were."""
    for _ in range(1000):
        failures.failed("no answer")
    failures.worked()
    failures.worked()
    assert told(caplog) == [
        ("ERROR", "store: no answer", 0),
        ("WARNING", "store: works again", 1000),
    ]


def test_failure_that_changes_is_told_again(failures: FailureLog, caplog: pytest.LogCaptureFixture) -> None:
    """Other words are news, and tell how often the words before were true."""
    for text in ("no answer", "no answer", "wrong password", "no answer"):
        failures.failed(text)
    assert told(caplog) == [
        ("ERROR", "store: no answer", 0),
        ("ERROR", "store: wrong password", 2),
        ("ERROR", "store: no answer", 1),
    ]


def test_what_works_is_not_told(failures: FailureLog, caplog: pytest.LogCaptureFixture) -> None:
    """Without a failure there is nothing to say."""
    failures.worked()
    assert told(caplog) == []
