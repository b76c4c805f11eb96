"""One-time links: a page that only shows, a button that acts once."""

from dataclasses import replace

import pytest
from aiohttp import ClientSession

from ingest.alerts.work import JobState
from ingest.ports import TransientStoreError
from tests.api.alert_world import CREW, LINK, MINUTE_MS
from tests.api.board_world import MemoryBoard
from tests.api.stillness import NOW_MS
from tests.api.world import World

PATH = f"/a/{LINK}"


@pytest.fixture
def board(world: World) -> MemoryBoard:
    """The board of the small world."""
    assert world.board is not None
    return world.board


async def test_link_that_is_fetched_does_nothing(client: ClientSession, board: MemoryBoard) -> None:
    """Robots of chats fetch it for a preview, as often as they like; people see what its button would do."""
    for method in ("GET", "HEAD", "GET"):
        async with client.request(method, PATH) as response:
            assert response.status == 200
            html = await response.text()
    assert board.acts == []
    assert "药品不足" in html
    assert CREW.name in html
    assert f'<form class="row" method="post" action="{PATH}">' in html


async def test_page_is_kept_by_nobody(client: ClientSession) -> None:
    """Neither by a browser, nor by a search engine, nor in the address that another site is told."""
    async with client.get(PATH) as response:
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]


async def test_page_speaks_both_languages(client: ClientSession) -> None:
    """English where it is asked for, and its button stays in it."""
    async with client.get(f"{PATH}?lang=en") as response:
        html = await response.text()
    assert "no word since" in html
    assert "I go, time not known" in html
    assert f'action="{PATH}?lang=en"' in html


@pytest.mark.parametrize(("form", "arrival_ms"), [({"minutes": "30"}, NOW_MS + 30 * MINUTE_MS), ({}, None)])
async def test_button_acknowledges_in_the_name_of_the_crew(
    client: ClientSession, board: MemoryBoard, form: dict[str, str], arrival_ms: int | None
) -> None:
    """With the time of arrival, where one was tapped; the page says that it was done."""
    async with client.post(PATH, data=form) as response:
        assert response.status == 200
        html = await response.text()
    job = board.known_jobs["j2"]
    assert (job.state, job.acknowledged_by, job.arrival_ms) == (JobState.ACKNOWLEDGED, CREW.id, arrival_ms)
    assert "已接单" in html
    assert "<form" not in html


async def test_link_works_once(client: ClientSession, board: MemoryBoard) -> None:
    """Afterwards it shows who goes, to whoever opens it again; its button is gone, and a second press is refused."""
    async with client.post(PATH, data={"minutes": "30"}) as response:
        assert response.status == 200
    for method, status in (("GET", 200), ("POST", 409)):
        async with client.request(method, PATH) as response:
            assert response.status == status
            html = await response.text()
        assert "已经用过" in html
        assert "已接单，预计" in html
        assert "<form" not in html
    assert len(board.acts) == 1


async def test_forged_link_opens_nothing(client: ClientSession, board: MemoryBoard) -> None:
    """And says no more than that; English and Chinese."""
    async with client.get("/a/forged.link?lang=en") as response:
        assert response.status == 404
        html = await response.text()
    assert "opens nothing" in html
    assert "bj-0003" not in html
    async with client.post("/a/forged.link") as response:
        assert response.status == 404
    assert board.acts == []


async def test_link_to_a_job_that_is_over_has_no_button(client: ClientSession, board: MemoryBoard) -> None:
    """And one that was fetched before it was closed is refused in words."""
    board.known_jobs["j2"] = replace(board.known_jobs["j2"], state=JobState.CLOSED)
    async with client.get(PATH) as response:
        assert response.status == 200
        assert "<form" not in await response.text()
    async with client.post(PATH) as response:
        assert response.status == 409
        assert "没有办成：这个任务已经结束" in await response.text()
    async with client.post(f"{PATH}?lang=en") as response:
        assert "this job is closed" in await response.text()


@pytest.mark.parametrize("minutes", ["-1", "1441", "soon", "٣", "9" * 30])
async def test_wrong_minutes_are_refused_and_the_link_stays(
    client: ClientSession, board: MemoryBoard, minutes: str
) -> None:
    """What no button of ours sends."""
    async with client.post(PATH, data={"minutes": minutes}) as response:
        assert response.status == 409
        assert "0 到 1440" in await response.text()
    assert board.used_links == set()


async def test_form_of_another_site_is_refused(client: ClientSession, board: MemoryBoard) -> None:
    """Even one that knows the link."""
    async with client.post(PATH, headers={"Sec-Fetch-Site": "cross-site"}) as response:
        assert response.status == 403
    assert board.acts == []


async def test_database_that_is_away_is_told_to_people(client: ClientSession, board: MemoryBoard) -> None:
    """As a page, with when to try again; the link stays."""
    board.fails_with = TransientStoreError("locked")
    async with client.post(PATH) as response:
        assert response.status == 503
        assert response.content_type == "text/html"
        assert response.headers["Retry-After"]
    assert board.used_links == set()
