"""What operators do in the console: assign, resolve, silence, end a silence."""

import re
from dataclasses import replace

import pytest
from aiohttp import ClientSession

from ingest.alerts.model import AlertState
from ingest.operating import Role
from tests.api.alert_world import CREW
from tests.api.console_browser import Browser, signed_in
from tests.api.ops_world import MINTED, REGIONAL
from tests.api.stillness import NOW_MS
from tests.api.world import World

HOUR_MS = 3_600_000
JOB = "/ops/jobs/j1"


@pytest.fixture
async def browser(client: ClientSession) -> Browser:
    """Signed in with the token of an operator."""
    return await signed_in(client, MINTED[Role.OPERATOR].text)


async def test_an_operator_assigns_resolves_and_silences(world: World, browser: Browser) -> None:
    """Each is an act upon the board in the name on the token, with its reason."""
    assert world.board is not None
    world.board.known_crews.append(replace(CREW, id="night", name="夜班"))
    html = await browser.get(JOB)
    assert '<option value="night">夜班</option>' in html
    assert "紧急告警也不通知" in html
    await browser.act(JOB, act="assign", crew="night")
    await browser.act(JOB, act="silence", alert="a1", hours="4", comment="改造")
    await browser.act(JOB, act="resolve", alert="a2", comment="误报")
    assert [(act.what, act.who, act.detail) for act in world.board.acts] == [
        ("assign", "holder-operator", "night"),
        ("silence", "holder-operator", "改造"),
        ("resolve", "holder-operator", "误报"),
    ]
    made = list(world.board.known_silences.values())[-1]
    rule = world.board.known_alerts["a1"].key.rule
    assert (made.station, made.region, made.rule) == ("bj-0001", None, rule)
    assert (made.starts_ms, made.ends_ms) == (NOW_MS, NOW_MS + 4 * HOUR_MS)
    assert world.board.known_alerts["a2"].state is AlertState.RESOLVED


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"act": "assign", "crew": "nobody"}, ""),
        ({"act": "resolve", "alert": "a2", "comment": " "}, "请写明原因"),
        ({"act": "resolve", "alert": "a2", "comment": "x" * 501}, "写了 501 个字"),
        ({"act": "resolve", "alert": "a4", "comment": "elsewhere"}, "没有这条告警"),
        ({"act": "silence", "alert": "a1", "hours": "5", "comment": "odd"}, "请选择时长"),
        ({"act": "silence", "alert": "a1", "until": "soon", "comment": "odd"}, "不是有效的时间"),
        ({"act": "silence", "alert": "a1", "until": "2020-01-01T00:00", "comment": "past"}, "没有办成"),
    ],
)
async def test_what_is_refused_changes_nothing(
    world: World, browser: Browser, fields: dict[str, str], why: str
) -> None:
    """A 409 on the job's page with the reason."""
    assert world.board is not None
    html = await browser.act(JOB, 409, **fields)
    assert "没有办成" in html
    assert why in html
    assert world.board.acts == []


async def test_a_crew_is_neither_shown_nor_allowed_it(world: World, client: ClientSession) -> None:
    """Their pages have no such form, and the form of another does not help."""
    crew = await signed_in(client, MINTED[Role.CREW].text)
    html = await crew.get(JOB)
    for act in ("assign", "resolve", "silence"):
        assert f'value="{act}"' not in html
        await crew.act(JOB, 403, act=act, alert="a1", hours="1", crew="x", comment="x")
    assert "结束静默" not in await crew.get("/ops/silences")
    await crew.act("/ops/silences/s1", 403)
    assert world.board is not None
    assert world.board.acts == []


async def test_silences_are_listed_and_ended(world: World, browser: Browser) -> None:
    """In force and to come, with author and reason; an ended one is gone from the list."""
    html = await browser.get("/ops/silences?lang=en")
    assert re.findall(r'id="silence-(\w+)"', html) == ["s1", "s2", "s3"]
    assert "改造" in html
    assert "Li" in html
    assert await browser.act("/ops/silences/s1", lang="en") == "/ops/silences"
    assert 'id="silence-s1"' not in await browser.get("/ops/silences")
    await browser.act("/ops/silences/none", 404)


async def test_a_district_sees_its_own_and_those_of_no_place(client: ClientSession) -> None:
    """Not those of another province."""
    regional = await signed_in(client, REGIONAL.text)
    html = await regional.get("/ops/silences")
    assert re.findall(r'id="silence-(\w+)"', html) == ["s1", "s3"]
    assert re.findall(r'action="/ops/silences/(\w+)"', html) == ["s1"]
    await regional.act("/ops/silences/s3", 403)
