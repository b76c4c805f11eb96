"""`yizhan alerts` and `yizhan jobs`, typed, against a platform behind a real socket."""

from dataclasses import replace

import pytest

from ingest.alerts.model import AlertKey, AlertState, Scope
from ingest.alerts.rules import page
from ingest.alerts.rules.catalogue import RULES
from ingest.alerts.work import JobState, SendResult
from ingest.operating import Role
from tests.api.alert_world import MINUTE_MS
from tests.api.board_world import MemoryBoard
from tests.api.ops_world import MINTED, REGIONAL
from tests.api.stillness import NOW_MS
from tests.assembly.conftest import Served
from tests.terminal import Terminal


@pytest.fixture
def board(served: Served, monkeypatch: pytest.MonkeyPatch) -> MemoryBoard:
    """The terminal knows where the platform is, and holds an operator's token."""
    monkeypatch.setenv("YIZHAN_URL", served.url)
    monkeypatch.setenv("YIZHAN_TOKEN", MINTED[Role.OPERATOR].text)
    assert served.world.board is not None
    return served.world.board


# ---- looking ----


def test_alerts_are_listed_with_why_nobody_is_told(board: MemoryBoard, terminal: Terminal) -> None:
    """One that is unknown says since when there is no word, one that is inhibited says because of what."""
    board.causes["a4"] = AlertKey(Scope.REGION, "440000", "region_dark")
    monitored = terminal.run("alerts", "list")
    assert "no word since" in monitored.replace("\n", " ")
    alerts = {one["id"]: one for one in terminal.json("alerts", "list")}
    assert alerts["a3"]["state"] == "unknown"
    assert alerts["a4"]["inhibited_by"] == {"scope": "region", "place": "440000", "rule": "region_dark"}
    shown = terminal.run("alerts", "show", "a4")
    assert "remark: because of region_dark at 440000" in shown


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ((), {"a1", "a2", "a3", "a4", "a5"}),
        (("--state", "unknown"), {"a3"}),
        (("--severity", "emergency"), {"a1"}),
        (("--rule", "cell_hot"), {"a2"}),
        (("--station", "gd-0001"), {"a4"}),
        (("--region", "110102"), {"a5"}),
        (("--past",), {"p0", "p1", "p2"}),
        (("--past", "--station", "gd-0001"), {"p1"}),
    ],
)
def test_filters_of_alerts_are_those_of_the_api(
    board: MemoryBoard, terminal: Terminal, filters: tuple[str, ...], ids: set[str]
) -> None:
    """All that are given must hold; those that are over are asked for."""
    assert board.acts == []
    assert {one["id"] for one in terminal.json("alerts", "list", *filters)} == ids


def test_pages_are_turned_until_the_limit(board: MemoryBoard, terminal: Terminal) -> None:
    """More than one page is found, and what is left out is told."""
    one = board.known_alerts["a2"]
    board.known_alerts.update({f"x{number}": replace(one, id=f"x{number}") for number in range(700)})
    assert len(terminal.json("alerts", "list", "--limit", "650")) == 650
    assert "the first 3; more with --limit" in terminal.run("alerts", "list", "--limit", "3")


def test_alert_is_shown_with_its_life(board: MemoryBoard, terminal: Terminal) -> None:
    """And with what people did about it."""
    terminal.run("alerts", "confirm", "a1", "--comment", "dust, cleaned")
    shown = terminal.run("alerts", "show", "a1")
    assert "rule: smoke" in shown
    assert "fired" in shown
    assert "dust, cleaned" in shown
    assert board.known_alerts["a1"].confirmed_ms == NOW_MS


def test_jobs_are_listed_and_filtered(board: MemoryBoard, terminal: Terminal) -> None:
    """By state, crew, station, region; and all that ever were."""
    assert board.acts == []
    assert "j1" in terminal.run("jobs", "list")
    assert {one["id"] for one in terminal.json("jobs", "list", "--crew", "dongcheng")} == {"j1", "j2"}
    assert {one["id"] for one in terminal.json("jobs", "list", "--region", "440000")} == {"j3"}
    assert {one["id"] for one in terminal.json("jobs", "list", "--past", "--station", "bj-0003")} == {"j2"}
    assert "nothing is open" in terminal.run("jobs", "list", "--state", "closed")


def test_job_is_shown_with_all_that_belongs_to_it(board: MemoryBoard, terminal: Terminal) -> None:
    """Its alerts, what to bring, and which message did not arrive."""
    assert board.acts == []
    shown = terminal.run("jobs", "show", "j1")
    for part in ("severity: emergency", "cell_hot", "extinguisher", "hxzq-10ml", "28", "given_up"):
        assert part in shown
    assert terminal.json("jobs", "show", "j1")["bring"][0]["pieces"] == 28


def test_what_is_not_there_is_told(board: MemoryBoard, terminal: Terminal) -> None:
    """With where to look; an id with a slash in it asks for nothing else."""
    assert board.acts == []
    assert "No alert has this id" in terminal.run("alerts", "show", "a99", code=1)
    assert "No job has this id" in terminal.run("jobs", "show", "j1/acknowledge", code=1)


# ---- acting ----


