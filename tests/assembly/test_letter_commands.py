"""`yizhan dead-letters`, typed, against a platform behind a real socket."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from assembly.letter_commands import WrongInstant, instant
from ingest.model import DeadLetter
from ingest.operating import Refusal, Replayed, Role
from tests.api.ops_world import MINTED
from tests.api.stillness import NOW_MS
from tests.assembly.conftest import Served
from tests.terminal import Terminal


@pytest.fixture
def asked(served: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """The terminal knows where the platform is, and holds an operator's token."""
    monkeypatch.setenv("YIZHAN_URL", served.url)
    monkeypatch.setenv("YIZHAN_TOKEN", MINTED[Role.OPERATOR].text)
    return served


def test_letters_are_listed_for_people(asked: Served, terminal: Terminal) -> None:
    """A line for each, newest first, with the reason and the words that the station was told."""
    shown = terminal.run("dead-letters", "list")
    assert shown.index("wrong_topic") < shown.index("missing_field") < shown.index("not_utf8")
    assert "2026-11-22T07:29:58.000Z" in shown
    assert "more with --limit" in terminal.run("dead-letters", "list", "--limit", "2")


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ((), [3, 2, 1]),
        (("--reason", "missing_field"), [2]),
        (("--station", "bj-0001"), [1]),
        (("--from", "2026-11-22T15:29:58+08:00"), [3, 2]),
        (("--to", "2026-11-22T15:29:58"), [1]),
        (("--from", "2026-11-22", "--to", "2026-11-23"), [3, 2, 1]),
        (("--from", "2026-11-23"), []),
        (("--limit", "2"), [3, 2]),
    ],
)
def test_filters_are_those_of_the_api(
    asked: Served, terminal: Terminal, filters: tuple[str, ...], ids: list[int]
) -> None:
    """A day begins where the stations are, and an instant without offset is one there."""
    assert [letter["id"] for letter in terminal.json("dead-letters", "list", *filters)] == ids


def test_more_letters_than_a_page_are_all_found(asked: Served, terminal: Terminal) -> None:
    """The pages are turned until the limit."""
    one = asked.world.letters.kept[2]
    asked.world.letters.kept.update(dict.fromkeys(range(10, 1300), one))
    found = terminal.json("dead-letters", "list", "--limit", "1200")
    assert [letter["id"] for letter in found] == list(range(1299, 99, -1))


def test_letter_is_shown_whole(asked: Served, terminal: Terminal) -> None:
    """With its message, as text or in base64."""
    shown = terminal.run("dead-letters", "show", "2")
    assert "reason: missing_field" in shown
    assert shown.rstrip().endswith("{}")
    assert "payload_base64: /3s=" in terminal.run("dead-letters", "show", "1")
    assert terminal.json("dead-letters", "show", "2")["payload"] == "{}"


def test_what_a_station_sent_does_not_move_the_cursor(asked: Served, terminal: Terminal) -> None:
    """Control characters of a topic, a text or a message are shown as what they are, and markup as it was written."""
    evil = "\x1b]0;owned\x07[bold]x[/]"
    asked.world.letters.kept[9] = DeadLetter(NOW_MS, evil, evil.encode(), "wrong_topic", evil, None)
    for arguments in (("list",), ("show", "9")):
        shown = terminal.run("dead-letters", *arguments)
        assert "\x1b" not in shown
        assert "\x07" not in shown
        assert r"\x1b]0;owned\x07[bold]x[/]" in shown


def test_replay_by_number_tells_what_became_of_each(asked: Served, terminal: Terminal) -> None:
    """What is still refused is told with its reason, stays, and makes the exit code 1."""
    shown = terminal.run("dead-letters", "replay", "1", "2", code=1)
    assert "taken" in shown
    assert "missing_field: ts: Field required" in shown
    assert set(asked.world.letters.kept) == {2, 3}
    assert asked.world.letters.accepted_clocks == []


def test_replay_by_filter_takes_the_oldest_first(asked: Served, terminal: Terminal) -> None:
    """All that the filters let through, as they came, with the clock accepted where that is asked."""
    asked.world.letters.outcomes.clear()
    results = terminal.json("dead-letters", "replay", "--from", "2026-11-01", "--accept-clock")
    assert [(one["id"], one["outcome"]) for one in results] == [(1, "taken"), (2, "taken"), (3, "taken")]
    assert asked.world.letters.accepted_clocks == [1, 2, 3]
    assert asked.world.letters.kept == {}


def test_refusals_of_a_backlog_are_all_told(asked: Served, terminal: Terminal) -> None:
    """One after the other in one cell."""
    refusals = (Refusal("out_of_range", "present: -1"), Refusal("clock_past", "ts: too old"))
    asked.world.letters.outcomes[1] = Replayed(taken=3, refused=refusals)
    assert "out_of_range: present: -1; clock_past: ts: too old" in terminal.run("dead-letters", "replay", "1", code=1)


