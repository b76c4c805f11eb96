"""Crews, channels and maintenance from files: what is taken, and what a person is told of what is not."""

import re
from pathlib import Path
from typing import Final

import pytest

from ingest.alerts.channels.asking import need_secret
from ingest.alerts.channels.dingtalk import DINGTALK
from ingest.alerts.channels.webhook import WEBHOOK
from ingest.alerts.crews_csv import CrewsCsv, import_crews
from ingest.alerts.crews_file import CrewsFile, import_crews_file
from ingest.alerts.model import Severity
from ingest.alerts.secret_references import MissingSecret, resolved
from ingest.alerts.work import ChannelKind, ChannelSetting, Crew, EscalationStep
from ingest.registry.regions import load_regions
from tests.ingest.alerts.crew_world import CALENDAR, MONDAY_MS

REGIONS: Final = load_regions()
PAGE: Final = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")
CHECKS: Final = {ChannelKind.DINGTALK: DINGTALK.check, ChannelKind.WEBHOOK: WEBHOOK.check}

GOOD: Final = """
[[channels]]
name = "robot"
kind = "dingtalk"
secrets = { access_token = "env:ROBOT" }

[[crews]]
id = "east"
name = "东城组"
regions = ["110101"]
channels = ["robot"]
"""


def example(language: str, word: str) -> str:
    """The example of the page that holds a word."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    found: str = next(block for block in blocks if word in block)
    return found


def read(text: str) -> CrewsFile:
    """What the file says."""
    return import_crews_file(text, REGIONS, CALENDAR, MONDAY_MS)


def read_csv(*rows: str, header: str = "id,name,channels,regions,kinds,hours,chain,digest_at") -> CrewsCsv:
    """What rows say, where two channels exist."""
    return import_crews("\n".join((header, *rows)), ["robot", "lead"], REGIONS, CALENDAR, MONDAY_MS)


def test_example_of_the_page_is_taken() -> None:
    """The page's file has what it says: crews with chain and hours, channels that can work, a window."""
    found = import_crews_file(
        example("toml", "[[crews]]"), REGIONS, CALENDAR, MONDAY_MS, lambda setting: CHECKS[setting.kind](setting)
    )
    assert found.errors == ()
    tianhe, province = found.crews
    assert tianhe.regions == {"440106"}
    assert tianhe.chain[1] == EscalationStep(2_700, ("district-lead",), Severity.CRITICAL)
    assert province.regions == {"440000", "platform"}
    assert [channel.name for channel in found.channels] == ["tianhe-dingtalk", "district-lead"]
    (window,) = found.maintenance
    assert window.ends_ms - window.starts_ms == 4 * 3_600_000
    assert window.starts_ms == MONDAY_MS + 23 * 3_600_000
    assert window == read(example("toml", "[[crews]]")).maintenance[0]


def test_table_of_the_page_is_taken() -> None:
    """The page's CSV says the same of the crew as its TOML."""
    found = import_crews(
        example("csv", "digest_at"), ["tianhe-dingtalk", "district-lead"], REGIONS, CALENDAR, MONDAY_MS
    )
    assert found.errors == ()
    (from_toml, _) = read(example("toml", "[[crews]]")).crews
    (from_csv, other) = found.crews
    assert (from_csv.chain, from_csv.regions, from_csv.kinds) == (from_toml.chain, from_toml.regions, from_toml.kinds)
    assert (other.hours, other.digest_at, other.chain) == ("24/7", "08:00", ())


def test_what_is_not_given_has_its_default() -> None:
    """A crew without hours always works, and without kinds repairs everything."""
    assert read(GOOD).crews == (Crew("east", "东城组", frozenset({"110101"}), channels=("robot",)),)


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "words"),
    [
        ('kind = "dingtalk"', 'kind = "dingtlk"', 4, "channels[1].kind", "write dingtalk"),
        ('name = "robot"', 'name = "Robot 1"', 3, "channels[1].name", "for example robot-1"),
        ('"110101"', '"110110"', 10, "crews[1].regions", "perhaps 110111 北京市房山区"),
        ('channels = ["robot"]', 'channels = ["robbot"]', 11, "crews[1].channels", "write robot"),
        ('channels = ["robot"]', "channels = []", 11, "crews[1].channels", "nobody would be told"),
        ('channels = ["robot"]', 'chanels = ["robot"]', 11, "crews[1].chanels", "fields are chain, channels, "),
        ('channels = ["robot"]', 'channels = "robot"', 11, "crews[1].channels", "write a list of texts"),
        ('id = "east"', "id = 7", 8, "crews[1].id", "a text in quotes"),
        ('name = "东城组"', 'hours = "8am"\nname = "东城组"', 9, "crews[1].hours", "OpenStreetMap syntax"),
        ('name = "东城组"', 'hours = "off"\nname = "东城组"', 9, "crews[1].hours", "never works"),
        ('name = "东城组"', 'digest_at = "8"\nname = "东城组"', 9, "crews[1].digest_at", "write HH:MM"),
        ('name = "东城组"', 'kinds = ["box"]\nname = "东城组"', 9, "crews[1].kinds", "write one of battery"),
        ('id = "east"\n', "", 7, "crews[1].id", "write id = "),
        ("[[crews]]", "[crews]", 0, "crews", "begin each with a line"),
        ("[[crews]]", "[[crew]]", 0, "crew", "sections are"),
        ("secrets = {", "per_minute = 0\nsecrets = {", 5, "channels[1].per_minute", "from 0.1 to 600"),
        ('{ access_token = "env:ROBOT" }', "{ access_token = 7 }", 5, "channels[1].secrets", "not a table of texts"),
        (
            'name = "东城组"',
            'chain = [{ after = "15", channels = ["robot"] }]\nname = "东城组"',
            9,
            "crews[1].chain",
            "as 90 s, 15 min or 2 h",
        ),
        (
            'name = "东城组"',
            'chain = [{ after = "1 h", channels = ["robot"] }, { after = "1 h", channels = ["robot"] }]\nname = "a"',
            9,
            "crews[1].chain",
            "write them growing",
        ),
        (
            'name = "东城组"',
            'chain = [{ when = "1 h", channels = ["robot"] }]\nname = "a"',
            9,
            "crews[1].chain",
            "unknown when",
        ),
    ],
)
def test_wrong_field_is_told_with_its_line_and_what_would_be_right(
    old: str, new: str, line: int, field: str, words: str
) -> None:
    """Nothing is taken; the first error names the line, the field and the remedy."""
    found = read(GOOD.replace(old, new, 1))
    assert (found.crews, found.channels) == ((), ())
    assert [(error.line, error.column) for error in found.errors if error.column == field] == [(line, field)]
    assert re.search(words, str(found.errors))


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ("", "it would silence everything"),
        ('rule = "smok"', "write smoke"),
        ('station = "st-1"\npart = "x"\nregion = "999999"', "no division has the code"),
        ('station = "st-1"\nreason = ""', "name an author and a reason"),
        ('station = "st-1"\nends = 2026-12-01T07:00:00', "it ends before it starts"),
        ('station = "st-1"\nends = 2027-12-01T07:00:00', "longer than 90 days"),
        ('station = "st-1"\nstarts = "tomorrow"', "as 2026-12-01T08:00:00"),
    ],
)
def test_wrong_window_is_told(window: str, words: str) -> None:
    """A window without matcher, reason or order of times is refused with what is missing."""
    given = {"author": '"王"', "reason": '"检修"', "starts": "2026-12-01T08:00:00", "ends": "2026-12-01T09:00:00"}
    lines = [f"{name} = {value}" for name, value in given.items() if f"{name} =" not in window]
    found = read("\n".join(["[[maintenance]]", *lines, window]))
    assert (found.maintenance, len(found.errors)) == ((), 1)
    assert words in str(found.errors[0])


