"""The pages lead somewhere: links, files, commands and addresses that they name exist."""

import os
import re
from pathlib import Path
from typing import Final

import pytest

import yizhan
from api.routes import ROUTES
from assembly.settings import Settings
from assembly.settings_page import lines

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_leads_somewhere(page: Path) -> None:
    """A link to a file names one that exists, and a link into a page names a heading of it."""
    text = page.read_text(encoding="utf-8")
    broken = []
    for target in re.findall(r"\]\(([^)#:]*#?[^):]*)\)", text):
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_every_page_named_in_the_code_exists() -> None:
    """A docstring that points to a page points to one that is there."""
    files = [
        path
        for room in ("gateway", "ingest", "api", "firmware_sim", "assembly")
        for path in (ROOT / room).rglob("*.py")
    ]
    named = {page for file in files for page in re.findall(r"docs/[\w.]+\.md", file.read_text(encoding="utf-8"))}
    assert {page for page in named if not (ROOT / page).exists()} == set()


def test_every_page_is_in_the_index() -> None:
    """docs/README.md names every page beside it."""
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert {page.name for page in (ROOT / "docs").iterdir() if page.is_file()} - {"README.md"} <= set(
        re.findall(r"\]\(([\w.]+)\)", index)
    )


def test_readme_names_commands_that_exist() -> None:
    """Scripts that the README names can be run, and the commands of yizhan that it names are there."""
    scripts = set(re.findall(r"\bscripts/\w+", README))
    assert scripts
    assert all(os.access(ROOT / script, os.X_OK) for script in scripts)
    known = {group.name for group in yizhan.app.registered_groups} | {
        command.name or command.callback.__name__ for command in yizhan.app.registered_commands if command.callback
    }
    assert set(re.findall(r"\byizhan ([a-z]+)\b", README)) <= known


def test_readme_asks_addresses_that_exist() -> None:
    """Each curl of the README asks a route of the API."""
    asked = set(re.findall(r"localhost:8080(/[\w/.]*)", README))
    assert asked
    assert asked <= {route.path for route in ROUTES}


def test_decisions_are_numbered_dated_and_short() -> None:
    """Each decision has the next number, a date, a reason and what was rejected, in ten lines at most."""
    text = (ROOT / "DECISIONS.md").read_text(encoding="utf-8")
    entries = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    for number, entry in enumerate(entries, start=1):
        heading, *lines = [line for line in entry.splitlines() if line.strip()]
        assert re.fullmatch(rf"{number}\. .+ \(20\d\d-\d\d-\d\d\)", heading)
        assert len(lines) <= 10
        assert [word for word in ("Decided:", "Reason:", "Rejected:") if f"\n{word}" not in entry] == []


def test_every_setting_that_is_named_exists() -> None:
    """Pages and files of deploy/ name no setting, and no variable for one, that the platform does not have."""
    known = {line.name for line in lines(Settings(), {})}
    sections = "|".join(Settings.model_fields)
    unknown = set()
    for file in [*PAGES, *(path for path in (ROOT / "deploy").rglob("*") if path.is_file())]:
        text = file.read_text(encoding="utf-8")
        named = {name.lower().replace("__", ".") for name in re.findall(r"\bYIZHAN_([A-Z_]+?__[A-Z_]+)\b", text)}
        if file.suffix == ".md":
            named |= set(re.findall(rf"`((?:{sections})\.[a-z_]+)(?: = [^`]*)?`", text))
        unknown |= {f"{file.name}: {name}" for name in named - known}
    assert unknown == set()


def test_every_complaint_that_is_explained_can_be_made() -> None:
    """What the page for operators quotes of /readyz stands in the code."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = page.partition("## When `/readyz` complains")[2].partition("\n## ")[0]
    quoted = [
        text
        for line in table.splitlines()
        if line.startswith("| ")
        for text in re.findall(r"`([^`]+)`", line.split("|")[1])
    ]
    rooms = ("gateway", "ingest", "assembly")
    code = " ".join(path.read_text(encoding="utf-8") for room in rooms for path in (ROOT / room).rglob("*.py"))
    # An answer's status is put in, and a long sentence stands on two lines of the code.
    code = re.sub(r'"\n\s+f?"', "", code)
    told = [re.sub(r"answered \d+$", "answered {status}", text) for text in quoted if not text.isdigit()]
    assert len(told) > 8
    assert [text for text in told if text not in code] == []
