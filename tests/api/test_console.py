"""The console of crews, as a browser without scripts uses it."""

import re

import pytest
from aiohttp import ClientSession

from api.app import make_app
from api.console.sessions import LIFETIME_MS
from api.console.station_console import CHARTED
from api.language import Language, wording
from api.pages.charts import trace
from ingest.alerts.bring import PARTS
from ingest.alerts.work import JobState
from ingest.model import Kind
from ingest.operating import Role
from ingest.ports import TransientStoreError
from ingest.store.figures import FIGURES
from tests.api.conftest import ClientOf
from tests.api.console_browser import Browser, signed_in
from tests.api.ops_world import MINTED, REGIONAL
from tests.api.stillness import NOW_MS
from tests.api.world import World

MINUTE_MS = 60_000


def _text(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


@pytest.fixture
async def browser(client: ClientSession) -> Browser:
    """Signed in with the token of an operator."""
    return await signed_in(client, MINTED[Role.OPERATOR].text)


# ---- signing in ----


async def test_who_is_not_signed_in_is_led_to_the_form_and_back(client: ClientSession) -> None:
    """Every page of the console leads to the sign-in, which leads to where one wanted to go."""
    browser = Browser(client)
    onward = await browser.get("/ops/jobs/j1?lang=en", 303)
    assert onward == "/ops/sign-in?next=%2Fops%2Fjobs%2Fj1%3Flang%3Den&lang=en"
    assert 'name="next" value="/ops/jobs/j1?lang=en"' in await browser.get(onward)
    assert (
        await browser.post("/ops/sign-in", token=MINTED[Role.CREW].text, next="/ops/jobs/j1?lang=en")
        == "/ops/jobs/j1?lang=en"
    )


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", "/ops\\evil", "/opsevil", "/v1/ops"])
async def test_the_sign_in_leads_nowhere_else(client: ClientSession, next_page: str) -> None:
    """A link cannot use the sign-in to lead to another place."""
    assert await Browser(client).post("/ops/sign-in", token=MINTED[Role.CREW].text, next=next_page) == "/ops"


async def test_a_token_that_opens_nothing_is_said_and_not_repeated(client: ClientSession) -> None:
    """A wrong token is a 401 with words, no cookie, and is not in the answer."""
    browser = Browser(client)
    html = await browser.post("/ops/sign-in", 401, token="yz_wrong_secret")
    assert "这个令牌打不开" in html
    assert "yz_wrong_secret" not in html
    assert browser.cookie == ""


async def test_the_cookie_is_for_this_site_and_no_script(client: ClientSession) -> None:
    """HttpOnly, SameSite=Strict, for the console alone; Secure behind TLS; never the token itself."""
    browser = await signed_in(client, MINTED[Role.CREW].text)
    assert "HttpOnly" in browser.set_cookie
    assert "SameSite=Strict" in browser.set_cookie
    assert "Path=/ops" in browser.set_cookie
    assert "Secure" not in browser.set_cookie
    assert MINTED[Role.CREW].text not in browser.set_cookie
    headers = {"X-Forwarded-Proto": "https", "Sec-Fetch-Site": "same-origin"}
    async with client.post(
        "/ops/sign-in", data={"token": MINTED[Role.CREW].text}, headers=headers, allow_redirects=False
    ) as response:
        assert "Secure" in response.headers["Set-Cookie"]


async def test_a_session_ends(world: World, client: ClientSession, browser: Browser) -> None:
    """After its time, when its token is revoked, and when its reader signs out."""
    await browser.act("/ops/sign-out")
    await browser.get("/ops", 303)
    again = await signed_in(client, MINTED[Role.OPERATOR].text)
    await again.get("/ops")
    world.now_ms += LIFETIME_MS
    await again.get("/ops", 303)
    last = await signed_in(client, MINTED[Role.OPERATOR].text)
    world.tokens.reload([])
    await last.get("/ops", 303)


async def test_another_site_cannot_act(browser: Browser) -> None:
    """A form without the session's own word, or that a browser says is from elsewhere, does nothing."""
    await browser.post("/ops/jobs/j1", 403, act="acknowledge", minutes="30")
    await browser.post("/ops/jobs/j1", 403, act="acknowledge", minutes="30", form="guess")
    form = await browser.form()
    await browser.post("/ops/jobs/j1", 403, act="acknowledge", minutes="30", form=form, site="cross-site")
    await browser.post("/ops/sign-in", 403, token=MINTED[Role.CREW].text, site="cross-site")
    assert "还没有人接单" in await browser.get("/ops/jobs/j1")


async def test_nobody_keeps_a_page_of_the_console(client: ClientSession, browser: Browser) -> None:
    """Not the browser, and no proxy; and the page names the one who is signed in."""
    async with client.get("/ops", headers={"Cookie": browser.cookie}) as response:
        assert response.headers["Cache-Control"] == "no-store"
        assert "holder-operator" in await response.text()


# ---- jobs ----


async def test_jobs_come_by_how_bad_and_how_far(browser: Browser) -> None:
    """The worst first; what is not known to be over says since when there is no word; pending is apart."""
    html = await browser.get("/ops?near=39.95,116.43&lang=en")
    assert re.findall(r'id="job-(\w+)"', html) == ["j1", "j2", "j3"]
    text = _text(html)
    for words in (
        "3 open, the worst first",
        "emergency open nobody goes yet, since 15:20",
        "slot 3 56.5 °C since 15:20",
        "no word since 14:02: nobody knows whether it is over",
        "1.1 km",
        "Being watched, nobody is told yet",
        "31.5 °C",
        "Huoxiang Zhengqi liquid 2 pieces",
    ):
        assert words in text


async def test_one_tap_says_who_goes_and_when_they_arrive(world: World, browser: Browser) -> None:
    """A button of the list acknowledges with an arrival time, in the name on the token, and shows it at once."""
    assert await browser.act("/ops/jobs/j1", act="acknowledge", minutes="30", back="/ops?lang=en") == "/ops?lang=en"
    assert world.board is not None
    assert world.board.known_jobs["j1"].arrival_ms == NOW_MS + 30 * MINUTE_MS
    assert "holder-operator goes, arrival 16:00" in _text(await browser.get("/ops?lang=en"))


async def test_a_job_shows_what_to_bring_and_what_happened(browser: Browser) -> None:
    """Its alerts, what to take along, who did what, which message did not arrive and why."""
    await browser.act("/ops/jobs/j1", act="comment", comment="带上 <梯子>")
    text = _text(await browser.get("/ops/jobs/j1"))
    for words in (
        "藿香正气水 × 28",
        "灭火器",
        "电芯过热 3 号仓 56.5 °C",
        "holder-operator 留言 : 带上 &lt;梯子&gt;",
        "没有送到 (310000 sign not match)",
    ):
        assert words in text.replace("留言:", "留言 :")


async def test_work_goes_from_step_to_step(world: World, browser: Browser) -> None:
    """Started, confirmed on site, repaired, closed with a reason: each is an act in the visitor's name."""
    path = "/ops/jobs/j2"
    await browser.act(path, act="start")
    await browser.act("/ops/jobs/j1", act="confirm", alert="a1", comment="没有火")
    await browser.act(path, act="repaired", comment="换了电池")
    await browser.act(path, act="close", comment="重复")
    assert world.board is not None
    assert [(act.what, act.subject, act.detail) for act in world.board.acts] == [
        ("start", "j2", ""),
        ("confirm", "a1", "没有火"),
        ("repaired", "j2", "换了电池"),
        ("close", "j2", "重复"),
    ]
    assert {act.who for act in world.board.acts} == {"holder-operator"}
    assert world.board.known_jobs["j2"].state is JobState.CLOSED


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "acknowledge", "minutes": "-1"},
        {"act": "acknowledge", "minutes": "soon"},
        {"act": "acknowledge", "minutes": "99999"},
        {"act": "acknowledge"},
        {"act": "comment", "comment": "  "},
        {"act": "comment", "comment": "长" * 1001},
        {"act": "confirm", "alert": "a4"},
        {"act": "close", "comment": "烟没了"},
    ],
)
async def test_what_cannot_be_done_is_said(world: World, browser: Browser, fields: dict[str, str]) -> None:
    """An act that is refused is a 409 on the job's own page with the reason, and changes nothing."""
    assert world.board is not None
    before = dict(world.board.known_jobs)
    html = await browser.act("/ops/jobs/j1", 409, **fields)
    assert "没有办成" in html
    assert world.board.known_jobs == before
    assert world.board.acts == []


