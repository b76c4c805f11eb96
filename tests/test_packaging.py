"""What is shipped: the wheel holds all that the program reads, and the locks are exact and name no address."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[1]
PYPROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS: Final = ("requirements.lock", "requirements-dev.lock")
ROOMS: Final = ("gateway", "ingest", "api", "firmware_sim", "assembly")


def locked(lock: str) -> dict[str, Requirement]:
    """The requirements of a lock by normalised name."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = [Requirement(line.removesuffix("\\").strip()) for line in text.splitlines() if line[:1] not in {"", " "}]
    return {canonicalize_name(entry.name): entry for entry in entries}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_is_exact_hashed_and_names_no_address(lock: str) -> None:
    """Every entry pins one version and at least one hash, and no line tells where it was fetched from."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert all(re.fullmatch(r"==[^,*]+", str(entry.specifier)) for entry in locked(lock).values())
    assert len(re.findall(r"^\S.* \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)) == len(locked(lock))
    assert not re.search(r"://|^-|index-url|find-links| @ ", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", PYPROJECT["project"]["dependencies"]),
        ("requirements-dev.lock", PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["dev"]),
    ],
)
def test_lock_satisfies_what_the_project_asks_for(lock: str, wanted: list[str]) -> None:
    """Each dependency of pyproject.toml is locked at a version that it allows; if not, run scripts/lock."""
    versions = {name: str(entry.specifier).removeprefix("==") for name, entry in locked(lock).items()}
    asked = [Requirement(text) for text in wanted]
    missing = [str(entry) for entry in asked if versions.get(canonicalize_name(entry.name)) is None]
    assert missing == []
    assert [str(entry) for entry in asked if versions[canonicalize_name(entry.name)] not in entry.specifier] == []


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    """The development lock holds the runtime lock, version by version."""
    runtime, development = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {name: str(entry) for name, entry in development.items() if name in runtime} == {
        name: str(entry) for name, entry in runtime.items()
    }


def test_wheel_holds_every_file_of_the_rooms_and_none_of_the_tests(tmp_path: Path) -> None:
    """Templates, styles, tables and migrations are in the wheel, each file of the rooms once, and nothing else is."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        shipped = [name for name in wheel.namelist() if ".dist-info/" not in name]
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file())
    wanted = {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts} | {"yizhan.py"}
    assert sorted(shipped) == sorted(wanted)
    assert {".json", ".html", ".css"} <= {Path(name).suffix for name in shipped}


def test_command_of_the_package_exists() -> None:
    """The command that an installation brings leads to a function."""
    module, _, function = PYPROJECT["project"]["scripts"]["yizhan"].partition(":")
    program = f"import {module}; assert callable({module}.{function})"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