def test_names_that_stand_twice_are_told_with_the_first_line() -> None:
    """Two crews of one id, two channels of one name."""
    found = read(GOOD + GOOD)
    assert [str(error).partition(";")[0] for error in found.errors] == [
        "line 14, channels[2].name: robot stands on line 2 already",
        "line 19, crews[2].id: east stands on line 7 already",
    ]


@pytest.mark.parametrize("source", [b"\xff\xfe", "[[crews", "= 1"])
def test_file_that_is_no_toml_is_told(source: bytes | str) -> None:
    """The place is named where TOML ends."""
    (error,) = import_crews_file(source, REGIONS, CALENDAR, MONDAY_MS).errors
    assert "not UTF-8" in error.problem or "not TOML" in error.problem


def test_channel_that_cannot_work_is_refused_in_the_words_of_its_kind() -> None:
    """The check of the senders is asked; its words stand in the error."""
    found = import_crews_file(
        GOOD, REGIONS, CALENDAR, MONDAY_MS, lambda setting: need_secret(setting, "key", "what stands behind key=")
    )
    assert "has no secret `key`" in found.errors[0].problem


def test_no_error_shows_a_secret() -> None:
    """Whatever is wrong around it, the secret stands in no word."""
    secret = "s3cr3t-w0rd"
    for text in (
        GOOD.replace('"env:ROBOT"', f'"{secret}"').replace("dingtalk", "x"),
        GOOD.replace('{ access_token = "env:ROBOT" }', f'"{secret}"'),
        GOOD.replace("{ access_token", f'{{ b = 1, a = "{secret}", access_token'),
        GOOD.replace('"env:ROBOT" }', f'"{secret}'),
    ):
        found = read(text)
        assert found.errors
        assert secret not in str(found.errors)
    assert secret not in repr(read(GOOD.replace("env:ROBOT", secret)))


def test_reference_is_read_from_the_environment() -> None:
    """`env:NAME` becomes the variable's value; one that is missing is named, a plain secret stays."""
    setting = ChannelSetting("robot", ChannelKind.DINGTALK, secrets={"access_token": "env:ROBOT", "secret": "plain"})
    assert resolved(setting, {"ROBOT": "abc"}).secrets == {"access_token": "abc", "secret": "plain"}
    with pytest.raises(MissingSecret, match="channel robot: set the variable ROBOT"):
        resolved(setting, {})


def test_row_of_a_spreadsheet_is_a_crew() -> None:
    """Several in one cell, full-width signs, a chain."""
    found = read_csv(
        "east,东城组,robot lead,110101；110102,battery,Mo-Fr 08:00-18:00,15 min：lead；1 h：lead：critical,07:30"
    )
    assert found.errors == ()
    assert found.crews[0] == Crew(
        "east",
        "东城组",
        frozenset({"110101", "110102"}),
        frozenset({"battery"}),
        "Mo-Fr 08:00-18:00",
        ("robot", "lead"),
        (EscalationStep(900, ("lead",)), EscalationStep(3_600, ("lead",), Severity.CRITICAL)),
        "07:30",
    )


def test_wrong_cells_are_told_by_line_and_column() -> None:
    """All errors of the file at once, and no crew of it."""
    found = read_csv("east,东城组,robot,1101,,,,", "east,,nobody,,,25/7,15 min,")
    assert found.crews == ()
    assert [(error.line, error.column) for error in found.errors] == [
        (2, "regions"),
        (3, "chain"),
        (3, "channels"),
        (3, "hours"),
        (3, "id"),
        (3, "name"),
    ]
    (unreadable,) = read_csv(header="id;name").errors
    assert "separate them by commas" in unreadable.remedy
