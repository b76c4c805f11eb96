"""What operators are told: accounts, records, strangers, dead letters."""

import logging
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession
from yarl import URL

from api.ops.figures import HOLES_SHOWN
from ingest.model import DeadLetter, Kind
from ingest.operating import BootRecord, Replayed, Role
from ingest.ports import TransientStoreError
from tests.api.error_shape import assert_problem
from tests.api.ops_world import RECORD, bearer
from tests.api.stillness import NOW_MS
from tests.api.world import World


async def data_of(client: ClientSession, target: str, method: str = "GET") -> Any:
    """The data of a good answer to an operator."""
    async with client.request(method, target, headers=bearer(Role.OPERATOR)) as response:
        assert response.status == 200, await response.text()
        answer = await response.json()
        assert answer["ttl"] == 0
        return answer["data"]


async def test_accounts_add_up(client: ClientSession) -> None:
    """Received is the sum of where the readings went, and the balance says so."""
    now = await data_of(client, "/v1/ops/accounting")
    parts = (now["stored"], now["duplicate"], now["refused"])
    gone = sum(sum(part.values()) for part in parts) + now["spooled"] + now["in_flight"]
    assert now["received"] == gone == 14
    assert now["balance"] == 0
    assert now["since"] == "2026-11-22T06:30:00.000Z"


async def test_station_quality_names_every_hole(client: ClientSession) -> None:
    """Sent, received and missing by kind and boot, and the rest of the record."""
    quality = await data_of(client, "/v1/ops/stations/bj-0001/quality")
    assert quality["boots"] == [
        {
            "kind": "occupancy",
            "boot": 7,
            "sent": 4711,
            "received": 4708,
            "missing": 3,
            "holes": [[17, 18], [4000, 4000]],
        }
    ]
    assert quality["clock"] == {"offset_ms": -1500, "as_of": "2026-11-22T07:29:35.000Z"}
    assert quality["backlog"] == {"readings": 500, "as_of": "2026-11-22T06:30:00.000Z"}
    assert (quality["registered"], quality["refused"]) == (True, {"out_of_range": 1})
    assert (quality["duplicates"], quality["unknown_fields"], quality["meter_went_back"]) == (2, ["colour"], 1)


async def test_quality_of_a_station_that_was_never_heard_is_empty(client: ClientSession) -> None:
    """Registered, and nothing is known of it: no boots, no clock, no backlog."""
    quality = await data_of(client, "/v1/ops/stations/bj-0004/quality")
    assert (quality["boots"], quality["clock"], quality["backlog"]) == ([], None, None)


async def test_quality_of_an_unregistered_station_is_told(world: World, client: ClientSession) -> None:
    """It was heard, so there is a record; one that was not heard either is a 404."""
    world.records.stations["stranger-01"] = replace(RECORD, station="stranger-01")
    assert not (await data_of(client, "/v1/ops/stations/stranger-01/quality"))["registered"]
    async with client.get("/v1/ops/stations/nobody/quality", headers=bearer(Role.VIEWER)) as response:
        await assert_problem(response, 404)


async def test_answer_about_many_holes_is_bounded(world: World, client: ClientSession) -> None:
    """The newest holes are named, and all are counted."""
    holes = [(seq, seq) for seq in range(2, 2002, 2)]
    boot = BootRecord(Kind.OCCUPANCY, 1, sent=2001, missing=1000, holes=holes)
    world.records.stations["bj-0001"] = replace(RECORD, boots=(boot,))
    [shown] = (await data_of(client, "/v1/ops/stations/bj-0001/quality"))["boots"]
    assert shown["missing"] == 1000
    assert len(shown["holes"]) == HOLES_SHOWN
    assert shown["holes"][-1] == [2000, 2000]


