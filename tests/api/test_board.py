"""Alerts, jobs, silences, crews and their stream over HTTP: whose they are, and what is refused in which words."""

import json
from dataclasses import replace

import pytest
from aiohttp import ClientSession

from api.app import make_app
from ingest.alerts.model import AlertKey, AlertState, Scope
from ingest.alerts.records import BoardEvent
from ingest.operating import Role
from ingest.ports import TransientStoreError
from tests.api.alert_world import CHANNEL, CREW, MINUTE_MS, SECRET, of_platform, of_region
from tests.api.board_world import MemoryBoard
from tests.api.conftest import ClientOf
from tests.api.error_shape import assert_problem
from tests.api.ops_world import REGIONAL, bearer
from tests.api.stillness import NOW_MS
from tests.api.world import BODIES, World

OURS = {"Authorization": f"Bearer {REGIONAL.text}"}
"""Of Dongcheng district, 110101."""
OPERATOR, ADMIN = bearer(Role.OPERATOR), bearer(Role.ADMIN)
ALERT_ACTS = ("acknowledge", "confirm", "resolve", "comment")
JOB_ACTS = ("acknowledge", "start", "repaired", "close", "assign", "comment")


@pytest.fixture
def board(world: World) -> MemoryBoard:
    """With an alert of a province, of a district and of the platform beside those of stations."""
    assert world.board is not None
    for one in (of_region(), of_region("a8", "110101"), of_platform()):
        world.board.known_alerts[one.id] = one
    return world.board


async def _list(client: ClientSession, path: str, name: str, headers: dict[str, str]) -> list[str]:
    async with client.get(path, headers=headers) as response:
        assert response.status == 200, await response.text()
        return [one["id"] for one in (await response.json())["data"][name]]


# ---- regions ----


async def test_lists_show_what_a_token_reaches(client: ClientSession, board: MemoryBoard) -> None:
    """Stations and regions within its own; what is above its regions, and the platform, is for others."""
    assert await _list(client, "/v1/ops/alerts", "alerts", OURS) == ["a1", "a2", "a3", "a8"]
    assert await _list(client, "/v1/ops/jobs", "jobs", OURS) == ["j2", "j1"]
    assert await _list(client, "/v1/ops/silences", "silences", OURS) == ["s1", "s3"]
    assert len(await _list(client, "/v1/ops/alerts", "alerts", OPERATOR)) == len(board.known_alerts)


async def test_what_is_over_is_filtered_too(client: ClientSession, board: MemoryBoard) -> None:
    """And what lies outside cannot be asked for."""
    assert await _list(client, "/v1/ops/alerts?past=true", "alerts", OURS) == ["p0", "p2"]
    for query in ("station=gd-0001", "region=440000", "region=110000"):
        async with client.get(f"/v1/ops/alerts?past=true&{query}", headers=OURS) as response:
            await assert_problem(response, 403)
    assert board.acts == []


@pytest.mark.parametrize("alert_id", ["a4", "a6", "a7"])
async def test_alert_elsewhere_is_neither_seen_nor_touched(
    client: ClientSession, board: MemoryBoard, alert_id: str
) -> None:
    """Of a far station, of the province above, of the platform."""
    async with client.get(f"/v1/ops/alerts/{alert_id}", headers=OURS) as response:
        await assert_problem(response, 403)
    for act in ALERT_ACTS:
        path = f"/v1/ops/alerts/{alert_id}/{act}"
        async with client.post(path, headers=OURS, json=BODIES.get(act, {})) as response:
            await assert_problem(response, 403)
    assert board.acts == []


async def test_job_elsewhere_is_neither_seen_nor_touched(client: ClientSession, board: MemoryBoard) -> None:
    """By no act."""
    async with client.get("/v1/ops/jobs/j3", headers=OURS) as response:
        await assert_problem(response, 403)
    for act in JOB_ACTS:
        async with client.post(f"/v1/ops/jobs/j3/{act}", headers=OURS, json=BODIES.get(act, {})) as response:
            await assert_problem(response, 403)
    assert board.acts == []


@pytest.mark.parametrize("where", [{"station": "gd-0001"}, {"region": "110000"}, {"rule": "full"}])
async def test_nobody_silences_elsewhere(client: ClientSession, board: MemoryBoard, where: dict[str, str]) -> None:
    """Nor everywhere; nor ends what others silenced, be it of another place or of all."""
    body = {"reason": "检修", "hours": 1, **where}
    async with client.post("/v1/ops/silences", headers=OURS, json=body) as response:
        await assert_problem(response, 403)
    for others in ("s2", "s3"):
        async with client.delete(f"/v1/ops/silences/{others}", headers=OURS) as response:
            await assert_problem(response, 403)
    assert board.acts == []


