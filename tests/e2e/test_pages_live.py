"""From a station's message to an open page: a real broker, a served platform, a real browser."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bench.servers import Mosquitto
from bench.serving import ServedPlatform
from ingest.registry.demo import demo_stations
from ingest.registry.stations_export import export_stations
from tests.e2e.browsing import SCREENSHOTS, WAIT_S, chromium
from tests.integration.hardware import Hardware

pytestmark = [pytest.mark.broker, pytest.mark.e2e]
STATION = "bj-chaoyang-01"
SEATS = 8
SECOND_S = 1.0
TRIES = 3
"""The best of some, because the machine may be busy with another test."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of the file."""
    with chromium() as started:
        yield started


@pytest.fixture
def platform(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[ServedPlatform]:
    """With the stations of the demonstration."""
    served = ServedPlatform(tmp_path / "data", mosquitto.url)
    served.folder.mkdir()
    (tmp_path / "stations.csv").write_text("".join(export_stations(demo_stations(3))), encoding="utf-8")
    served.run("stations", "import", str(tmp_path / "stations.csv"))
    with served:
        yield served


def occupancy(seq: int, present: int) -> bytes:
    """A reading of this moment."""
    now_ms = time.time_ns() // 1_000_000
    fields = {"ts": now_ms, "boot": 1, "seq": seq, "present": present, "entered": 100 + seq, "left": 0, "epoch": 1}
    return json.dumps(fields).encode()


def test_a_message_of_a_station_is_on_an_open_page_within_a_second(
    browser: Browser, platform: ServedPlatform, mosquitto: Mosquitto
) -> None:
    """Free seats change on the list and on the station's own page without a tap; visits follow."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, service_workers="block")
    lists, own = context.new_page(), context.new_page()
    took_s: list[float] = []
    with Hardware(mosquitto.port, STATION) as station:
        station.send("occupancy", occupancy(1, SEATS))
        with lists.expect_response("**/v1/stream**"):
            lists.goto(platform.address + "/?q=三里屯&lang=en")
        seats = lists.locator(f"#{STATION} .fact", has_text="Free seats").locator(".value")
        expect(seats).to_have_text("none", timeout=WAIT_S * 1000)
        for number in range(1, 1 + TRIES):  # seats that become free, and never so few people that they are rounded
            began_s = time.monotonic()
            station.send("occupancy", occupancy(1 + number, SEATS - number))
            expect(seats).to_have_text(str(number), timeout=WAIT_S * 1000)
            took_s.append(time.monotonic() - began_s)
            lists.wait_for_timeout(2_500)  # a page fetches once in two seconds, and what is measured is the first
        with own.expect_response("**/v1/stream**"):
            own.goto(f"{platform.address}/stations/{STATION}?lang=en")
        station.send("occupancy", occupancy(10, SEATS))
        expect(own.locator("#now .fact", has_text="Free seats")).to_contain_text("none", timeout=WAIT_S * 1000)
        visits = own.locator("#now .fact", has_text="Visits today")
        expect(visits).to_contain_text("110 still counting", timeout=WAIT_S * 1000)
        # Whoever comes back to the list sees what is true now, and hears what follows.
        own.goto(f"{platform.address}/?q=三里屯&lang=en")
        own.locator(".card h3 a").click()
        own.go_back()
        again = own.locator(f"#{STATION} .fact", has_text="Free seats").locator(".value")
        station.send("occupancy", occupancy(11, SEATS - 4))
        expect(again).to_have_text("4", timeout=WAIT_S * 1000)
    lists.screenshot(path=SCREENSHOTS / "live-list-en.png")
    context.close()
    print("seconds from the message to the page:", ", ".join(f"{one:.2f}" for one in took_s))  # noqa: T201 - for who measures
    assert min(took_s) < SECOND_S