async def test_strangers_are_listed_page_by_page(
    world: World, client: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order of id, each once, with when it was heard; the last page leads nowhere."""
    known = [f"stranger-{number:02d}" for number in range(1, 8)]
    monkeypatch.setattr(world.picture, "unregistered", lambda: known)
    seen: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = await data_of(client, f"/v1/ops/unregistered?limit=3{f'&cursor={cursor}' if cursor else ''}")
        seen += page["stations"]
        cursor = page["next_cursor"]
    assert [one["id"] for one in seen] == known
    assert seen[0]["heard_at"] == "2026-11-22T07:29:40.000Z"
    assert seen[1]["heard_at"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [3, 2, 1]),
        ("?reason=missing_field", [2]),
        ("?station=bj-0001", [1]),
        ("?reason=missing_field&station=bj-0001", []),
        ("?from=2026-11-22T07:29:58Z", [3, 2]),
        ("?from=2026-11-22T15:29:58%2B08:00&to=2026-11-22T15:29:59%2B08:00", [2]),
        ("?limit=2", [3, 2]),
    ],
)
async def test_letters_are_filtered(client: ClientSession, query: str, expected: list[int]) -> None:
    """Newest first; an instant may be given in any zone; from is included and to is not."""
    page = await data_of(client, f"/v1/ops/dead-letters{query}")
    assert [letter["id"] for letter in page["letters"]] == expected


async def test_letters_are_turned_page_by_page(client: ClientSession) -> None:
    """The link of a page leads to the next one with the same filters."""
    seen: list[int] = []
    target: str | None = "/v1/ops/dead-letters?limit=1&to=2026-11-22T07:30:00Z"
    while target is not None:
        async with client.get(target, headers=bearer(Role.VIEWER)) as response:
            seen += [letter["id"] for letter in (await response.json())["data"]["letters"]]
            link = response.links.get("next")
            target = None if link is None else URL(link["url"]).path_qs
    assert seen == [3, 2, 1]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("from", "2026-11-22"),
        ("from", "2026-11-22T06:00:00"),
        ("to", "2026-11-22T06:00:00 08:00"),
        ("to", "yesterday"),
        ("cursor", "czE6YmotMDAwMQ"),
        ("cursor", "ZDE6LTE"),
        ("limit", "1001"),
    ],
)
async def test_wrong_filter_is_refused(client: ClientSession, parameter: str, value: str) -> None:
    """An instant without its offset, the cursor of another list, a number that is none: a 400 that names it."""
    async with client.get("/v1/ops/dead-letters", params={parameter: value}, headers=bearer(Role.VIEWER)) as response:
        await assert_problem(response, 400, parameter=parameter)


async def test_letter_is_shown_whole(client: ClientSession) -> None:
    """Text as text, everything else in base64."""
    text, binary = [await data_of(client, f"/v1/ops/dead-letters/{number}") for number in (2, 1)]
    assert (text["payload"], text["payload_base64"], text["boot"], text["seq"]) == ("{}", None, 7, 1)
    assert (binary["payload"], binary["payload_base64"], binary["payload_bytes"]) == (None, "/3s=", 2)


@pytest.mark.parametrize("letter_id", ["99", "0", "-1", "x", "9" * 40, "١"])
@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("DELETE", ""), ("POST", "/replay")])
async def test_letter_that_is_not_kept_is_a_404(client: ClientSession, method: str, rest: str, letter_id: str) -> None:
    """Whatever stands where a number belongs."""
    target = f"/v1/ops/dead-letters/{letter_id}{rest}"
    async with client.request(method, target, headers=bearer(Role.OPERATOR)) as response:
        await assert_problem(response, 404)


async def test_letter_is_dropped_once(world: World, client: ClientSession, caplog: pytest.LogCaptureFixture) -> None:
    """A 204 without a body, and the log says who did it; the second time it is a 404."""
    with caplog.at_level(logging.INFO):
        async with client.delete("/v1/ops/dead-letters/2", headers=bearer(Role.OPERATOR)) as response:
            assert response.status == 204
            assert await response.read() == b""
    [told] = [record for record in caplog.records if record.message == "dead letter dropped"]
    assert (told.__dict__["letter"], told.__dict__["holder"]) == (2, "holder-operator")
    assert 2 not in world.letters.kept
    async with client.delete("/v1/ops/dead-letters/2", headers=bearer(Role.OPERATOR)) as response:
        await assert_problem(response, 404)


@pytest.mark.parametrize(
    ("replayed", "outcome"),
    [(Replayed(taken=1), "taken"), (Replayed(duplicates=2), "duplicate"), (Replayed(taken=1, duplicates=1), "taken")],
)
async def test_replay_says_how_it_went(world: World, client: ClientSession, replayed: Replayed, outcome: str) -> None:
    """What was taken or known already drops the letter."""
    world.letters.outcomes[1] = replayed
    result = await data_of(client, "/v1/ops/dead-letters/1/replay", "POST")
    assert result == {
        "outcome": outcome,
        "taken": replayed.taken,
        "duplicates": replayed.duplicates,
        "refused": [],
    }
    assert world.letters.accepted_clocks == []


async def test_letter_that_is_refused_again_says_why(world: World, client: ClientSession) -> None:
    """It is no error to try: a 200 with what is still wrong, and the letter stays."""
    result = await data_of(client, "/v1/ops/dead-letters/2/replay?accept_clock=true", "POST")
    assert result["outcome"] == "refused"
    assert result["refused"] == [{"reason": "missing_field", "detail": "ts: Field required"}]
    assert world.letters.accepted_clocks == [2]
    assert 2 in world.letters.kept


async def test_database_that_is_away_is_said_to_come_back(world: World, client: ClientSession) -> None:
    """A 503 that says when to try again."""
    world.letters.fails_with = TransientStoreError("locked")
    async with client.get("/v1/ops/dead-letters", headers=bearer(Role.VIEWER)) as response:
        await assert_problem(response, 503)
        assert int(response.headers["Retry-After"]) > 0


async def test_letter_of_nobody_is_shown(world: World, client: ClientSession) -> None:
    """A topic that names no station is no reason to hide what it held."""
    world.letters.kept[9] = DeadLetter(NOW_MS, "yizhan/v1", b"", "wrong_topic", "topic must begin", None)
    shown = await data_of(client, "/v1/ops/dead-letters/9")
    assert (shown["station"], shown["payload"]) == (None, "")