async def test_a_form_that_no_page_of_ours_has_is_not_our_mistake(browser: Browser) -> None:
    """An act that there is not: the page says that it cannot be done, and not that the platform broke."""
    html = await browser.act("/ops/jobs/j1", 400, act="nonsense")
    assert "无法照办" in html
    assert "出错了" not in html


async def test_a_viewer_looks_and_does_nothing(client: ClientSession) -> None:
    """Without the role there is no button, and the form of another does not help."""
    browser = await signed_in(client, MINTED[Role.VIEWER].text)
    assert 'value="acknowledge"' not in await browser.get("/ops/jobs/j1")
    assert "没有权限" in await browser.act("/ops/jobs/j1", 403, act="acknowledge", minutes="30")


async def test_a_token_for_a_district_sees_that_district(client: ClientSession) -> None:
    """Jobs, stations, refused messages and silent stations elsewhere are not there, not even by their address."""
    browser = await signed_in(client, REGIONAL.text)
    html = await browser.get("/ops")
    assert re.findall(r'id="job-(\w+)"', html) == ["j1", "j2"]
    assert "西城区" not in html
    for path in ("/ops/jobs/j3", "/ops/stations/gd-0001", "/ops/stations/stranger-01", "/ops/letters/3"):
        await browser.get(path, 403)
    letters = await browser.get("/ops/letters")
    assert "gd-0001" not in letters
    silent = await browser.get("/ops/silent")
    assert "bj-0004" in silent
    assert "stranger-01" not in silent


