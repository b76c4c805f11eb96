"""`yizhan crews`, typed, against a platform behind a real socket."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.alerts.model import Severity
from ingest.alerts.work import ChannelKind, EscalationStep
from ingest.operating import Role
from tests.api.alert_world import CHANNEL, SECRET
from tests.api.board_world import MemoryBoard
from tests.api.ops_world import MINTED
from tests.assembly.conftest import Served
from tests.terminal import Terminal

NEXT_MONTH = date.today() + timedelta(days=30)  # noqa: DTZ011 - a day is a day
TOML = f"""
[[channels]]
name = "robot"
kind = "dingtalk"
address = "https://robot.invalid/send"
secrets = {{ token = "env:ROBOT_TOKEN" }}

[[crews]]
id = "west"
name = "西城巡检队"
regions = ["110102"]
hours = "Mo-Su 08:00-20:00"
channels = ["robot"]
chain = [{{ after = "15 min", channels = ["robot"], least = "critical" }}]

[[maintenance]]
author = "Li Na"
reason = "new cabinets"
starts = {NEXT_MONTH}T08:00:00
ends = {NEXT_MONTH}T18:00:00
region = "110102"
"""
CSV = "id,name,channels,regions\nnorth,北区巡检队,dingtalk-dc,110101\n"


@pytest.fixture
def board(served: Served, monkeypatch: pytest.MonkeyPatch) -> MemoryBoard:
    """The terminal knows where the platform is, and holds an admin's token."""
    monkeypatch.setenv("YIZHAN_URL", served.url)
    monkeypatch.setenv("YIZHAN_TOKEN", MINTED[Role.ADMIN].text)
    assert served.world.board is not None
    return served.world.board


def test_crews_are_shown_without_secrets(board: MemoryBoard, terminal: Terminal) -> None:
    """Who looks after what, how quick they are, and by which channels they are told."""
    assert board.acts == []
    shown = terminal.run("crews", "show") + str(terminal.json("crews", "show"))
    assert "dongcheng" in shown
    assert "5.7" in shown
    assert "dingtalk" in shown
    assert SECRET not in shown


def test_toml_replaces_crews_and_channels(board: MemoryBoard, terminal: Terminal) -> None:
    """And adds its maintenance; read again, it changes nothing more."""
    Path("crews.toml").write_text(TOML, encoding="utf-8")
    known = set(board.known_silences)
    for _ in range(2):
        said = terminal.run("crews", "import", "crews.toml")
        assert "the platform has: crews 1, channels 1, maintenance 1" in said
    (crew,), (channel,) = board.known_crews, board.known_channels
    assert (crew.id, crew.regions, crew.hours) == ("west", frozenset({"110102"}), "Mo-Su 08:00-20:00")
    assert crew.chain == (EscalationStep(900, ("robot",), Severity.CRITICAL),)
    assert (channel.kind, channel.secrets) == (ChannelKind.DINGTALK, {"token": "env:ROBOT_TOKEN"})
    [added] = [one for name, one in board.known_silences.items() if name not in known]
    assert (added.region, added.author, added.reason) == ("110102", "Li Na", "new cabinets")


def test_csv_replaces_crews_and_keeps_channels(board: MemoryBoard, terminal: Terminal) -> None:
    """With the secrets, which no answer tells."""
    Path("crews.csv").write_text(CSV, encoding="utf-8")
    terminal.run("crews", "import", "crews.csv")
    assert [crew.id for crew in board.known_crews] == ["north"]
    assert board.known_channels == [CHANNEL]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("crews.toml", TOML.replace("110102", "990102"), "990102"),
        ("crews.toml", TOML.replace('channels = ["robot"]\nchain', 'channels = ["phone"]\nchain'), "phone"),
        ("crews.toml", "[[crews", "not TOML"),
        ("crews.csv", CSV.replace("dingtalk-dc", "phone"), "phone"),
    ],
)
def test_file_with_an_error_changes_nothing(
    board: MemoryBoard, terminal: Terminal, name: str, content: str, words: str
) -> None:
    """The line and what would be right are told."""
    Path(name).write_text(content, encoding="utf-8")
    said = terminal.run("crews", "import", name, code=1)
    assert words in said
    assert "nothing was imported" in said
    assert board.acts == []


def test_maintenance_of_a_station_that_is_not_there_changes_nothing(board: MemoryBoard, terminal: Terminal) -> None:
    """The platform alone knows its stations; crews and channels stay as they are."""
    Path("crews.toml").write_text(TOML + 'station = "bj-9999"\n', encoding="utf-8")
    before = list(board.known_crews), dict(board.known_silences)
    assert "maintenance of station bj-9999: No station" in terminal.run("crews", "import", "crews.toml", code=1)
    assert (list(board.known_crews), dict(board.known_silences)) == before


def test_dry_run_changes_nothing(board: MemoryBoard, terminal: Terminal) -> None:
    """And says what the file holds."""
    Path("crews.toml").write_text(TOML, encoding="utf-8")
    assert "would have: crews 1" in terminal.run("crews", "import", "crews.toml", "--dry-run")
    assert board.acts == []


def test_operator_may_not_import(board: MemoryBoard, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """It wants an admin; a file that is not there is told."""
    monkeypatch.setenv("YIZHAN_TOKEN", MINTED[Role.OPERATOR].text)
    Path("crews.toml").write_text(TOML, encoding="utf-8")
    assert "role admin" in terminal.run("crews", "import", "crews.toml", code=1)
    assert "crews.csv" in terminal.run("crews", "import", "crews.csv", code=2)
    assert board.acts == []


def test_crews_of_a_nation_fit_into_one_request(board: MemoryBoard, terminal: Terminal) -> None:
    """Three hundred of them."""
    rows = "".join(f"crew-{number},巡检队 {number},dingtalk-dc,110101\n" for number in range(300))
    Path("crews.csv").write_text("id,name,channels,regions\n" + rows, encoding="utf-8")
    terminal.run("crews", "import", "crews.csv")
    assert len(board.known_crews) == 300