def test_letters_are_dropped_by_number(asked: Served, terminal: Terminal) -> None:
    """Without a question; one that was not kept is told."""
    assert "dropped 2" in terminal.run("dead-letters", "drop", "1", "3")
    assert set(asked.world.letters.kept) == {2}
    assert "1 of these were not kept" in terminal.run("dead-letters", "drop", "2", "3", code=1)


def test_drop_by_filter_asks_first(asked: Served, terminal: Terminal) -> None:
    """How many it is about; nothing goes without a yes."""
    filters = ("--station", "bj-0001")
    assert "Drop 1 messages for good?" in terminal.run("dead-letters", "drop", *filters, stdin="n\n", code=1)
    assert len(asked.world.letters.kept) == 3
    terminal.run("dead-letters", "drop", *filters, stdin="y\n")
    assert set(asked.world.letters.kept) == {2, 3}
    terminal.run("dead-letters", "drop", "--from", "2026-11-01", "--yes")
    assert asked.world.letters.kept == {}


def test_number_that_is_not_kept_is_told(asked: Served, terminal: Terminal) -> None:
    """For one that is shown, and for one that is replayed among others."""
    assert "No dead letter has this number" in terminal.run("dead-letters", "show", "99", code=1)
    assert "not kept (any more): 99" in terminal.run("dead-letters", "replay", "1", "99", code=1)


@pytest.mark.parametrize("command", ["replay", "drop"])
@pytest.mark.parametrize("arguments", [(), ("1", "--reason", "empty")])
def test_all_letters_at_once_must_be_meant(
    asked: Served, terminal: Terminal, command: str, arguments: tuple[str, ...]
) -> None:
    """Without number and filter, or with both, nothing is done."""
    assert "at least one filter" in terminal.run("dead-letters", command, *arguments, code=2)
    assert len(asked.world.letters.kept) == 3


def test_wrong_time_is_told(asked: Served, terminal: Terminal) -> None:
    """Neither a day nor an instant."""
    assert "2026-13-01: give a day as" in terminal.run("dead-letters", "list", "--from", "2026-13-01", code=2)


# ---- who may, and where ----


def test_too_small_a_role_is_told(asked: Served, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A viewer may look and not change; the platform's own words are passed on."""
    monkeypatch.setenv("YIZHAN_TOKEN", MINTED[Role.VIEWER].text)
    terminal.run("dead-letters", "list")
    assert "role operator" in terminal.run("dead-letters", "replay", "1", code=1)


def test_wrong_token_is_told_and_not_shown(asked: Served, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens nothing, and does not stand on the screen."""
    monkeypatch.setenv("YIZHAN_TOKEN", "yz_0123456789ab_secret-of-nobody")
    said = terminal.run("dead-letters", "list", code=1)
    assert "opens nothing" in said
    assert "secret-of-nobody" not in said


def test_token_is_needed(served: Served, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words say how one is made."""
    monkeypatch.delenv("YIZHAN_TOKEN", raising=False)
    assert "yizhan tokens add" in terminal.run("dead-letters", "list", "--url", served.url, code=2)


def test_platform_of_the_settings_is_asked(served: Served, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --url it is the one that the settings of this machine describe, whatever it listens on."""
    monkeypatch.setenv("YIZHAN_TOKEN", MINTED[Role.VIEWER].text)
    monkeypatch.setenv("YIZHAN_API__HOST", "0.0.0.0")  # noqa: S104 - asked, not listened on
    monkeypatch.setenv("YIZHAN_API__PORT", served.url.rpartition(":")[2])
    assert len(terminal.json("dead-letters", "list")) == 3


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "http://[::1", "ftp://127.0.0.1"])
def test_nobody_there_is_told(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A platform that does not run, an address that is none."""
    monkeypatch.setenv("YIZHAN_TOKEN", MINTED[Role.VIEWER].text)
    assert "no platform answers" in terminal.run("dead-letters", "list", "--url", url, code=1)


def test_token_in_the_clear_is_warned_of(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over http to another machine somebody may listen; to this one nobody can."""
    monkeypatch.setenv("YIZHAN_TOKEN", MINTED[Role.VIEWER].text)
    said = terminal.run("dead-letters", "list", "--url", "http://platform.invalid:1", code=1)
    assert "sees the token" in said
    assert "sees the token" not in terminal.run("dead-letters", "list", "--url", "http://localhost:1", code=1)


def test_day_begins_where_the_stations_are() -> None:
    """Not at midnight in UTC."""
    zone = ZoneInfo("Asia/Shanghai")
    assert instant("2026-11-22", zone) == "2026-11-22T00:00:00+08:00"
    assert datetime.fromisoformat(instant("2026-11-22T01:00:00Z", zone)).tzinfo is not None
    with pytest.raises(WrongInstant):
        instant("now", zone)