def test_job_goes_through_its_life(board: MemoryBoard, terminal: Terminal) -> None:
    """Acknowledged with an arrival, started, repaired, closed for a reason; each in the audit log."""
    assert "acknowledged" in terminal.run("jobs", "ack", "j2", "--in", "30", "--until", "2026-11-22T18:00")
    assert board.known_jobs["j2"].arrival_ms == NOW_MS + 30 * MINUTE_MS
    assert board.known_jobs["j2"].acknowledged_until_ms == NOW_MS + 150 * MINUTE_MS  # 15:30 to 18:00, Beijing
    terminal.run("jobs", "start", "j2")
    assert terminal.json("jobs", "repaired", "j2", "--comment", "refilled")["state"] == "repaired"
    terminal.run("jobs", "close", "j2", "--reason", "box was taken away")
    assert board.known_jobs["j2"].state is JobState.CLOSED
    assert [(act.what, act.detail, act.who) for act in board.acts] == [
        ("acknowledge", "", "holder-operator"),
        ("start", "", "holder-operator"),
        ("repaired", "refilled", "holder-operator"),
        ("close", "box was taken away", "holder-operator"),
    ]


def test_refusal_of_the_platform_is_passed_on(board: MemoryBoard, terminal: Terminal) -> None:
    """Why it cannot be done, and what can."""
    assert "confirm it first" in terminal.run("jobs", "close", "j1", "--reason", "it is over", code=1)
    assert board.acts == []


def test_alert_is_acknowledged_by_its_job(board: MemoryBoard, terminal: Terminal) -> None:
    """One without a job cannot be."""
    assert terminal.json("alerts", "ack", "a3", "--in", "15")["id"] == "j2"
    assert board.known_jobs["j2"].acknowledged_by == "holder-operator"
    assert "no job" in terminal.run("alerts", "ack", "a5", code=1)


def test_alert_is_resolved_for_a_reason(board: MemoryBoard, terminal: Terminal) -> None:
    """Which must be given."""
    terminal.run("alerts", "resolve", "a4", code=2)
    terminal.run("alerts", "resolve", "a4", "--reason", "taken down")
    assert board.known_alerts["a4"].state is AlertState.RESOLVED


def test_silence_is_made_listed_and_ended(board: MemoryBoard, terminal: Terminal) -> None:
    """Until an hour of the stations' clock, or for some hours."""
    made = terminal.json("alerts", "silence", "--station", "bj-0001", "--hours", "4", "--reason", "rebuilding")
    silence = board.known_silences[made["id"]]
    assert (silence.station, silence.ends_ms - silence.starts_ms) == ("bj-0001", 240 * MINUTE_MS)
    said = terminal.run("alerts", "silence", "--rule", "full", "--until", "2026-11-23", "--reason", "festival")
    assert "until 2026-11-22T16:00:00" in said
    assert "rebuilding" in terminal.run("alerts", "silences").replace("\n", " ")
    terminal.run("alerts", "unsilence", made["id"])
    assert board.known_silences[made["id"]].expired_ms == NOW_MS


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--hours", "4"), "name what to silence"),
        (("--rule", "full"), "either --hours or --until"),
        (("--rule", "full", "--hours", "4", "--until", "2026-12-01"), "either --hours or --until"),
        (("--rule", "full", "--until", "tomorrow"), "tomorrow: give a day as"),
    ],
)
def test_silence_that_is_not_whole_is_refused(
    board: MemoryBoard, terminal: Terminal, arguments: tuple[str, ...], words: str
) -> None:
    """All at once, or for ever, is never silenced."""
    assert words in terminal.run("alerts", "silence", "--reason", "r", *arguments, code=2)
    assert len(board.known_silences) == 3


def test_trial_message_says_what_the_service_said(board: MemoryBoard, terminal: Terminal) -> None:
    """Exit code 1 where it was not taken."""
    assert "took it" in terminal.run("alerts", "test", "dingtalk-dc")
    board.trial = SendResult(ok=False, reason="310000 sign not match")
    assert "310000 sign not match" in terminal.run("alerts", "test", "dingtalk-dc", code=1)
    assert "no channel" in terminal.run("alerts", "test", "nobody", code=1)


# ---- who may ----


def test_viewer_looks_and_does_not_act(board: MemoryBoard, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crew acts upon jobs, and silences nothing."""
    monkeypatch.setenv("YIZHAN_TOKEN", MINTED[Role.VIEWER].text)
    terminal.run("jobs", "list")
    assert "role crew" in terminal.run("jobs", "ack", "j2", code=1)
    monkeypatch.setenv("YIZHAN_TOKEN", MINTED[Role.CREW].text)
    terminal.run("jobs", "ack", "j2")
    silence = ("alerts", "silence", "--rule", "full", "--hours", "1", "--reason", "r")
    assert "role operator" in terminal.run(*silence, code=1)
    assert [act.what for act in board.acts] == ["acknowledge"]


def test_token_of_a_region_touches_only_that(
    board: MemoryBoard, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists leave the rest out; one that is named is refused."""
    monkeypatch.setenv("YIZHAN_TOKEN", REGIONAL.text)
    assert {one["id"] for one in terminal.json("jobs", "list")} == {"j1", "j2"}
    assert {one["id"] for one in terminal.json("alerts", "list")} == {"a1", "a2", "a3"}
    assert "110101" in terminal.run("jobs", "ack", "j3", code=1)
    assert board.acts == []


def test_rules_are_told_without_a_platform(terminal: Terminal) -> None:
    """All of them, in both languages; as Markdown what docs/alerts.md holds."""
    said = terminal.run("alerts", "rules")
    assert all(code in said and rule.zh in said for code, rule in RULES.items())
    assert terminal.run("alerts", "rules", "--markdown") == page.markdown()
