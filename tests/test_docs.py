"""The pages lead somewhere: links, files, commands and addresses that they name exist."""

import os
import re
from pathlib import Path
from typing import Final

import pytest

import yizhan
from api.routes import ROUTES

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


def test_every_metric_is_explained() -> None:
    """The page for operators names each metric of the ingest."""
    source = (ROOT / "ingest" / "metrics.py").read_text(encoding="utf-8")
    named = set(re.findall(r'"yizhan_(\w+)"', source)) | set(re.findall(r'^    \("(\w+)", "', source, re.MULTILINE))
    named |= set(re.findall(r'_labelled\("(\w+)"', source))
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert len(named) > 10
    assert {name for name in named if not re.search(rf"`yizhan_{name}(_total)?`", page)} == set()
