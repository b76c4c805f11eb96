"""What all commands share: where they print, how they find their settings, how they end in words.

Enters: options, texts from anywhere. Leaves: lines on a terminal, an exit code.
Never: a control character of somebody else's on the terminal.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assembly.settings import Settings
from assembly.settings_sources import CONFIG_VARIABLE, load

out: Final = Console()
err: Final = Console(stderr=True, soft_wrap=True)

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", envvar=CONFIG_VARIABLE, help="TOML file with settings; else yizhan.toml if there is one."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead, for programs.")]


def settings_of(config: Path | None) -> Settings:
    """What is in force; raises `WrongSettings`."""
    return load(config).settings


def fail(text: str, code: int = 1) -> NoReturn:
    """Say why, and end."""
    err.print(f"[red]error[/] {escape(text)}")
    sys.exit(code)


def note(text: str) -> None:
    """Say something beside the answer itself."""
    err.print(f"[yellow]note[/] {escape(text)}")


def print_json(document: Any) -> None:
    """One line; control characters are escaped by JSON itself."""
    out.file.write(json.dumps(document) + "\n")


def table_of(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """For a terminal; None is an empty cell. What stands in a cell is shown as it is, and not as markup."""
    shown = Table(*columns)
    for row in rows:
        shown.add_row(*(escape("" if cell is None else printable(str(cell))) for cell in row))
    return shown


def printable(text: str) -> str:
    """What a station sent may hold codes that move the cursor or rename the window: shown as what they are."""
    return "".join(one if one.isprintable() or one == "\n" else repr(one)[1:-1] for one in text)
