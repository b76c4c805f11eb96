"""Using the pages: by keyboard alone, without scripts, from where one stands, and without a network."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.e2e.browsing import Site, chromium, served

pytestmark = pytest.mark.e2e
PHONE: ViewportSize = {"width": 360, "height": 740}

FOCUSED = """() => {
    const one = document.activeElement;
    if (one === document.body) return null;
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const rect = one.querySelector("rect");
    const drawn = style.outlineStyle !== "none" || (rect && getComputedStyle(rect).strokeWidth === "3px");
    const seen = box.bottom > 0 && box.top < innerHeight && box.width > 0;
    return { name: one.id || one.textContent.trim().slice(0, 40) || one.name, drawn: !!drawn, seen };
}"""


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


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """On a phone, without a service worker."""
    context = browser.new_context(viewport=PHONE, service_workers="block")
    yield context.new_page()
    context.close()


def walk(page: Page, most: int) -> list[dict[str, object]]:
    """What the Tab key meets, from the top until it leaves the page."""
    met: list[dict[str, object]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            return met
        met.append(focused)
    raise AssertionError(f"the keyboard is trapped after {met[-3:]}")


@pytest.mark.parametrize("path", ["/", "/stations/bj-0001", "/overview", "/overview?region=110000"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: Page, site: Site, path: str) -> None:
    """Each stop is on the screen and drawn; the first leads past the head; the last leads out."""
    page.goto(site.address + path)
    met = walk(page, 120)
    assert met[0]["name"] == "跳到正文"
    assert [one for one in met if not (one["drawn"] and one["seen"])] == []
    assert len(met) > 10


def test_the_skip_link_leads_to_the_content(page: Page, site: Site) -> None:
    """Tab and Enter: the next stop is the first one behind the head."""
    page.goto(site.address)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "near"


def test_a_filter_is_one_key(page: Page, site: Site) -> None:
    """Enter on a filter turns it, and it stays in the address."""
    page.goto(site.address)
    page.get_by_role("link", name="有空座").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_have_count(2)
    assert page.url.endswith("/?has=seat")
    expect(page.get_by_role("link", name="有空座")).to_have_attribute("aria-current", "true")


def test_all_of_it_works_without_scripts(browser: Browser, site: Site) -> None:
    """Without JavaScript: stations, search by region and name, filters, a station's page, the table; no dead button."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(site.address + "/?lang=en")
    expect(page.locator("#near")).to_be_hidden()
    page.locator("select[name=region]").select_option("110000")
    page.get_by_label("Name or street").fill("station 3")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".card")).to_have_count(1)
    assert "region=110000" in page.url
    page.locator(".card h3 a").click()
    expect(page.locator("h1")).to_have_text("Dongzhimen Station 3")
    expect(page.get_by_text("unknown since 14:02").first).to_be_visible()
    page.get_by_role("link", name="Overview").click()
    page.locator("select[name=by]").select_option("volunteer")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#map-title")).to_have_text("Volunteer services")
    context.close()


def standing(browser: Browser, permissions: list[str]) -> BrowserContext:
    """A phone at a place in Beijing."""
    return browser.new_context(
        viewport=PHONE,
        service_workers="block",
        permissions=permissions,
        geolocation={"latitude": 39.94012345, "longitude": 116.43},
    )


def test_near_me_asks_only_when_tapped(browser: Browser, site: Site) -> None:
    """The place is asked for by a tap, goes into the address with four decimals, and the nearest come first."""
    context = standing(browser, ["geolocation"])
    page = context.new_page()
    page.goto(site.address + "/?has=seat")
    page.get_by_role("button", name="找我附近的驿站").click()
    page.wait_for_url(re.compile("near=39.9401%2C116.4300"))
    assert "has=seat" in page.url
    expect(page.locator(".distance").first).to_have_text("10 米")
    context.close()


def test_near_me_refused_says_what_to_do(browser: Browser, site: Site) -> None:
    """Without the permission the page says so, and the other ways are named."""
    context = standing(browser, [])
    page = context.new_page()
    page.goto(site.address)
    page.locator("#near").click()
    expect(page.locator("#near-trouble")).to_contain_text("按地区或站名查找")
    assert page.url == site.address + "/"
    context.close()


def test_offline_shows_the_last_list_with_its_age(browser: Browser) -> None:
    """When the network is gone, the pages seen last are there, and say how old they are; others lead to the list."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    with served() as site:
        page.goto(site.address + "/?region=110101")
        page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        page.wait_for_function("caches.open('pages').then((cache) => cache.keys()).then((keys) => keys.length > 0)")
        page.goto(site.address + "/stations/bj-0001")
        page.wait_for_function("caches.open('pages').then((cache) => cache.keys()).then((keys) => keys.length > 1)")
        site.stop()
        page.reload()
        expect(page.locator("h1")).to_have_text("东直门户外劳动者驿站 1 号")
        expect(page.locator("#kept")).to_contain_text("没有网络。以下是刚才的内容")
        page.goto(site.address + "/?region=440000")
        expect(page.locator(".card")).to_have_count(4)
        expect(page.locator("#kept")).to_be_visible()
        assert page.evaluate("getComputedStyle(document.querySelector('.card')).display") == "flex"
    context.close()
