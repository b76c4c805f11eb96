"""Answers of InfluxDB 1.x, 2.x and 3.x, each to the remedy that it calls for."""

from collections.abc import Mapping

import pytest

from ingest.ports import StoreMisconfigured, TransientStoreError
from ingest.store.influx.errors import BodyTooLarge, PointsRefused, error_of, retry_after_s, words

CONFLICT_1 = (
    b'{"error":"partial write: field type conflict: input field \\"x\\" on measurement \\"a\\" is type float, '
    b'already exists as type integer dropped=3"}\n'
)
CONFLICT_2 = (
    b'{"code":"unprocessable entity","message":"failure writing points to database: partial write: field type '
    b'conflict: input field \\"x\\" on measurement \\"a\\" is type float, already exists as type integer dropped=3"}'
)
CONFLICT_3 = (
    b'{"error":"partial write of line protocol occurred","data":[{"original_line":"a x=1i","line_number":2,'
    b'"error_message":"invalid column type for column \'x\'"}]}'
)


@pytest.mark.parametrize(
    ("status", "body", "dropped"),
    [
        (400, CONFLICT_1, 3),
        (422, CONFLICT_2, 3),
        (400, CONFLICT_3, None),
        (400, b'{"error":"partial write: unable to parse \'a\': missing fields dropped=0"}', 0),
        (400, b'{"error":"unable to parse \'a\': missing fields"}', None),
        (400, b'{"code":"invalid","message":"unable to parse \'a\': missing fields"}', None),
        (400, b'{"error":"partial write: points beyond retention policy dropped=7"}', 7),
        (500, b'{"error":"max-series-per-database limit exceeded: (3) dropped=2"}', 2),
        (500, b'{"error":"write failed: time outside range"}', None),
        (422, b'{"code":"unprocessable entity","message":"schema says no"}', None),
    ],
)
def test_refused_points_are_told_from_all_else(status: int, body: bytes, dropped: int | None) -> None:
    """What speaks of the points is for bisection, whatever status an old version gives it."""
    error = error_of(status, {}, body)
    assert isinstance(error, PointsRefused)
    assert (error.dropped, error.is_certain) == (dropped, True)


@pytest.mark.parametrize(
    "body", [b"Client sent an HTTP request to an HTTPS server.\n", b"<html>400</html>", b'{"message":"id required"}']
)
def test_unknown_400_may_be_the_server_itself(body: bytes) -> None:
    """A refusal in unknown words is not held against the points before the server has taken a plain one."""
    error = error_of(400, {}, body)
    assert isinstance(error, PointsRefused)
    assert not error.is_certain


@pytest.mark.parametrize(
    ("status", "headers", "retry_after"),
    [
        (429, {"Retry-After": "7"}, 7.0),
        (503, {"Retry-After": "3600"}, 60.0),
        (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        (503, {"Retry-After": "-1"}, None),
        (503, {"Retry-After": "nan"}, None),
        (500, {}, None),
        (502, {}, None),
        (504, {}, None),
        (408, {}, None),
    ],
)
def test_passing_trouble_is_waited_for(status: int, headers: Mapping[str, str], retry_after: float | None) -> None:
    """Overload and failures of the server are transient, for as long as it asks and not for longer than a minute."""
    error = error_of(status, headers, b'{"error":"timeout"}')
    assert isinstance(error, TransientStoreError)
    assert error.retry_after_s == retry_after == retry_after_s(headers)
    assert "timeout" in str(error)


def test_body_too_large_is_named() -> None:
    """413 calls for smaller bodies, whatever it says."""
    assert isinstance(error_of(413, {}, b'{"error":"partial write: Request Entity Too Large"}'), BodyTooLarge)


def test_credentials_that_cannot_be_parsed_are_no_line_that_cannot_be_parsed() -> None:
    """1.x says so without a user: no reading is to blame."""
    error = error_of(401, {}, b'{"error":"unable to parse authentication credentials"}')
    assert isinstance(error, StoreMisconfigured)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "store.token"),
        (403, "right to read and to write"),
        (404, "store.bucket"),
        (301, "store.url"),
        (405, "store.url"),
        (200, "store.url"),
    ],
)
def test_what_only_a_person_can_mend_says_what_to_do(status: int, advice: str) -> None:
    """Wrong credentials, a missing bucket and a wrong address name the setting."""
    error = error_of(status, {}, b'{"code":"x","message":"the server\'s own words"}')
    assert isinstance(error, StoreMisconfigured)
    assert advice in str(error)
    assert "the server's own words" in str(error)


def test_too_many_stations_for_1_x_says_what_to_set() -> None:
    """A station refused by a limit of 1.x carries the remedy into its dead letter."""
    error = error_of(400, {}, b'{"error":"partial write: max-values-per-tag limit exceeded (100000/100000) dropped=1"}')
    assert "max-values-per-tag = 0" in str(error)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", ""),
        (b"404 page not found\n", "404 page not found"),
        (b"[1,2]", "[1,2]"),
        (b'{"other":1}', '{"other":1}'),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b'{"error":"a\\nb"}', "a b"),
    ],
)
def test_words_are_one_short_line(body: bytes, expected: str) -> None:
    """Whatever an answer holds becomes one line of text."""
    assert words(body) == expected
    assert len(words(body + b"x" * 10_000)) <= 300
