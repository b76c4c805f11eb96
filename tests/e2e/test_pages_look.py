"""How the pages look: every page in both languages, light and dark, on a phone and on a desk; and WCAG 2.2 AA."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Browser, Page

from tests.e2e.browsing import SCREENSHOTS, Site, chromium, served, sign_in

pytestmark = pytest.mark.e2e

PAGES = {
    "near": "/",
    "near-place": "/?near=39.9400,116.4300&open_now=1",
    "near-empty": "/?region=110102&has=seat",
    "near-mended": "/?region=999999",
    "station": "/stations/bj-0001",
    "station-dark": "/stations/bj-0003",
    "station-plain": "/stations/bj-0005",
    "overview": "/overview",
    "reference": "/docs",
    "overview-province": "/overview?region=110000&by=visits_today",
    "docs": "/docs",
    "trouble": "/stations/nobody",
}
CONSOLE = {
    "ops-jobs": "/ops?near=39.95,116.43",
    "ops-job": "/ops/jobs/j1",
    "ops-station": "/ops/stations/bj-0001",
    "ops-station-dark": "/ops/stations/bj-0003",
    "ops-silences": "/ops/silences",
    "ops-silent": "/ops/silent",
    "ops-letters": "/ops/letters",
    "ops-letter": "/ops/letters/1",
    "ops-crews": "/ops/crews",
}
SIZES = {"phone": (360, 740), "desk": (1280, 900)}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of the file."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The small world."""
    with served() as started:
        yield started


def in_language(path: str, language: str) -> str:
    """The address of a page in a language."""
    return path if language == "zh" else f"{path}{'&' if '?' in path else '?'}lang=en"


def wrong_by_axe(page: Page) -> list[str]:
    """What axe-core finds, each with the elements."""
    found = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": WCAG}})
    return [
        f"{one['id']}: {one['help']} {[node['html'][:120] for node in one['nodes'][:3]]}"
        for one in found.response["violations"]
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_accessible_and_has_its_picture_taken(
    browser: Browser, site: Site, size: str, scheme: str, language: str
) -> None:
    """No page violates WCAG 2.2 AA, none logs an error, none is wider than the screen; pictures are left to look at."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        service_workers="block",
    )
    wrong: dict[str, list[str]] = {}
    page = context.new_page()
    page.goto(site.address + in_language("/ops", language))
    page.screenshot(path=SCREENSHOTS / f"ops-sign-in-{language}-{scheme}-{size}.png", full_page=True)
    wrong["ops-sign-in"] = wrong_by_axe(page)
    sign_in(page)
    for name, path in (PAGES | CONSOLE).items():
        page.goto(site.address + in_language(path, language))
        page.screenshot(path=SCREENSHOTS / f"{name}-{language}-{scheme}-{size}.png", full_page=True)
        # A desk's page is the phone's in more columns: axe looks at it in one language.
        wrong[name] = wrong_by_axe(page) if size == "phone" or language == "zh" else []
        wide = page.evaluate("document.scrollingElement.scrollWidth")
        if wide > width:
            wrong[name].append(f"{wide} px wide")
    context.close()
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_flow_at_320_px(browser: Browser, site: Site, language: str) -> None:
    """At 320 px, a desk's screen at four times its size, nothing is cut off or scrolls sideways but wide tables."""
    context = browser.new_context(viewport={"width": 320, "height": 640}, service_workers="block")
    page = context.new_page()
    wide = {}
    page.goto(site.address + "/ops")
    sign_in(page)
    for name, path in (PAGES | CONSOLE).items():
        page.goto(site.address + in_language(path, language))
        wide[name] = page.evaluate("document.scrollingElement.scrollWidth")
    page.goto(site.address + in_language("/", language))
    page.screenshot(path=SCREENSHOTS / f"near-{language}-320.png")
    context.close()
    assert {name: width for name, width in wide.items() if width > 320} == {}