async def test_a_platform_that_watches_nothing_does_not_say_that_all_is_well(world: World, client_of: ClientOf) -> None:
    """Without a board the page says so, in those words."""
    world.board = None
    browser = await signed_in(await client_of(make_app(world.platform())), MINTED[Role.VIEWER].text)
    text = _text(await browser.get("/ops"))
    assert "这不等于一切正常" in text
    assert "没有待办" not in text


# ---- stations, messages, crews ----


async def test_a_station_shows_its_parts_its_record_and_a_day(browser: Browser) -> None:
    """Slot by slot, lot by lot; holes by number; refused messages; charts of a day with their range."""
    html = await browser.get("/ops/stations/bj-0001?lang=en")
    text = _text(html)
    for words in (
        "slot 1 Charged, to be taken · 96 % · 28.5 °C · SECRET1",
        "Cabinet temperature 31.5 °C",
        "hxzq-10ml 99 · 2301C · 2026-11-21",
        "Duplicates 2",
        "Clock offset -1.5 s (15:29)",
        "Last backlog 500 readings (14:30)",
        "Occupancy 7 4,711 3 17–18, 4000",
        "not_utf8",
        "People inside 3 1–4",
    ):
        assert words in text
    assert html.count('<path class="line"') == 3


async def test_a_dark_station_keeps_what_was_last_seen_and_says_that_it_is_old(browser: Browser) -> None:
    """A crew may see the old reading, marked as such."""
    text = _text(await browser.get("/ops/stations/bj-0003?lang=en"))
    assert "old, of 14:02: not known now" in text
    assert "People inside 4" in text


async def test_a_store_that_is_away_costs_the_charts_only(world: World, browser: Browser) -> None:
    """Without the store of readings the parts and the record are there."""
    world.history.fails_with = TransientStoreError("away")
    text = _text(await browser.get("/ops/stations/bj-0001"))
    assert "数据库暂时不可用" in text
    assert "烟雾 无" in text


async def test_what_nobody_registered_has_a_page_for_crews(browser: Browser) -> None:
    """A stranger that publishes can be looked into; what was never heard of is a 404."""
    assert "这个编号没有登记" in await browser.get("/ops/stations/stranger-01")
    await browser.get("/ops/stations/nobody", 404)
    text = _text(await browser.get("/ops/silent"))
    assert "stranger-01" in text
    assert "东直门户外劳动者驿站 4 号" in text
    assert "5 号" not in text  # it is not smart


async def test_a_refused_message_is_replayed_or_forgotten(world: World, browser: Browser) -> None:
    """Replay takes it or says why not; dropping forgets it; the list is turned page by page."""
    assert "not_utf8" in await browser.get("/ops/letters")
    assert "\\xff{" in await browser.get("/ops/letters/1")
    assert "还是不收：missing_field" in _text(await browser.act("/ops/letters/2", 409, act="replay", accept_clock="1"))
    assert world.letters.accepted_clocks == [2]
    assert await browser.act("/ops/letters/1", act="replay") == "/ops/letters"
    assert await browser.act("/ops/letters/3", act="drop") == "/ops/letters"
    assert set(world.letters.kept) == {2}
    await browser.get("/ops/letters/1", 404)


async def test_crews_have_their_times(browser: Browser) -> None:
    """How many jobs, how quick, what did not arrive."""
    text = _text(await browser.get("/ops/crews?lang=en"))
    assert "东城巡检队 12 11 9 6 min 2.3 h" in text
    assert "310000 sign not match" in text


# ---- live ----


async def test_an_open_page_is_told_of_what_is_its_readers(world: World, client: ClientSession) -> None:
    """A change on the board is sent at once, without content; one of another region is not; signing out ends it."""
    browser = await signed_in(client, REGIONAL.text)
    assert world.board is not None
    async with client.get("/ops/stream", headers={"Cookie": browser.cookie}) as response:
        assert response.content_type == "text/event-stream"
        assert await response.content.readuntil(b"\n\n") == b"retry: 3000\n\n"
        await world.board.is_watched.wait()
        await world.board.start("j3", "somebody")
        await world.board.start("j1", "somebody")
        assert await response.content.readuntil(b"\n\n") == b"event: board\ndata: {}\n\n"
        await browser.act("/ops/sign-out")
        await world.board.start("j1", "somebody")
        assert await response.content.read() in {b"event: board\ndata: {}\n\n", b""}
    assert world.board.watchers == []


def test_a_trace_is_broken_where_nothing_is_known() -> None:
    """A gap is not drawn over; a flat line has a height; nothing at all is no trace."""
    assert trace([None, None]) is None
    drawn = trace([(1, 0, 2), None, (3, 3, 3)])
    assert drawn is not None
    assert drawn.line.count("M") == 2
    assert (drawn.least, drawn.most) == (0, 3)
    flat = trace([(5, 5, 5)])
    assert flat is not None
    assert "nan" not in flat.line + flat.band


def test_charts_name_figures_that_there_are() -> None:
    """What the console charts is kept by the stores."""
    assert all(figure in FIGURES[Kind(kind)] for kind, figure, _ in CHARTED)


def test_all_that_is_to_be_brought_has_words() -> None:
    """Things to bring are said in both languages."""
    assert {f"bring.{part}" for part in PARTS.values()} <= set(wording(Language.ZH).catalogue)
