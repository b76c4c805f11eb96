"""The command line, as a person uses it: answers, errors in words, exit codes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import typer

import yizhan
from tests.terminal import Terminal

ROOT: Final = Path(__file__).parents[1]

STATIONS: Final = """id,name,lat,lon,region,capacity,services,hours
bj-hd-1,中关村驿站,39.9837,116.3164,110108,12,water medicine,24/7
bj-cy-1,"Station, east",39.9219,116.4436,110105,8,,Mo-Su 08:00-20:00
"""


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    """A place to type commands."""
    return Terminal(monkeypatch, capsys, tmp_path)


def test_stations_are_imported_listed_and_exported(terminal: Terminal) -> None:
    """What was imported is listed, and its export read again changes nothing."""
    assert "added 2, changed 0, unchanged 0" in terminal.run("stations", "import", "-", stdin=STATIONS)
    listed = terminal.run("stations", "list")
    assert "北京市海淀区" in listed
    assert "Station, east" in listed
    exported = terminal.run("stations", "export")
    assert "added 0, changed 0, unchanged 2" in terminal.run("stations", "import", "-", stdin=exported)


def test_an_invented_registry_can_be_imported(terminal: Terminal, tmp_path: Path) -> None:
    """The file of `registry synth` is one that import takes, the same for the same seed, to the terminal or a file."""
    made = terminal.run("registry", "synth", "--stations", "300")
    assert made.count("\n") == 301
    terminal.run("registry", "synth", "--stations", "300", "-o", str(tmp_path / "made.csv"))
    assert (tmp_path / "made.csv").read_text(encoding="utf-8") == made
    assert made != terminal.run("registry", "synth", "--stations", "300", "--seed", "2")
    assert "added 300" in terminal.run("stations", "import", str(tmp_path / "made.csv"))


def test_stations_of_a_region_are_listed_up_to_a_limit(terminal: Terminal) -> None:
    """A region at any level narrows the list, and what a limit leaves out is said."""
    terminal.run("stations", "import", "-", stdin=STATIONS)
    assert "bj-cy-1" not in terminal.run("stations", "list", "--region", "110108")
    assert "1 of 2" in terminal.run("stations", "list", "--region", "110000", "--limit", "1")


def test_stations_are_exported_to_a_file(terminal: Terminal, tmp_path: Path) -> None:
    """With --output the file holds what would have been printed."""
    terminal.run("stations", "import", "-", stdin=STATIONS)
    terminal.run("stations", "export", "--output", "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == terminal.run("stations", "export")


def test_one_bad_row_imports_nothing(terminal: Terminal) -> None:
    """Each bad row is named with its line and what would be right, and the good rows are not imported either."""
    bad = STATIONS + "bj-xc-1,West,39.91,216.36,110102,5,wifi,24/7\nBAD ID,South,39.8,116.3,110106,5,sauna,24/7\n"
    said = terminal.run("stations", "import", "-", stdin=bad, code=1)
    assert "line 4, lat" in said
    assert "line 5, id" in said
    assert "line 5, services" in said
    assert "nothing was imported" in said
    assert terminal.run("stations", "export").count("\n") == 1


def test_dry_run_changes_nothing(terminal: Terminal) -> None:
    """A dry run says what would happen, and it does not happen."""
    assert "would be added 2" in terminal.run("stations", "import", "--dry-run", "-", stdin=STATIONS)
    assert terminal.run("stations", "export").count("\n") == 1


def test_catalogue_is_replaced_as_a_whole(terminal: Terminal) -> None:
    """The catalogue is what the last good file says."""
    first = "sku,name,unit,par,minimum\nhxzq-10ml,藿香正气水,盒,10,2\n"
    second = "sku,name,unit,par,minimum\nband-aid,创可贴,片,50,10\n"
    assert "1 articles" in terminal.run("articles", "import", "-", stdin=first)
    terminal.run("articles", "import", "-", stdin=second)
    assert "line 2" in terminal.run("articles", "import", "-", stdin=first.replace(",10,", ",ten,"), code=1)
    listed = terminal.run("articles", "list")
    assert "创可贴" in listed
    assert "藿香正气水" not in listed


@pytest.mark.parametrize(
    ("typed", "expected"), [((), "广东省"), (("海淀",), "110108"), (("110000",), "东城区"), (("guangdong",), "440000")]
)
def test_regions_are_found_by_code_and_name(terminal: Terminal, typed: tuple[str, ...], expected: str) -> None:
    """Without words the provinces are shown; a code shows what is below it; a part of a name finds all that have it."""
    assert expected in terminal.run("regions", *typed)


def test_unknown_region_names_the_likeliest(terminal: Terminal) -> None:
    """A wrong code is answered with those that may have been meant."""
    assert "110108 海淀区" in terminal.run("regions", "110198", code=1)


def test_settings_are_shown_with_their_source(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The value in force stands beside the variable that gave it."""
    monkeypatch.setenv("YIZHAN_MQTT__URL", "mqtts://me@broker")
    shown = terminal.run("settings")
    assert "mqtts://me@broker" in shown
    assert "YIZHAN_MQTT__URL" in shown


def test_settings_page_is_printed(terminal: Terminal) -> None:
    """--markdown prints the page that the documentation holds, to the letter."""
    assert terminal.run("settings", "--markdown") == (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def test_wrong_settings_end_in_words(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that is wrong ends any command with code 2 and a sentence."""
    monkeypatch.setenv("YIZHAN_API__PORT", "http")
    said = terminal.run("stations", "list", code=2)
    assert "api.port (from YIZHAN_API__PORT)" in said


def test_unusable_database_ends_in_words(terminal: Terminal, tmp_path: Path) -> None:
    """A file that is no database ends with code 1 and what to do."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "yizhan.db").write_text("this is a diary", encoding="utf-8")
    said = terminal.run("stations", "list", code=1)
    assert "error" in said


def test_absent_file_is_a_usage_error(terminal: Terminal) -> None:
    """A file that is not there is told as wrong usage."""
    assert "absent.csv: No such file" in terminal.run("stations", "import", "absent.csv", code=2)


def commands_of(app: typer.Typer) -> Iterator[typer.models.CommandInfo]:
    """All commands, those of groups too."""
    yield from app.registered_commands
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from commands_of(group.typer_instance)


def test_every_command_teaches_by_example() -> None:
    """The help of each command has a line that can be typed."""
    commands = list(commands_of(yizhan.app))
    assert len(commands) > 10
    assert [command.callback for command in commands if "Example" not in str(command.callback.__doc__)] == []