async def test_crews_of_all_are_set_by_who_is_for_all(client: ClientSession, board: MemoryBoard) -> None:
    """An admin of one district does not replace everybody's crews."""
    async with client.put("/v1/ops/crews", headers=OURS, json={"crews": []}) as response:
        await assert_problem(response, 403)
    assert board.known_crews == [CREW]


# ---- refusals ----


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("jobs/j2/close", {}, "/reason"),
        ("jobs/j2/close", {"reason": "  "}, "/reason"),
        ("jobs/j2/close", {"reson": "x"}, "/reson"),
        ("jobs/j2/acknowledge", {"in_minutes": -1}, "/in_minutes"),
        ("jobs/j2/acknowledge", {"arrival": "soon"}, "/arrival"),
        ("jobs/j2/acknowledge", {"arrival": "0001-01-01T00:00:00+14:00"}, "/arrival"),
        ("jobs/j2/acknowledge", {"arrival": "9999-12-31T20:00:00Z"}, "/arrival"),
        ("silences", {"reason": "x", "rule": "full", "starts": "9999-12-31T00:00:00Z", "hours": 48}, "/starts"),
        ("jobs/j2/acknowledge", {"arrival": "2026-11-26T06:30:00Z", "in_minutes": 5}, ""),
        ("jobs/j2/acknowledge", [], ""),
        ("alerts/a1/comment", {"text": ""}, "/text"),
        ("silences", {"reason": "x", "rule": "full"}, "/ends"),
        ("silences", {"reason": "x", "rule": "full", "hours": 0}, "/hours"),
        ("silences", {"reason": "x", "rule": "smok", "hours": 1}, "/rule"),
        ("silences", {"reason": "x", "station": "bj-9999", "hours": 1}, "/station"),
        ("silences", {"reason": "x", "region": "999999", "hours": 1}, "/region"),
    ],
)
async def test_wrong_body_is_explained(
    client: ClientSession, board: MemoryBoard, path: str, body: object, pointer: str
) -> None:
    """By the pointer of the field, with what would be right; a misspelt field is never left out silently."""
    async with client.post(f"/v1/ops/{path}", headers=OPERATOR, json=body) as response:
        await assert_problem(response, 400, parameter=pointer)
    assert board.acts == []


async def test_body_that_is_no_json_is_refused(client: ClientSession, board: MemoryBoard) -> None:
    """As what it is, and one that is too large before it is read."""
    json_type = {"Content-Type": "application/json"}
    async with client.post("/v1/ops/jobs/j2/start", headers=OPERATOR | json_type, data=b"{") as response:
        await assert_problem(response, 400)
    async with client.post("/v1/ops/jobs/j2/start", headers=OPERATOR, data={"comment": "x"}) as response:
        await assert_problem(response, 415)
    large = json.dumps({"comment": "x" * 20_000}).encode()
    async with client.post("/v1/ops/jobs/j2/start", headers=OPERATOR | json_type, data=large) as response:
        await assert_problem(response, 413)
    assert board.acts == []


async def test_refusals_keep_the_words_of_the_board(client: ClientSession, board: MemoryBoard) -> None:
    """409 for what cannot be done, 404 for what is not there, 503 while the database is away."""
    async with client.post("/v1/ops/jobs/j1/close", headers=OPERATOR, json={"reason": "x"}) as response:
        assert "confirm it first" in (await assert_problem(response, 409))["detail"]
    for path in ("alerts/a99", "jobs/j99"):
        async with client.get(f"/v1/ops/{path}", headers=OPERATOR) as response:
            await assert_problem(response, 404)
    board.fails_with = TransientStoreError("locked")
    async with client.post("/v1/ops/jobs/j2/start", headers=OPERATOR) as response:
        await assert_problem(response, 503)
        assert response.headers["Retry-After"]


async def test_platform_without_alerts_says_so(world: World, client_of: ClientOf) -> None:
    """Rather than that nothing is open."""
    world.board = None
    client = await client_of(make_app(world.platform()))
    async with client.get("/v1/ops/jobs", headers=OPERATOR) as response:
        assert "watches no alerts" in (await assert_problem(response, 404))["detail"]


# ---- what is answered ----


async def test_pages_are_turned(client: ClientSession, board: MemoryBoard) -> None:
    """Each once, of now and of what is over."""
    for path, name, all_ids in (
        ("/v1/ops/alerts?limit=3", "alerts", list(board.known_alerts)),
        ("/v1/ops/alerts?past=true&limit=2", "alerts", ["p0", "p1", "p2"]),
        ("/v1/ops/jobs?past=true&limit=1", "jobs", ["j3", "j2", "j1"]),
    ):
        found, url = [], path
        while url:
            async with client.get(url, headers=OPERATOR) as response:
                page = (await response.json())["data"]
            found += [one["id"] for one in page[name]]
            url = f"{path}&cursor={page['next_cursor']}" if page["next_cursor"] else ""
        assert found == all_ids


