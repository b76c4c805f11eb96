"""The console in a browser: signing in, one tap, live; by keyboard alone and without scripts."""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from ingest.operating import Role
from tests.api.world import World, small_world
from tests.e2e.browsing import WAIT_S, Site, chromium, served, sign_in
from tests.e2e.test_pages_look import wrong_by_axe

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of the file."""
    with chromium() as started:
        yield started


@pytest.fixture
def world() -> World:
    """A small world of the test's own, because jobs are changed."""
    return small_world()


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    """That world."""
    with served(world) as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """On a phone, in English."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, service_workers="block")
    yield context.new_page()
    context.close()


def test_one_tap_acknowledges(page: Page, site: Site) -> None:
    """From the sign-in to an acknowledged job: a token, a tap; the list then says who goes and when they arrive."""
    page.goto(site.address + "/ops?lang=en")
    sign_in(page, Role.CREW)
    page.locator("#job-j1").get_by_role("button", name="30 min").click()
    expect(page.locator("#job-j1")).to_contain_text("holder-crew goes, arrival 16:00")
    assert page.url == site.address + "/ops?lang=en"


def test_a_change_by_another_is_seen_at_once(page: Page, site: Site, world: World) -> None:
    """What a colleague does shows on an open page, within a second, without a tap."""
    page.goto(site.address + "/ops?lang=en")
    sign_in(page)
    expect(page.locator("#job-j2")).to_contain_text("nobody goes yet")
    assert world.board is not None
    site.run(asyncio.wait_for(world.board.is_watched.wait(), WAIT_S))
    site.run(world.board.start("j2", "Li Na"))
    expect(page.locator("#job-j2 .state")).to_have_text("in progress", timeout=WAIT_S * 1000)


def test_a_job_is_worked_by_keyboard_and_without_scripts(browser: Browser, site: Site) -> None:
    """Without JavaScript: sign in, open a job, confirm on site in words, and read it in the record."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = context.new_page()
    page.goto(site.address + "/ops/jobs/j1?lang=en")
    sign_in(page, Role.CREW)
    page.get_by_label("What was seen (may be empty)").fill("no fire")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#record")).to_contain_text("holder-crew confirmed on site: no fire")
    context.close()


def test_the_session_is_out_of_reach_of_scripts(page: Page, site: Site) -> None:
    """The page's own scripts cannot read the cookie, and signing out ends what an open page may see."""
    page.goto(site.address + "/ops?lang=en")
    sign_in(page)
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    page.goto(site.address + "/ops?lang=en")
    expect(page.locator("#token")).to_be_visible()


def test_an_operator_silences_by_keyboard(page: Page, site: Site) -> None:
    """On a phone: what is for operators unfolds, a reason, Enter on the button; then the list, where it is ended.

    All controls are 44 px high.
    """
    page.goto(site.address + "/ops/jobs/j1?lang=en")
    sign_in(page)
    more = page.locator("summary", has_text="For operators")
    more.focus()
    page.keyboard.press("Enter")
    form = page.locator('form:has(input[value="silence"])').first
    heights = form.locator("select, input:not([type=hidden]), textarea, button").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44
    assert more.evaluate("one => one.getBoundingClientRect().height") >= 44
    assert wrong_by_axe(page) == []
    form.locator("textarea").fill("sensor is being changed")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(site.address + "/ops/silences?lang=en")
    made = page.locator("li", has_text="sensor is being changed")
    expect(made).to_contain_text("holder-operator")
    assert wrong_by_axe(page) == []
    made.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(made).to_have_count(0)
