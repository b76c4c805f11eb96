"""Looks during a replay catch a label that was wrong for a moment only."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bench.replay_looks import DAYS_AT_ONCE, Looks, published
from bench.replay_verdict import Told

MON, TUE = date(2026, 3, 2), date(2026, 3, 3)
TRUTH = {MON: 12, TUE: 5}
Days = dict[date, Told]


@contextmanager
def platform_that_says(answers: list[Days | None]) -> Iterator[tuple[str, threading.Event]]:
    """An address whose answers are these one after the other, the last one for ever; None: it is away.

    The event is set when the last one has been given.
    """
    told_all = threading.Event()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            days = answers.pop(0) if len(answers) > 1 else answers[0]
            if len(answers) == 1:
                told_all.set()
            if days is None:
                self.close_connection = True
                return
            asked = parse_qs(urlsplit(self.path).query)
            first, last = (date.fromisoformat(asked[name][0]) for name in ("from", "to"))
            found = [
                {"day": str(day), "visits": told.visits, "quality": told.quality}
                for day, told in days.items()
                if first <= day <= last
            ]
            body = json.dumps({"data": {"stations": [{"days": found}]}}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", told_all
        server.shutdown()
        thread.join()


def test_lie_that_is_taken_back_is_remembered(capfd: pytest.CaptureFixture[str]) -> None:
    """A day called exact too early is mislabelled though the next look shows it right; at_least was honest."""
    answers: list[Days | None] = [
        {MON: Told(11, "exact"), TUE: Told(3, "provisional")},
        None,
        {MON: Told(12, "exact"), TUE: Told(4, "at_least")},
        {MON: Told(12, "exact"), TUE: Told(5, "exact")},
    ]
    with platform_that_says(answers) as (address, told_all), Looks(address, "st-1", TRUTH) as looks:
        assert told_all.wait(20)
        seen = looks.stop()
    assert (seen.mislabelled, seen.torn) == ({MON}, {TUE})
    assert seen.looks >= 2
    assert "2026-03-02 is called exact with 11; 12 came" in capfd.readouterr().err


def test_years_are_asked_in_pieces() -> None:
    """No request asks for more days than the platform answers at once, and none is left out."""
    first = date(2024, 1, 1)
    days = {
        date.fromordinal(first.toordinal() + number): Told(number, "exact") for number in range(2 * DAYS_AT_ONCE + 9)
    }
    with platform_that_says([days]) as (address, _):
        assert published(address, "st-1", first, max(days)) == days