async def test_a_list_that_moves_between_two_pages_skips_nothing(client: ClientSession, board: MemoryBoard) -> None:
    """What ends on the first page and what comes before it make no hole and no repeat in the second."""
    first_ids, all_ids = [], list(board.known_alerts)
    async with client.get("/v1/ops/alerts?limit=3", headers=OPERATOR) as response:
        page = (await response.json())["data"]
    first_ids = [one["id"] for one in page["alerts"]]
    gone = board.known_alerts.pop(first_ids[0])
    fresh = [replace(gone, id=f"new-{number}") for number in range(3)]
    board.known_alerts = {one.id: one for one in fresh} | board.known_alerts
    async with client.get(f"/v1/ops/alerts?limit=100&cursor={page['next_cursor']}", headers=OPERATOR) as response:
        rest = [one["id"] for one in (await response.json())["data"]["alerts"]]
    assert first_ids + rest == all_ids
    async with client.get(f"/v1/ops/alerts?past=true&cursor={page['next_cursor']}", headers=OPERATOR) as response:
        await assert_problem(response, 400, parameter="cursor")


async def test_what_is_over_in_a_district_is_over_in_its_province(client: ClientSession, board: MemoryBoard) -> None:
    """Of regions below the one that is asked for, too."""
    dark = replace(board.over[0], id="d1", key=AlertKey(Scope.REGION, "110101", "region_dark"))
    board.over.append(dark)
    assert "d1" in await _list(client, "/v1/ops/alerts?past=true&region=110000", "alerts", OPERATOR)
    assert "d1" not in await _list(client, "/v1/ops/alerts?past=true&region=440000", "alerts", OPERATOR)


async def test_alert_without_word_says_since_when(client: ClientSession, board: MemoryBoard) -> None:
    """It is unknown, keeps its last value, and is not over."""
    assert board.known_alerts["a3"].state is AlertState.UNKNOWN
    async with client.get("/v1/ops/alerts/a3", headers=OPERATOR) as response:
        alert = (await response.json())["data"]
    assert (alert["state"], alert["value"], alert["resolved_at"]) == ("unknown", 2, None)
    assert alert["unknown_since"] == "2026-11-22T06:02:00.000Z"


async def test_chain_and_channels_go_in_and_secrets_never_come_out(client: ClientSession, board: MemoryBoard) -> None:
    """The least severity of a step is kept; channels that are not named stay as they were."""
    step = {"after_s": 900, "channels": [CHANNEL.name], "least": "critical"}
    crew = {"id": "west", "name": "西城", "channels": [CHANNEL.name], "chain": [step]}
    async with client.put("/v1/ops/crews", headers=ADMIN, json={"crews": [crew]}) as response:
        assert response.status == 204, await response.text()
    assert board.known_channels == [CHANNEL]
    async with client.get("/v1/ops/crews", headers=ADMIN) as response:
        text = await response.text()
    assert json.loads(text)["data"]["crews"][0]["chain"] == [step]
    assert SECRET not in text


async def test_arrival_is_an_instant_or_minutes(client: ClientSession, board: MemoryBoard) -> None:
    """Both mean the same."""
    for body in ({"in_minutes": 30}, {"arrival": "2026-11-22T16:00:00+08:00"}):
        async with client.post("/v1/ops/jobs/j2/acknowledge", headers=OPERATOR, json=body) as response:
            assert (await response.json())["data"]["arrival_at"] == "2026-11-22T08:00:00.000Z"
    assert board.known_jobs["j2"].arrival_ms == NOW_MS + 30 * MINUTE_MS


async def test_stream_tells_what_a_token_reaches(client: ClientSession, board: MemoryBoard) -> None:
    """A change elsewhere is left out; `resync` is for everybody."""
    async with client.get("/v1/ops/alerts/stream", headers=OURS) as response:
        assert response.content_type == "text/event-stream"
        await board.is_watched.wait()
        board.publish(BoardEvent("job", "gd-0001", job=board.known_jobs["j3"]))
        board.publish(BoardEvent("job", "bj-0003", job=board.known_jobs["j2"]))
        board.publish(BoardEvent("resync", ""))
        lines = []
        while "event: resync" not in lines:
            lines.append((await response.content.readline()).decode().strip())
    events = [line for line in lines if line.startswith("event:")]
    assert events == ["event: job", "event: resync"]
    assert '"id":"j2"' in next(line for line in lines if line.startswith("data:"))
